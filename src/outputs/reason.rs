//! Why a response was not read, and what became of each declared member.

/// Whether a response was read, or the first thing that is wrong with it.
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reason {
    /// Read: strictly, or recovered where that is wanted.
    Read,
    /// The cell is null.
    NullCell,
    /// Nothing but white space.
    Empty,
    /// Past the limit of bytes, of items, or of bytes in one string.
    TooLarge,
    /// The companion column says that the provider filtered it.
    Filtered,
    /// The companion column says so, or the text does and holds no `{`.
    Refused,
    /// A block of reasoning before the object.
    ReasoningLeak,
    /// In a Markdown fence.
    Fenced,
    /// A string that holds the object.
    DoubleEncoded,
    /// Text before the object.
    ProseWrapped,
    /// More than one document.
    SeveralDocuments,
    /// Text after the object.
    TrailingText,
    /// The text ends before the object does.
    Truncated,
    /// Trailing comma, single quotes, bare key, comment, Python literal.
    LenientSyntax,
    /// A control character within a string.
    ControlChar,
    /// A backslash before something that it does not escape.
    BadEscape,
    /// Half of a surrogate pair.
    LoneSurrogate,
    /// Nested beyond the limit.
    TooDeep,
    /// Something like a number: leading zero or plus, no digits, NaN, Infinity.
    BadNumber,
    /// Anything else that JSON has no place for.
    NotJson,
    /// JSON, but no object.
    RootType,
    /// A key that occurs twice in one object.
    DuplicateKey,
}

impl Reason {
    /// All of them, in the order in which the first that applies is told.
    pub(crate) const ALL: [Self; 22] = [
        Self::Read,
        Self::NullCell,
        Self::Empty,
        Self::TooLarge,
        Self::Filtered,
        Self::Refused,
        Self::ReasoningLeak,
        Self::Fenced,
        Self::DoubleEncoded,
        Self::ProseWrapped,
        Self::SeveralDocuments,
        Self::TrailingText,
        Self::Truncated,
        Self::LenientSyntax,
        Self::ControlChar,
        Self::BadEscape,
        Self::LoneSurrogate,
        Self::TooDeep,
        Self::BadNumber,
        Self::NotJson,
        Self::RootType,
        Self::DuplicateKey,
    ];

    /// Its name in rules and reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::NullCell => "null_cell",
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::Filtered => "filtered",
            Self::Refused => "refused",
            Self::ReasoningLeak => "reasoning_leak",
            Self::Fenced => "fenced",
            Self::DoubleEncoded => "double_encoded",
            Self::ProseWrapped => "prose_wrapped",
            Self::SeveralDocuments => "several_documents",
            Self::TrailingText => "trailing_text",
            Self::Truncated => "truncated",
            Self::LenientSyntax => "lenient_syntax",
            Self::ControlChar => "control_char",
            Self::BadEscape => "bad_escape",
            Self::LoneSurrogate => "lone_surrogate",
            Self::TooDeep => "too_deep",
            Self::BadNumber => "bad_number",
            Self::NotJson => "not_json",
            Self::RootType => "root_type",
            Self::DuplicateKey => "duplicate_key",
        }
    }
}

/// What became of a declared member in one row.
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum State {
    /// A value of the declared kind.
    Present,
    /// `null`, whether the member may be or not.
    Null,
    /// No such key, whether the member may be absent or not.
    Absent,
    /// A number in quotes.
    NumericString,
    /// `true` or `false` in quotes, in any case.
    BoolString,
    /// A text, number or bool where a list is declared.
    ScalarForList,
    /// A number that is not whole where an integer is declared.
    FloatForInt,
    /// Any other value that is not of the declared kind.
    OtherType,
    /// A list or map that holds null and may not.
    NullItem,
    /// A number or instant that the declared kind has no exact place for.
    OutOfRange,
    /// The response, or what the member stands in, was not read.
    NotRead,
}
