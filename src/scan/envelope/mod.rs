//! Files of batch results: each line holds a response and what the provider says about it. Opened here, lines become rows as others are.
//!
//! One file a provider, one line in [`ALL`]. A provider says which lines are its own, strictly, so that no ordinary file is taken for one;
//! and what a line holds, or what is wrong with it.

mod anthropic;
mod gemini;
mod openai;

use serde_json::{Map, Value};

use crate::compile::ir;
use crate::plan::FINISH_MARK;

/// A line of JSON.
pub(super) type Line = Map<String, Value>;

/// A provider's form of batch results.
#[derive(Debug)]
pub struct Envelope {
    /// What it is called on command lines.
    pub name: &'static str,
    /// What it is, for messages: "OpenAI batch results".
    pub title: &'static str,
    /// A member of a response that tells it from an ordinary object: a block that declares it is never read so unasked.
    inner: &'static str,
    fits: fn(&Line) -> bool,
    open: fn(&Line) -> Result<Answer, String>,
}

/// Every provider, by name.
static ALL: &[&Envelope] = &[&anthropic::ENVELOPE, &gemini::ENVELOPE, &openai::ENVELOPE];

/// Whether lines of JSON are batch results of a provider.
#[derive(Debug, Clone, Copy, Default)]
pub enum Envelopes {
    /// They are where the first line of a file is, beyond doubt; the report tells.
    #[default]
    Recognised,
    /// They are not.
    None,
    /// They are of this provider.
    Of(&'static Envelope),
}

impl Envelope {
    /// Every provider's form.
    #[must_use]
    pub fn all() -> &'static [&'static Self] {
        ALL
    }

    /// The form of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|envelope| envelope.name == name).copied()
    }
}

/// What a line holds.
#[derive(Debug, Default)]
struct Answer {
    id: Option<String>,
    /// The response; what the provider says in its place where it refused or filtered; nothing where the request came to nothing.
    response: Option<Value>,
    /// Why the model stopped, in the provider's word.
    finish: Option<String>,
    refusal: Option<String>,
    /// Why the request came to nothing, in the provider's word.
    error: Option<String>,
    model: Option<String>,
    stopped: Option<Stopped>,
}

/// That the provider gave no response, though the request was served.
#[derive(Debug, Clone, Copy)]
enum Stopped {
    Refused,
    Filtered,
}

impl Stopped {
    /// As the reader of responses knows it.
    fn word(self) -> &'static str {
        match self {
            Self::Refused => "refusal",
            Self::Filtered => "content_filter",
        }
    }
}

/// Opens the lines of one file for one block.
pub(super) struct Opener<'a> {
    envelope: &'static Envelope,
    response: &'a ir::Response,
    /// A key column of texts that is none of ours: it is given the id.
    key: Option<&'a str>,
}

/// The columns that are given beside the response.
const COLUMNS: [&str; 5] = ["custom_id", "finish_reason", "refusal", "error", "model"];

impl<'a> Opener<'a> {
    /// What opens the lines of a file that begins with `first`, if anything is to.
    pub(super) fn choose(envelopes: Envelopes, block: &'a ir::Block, first: &Line) -> Option<Self> {
        let response = block.response.as_ref()?;
        let declares = |name: &str| response.shape.members.iter().any(|member| member.name == name);
        let envelope = match envelopes {
            Envelopes::None => None,
            Envelopes::Of(envelope) => Some(envelope),
            Envelopes::Recognised => ALL.iter().find(|envelope| !declares(envelope.inner) && (envelope.fits)(first)).copied(),
        }?;
        let key = match block.keys.as_slice() {
            [key] => block.columns.get(key.0 as usize).filter(|key| !key.response).map(|key| key.name.as_str()),
            _ => None,
        };
        let is_ours = |name: &str| COLUMNS.contains(&name) || name == response.source || response.finish.as_deref() == Some(name);
        Some(Self { envelope, response, key: key.filter(|key| !is_ours(key)) })
    }

    /// What the lines are.
    pub(super) fn title(&self) -> &'static str {
        self.envelope.title
    }

    /// A line as a row: the response in the block's column of responses, and what is known of it beside that.
    ///
    /// # Errors
    /// What the line lacks or has of another type, and what to do.
    pub(super) fn open(&self, line: &Line) -> Result<Line, String> {
        let answer = (self.envelope.open)(line).map_err(|reason| self.advised(&reason))?;
        let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
        let mut row = Line::new();
        let given = [&answer.id, &answer.finish, &answer.refusal, &answer.error, &answer.model];
        for (name, value) in COLUMNS.into_iter().zip(given) {
            row.insert(name.to_owned(), text(value));
        }
        if let Some(key) = self.key {
            row.insert(key.to_owned(), text(&answer.id));
        }
        if let Some(finish) = &self.response.finish {
            row.insert(finish.clone(), text(&answer.finish));
        }
        row.insert(FINISH_MARK.to_owned(), answer.stopped.map_or(Value::Null, |stopped| stopped.word().into()));
        row.insert(self.response.source.clone(), answer.response.unwrap_or(Value::Null));
        Ok(row)
    }

    fn advised(&self, reason: &str) -> String {
        format!(
            "among {}, {reason}; fetch the results again, take the line out, or read lines as they are with the envelope `none`",
            self.envelope.title
        )
    }
}

/// A member that is there and not null.
fn member<'v>(object: &'v Line, name: &str) -> Option<&'v Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// A member that is an object, if it is there.
fn object<'v>(from: &'v Line, name: &str, path: &str) -> Result<Option<&'v Line>, String> {
    typed(from, name, path, "an object", Value::as_object)
}

/// A member that is a list, if it is there.
fn list<'v>(from: &'v Line, name: &str, path: &str) -> Result<Option<&'v [Value]>, String> {
    typed(from, name, path, "a list", |value| value.as_array().map(Vec::as_slice))
}

/// A member that is a text, if it is there.
fn text(from: &Line, name: &str, path: &str) -> Result<Option<String>, String> {
    typed(from, name, path, "a text", |value| value.as_str().map(str::to_owned))
}

fn typed<'v, T>(from: &'v Line, name: &str, path: &str, what: &str, read: impl Fn(&'v Value) -> Option<T>) -> Result<Option<T>, String> {
    let Some(value) = member(from, name) else { return Ok(None) };
    read(value).map(Some).ok_or_else(|| format!("`{path}` is {what}, and here it is {}", kind(value)))
}

/// A member that must be there.
fn needed<T>(found: Option<T>, path: &str) -> Result<T, String> {
    found.ok_or_else(|| format!("a line has `{path}`, and this one has not"))
}

/// The only item of a list of answers.
fn only<'v>(answers: &'v [Value], path: &str) -> Result<&'v Line, String> {
    match answers {
        [one] => one.as_object().ok_or_else(|| format!("`{path}` holds objects, and here it holds {}", kind(one))),
        answers => Err(format!("`{path}` holds one answer, and here it holds {}: a row can be only one, so ask for one", answers.len())),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Whether an object has no other members than these.
fn has_only(object: &Line, names: &[&str]) -> bool {
    object.keys().all(|key| names.contains(&key.as_str()))
}

/// What tells an error: the first of its members that is there.
fn error_word(error: &Line, names: &[&str]) -> String {
    let word = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    names.iter().filter_map(|name| error.get(*name)).find_map(word).unwrap_or_else(|| "error".to_owned())
}
