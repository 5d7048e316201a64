//! `no_refusal(text, …)`: a text that is an answer.

use super::{Eval, Example, FunctionDef, eval, signature};
use crate::detectors::Family;

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "no_refusal",
    since: "0.1",
    signature: signature(),
    summary: "True where `text` does not begin as a language model does that declines to answer.",
    details: "Only the first 200 bytes count; `sorry` alone is no refusal. Findings have a level, LOW to CRITICAL; the text fails from HIGH. A level after the text is the one to fail from; after kinds, only these are looked for, from LOW. Kinds and levels are listed under detectors. Null if `text` is null.",
    examples: &[
        Example::new(r#"no_refusal("volumes were flat")"#, "true"),
        Example::new("no_refusal(\"I'm sorry, but I can't help with that.\")", "false"),
        Example::new(r#"no_refusal("Sorry for the delay, here it is.")"#, "true"),
        Example::new("no_refusal(null)", "null"),
    ],
    eval: Eval::Columns(|args, _| eval(Family::Refusal, args)),
};
