//! The manifest: which files a run has written, what is in them, and whether they are in their places.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::Place;

/// The version of the JSON form.
const MANIFEST_VERSION: u32 = 1;

/// Most bytes of a manifest that are written or read.
pub(super) const MAX_MANIFEST_BYTES: u64 = 64 << 20;

/// What a run has written. Its JSON form is `docs/manifest.schema.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// The version of this form.
    pub rulegate_manifest: u32,
    /// Whether the files are in their places.
    pub state: State,
    /// The version of the engine.
    pub rulegate_version: String,
    /// The rules that judged the rows.
    pub ruleset: Option<RuleSetEntry>,
    /// The caller's trace id.
    pub trace_id: Option<String>,
    /// What was read, in the order it was read.
    pub inputs: Vec<InputEntry>,
    /// Where the rows of all inputs went; absent where no rows were split.
    pub rows: Option<RowCounts>,
    /// What was written, in the order of the targets.
    pub files: Vec<FileEntry>,
    /// The ledger that has the decision about them; absent where none was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerPlace>,
}

/// Where the decision about files stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerPlace {
    /// The ledger's full path.
    pub path: String,
    /// The number of the first entry that can be it: what the next entry was to be just before.
    pub from: u64,
}

/// Whether the files of a manifest are in their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// They are complete under temporary names, and will be renamed, whatever happens.
    Intent,
    /// They are.
    Done,
}

/// The rules of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSetEntry {
    /// The name they were compiled under.
    pub name: String,
    /// SHA-256 of files, sets and parameters.
    pub hash: String,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputEntry {
    /// The block that judged it.
    pub block: String,
    /// Its name, as it was given.
    pub name: String,
    /// Its rows.
    pub rows: u64,
}

/// Where the rows of all inputs went: `input` is `clean` and `quarantined` together, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowCounts {
    /// Rows that were read.
    pub input: u64,
    /// Rows that may land.
    pub clean: u64,
    /// Rows that were set aside.
    pub quarantined: u64,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its name in the manifest's folder, or its full path where it is in another.
    pub path: String,
    /// What it is: `clean`, `quarantine`, `report`.
    pub role: String,
    /// Its rows, where it has rows.
    pub rows: Option<u64>,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// What a caller knows of its files, for the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// The rules.
    pub ruleset: Option<RuleSetEntry>,
    /// The caller's trace id.
    pub trace_id: Option<String>,
    /// What was read.
    pub inputs: Vec<InputEntry>,
    /// Where the rows went.
    pub rows: Option<RowCounts>,
    /// The ledger that has the decision, for [`Commit::publish_recorded`](super::Commit::publish_recorded).
    pub ledger: Option<LedgerPlace>,
}

impl Manifest {
    pub(super) fn intent(finished: Finished, files: Vec<FileEntry>) -> Self {
        let Finished { ruleset, trace_id, inputs, rows, ledger } = finished;
        Self {
            rulegate_manifest: MANIFEST_VERSION,
            state: State::Intent,
            rulegate_version: env!("CARGO_PKG_VERSION").to_owned(),
            ruleset,
            trace_id,
            inputs,
            rows,
            files,
            ledger,
        }
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong with the text: it is no JSON, not this form, of a later version, or its rows do not add up.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| format!("this is no manifest: {error}"))?;
        if manifest.rulegate_manifest != MANIFEST_VERSION {
            return Err(format!("its version is {}, and this program reads {MANIFEST_VERSION}", manifest.rulegate_manifest));
        }
        manifest.check().map_or(Ok(manifest), Err)
    }

    /// What cannot be so.
    pub(super) fn check(&self) -> Option<String> {
        if let Some(RowCounts { input, clean, quarantined }) = self.rows {
            if clean.checked_add(quarantined) != Some(input) {
                return Some(format!("{clean} clean and {quarantined} quarantined rows are not the {input} rows that were read"));
            }
            let read = self.inputs.iter().try_fold(0_u64, |sum, file| sum.checked_add(file.rows));
            if read != Some(input) {
                return Some(format!("its inputs do not have {input} rows together"));
            }
            for (role, expected) in [("clean", clean), ("quarantine", quarantined)] {
                let odd = self.files.iter().filter(|file| file.role == role).find(|file| file.rows.is_some_and(|rows| rows != expected));
                if let Some(file) = odd {
                    return Some(format!("`{}` is the {role} file and does not have {expected} rows", file.path));
                }
            }
        }
        let mut known = BTreeSet::new();
        self.files.iter().find_map(|file| {
            let is_hash = file.sha256.len() == 64 && file.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            match () {
                () if Place::read(&file.path, std::path::Path::new("")).is_none() => Some(format!("`{}` names no file", file.path)),
                () if !known.insert(file.path.as_str()) => Some(format!("`{}` is listed twice", file.path)),
                () if !is_hash => Some(format!("the hash of `{}` is none", file.path)),
                () => None,
            }
        })
    }

    /// The JSON form, for people too.
    pub(super) fn text(&self) -> Vec<u8> {
        // A tree of strings and integers always has a text.
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// The JSON Schema of the JSON form.
    #[must_use]
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}
