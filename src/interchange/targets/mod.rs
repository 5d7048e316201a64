//! What blocks are exported for, one file each: which keywords a target takes, and which limits it sets.
//!
//! A new target is a new file and a line in [`ALL`]. Where the sources of a fact disagree, the keyword counts as one the target does not
//! take: a constraint that is told in words and judged here is better than a request that is refused.

mod anthropic;
mod arrow;
mod draft2020_12;
mod gemini;
mod openai;

/// Every target, by name.
pub(crate) const ALL: &[&Target] = &[&draft2020_12::TARGET, &openai::TARGET, &anthropic::TARGET, &gemini::TARGET, &arrow::TARGET];

/// What a block can be exported for.
#[derive(Debug)]
pub struct Target {
    /// What it is called.
    pub name: &'static str,
    /// What comes out, in a line.
    pub summary: &'static str,
    /// Where the facts about it are from, and when they were read.
    pub source: &'static str,
    pub(crate) form: Form,
}

impl Target {
    /// The target of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|target| target.name == name)
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        ALL.iter().copied()
    }
}

/// What is written.
#[derive(Debug)]
pub(crate) enum Form {
    JsonSchema(Subset),
    Arrow,
}

/// The part of JSON Schema that a target takes.
#[derive(Debug)]
pub(crate) struct Subset {
    /// Keywords for constraints.
    pub(crate) keywords: &'static [&'static str],
    /// Names of `format`.
    pub(crate) formats: &'static [&'static str],
    /// The greatest `minItems`, where there is one.
    pub(crate) min_items: Option<u64>,
    /// Patterns may use what only validators know: properties of Unicode.
    pub(crate) unicode_patterns: bool,
    /// Every property is `required`; one that may be absent may be null instead.
    pub(crate) all_required: bool,
    /// Every object says `additionalProperties: false`, so that there are no maps.
    pub(crate) closed: bool,
    /// `$schema` and `title`.
    pub(crate) header: bool,
    /// `propertyOrdering` in every object.
    pub(crate) ordering: bool,
    /// What the schema cannot say is told in descriptions, for the model to read.
    pub(crate) told: bool,
    pub(crate) limits: Limits,
}

/// How large a schema may be.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) properties: Option<usize>,
    pub(crate) depth: Option<usize>,
    /// Characters of names and values.
    pub(crate) characters: Option<usize>,
    pub(crate) enum_values: Option<usize>,
    pub(crate) optional: Option<usize>,
    /// Properties of more than one type.
    pub(crate) unions: Option<usize>,
}

impl Limits {
    pub(crate) const NONE: Self = Self { properties: None, depth: None, characters: None, enum_values: None, optional: None, unions: None };
}

impl Subset {
    pub(crate) fn takes(&self, keyword: &str) -> bool {
        self.keywords.contains(&keyword)
    }
}
