//! The one [`Diagnostic`] value, and the table of codes.
//!
//! A diagnostic is plain data: a code, a place, a message, labels and a help. How it looks on a terminal, in JSON or in an editor is
//! decided at the edges. This room knows places, not what is being diagnosed.

mod codes;
mod distance;
mod fix;

pub use codes::Code;
pub use distance::nearest;
pub use fix::{Fixed, fix};

use crate::source::Span;

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The file compiles; something in it deserves a look.
    Warning,
    /// The file does not compile.
    Error,
}

/// A remark about a place in a rule file.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// What kind of remark.
    pub code: Code,
    /// What is wrong: lower case, no full stop, one line.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What stands at `span`, in the author's terms.
    pub label: Option<String>,
    /// Other places that matter.
    pub labels: Vec<(Span, String)>,
    /// What to do about it.
    pub help: Option<String>,
    /// An edit that does it.
    pub suggestion: Option<Suggestion>,
}

/// A replacement of some text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The text to replace.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
    /// Whether it can be made without asking.
    pub applicability: Applicability,
}

/// How sure an edit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// It says what was meant in the language's own words: it can be made without asking.
    Safe,
    /// It may not be what was meant: someone has to look at it.
    Guess,
}

/// A number of things, in words: `1 row`, `2 rows`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

impl Diagnostic {
    /// A remark; its level is the code's.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>, span: Span) -> Self {
        Self { code, message: message.into(), span, label: None, labels: Vec::new(), help: None, suggestion: None }
    }

    /// Says what stands at the place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = Some(text.into());
        self
    }

    /// Points at another place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push((span, text.into()));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Gives the edit that mends it.
    #[must_use]
    pub fn suggest(self, span: Span, replacement: impl Into<String>) -> Self {
        self.edit(span, replacement.into(), Applicability::Safe)
    }

    /// Gives an edit that may be what was meant.
    #[must_use]
    pub fn guess(self, span: Span, replacement: impl Into<String>) -> Self {
        self.edit(span, replacement.into(), Applicability::Guess)
    }

    fn edit(mut self, span: Span, replacement: String, applicability: Applicability) -> Self {
        self.suggestion = Some(Suggestion { span, replacement, applicability });
        self
    }

    /// "did you mean": a help and an edit where a known name is near.
    #[must_use]
    pub fn did_you_mean<'a>(self, written: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(written, known) {
            Some(name) => {
                let span = self.span;
                self.help(format!("did you mean `{name}`?")).guess(span, name)
            }
            None => self,
        }
    }

    /// Its weight.
    #[must_use]
    pub fn level(&self) -> Level {
        self.code.level()
    }

    /// Whether it stops the file from compiling.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.level() == Level::Error
    }
}
