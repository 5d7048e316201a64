//! Spans as a request of OTLP in JSON (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>): ids in hex, 64-bit numbers as texts.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::exit::Exit;

use super::environment::Settings;
use super::spans::{ROOT, Span, Spans, Value};

/// Kinds of span, and states, by their numbers in the protocol.
const INTERNAL: u8 = 1;
const ERROR: u8 = 2;

pub(super) fn body(settings: &Settings, spans: &Spans, exit: Exit) -> Vec<u8> {
    let ended = spans.ended();
    let all: Vec<Json> = ended.spans.iter().map(|span| one(span, spans.trace_id, (exit, ended.left_out))).collect();
    let resource: Vec<Json> = settings.resource.iter().map(|(name, value)| attribute(name, json!({ "stringValue": value }))).collect();
    let scope = json!({ "name": "rulegate", "version": env!("CARGO_PKG_VERSION") });
    let scopes = json!([{ "scope": scope, "spans": all }]);
    json!({ "resourceSpans": [{ "resource": { "attributes": resource }, "scopeSpans": scopes }] }).to_string().into_bytes()
}

fn one(span: &Span, trace_id: u128, (exit, left_out): (Exit, u64)) -> Json {
    let value = |value: &Value| match value {
        Value::Text(text) => json!({ "stringValue": text }),
        Value::Number(number) => json!({ "intValue": number.to_string() }),
    };
    let mut attributes: Vec<Json> = span.fields.iter().map(|(name, field)| attribute(&format!("rulegate.{name}"), value(field))).collect();
    let mut failed = span.failed;
    if span.name == ROOT {
        attributes.push(attribute("process.exit.code", json!({ "intValue": (exit as u8).to_string() })));
        failed |= exit == Exit::NotDone;
        if left_out > 0 {
            attributes.push(attribute("rulegate.spans_left_out", json!({ "intValue": left_out.to_string() })));
        }
    }
    let mut told = json!({
        "traceId": format!("{trace_id:032x}"),
        "spanId": format!("{:016x}", span.id),
        "name": span.name,
        "kind": INTERNAL,
        "startTimeUnixNano": nanos(span.start),
        "endTimeUnixNano": nanos(span.end),
        "attributes": attributes,
        "status": if failed { json!({ "code": ERROR }) } else { json!({}) },
    });
    if let (Some(parent), Some(object)) = (span.parent, told.as_object_mut()) {
        object.insert("parentSpanId".to_owned(), format!("{parent:016x}").into());
    }
    told
}

fn attribute(name: &str, value: Json) -> Json {
    json!({ "key": name, "value": value })
}

fn nanos(since: Duration) -> String {
    since.as_nanos().to_string()
}

/// How many spans an answer says were not taken; one that says nothing took them all.
pub(super) fn rejected(answer: &[u8]) -> i64 {
    let answer: Json = serde_json::from_slice(answer).unwrap_or_default();
    let rejected = answer.pointer("/partialSuccess/rejectedSpans");
    rejected.and_then(|spans| spans.as_i64().or_else(|| spans.as_str()?.parse().ok())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_answer_tells_how_many_spans_were_not_taken() {
        for (answer, rejected) in [
            ("", 0),
            ("{}", 0),
            (r#"{"partialSuccess":{}}"#, 0),
            (r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"full"}}"#, 3),
            (r#"{"partialSuccess":{"rejectedSpans":2}}"#, 2),
            ("\u{8}\u{1}", 0),
        ] {
            assert_eq!(super::rejected(answer.as_bytes()), rejected, "{answer}");
        }
    }
}
