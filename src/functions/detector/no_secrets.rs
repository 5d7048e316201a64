//! `no_secrets(text, …)`: a text without keys, tokens or passwords.

use super::{Eval, Example, FunctionDef, eval, signature};
use crate::detectors::Family;

pub(super) const FUNCTION: FunctionDef = FunctionDef {
    name: "no_secrets",
    since: "0.1",
    signature: signature(),
    summary: "True where no key, token or password is found in `text`.",
    details: "Formats of providers, key files, addresses and connection strings with a password, `password=…`, seed phrases. Addresses of contracts, hashes, UUIDs and placeholders pass. Findings have a level, LOW to CRITICAL; the text fails from HIGH. A level after the text is the one to fail from; after kinds, only these are looked for, from LOW. Kinds and levels are listed under detectors. Null if `text` is null.",
    examples: &[
        Example::new(r#"no_secrets("volumes were flat")"#, "true"),
        Example::new(r#"no_secrets("the password is hunter2!x")"#, "false"),
        Example::new(r#"no_secrets("password=<password>")"#, "true"),
        Example::new("no_secrets(null)", "null"),
    ],
    eval: Eval::Columns(|args, _| eval(Family::Secrets, args)),
};
