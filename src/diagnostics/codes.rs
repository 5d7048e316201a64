//! The table of diagnostic codes, numbered by stage. A released number is never used again.
//!
//! `E01xx` syntax, `E02xx` names, `E03xx` types, `E04xx` calls, `E05xx` binding, `E06xx` limits and files; `W` the same for warnings.

use super::Level;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal,)+) => {
        /// What kind of remark a diagnostic is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// `E0101`
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The page that explains it, as Markdown: what it means, a file that gives it and one that does not, and what to do.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self { $(Self::$variant => include_str!(concat!("../../docs/errors/", $code, ".md")),)+ }
            }

            /// One line on what it means.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii_start(),)+ }
            }
        }
    };
}

codes! {
    /// The text does not follow the grammar.
    Syntax = "E0101",
    /// A string, comment, regex or quoted name is not closed.
    Unclosed = "E0102",
    /// A bracket has no partner.
    Bracket = "E0103",
    /// A character or operator of another language.
    ForeignToken = "E0104",
    /// The first line does not name a version of the language that this program knows.
    Version = "E0105",
    /// A literal has no value: a number out of range, a day that does not exist, an unknown escape.
    Literal = "E0106",
    /// An item stands where it cannot stand, or stands twice.
    Misplaced = "E0107",
    /// A test gives nothing, expects nothing, or expects what cannot be together.
    TestParts = "E0108",
    /// The file belongs to another program whose files end in `.rules` too.
    ForeignFile = "E0109",

    /// A name that nothing declares.
    UnknownName = "E0201",
    /// A name is declared twice.
    DuplicateName = "E0202",
    /// Two rules have the same id.
    DuplicateId = "E0203",
    /// A type that does not exist.
    UnknownType = "E0204",
    /// An attribute that does not exist, or not here.
    UnknownAttribute = "E0205",
    /// A `let`, a type or an import leads back to itself.
    Cycle = "E0206",

    /// An operator or test does not take these types.
    TypeMismatch = "E0301",
    /// A condition is not true or false.
    NotBool = "E0302",
    /// An instant is compared with wall-clock time.
    LocalWithInstant = "E0303",
    /// A null stands in a list of values.
    NullInList = "E0304",
    /// A value does not fit its declared type.
    ValueType = "E0305",
    /// A constraint that this type cannot have.
    ConstraintType = "E0306",

    /// A function that does not exist.
    UnknownFunction = "E0401",
    /// A call with the wrong number of arguments.
    ArgumentCount = "E0402",
    /// An argument of the wrong type.
    ArgumentType = "E0403",
    /// A pattern is no regular expression, or one that cannot run in linear time.
    Regex = "E0404",
    /// A column stands outside an aggregate, or an aggregate outside a check.
    Aggregate = "E0405",
    /// An attribute's arguments make no sense.
    AttributeArguments = "E0406",

    /// A parameter without a value, or a value that does not fit it.
    Parameter = "E0501",

    /// The file, or something in it, is past a limit.
    Limit = "E0601",
    /// A file that cannot be read.
    Unreadable = "E0602",
    /// A path that leads outside the root folder.
    OutsideRoot = "E0603",
    /// A set's file does not hold what is asked of it.
    SetFile = "E0604",

    /// Something the language has and this version does not evaluate yet: its rules are skipped.
    NotSupportedYet = "W0101",
    /// The version line is missing.
    NoVersion = "W0102",
    /// Nulls or duplicates in a value set.
    SetValues = "W0201",
    /// Text that reads otherwise than it acts: an invisible character, or a comment where a division was meant.
    Deceptive = "W0103",
    /// An attribute that seems to belong to what stands below it.
    StrayAttribute = "W0104",
    /// A parameter, set, type or `let` that nothing uses.
    Unused = "W0202",
    /// A rule that asks what another one asks.
    SameRule = "W0203",
    /// A file of references cannot be read: what needs it is in error.
    Reference = "W0204",
    /// A rule that can never fail.
    NeverFails = "W0301",
    /// A rule that can never pass.
    NeverPasses = "W0302",
    /// A value that its field never has.
    NoSuchValue = "W0303",
}

impl Code {
    /// Errors stop a file from compiling, warnings do not.
    #[must_use]
    pub fn level(self) -> Level {
        if self.as_str().starts_with('W') { Level::Warning } else { Level::Error }
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_unique_and_have_summaries() {
        let mut seen: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.summary().ends_with('.')));
    }
}
