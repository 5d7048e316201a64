//! `coalesce(a, b, …)`: the first argument that is not null.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "coalesce",
    since: "0.1",
    signature: Signature::new(&[Parameter { name: "value", accepts: Accepts::Any }], Returns::Common).variadic(),
    summary: "The first argument that is not null; null if all are.",
    details: "Arguments are looked at from the left and no further than the first that is not null: a fault there is a fault, faults after it do not matter.",
    examples: &[
        Example::new("coalesce(null, 3, 4)", "3"),
        Example::new(r#"coalesce("a", "b")"#, r#""a""#),
        Example::new("coalesce(1, 1 div 0)", "1"),
        Example::new("coalesce(null, 1 div 0)", "fault"),
        Example::new("coalesce(null, null)", "null"),
    ],
    eval: Eval::Special,
};
