//! `is_ipv4(text)`: an IPv4 address.

use std::net::Ipv4Addr;

use crate::functions::{Accepts, Context, Eval, Example, FunctionDef, Parameter, Returns, Signature};
use crate::kernels::vector::{Cell, Vector, strict};

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
    eval: Eval::Columns(eval),
};

fn eval(args: &[Vector], _: &Context) -> Vector {
    let [text] = args else { return Vector::fault(1) };
    let texts = text.strings();
    strict(args, |row| Cell::Value(texts.at(row).parse::<Ipv4Addr>().is_ok()))
}
