//! `is_base64(text)`: base64 of something.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "is_base64",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::Bool),
    summary: "True where `text` is base64 with padding, and not empty.",
    details: "The standard alphabet of RFC 4648 section 4, with `+` and `/`, padded with `=` to a multiple of four; no line breaks. The URL-safe alphabet is refused. Bits that padding leaves over may be set. Null if `text` is null.",
    examples: &[
        Example::new(r#"is_base64("aGVsbG8=")"#, "true"),
        Example::new(r#"is_base64("aGVsbG8")"#, "false"),
        Example::new(r#"is_base64("aGVs_G8=")"#, "false"),
        Example::new(r#"is_base64("")"#, "false"),
        Example::new("is_base64(null)", "null"),
    ],
    eval: Eval::Text(is_base64),
};

fn is_base64(text: &str) -> bool {
    let digits = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    !digits.is_empty()
        && text.len().is_multiple_of(4)
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_from_look_alikes() {
        for good in ["YQ==", "YWI=", "YWJj", "+/+/", "aGVsbG8="] {
            assert!(is_base64(good), "{good}");
        }
        for bad in ["", "=", "====", "YQ", "YQ=", "Y===", "YQ==YQ==", "YW=j", "YW Jj", "YWJj\n", "_-_-"] {
            assert!(!is_base64(bad), "{bad}");
        }
    }
}
