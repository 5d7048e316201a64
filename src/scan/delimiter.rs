//! What separates the cells of CSV, and what to say where it seems to be something else.

use std::fmt;
use std::str::FromStr;

/// What separates the cells of CSV: a comma unless something else is said.
///
/// # Example
/// ```
/// use rulegate::scan::Delimiter;
///
/// let semicolon: Delimiter = ";".parse()?;
/// assert_eq!(semicolon.to_string(), "';'");
/// assert_eq!("tab".parse::<Delimiter>()?.to_string(), "tab");
/// assert!("ab".parse::<Delimiter>().is_err());
/// # Ok::<(), rulegate::scan::DelimiterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Delimiter(u8);

/// A text that is no delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a delimiter is one character of ASCII such as `;`, or `tab`; no letter, digit, quote or line end")]
pub struct DelimiterError;

impl Default for Delimiter {
    fn default() -> Self {
        Self(b',')
    }
}

impl FromStr for Delimiter {
    type Err = DelimiterError;

    fn from_str(text: &str) -> Result<Self, DelimiterError> {
        match text.as_bytes() {
            b"tab" | b"\\t" => Ok(Self(b'\t')),
            [b'\t'] => Ok(Self(b'\t')),
            [one] if one.is_ascii_punctuation() && !matches!(one, b'"' | b'\'' | b'_') || *one == b' ' => Ok(Self(*one)),
            _ => Err(DelimiterError),
        }
    }
}

/// As an option of a shell takes it.
impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            b'\t' => f.write_str("tab"),
            other => write!(f, "'{}'", char::from(other)),
        }
    }
}

/// Most characters of a header that are repeated.
const HEADER: usize = 60;

impl Delimiter {
    pub(super) fn byte(self) -> u8 {
        self.0
    }

    /// What to say of a file whose header is one column that nobody declares, where something else seems to separate cells.
    pub(super) fn doubt(self, file: &str, header: &str) -> Option<String> {
        let other = [b';', b'\t', b'|', b','].into_iter().find(|other| *other != self.0 && header.as_bytes().contains(other)).map(Self)?;
        let shown: String = header.chars().take(HEADER).collect();
        let more = if shown.len() < header.len() { "…" } else { "" };
        Some(format!(
            "the header of `{file}` is one column, `{shown}{more}`: cells seem to be separated by {}; `--delimiter {other}` reads it so",
            other.name()
        ))
    }

    fn name(self) -> String {
        if self.0 == b'\t' { "tabs".to_owned() } else { format!("`{}`", char::from(self.0)) }
    }
}
