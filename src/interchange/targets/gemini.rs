//! Google Gemini, `response_json_schema`.
//!
//! The guide names `enum` and `format` for texts, inclusive bounds for numbers, `minItems` and `maxItems`; `anyOf` came in November 2025.
//! `propertyOrdering` is read by the models up to 2.0, which would order keys by the alphabet.

use super::{Form, Limits, Subset, Target};

pub(super) const TARGET: Target = Target {
    name: "gemini",
    summary: "the schema of Gemini's structured output (`response_json_schema`)",
    source: "Gemini API docs \"Structured output\", JSON Schema support, updated 26 February 2026",
    form: Form::JsonSchema(Subset {
        keywords: &["minimum", "maximum", "minItems", "maxItems", "enum"],
        formats: &["date-time", "date"],
        min_items: None,
        unicode_patterns: false,
        all_required: false,
        closed: false,
        header: false,
        ordering: true,
        told: true,
        limits: Limits::NONE,
    }),
};
