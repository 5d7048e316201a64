//! Detectors: what should not stand in a text. Secrets, personal data, orders to a language model, code, control characters, refusals.
//!
//! At the door: [`Kind`], everything there is to know of one thing that is looked for, and [`Family`], which lists its kinds;
//! [`Detector`], which looks for some of them in many texts at once; [`mask`], which takes them out. A kind is one entry in a file of
//! its family, and one line in that family's list.
//!
//! Texts are not gone through kind by kind. One pass over the bytes of many texts finds *triggers*: rare pieces that every finding of
//! a kind has in it, long numbers, `@`. Only around those a kind's `verify` looks closer, in a window of limited size, so that
//! the time is linear in the text whatever stands in it. This room knows no Arrow, no columns and no rules.

mod anchors;
mod bytes;
mod code_injection;
mod control_chars;
mod decode;
mod engine;
mod groups;
mod marks;
mod mask;
mod normal;
mod pass;
mod phrase;
mod pii;
mod prompt_injection;
mod refusal;
mod secrets;
mod sweep;
#[cfg(test)]
mod tests;

pub(crate) use engine::{Counted, Detector};
pub(crate) use mask::{has_private, mask, strip_control};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// Nothing was found.
    #[default]
    None,
    /// Worth knowing: a private address, an e-mail address of an example domain.
    Low,
    /// Suspicious, or harmless by itself: a test key, the mere mention of an attack.
    Medium,
    /// To be stopped; detectors fail from here unless told otherwise.
    High,
    /// Opens a door to whoever reads it.
    Critical,
}

impl Level {
    /// All of them, from the lowest.
    pub const ALL: [Self; 5] = [Self::None, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// `NONE` … `CRITICAL`, as reports write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }

    /// The level that rules write in small letters, `low` to `critical`; nothing fails from `none`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "low" => Some(Self::Low),
            "medium" => Some(Self::Medium),
            "high" => Some(Self::High),
            "critical" => Some(Self::Critical),
            _ => None,
        }
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Kinds that belong together: one detector of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Keys, tokens, passwords.
    Secrets,
    /// Personal data that has a form: addresses, numbers.
    Pii,
    /// Attempts to give a language model other orders.
    PromptInjection,
    /// Code where text is expected.
    CodeInjection,
    /// Characters that control or hide rather than show.
    ControlChars,
    /// A language model that declines to answer.
    Refusal,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Secrets, Self::Pii, Self::PromptInjection, Self::CodeInjection, Self::ControlChars, Self::Refusal];

    /// `secrets`: the detector of the language without its `no_`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.function().trim_start_matches("no_")
    }

    /// The function of the language that is true where nothing of it is found.
    #[must_use]
    pub fn function(self) -> &'static str {
        match self {
            Self::Secrets => "no_secrets",
            Self::Pii => "no_pii",
            Self::PromptInjection => "no_prompt_injection",
            Self::CodeInjection => "no_code_injection",
            Self::ControlChars => "no_control_chars",
            Self::Refusal => "no_refusal",
        }
    }

    /// What is looked for.
    #[must_use]
    pub fn kinds(self) -> &'static [&'static Kind] {
        match self {
            Self::Secrets => secrets::KINDS,
            Self::Pii => pii::KINDS,
            Self::PromptInjection => prompt_injection::KINDS,
            Self::CodeInjection => code_injection::KINDS,
            Self::ControlChars => control_chars::KINDS,
            Self::Refusal => refusal::KINDS,
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn kind(self, name: &str) -> Option<&'static Kind> {
        self.kinds().iter().copied().find(|kind| kind.name == name)
    }
}

/// One thing that is looked for.
pub struct Kind {
    /// `aws_access_key`
    pub name: &'static str,
    /// The family whose list it stands in.
    pub family: Family,
    /// The level of a plain finding; one that is known to be harmless has a lower one, as `finds` tells.
    pub level: Level,
    /// What is matched, in a sentence.
    pub finds: &'static str,
    /// What looks like it and is let through; empty where nothing does.
    pub allows: &'static str,
    /// Whether it is looked for only where it is named.
    pub opt_in: bool,
    /// Families whose kinds are found in the positive examples as well.
    pub also: &'static [Family],
    /// Texts it is found in. None of them is real.
    pub positive: &'static [&'static str],
    /// Texts it is not found in.
    pub negative: &'static [&'static str],
    triggers: [Trigger; 2],
    verify: Verify,
}

impl Kind {
    const fn new(name: &'static str, family: Family, level: Level, trigger: Trigger, verify: Verify) -> Self {
        Self {
            name,
            family,
            level,
            finds: "",
            allows: "",
            opt_in: false,
            also: &[],
            positive: &[],
            negative: &[],
            triggers: [trigger, Trigger::Never],
            verify,
        }
    }

    /// Another trigger: one of the two is in every finding.
    const fn or(mut self, trigger: Trigger) -> Self {
        self.triggers = [self.triggers[0], trigger];
        self
    }

    const fn finds(mut self, what: &'static str) -> Self {
        self.finds = what;
        self
    }

    const fn allows(mut self, what: &'static str) -> Self {
        self.allows = what;
        self
    }

    const fn opt_in(mut self) -> Self {
        self.opt_in = true;
        self
    }

    const fn also(mut self, families: &'static [Family]) -> Self {
        self.also = families;
        self
    }

    const fn examples(mut self, positive: &'static [&'static str], negative: &'static [&'static str]) -> Self {
        self.positive = positive;
        self.negative = negative;
        self
    }
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kind").field("name", &self.name).field("family", &self.family).field("level", &self.level).finish_non_exhaustive()
    }
}

/// Whether a kind is at a place of a text, and how far it reaches. `at` is where its trigger was found.
///
/// It looks at a window around `at` only, of a size that does not grow with the text.
type Verify = fn(text: &[u8], at: usize) -> Option<Found>;

/// A finding, inside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    start: usize,
    end: usize,
    level: Level,
}

impl Found {
    const fn new(start: usize, end: usize, level: Level) -> Self {
        Self { start, end, level }
    }
}

/// What every finding of a kind has in it.
#[derive(Debug, Clone, Copy)]
enum Trigger {
    /// One of these, in these very letters.
    Exact(&'static [&'static str]),
    /// One of these, in letters of any case; they are written in small ones.
    Folded(&'static [&'static str]),
    /// One of these, as they are, in a piece of 23 or more bytes without white space: prose has few of them.
    Long(&'static [&'static str]),
    /// One of these bytes, three at most.
    Bytes(&'static [u8]),
    /// The first digit of a number: what no digit stands before.
    Digits,
    /// The first digit of a number that goes on, through single separators, to seven digits or to three dots.
    LongDigits,
    /// A place in a row of words of three to eight small letters that is as long as the shortest seed phrase.
    Words,
    /// The start of a piece of 32 or more bytes that could be encoded text.
    Runs,
    /// A character outside ASCII.
    NonAscii,
    /// A control character of ASCII, white space left out.
    Control,
    /// Nothing.
    Never,
}
