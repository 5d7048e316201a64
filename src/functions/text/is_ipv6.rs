//! `is_ipv6(text)`: an IPv6 address.

use std::net::Ipv6Addr;

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "is_ipv6",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::Bool),
    summary: "True where `text` is an IPv6 address.",
    details: "The forms of RFC 4291 section 2.2, `::` and a trailing IPv4 address included; no zone id, no brackets, no port, no prefix length. Null if `text` is null.",
    examples: &[
        Example::new(r#"is_ipv6("2001:db8::1")"#, "true"),
        Example::new(r#"is_ipv6("::ffff:192.0.2.1")"#, "true"),
        Example::new(r#"is_ipv6("fe80::1%eth0")"#, "false"),
        Example::new(r#"is_ipv6("1::2::3")"#, "false"),
        Example::new("is_ipv6(null)", "null"),
    ],
    eval: Eval::Text(is_ipv6),
};

fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}
