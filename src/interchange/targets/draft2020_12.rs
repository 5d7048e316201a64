//! JSON Schema, draft 2020-12: everything that the vocabularies of validation have, `format` asserted.

use super::{Form, Limits, Subset, Target};

pub(super) const TARGET: Target = Target {
    name: "draft2020-12",
    summary: "JSON Schema as validators read it, formats asserted",
    source: "JSON Schema draft 2020-12, core and validation (June 2022)",
    form: Form::JsonSchema(Subset {
        keywords: &[
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minLength",
            "maxLength",
            "pattern",
            "minItems",
            "maxItems",
            "uniqueItems",
            "enum",
            "const",
            "not",
            "allOf",
            "oneOf",
            "contentEncoding",
            "patternProperties",
        ],
        formats: &["date-time", "date", "duration", "email", "uri", "uuid", "ipv4", "ipv6"],
        min_items: None,
        unicode_patterns: true,
        all_required: false,
        closed: false,
        header: true,
        ordering: false,
        told: false,
        limits: Limits::NONE,
    }),
};
