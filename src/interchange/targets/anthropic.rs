//! Anthropic, structured outputs (JSON outputs and strict tools).
//!
//! Bounds of numbers and lengths are refused, and so is `minItems` above 1. Simple patterns are documented, but the client libraries move
//! them into descriptions, and so do we. `const` has no case in the Python library either: one value is an `enum` of one.

use super::{Form, Limits, Subset, Target};

pub(super) const TARGET: Target = Target {
    name: "anthropic",
    summary: "the schema of Anthropic's structured outputs",
    source: "Anthropic docs \"Structured outputs\", JSON Schema limitations, as of mid 2026; anthropic-sdk-python 2.11",
    form: Form::JsonSchema(Subset {
        keywords: &["minItems", "enum"],
        formats: &["date-time", "date", "duration", "email", "uri", "uuid", "ipv4", "ipv6"],
        min_items: Some(1),
        unicode_patterns: false,
        all_required: false,
        closed: true,
        header: false,
        ordering: false,
        told: true,
        limits: Limits { properties: None, depth: None, characters: None, enum_values: None, optional: Some(24), unions: Some(16) },
    }),
};
