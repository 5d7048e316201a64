//! Results of Anthropic's Message Batches.
//!
//! Source: Anthropic's API reference, "Retrieve Message Batch results", and the object "Message" with its stop reasons; looked up in
//! November 2026. A line is `{"custom_id", "result": {"type": "succeeded", "message"} | {"type": "errored", "error"} | {"type": "canceled"} |
//! {"type": "expired"}}`.

use serde_json::Value;

use super::{Answer, Envelope, Line, Stopped, error_word, has_only, list, needed, object, text};

pub(super) static ENVELOPE: Envelope = Envelope { name: "anthropic", title: "Anthropic batch results", inner: "message", fits, open };

fn fits(line: &Line) -> bool {
    let Some(result) = line.get("result").and_then(Value::as_object) else { return false };
    let holds = match result.get("type").and_then(Value::as_str) {
        Some("succeeded") => has_only(result, &["type", "message"]) && result.get("message").is_some_and(Value::is_object),
        Some("errored") => has_only(result, &["type", "error"]) && result.get("error").is_some_and(Value::is_object),
        Some("canceled" | "expired") => has_only(result, &["type"]),
        _ => false,
    };
    holds && line.get("custom_id").is_some_and(Value::is_string) && has_only(line, &["custom_id", "result"])
}

fn open(line: &Line) -> Result<Answer, String> {
    let mut answer = Answer { id: Some(needed(text(line, "custom_id", "custom_id")?, "custom_id")?), ..Answer::default() };
    let result = needed(object(line, "result", "result")?, "result")?;
    let kind = needed(text(result, "type", "result.type")?, "result.type")?;
    match kind.as_str() {
        "succeeded" => message(&mut answer, needed(object(result, "message", "result.message")?, "result.message")?)?,
        "errored" => {
            let error = needed(object(result, "error", "result.error")?, "result.error")?;
            // What went wrong stands in an error of its own within it.
            let inner = object(error, "error", "result.error.error")?.unwrap_or(error);
            answer.error = Some(error_word(inner, &["type", "message"]));
        }
        "canceled" | "expired" => answer.error = Some(kind),
        _ => return Err("`result.type` is `succeeded`, `errored`, `canceled` or `expired`, and here it is something else".to_owned()),
    }
    Ok(answer)
}

fn message(answer: &mut Answer, message: &Line) -> Result<(), String> {
    answer.model = text(message, "model", "result.message.model")?;
    answer.finish = text(message, "stop_reason", "result.message.stop_reason")?;
    let content = needed(list(message, "content", "result.message.content")?, "result.message.content")?;
    let (mut said, mut calls) = (None::<String>, Vec::new());
    for block in content {
        let block = block.as_object().ok_or("`result.message.content` holds objects, and here it holds something else")?;
        match block.get("type").and_then(Value::as_str) {
            Some("text") => {
                let more = text(block, "text", "result.message.content[].text")?;
                said.get_or_insert_default().push_str(&needed(more, "result.message.content[].text")?);
            }
            Some("tool_use") => calls.push(needed(block.get("input"), "result.message.content[].input")?),
            _ => {}
        }
    }
    // Where a tool was called, its input is the answer, and what was said before it is talk.
    answer.response = match calls.as_slice() {
        [] => said.map(Value::String),
        [input] => Some((*input).clone()),
        several => return Err(format!("a row holds one answer, and here are {} calls of tools: ask for one", several.len())),
    };
    if answer.finish.as_deref() == Some("refusal") {
        answer.stopped = Some(Stopped::Refused);
        let said = answer.response.take().and_then(|said| said.as_str().map(str::to_owned)).filter(|said| !said.trim().is_empty());
        answer.refusal = said.clone();
        answer.response = Some(said.unwrap_or_else(|| "refusal".to_owned()).into());
    }
    Ok(())
}
