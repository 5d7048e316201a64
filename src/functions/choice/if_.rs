//! `if(condition, then, otherwise)`: one of two values.

use crate::functions::{Accepts, Eval, Example, FunctionDef, Parameter, Returns, Signature};

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "if",
    since: "0.1",
    signature: Signature::new(
        &[
            Parameter { name: "condition", accepts: Accepts::Bool },
            Parameter { name: "then", accepts: Accepts::Any },
            Parameter { name: "otherwise", accepts: Accepts::SameAs(1) },
        ],
        Returns::SameAs(1),
    ),
    summary: "`then` where the condition is true, else `otherwise`.",
    details: "A null condition is not true; a faulting one makes the result a fault. Only the value taken is looked at: a fault in the other does not matter. Of two numbers the result has their common kind.",
    examples: &[
        Example::new(r#"if(2 > 1, "a", "b")"#, r#""a""#),
        Example::new("if(null, 1, 2)", "2"),
        Example::new("if(true, 1, 1 div 0)", "1"),
        Example::new("if(1 div 0 = 1, 1, 2)", "fault"),
        Example::new("if(false, 1, null)", "null"),
    ],
    eval: Eval::Special,
};
