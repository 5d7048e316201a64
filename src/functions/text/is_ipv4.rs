//! `is_ipv4(text)`: an IPv4 address.

use std::net::Ipv4Addr;

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "is_ipv4",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "text", accepts: Accepts::String }], Returns::Bool),
    summary: "True where `text` is an IPv4 address.",
    details: "Four decimal numbers from 0 to 255 with dots, without leading zeros (RFC 6943 section 3.1.1, strict form); no port, no prefix length. Null if `text` is null.",
    examples: &[
        Example::new(r#"is_ipv4("192.0.2.1")"#, "true"),
        Example::new(r#"is_ipv4("192.0.2.256")"#, "false"),
        Example::new(r#"is_ipv4("192.0.02.1")"#, "false"),
        Example::new("is_ipv4(null)", "null"),
    ],
    eval: Eval::Text(is_ipv4),
};

fn is_ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}
