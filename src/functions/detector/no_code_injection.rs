//! `no_code_injection(text, …)`: a text without code that breaks out.

use super::{Eval, Example, FunctionDef, eval, signature};
use crate::detectors::Family;

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "no_code_injection",
    since: "0.1",
    signature: signature(),
    summary: "True where no SQL, shell command, path, template or script that could break out is found in `text`.",
    details: "For fields that flow to a database, a shell, a template or a page; texts about code have code in them. Findings have a level, LOW to CRITICAL; the text fails from HIGH. A level after the text is the one to fail from; after kinds, only these are looked for, from LOW. Kinds and levels are listed under detectors. Null if `text` is null.",
    examples: &[
        Example::new(r#"no_code_injection("volumes were flat")"#, "true"),
        Example::new(r#"no_code_injection("<script>alert(1)</script>")"#, "false"),
        Example::new(r#"no_code_injection("<b>bold</b>", script_injection)"#, "true"),
        Example::new("no_code_injection(null)", "null"),
    ],
    eval: Eval::Columns(|args, _| eval(Family::CodeInjection, args)),
};
