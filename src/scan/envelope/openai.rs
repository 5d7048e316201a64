//! Results of OpenAI's Batch API: its output file and its error file, of chat completions and of responses.
//!
//! Source: the API reference of OpenAI, "The request output object" of Batch, and the objects "Chat completion" and "Response"; looked up
//! in November 2026. A line is `{"id", "custom_id", "response": {"status_code", "request_id", "body"} | null, "error": {"code", "message"} | null}`.

use serde_json::Value;

use super::{Answer, Envelope, Line, Stopped, error_word, has_only, list, member, needed, object, only, text};

pub(super) static ENVELOPE: Envelope = Envelope { name: "openai", title: "OpenAI batch results", inner: "body", fits, open };

fn fits(line: &Line) -> bool {
    let response = match line.get("response") {
        Some(Value::Object(response)) => response.get("status_code").is_some_and(Value::is_number) && response.get("body").is_some(),
        Some(Value::Null) => line.get("error").and_then(Value::as_object).is_some_and(|error| error.contains_key("code")),
        _ => false,
    };
    response
        && line.contains_key("error")
        && line.get("custom_id").is_some_and(Value::is_string)
        && has_only(line, &["id", "custom_id", "response", "error"])
}

fn open(line: &Line) -> Result<Answer, String> {
    let mut answer = Answer { id: Some(needed(text(line, "custom_id", "custom_id")?, "custom_id")?), ..Answer::default() };
    let response = object(line, "response", "response")?;
    if let Some(error) = object(line, "error", "error")? {
        fail(&mut answer, error);
        return Ok(answer);
    }
    let response = needed(response, "response` or `error")?;
    let status = needed(member(response, "status_code"), "response.status_code")?;
    let status = status.as_u64().ok_or("`response.status_code` is a whole number, and here it is not")?;
    let body = needed(object(response, "body", "response.body")?, "response.body")?;
    answer.model = text(body, "model", "response.body.model")?;
    if let Some(error) = object(body, "error", "response.body.error")? {
        fail(&mut answer, error);
    } else if !(200..300).contains(&status) {
        answer.error = Some(format!("status {status}"));
    } else if let Some(choices) = list(body, "choices", "response.body.choices")? {
        completion(&mut answer, only(choices, "response.body.choices")?)?;
    } else {
        let output = list(body, "output", "response.body.output")?;
        responses(&mut answer, body, needed(output, "response.body.choices` or `response.body.output")?)?;
    }
    Ok(answer)
}

/// A request that came to nothing, unless it was filtered.
fn fail(answer: &mut Answer, error: &Line) {
    let word = error_word(error, &["code", "type", "message"]);
    if matches!(word.as_str(), "content_filter" | "content_policy_violation") {
        filter(answer, &word);
    }
    answer.error = Some(word);
}

/// Where nothing was said, the word for it stands in its place.
fn filter(answer: &mut Answer, word: &str) {
    answer.stopped = Some(Stopped::Filtered);
    let says = |response: &Value| response.as_str().is_none_or(|text| !text.trim().is_empty());
    answer.response = answer.response.take().filter(says).or_else(|| Some(word.into()));
}

fn refuse(answer: &mut Answer, refusal: String) {
    if !refusal.trim().is_empty() {
        (answer.stopped, answer.response) = (Some(Stopped::Refused), Some(refusal.clone().into()));
        answer.refusal = Some(refusal);
    }
}

fn completion(answer: &mut Answer, choice: &Line) -> Result<(), String> {
    let path = "response.body.choices[0]";
    answer.finish = text(choice, "finish_reason", &format!("{path}.finish_reason"))?;
    let message = needed(object(choice, "message", &format!("{path}.message"))?, &format!("{path}.message"))?;
    answer.response = text(message, "content", &format!("{path}.message.content"))?.map(Value::String);
    if answer.response.is_none()
        && let Some(calls) = list(message, "tool_calls", &format!("{path}.message.tool_calls"))?
    {
        let path = format!("{path}.message.tool_calls");
        let call = needed(object(only(calls, &path)?, "function", &format!("{path}[0].function"))?, &format!("{path}[0].function"))?;
        answer.response = text(call, "arguments", &format!("{path}[0].function.arguments"))?.map(Value::String);
    }
    if answer.finish.as_deref() == Some("content_filter") {
        filter(answer, "content_filter");
    }
    if let Some(refusal) = text(message, "refusal", &format!("{path}.message.refusal"))? {
        refuse(answer, refusal);
    }
    Ok(())
}

fn responses(answer: &mut Answer, body: &Line, output: &[Value]) -> Result<(), String> {
    answer.finish = text(body, "status", "response.body.status")?;
    let details = object(body, "incomplete_details", "response.body.incomplete_details")?;
    if let Some(details) = details {
        answer.finish = text(details, "reason", "response.body.incomplete_details.reason")?.or(answer.finish.take());
    }
    let (mut said, mut refusal) = (None::<String>, None::<String>);
    let messages = output.iter().filter_map(Value::as_object).filter(|item| item.get("type").is_some_and(|kind| kind == "message"));
    for message in messages {
        for part in list(message, "content", "response.body.output[].content")?.unwrap_or_default().iter().filter_map(Value::as_object) {
            let add = |to: &mut Option<String>, more: Option<String>| {
                if let Some(more) = more {
                    to.get_or_insert_default().push_str(&more);
                }
            };
            match part.get("type").and_then(Value::as_str) {
                Some("output_text") => add(&mut said, text(part, "text", "response.body.output[].content[].text")?),
                Some("refusal") => add(&mut refusal, text(part, "refusal", "response.body.output[].content[].refusal")?),
                _ => {}
            }
        }
    }
    answer.response = said.map(Value::String);
    if answer.finish.as_deref() == Some("content_filter") {
        filter(answer, "content_filter");
    }
    if let Some(refusal) = refusal {
        refuse(answer, refusal);
    }
    Ok(())
}
