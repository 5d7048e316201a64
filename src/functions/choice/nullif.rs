//! `nullif(a, b)`: null where they are equal.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "nullif",
    since: "0.1",
    signature: Signature::new(
        &[Parameter { name: "a", accepts: Accepts::Any }, Parameter { name: "b", accepts: Accepts::SameAs(0) }],
        Returns::SameAs(0),
    ),
    summary: "Null where `a = b`, else `a`.",
    details: "Where `b` is null, `a` is not equal to it and stays. A fault in either is a fault. NaN equals nothing.",
    examples: &[
        Example::new("nullif(3, 3)", "null"),
        Example::new("nullif(3, 4)", "3"),
        Example::new(r#"nullif("a", null)"#, r#""a""#),
        Example::new("nullif(3, 1 div 0)", "fault"),
        Example::new("nullif(null, 3)", "null"),
    ],
    eval: Eval::Special,
};
