//! JSON lines for programs that read as they go: a line for the report, then one for each of its rules.

use serde::Serialize;

use super::json::harmless;
use super::{Form, Judged};
use crate::exit::Failure;

pub(super) const FORM: Form =
    Form { name: "jsonl", about: "a line of JSON for the report and one for each rule", reports, diagnostics: None };

fn reports(judged: &Judged<'_>) -> Result<String, Failure> {
    let mut out = String::new();
    for report in judged.reports {
        let mut header = serde_json::to_value(report).map_err(failure)?;
        if let Some(fields) = header.as_object_mut() {
            fields.remove("rules");
        }
        out.push_str(&line("report", &header)?);
        for rule in &report.rules {
            out.push_str(&line("rule", rule)?);
        }
    }
    Ok(harmless(out))
}

/// An object on a line, with what it is a record of in front.
fn line(record: &str, value: &impl Serialize) -> Result<String, Failure> {
    let object = serde_json::to_string(value).map_err(failure)?;
    Ok(format!("{{\"record\":\"{record}\",{}\n", object.strip_prefix('{').unwrap_or(&object)))
}

fn failure(error: serde_json::Error) -> Failure {
    Failure::new(format!("the JSON cannot be made: {error}"))
}
