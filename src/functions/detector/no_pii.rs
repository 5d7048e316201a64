//! `no_pii(text, …)`: a text without personal data.

use super::{Eval, Example, FunctionDef, eval, signature};
use crate::detectors::Family;

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "no_pii",
    since: "0.1",
    signature: signature(),
    summary: "True where no personal data that has a form is found in `text`: addresses of mail and machines, numbers of telephones, cards, accounts.",
    details: "Names and places are not looked for. Addresses of example domains and private addresses of machines are LOW. Findings have a level, LOW to CRITICAL; the text fails from HIGH. A level after the text is the one to fail from; after kinds, only these are looked for, from LOW. Kinds and levels are listed under detectors. Null if `text` is null.",
    examples: &[
        Example::new(r#"no_pii("volumes were flat")"#, "true"),
        Example::new(r#"no_pii("write to jane.doe@northwind-traders.com")"#, "false"),
        Example::new(r#"no_pii("write to jane.doe@example.com")"#, "true"),
        Example::new(r#"no_pii("write to jane.doe@example.com", email)"#, "false"),
        Example::new("no_pii(null)", "null"),
    ],
    eval: Eval::Columns(|args, _| eval(Family::Pii, args)),
};
