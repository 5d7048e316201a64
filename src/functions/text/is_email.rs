//! `is_email(text)`: an e-mail address.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "is_email",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::Bool),
    summary: "True where `text` has the form of an e-mail address.",
    details: "Pragmatic rather than all of RFC 5321: one `@`; before it 1 to 64 letters, digits, dots and ``!#$%&'*+/=?^_`{|}~-``, no dot at an end or beside another; after it a domain of two or more labels of letters, digits and inner hyphens, at most 63 each; 254 characters in all. ASCII only: no quoted or internationalised addresses, no address in brackets. Whether the mailbox exists is not asked. Null if `text` is null.",
    examples: &[
        Example::new(r#"is_email("jane.doe@example.com")"#, "true"),
        Example::new(r#"is_email("jane@localhost")"#, "false"),
        Example::new(r#"is_email("jane..doe@example.com")"#, "false"),
        Example::new("is_email(null)", "null"),
    ],
    eval: Eval::Text(is_email),
};

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    text.len() <= 254
        && local.len() <= 64
        && local.split('.').all(|part| !part.is_empty() && part.bytes().all(is_local))
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

/// What RFC 5322 calls `atext`.
fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

/// A label of a domain name, RFC 1123 section 2.1.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_look_alikes() {
        for good in ["a@b.co", "first.last+tag@sub.example.org", "o'hara@example.com", "x@xn--bcher-kva.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "@",
            "a@",
            "@b.co",
            "a@b",
            "a@@b.co",
            "a@b@c.co",
            ".a@b.co",
            "a.@b.co",
            "a..b@c.co",
            "a b@c.co",
            "a@-b.co",
            "a@b-.co",
            "a@b..co",
            "a@b.co.",
            "a@b_c.co",
            "é@b.co",
            "a@[1.2.3.4]",
            " a@b.co",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn lengths_are_limited() {
        let (local, label) = ("a".repeat(64), "b".repeat(63));
        assert!(is_email(&format!("{local}@{label}.co")));
        assert!(!is_email(&format!("a{local}@{label}.co")));
        assert!(!is_email(&format!("a@b{label}.co")));
        assert!(!is_email(&format!("{local}@{label}.{label}.{label}.co")));
    }
}
