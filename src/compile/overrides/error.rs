//! What is wrong with overrides.

/// What is wrong with one override, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}; {help}")]
pub struct OverrideError {
    /// Which one.
    pub place: OverridePlace,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
}

/// An override, by its place among its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverridePlace {
    /// Of [`Overrides::rules`](super::Overrides::rules).
    Rule(usize),
    /// Of [`Overrides::params`](super::Overrides::params).
    Param(usize),
}

/// Everything that is wrong with overrides, in their order; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct OverrideErrors {
    /// One for each mistake.
    pub errors: Vec<OverrideError>,
}

impl OverrideErrors {
    pub(super) fn none_or(errors: Vec<OverrideError>) -> Result<(), Self> {
        if errors.is_empty() { Ok(()) } else { Err(Self { errors }) }
    }
}
