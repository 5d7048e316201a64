//! `is_uuid(text)`: a UUID.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "is_uuid",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::Bool),
    summary: "True where `text` is a UUID in its usual form.",
    details: "8-4-4-4-12 hexadecimal digits of either case with hyphens (RFC 9562 section 4), of any version and variant, the nil UUID too; no braces, no `urn:uuid:`. Null if `text` is null.",
    examples: &[
        Example::new(r#"is_uuid("123e4567-e89b-12d3-a456-426614174000")"#, "true"),
        Example::new(r#"is_uuid("123e4567e89b12d3a456426614174000")"#, "false"),
        Example::new(r#"is_uuid("123e4567-e89b-12d3-a456-42661417400g")"#, "false"),
        Example::new("is_uuid(null)", "null"),
    ],
    eval: Eval::Text(is_uuid),
};

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}
