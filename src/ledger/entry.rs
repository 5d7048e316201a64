//! One entry, and its one form as a line.
//!
//! A line is `body,"hash":"<64 hex digits>"}` where `body` begins with `{"v":1,` and the hash is SHA-256 of the bytes of `body` as they
//! stand. A line has one form only: an entry that is read and written again gives the same bytes.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::decision::{Decision, OverrideSummary, RulesId};
use super::error::FlawKind;

/// The version of the form.
pub const ENTRY_VERSION: u32 = 1;
/// What the first entry has in the place of the hash of the one before.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

const HASH_DIGITS: usize = 64;
const BEFORE_HASH: &str = ",\"hash\":\"";
const AFTER_HASH: &str = "\"}";

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The version of the form.
    pub v: u32,
    /// Its number, from 0, without gaps.
    pub seq: u64,
    /// The hash of the entry before; [`GENESIS`] for the first.
    pub prev: String,
    /// When, in RFC 3339 (UTC), as its writer said.
    pub at: String,
    /// The caller's trace id.
    pub trace_id: Option<String>,
    /// What happened.
    pub event: Event,
    /// SHA-256 of the line before `,"hash":`, in hex.
    pub hash: String,
}

/// What an entry records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Event {
    /// Data was judged.
    Decision(Box<Decision>),
    /// Other rules, or other overrides, judge from here on.
    RulesChanged(Box<RulesChanged>),
    /// The end of the file was half an entry, which a crash leaves behind, and was moved aside.
    Repaired {
        /// What was moved, into files beside the ledger.
        moved: Vec<Moved>,
    },
}

/// A switch of rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesChanged {
    /// Who switched.
    pub who: String,
    /// Why.
    pub why: String,
    /// The rules until now; none at a start.
    pub from: Option<RulesId>,
    /// The rules from here on.
    pub to: RulesId,
    /// Their number since the start of the program that switched.
    pub generation: u64,
    /// What is laid over the new rules.
    pub overrides: Option<OverrideSummary>,
}

/// Bytes that were moved aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// The file beside the ledger that has them now.
    pub name: String,
    /// How many.
    pub bytes: u64,
    /// Their SHA-256, in hex.
    pub sha256: String,
}

/// An entry without its hash.
#[derive(Serialize)]
struct Body<'a> {
    v: u32,
    seq: u64,
    prev: &'a str,
    at: &'a str,
    trace_id: Option<&'a str>,
    event: &'a Event,
}

/// Makes an entry and its line, line end included.
pub(super) fn seal(seq: u64, prev: &str, at: &str, trace_id: Option<&str>, event: Event) -> serde_json::Result<(Entry, Vec<u8>)> {
    let mut line = serde_json::to_vec(&Body { v: ENTRY_VERSION, seq, prev, at, trace_id, event: &event })?;
    line.pop();
    let hash = hex(&Sha256::digest(&line));
    line.extend_from_slice(BEFORE_HASH.as_bytes());
    line.extend_from_slice(hash.as_bytes());
    line.extend_from_slice(AFTER_HASH.as_bytes());
    line.push(b'\n');
    let (prev, at, trace_id) = (prev.to_owned(), at.to_owned(), trace_id.map(str::to_owned));
    Ok((Entry { v: ENTRY_VERSION, seq, prev, at, trace_id, event, hash }, line))
}

/// Reads a line without its end, and holds it against its own hash.
pub(super) fn open(line: &[u8]) -> Result<Entry, (FlawKind, String)> {
    let altered = |what: String| (FlawKind::Altered, what);
    let text = std::str::from_utf8(line).map_err(|error| altered(format!("byte {} is not UTF-8", error.valid_up_to() + 1)))?;
    let Some((body, hash)) = parts(text) else { return Err(altered(why_not(text))) };
    if hex(&Sha256::digest(body.as_bytes())) != hash {
        return Err(altered("its bytes do not have the hash it bears".to_owned()));
    }
    // From here on the line is as somebody wrote it; what does not fit is of another program or version.
    let foreign = |what: String| (FlawKind::Foreign, what);
    let entry: Entry = serde_json::from_str(text).map_err(|error| match version(text) {
        Some(other) if other != u64::from(ENTRY_VERSION) => {
            foreign(format!("it is of version {other}, and this program reads {ENTRY_VERSION}"))
        }
        _ => foreign(format!("it has the hash it bears and is no entry: {}", told(&error))),
    })?;
    if entry.v != ENTRY_VERSION {
        return Err(foreign(format!("it is of version {}, and this program reads {ENTRY_VERSION}", entry.v)));
    }
    match serde_json::to_string(&entry) {
        Ok(again) if again == text => Ok(entry),
        _ => Err(foreign("it is not in the one form that entries have".to_owned())),
    }
}

/// The bytes that are hashed, and the hash; `None` where the line does not end as every line does.
fn parts(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_suffix(AFTER_HASH)?;
    let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(HASH_DIGITS)?)?;
    let body = rest.strip_suffix(BEFORE_HASH)?;
    is_hash(hash).then_some((body, hash))
}

/// Whether a text is a SHA-256 as the ledger writes it: 64 hex digits in lower case.
#[must_use]
pub fn is_hash(text: &str) -> bool {
    text.len() == HASH_DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn why_not(text: &str) -> String {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Err(error) => format!("it is not JSON: {}", told(&error)),
        Ok(_) => "it does not end in `\"hash\":\"…\"}` as every entry does".to_owned(),
    }
}

/// What a reader of JSON says; the line it names is that of the text, which is always the first.
fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().map_or_else(String::new, |what| format!("{what} (byte {})", error.column()))
}

fn version(text: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Version {
        v: u64,
    }
    serde_json::from_str::<Version>(text).ok().map(|version| version.v)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
