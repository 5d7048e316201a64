//! OpenAI, structured outputs in strict mode.
//!
//! Every property is required, every object closed, the root an object. `oneOf`, `allOf`, `not`, `uniqueItems` and objects of open keys
//! are refused. `minLength` and `maxLength` are in no list of the guide, and client libraries strip them: they count as not taken.

use super::{Form, Limits, Subset, Target};

pub(super) const TARGET: Target = Target {
    name: "openai",
    summary: "the schema of OpenAI's structured outputs in strict mode",
    source: "OpenAI guide \"Structured Outputs\", supported schemas, as of February 2026",
    form: Form::JsonSchema(Subset {
        keywords: &[
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "pattern",
            "minItems",
            "maxItems",
            "enum",
            "const",
        ],
        formats: &["date-time", "date", "duration", "email", "uuid", "ipv4", "ipv6"],
        min_items: None,
        unicode_patterns: false,
        all_required: true,
        closed: true,
        header: false,
        ordering: false,
        told: true,
        limits: Limits {
            properties: Some(5_000),
            depth: Some(10),
            characters: Some(120_000),
            enum_values: Some(1_000),
            optional: None,
            unions: None,
        },
    }),
};
