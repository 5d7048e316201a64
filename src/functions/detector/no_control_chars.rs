//! `no_control_chars(text, …)`: a text of characters that show.

use super::{Eval, Example, FunctionDef, eval, signature};
use crate::detectors::Family;

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "no_control_chars",
    since: "0.1",
    signature: signature(),
    summary: "True where no control characters and no characters that show nothing are found in `text`.",
    details: "Tab, line feed and carriage return pass, and so do joiners and selectors as emoji and some scripts need them. Findings have a level, LOW to CRITICAL; the text fails from HIGH. A level after the text is the one to fail from; after kinds, only these are looked for, from LOW. Kinds and levels are listed under detectors. Null if `text` is null.",
    examples: &[
        Example::new(r#"no_control_chars("volumes were flat")"#, "true"),
        Example::new(r#"no_control_chars("pass\u{200b}word")"#, "false"),
        Example::new(r#"no_control_chars("one\ttwo")"#, "true"),
        Example::new("no_control_chars(null)", "null"),
    ],
    eval: Eval::Columns(|args, _| eval(Family::ControlChars, args)),
};
