//! Results of Gemini's batch mode: files of the Gemini API, and those that Vertex AI writes to a bucket.
//!
//! Source: the Gemini API reference, "Batch API" and "GenerateContentResponse" with its finish and block reasons, and Vertex AI's page on
//! batch predictions from Cloud Storage; looked up in November 2026. A line is `{"key", "response": {"candidates", "promptFeedback"}}` or
//! `{"key", "error": {"code", "message"}}`; Vertex AI adds `status`, `processed_time` and `request`.

use serde_json::Value;

use super::{Answer, Envelope, Line, Stopped, error_word, has_only, list, needed, object, only, text};

pub(super) static ENVELOPE: Envelope = Envelope { name: "gemini", title: "Gemini batch results", inner: "candidates", fits, open };

fn fits(line: &Line) -> bool {
    let response = line.get("response").and_then(Value::as_object);
    let answered = response.is_some_and(|response| {
        let candidates = response.get("candidates").and_then(Value::as_array);
        let of_candidates =
            candidates.is_some_and(|all| all.iter().all(|one| one.get("content").is_some() || one.get("finishReason").is_some()));
        let blocked = response.get("promptFeedback").is_some_and(|feedback| feedback.get("blockReason").is_some());
        (of_candidates || candidates.is_none() && blocked)
            && (response.contains_key("usageMetadata") || response.contains_key("modelVersion") || blocked)
    });
    let error = line.get("error").and_then(Value::as_object);
    let failed = response.is_none()
        && line.contains_key("key")
        && error.is_some_and(|error| error.get("code").is_some_and(Value::is_number) && error.contains_key("message"));
    (answered || failed)
        && has_only(line, &["key", "id", "custom_id", "status", "processed_time", "request", "response", "error", "metadata"])
}

fn open(line: &Line) -> Result<Answer, String> {
    let id = ["key", "custom_id", "id"].into_iter().find_map(|name| text(line, name, name).transpose()).transpose()?;
    let mut answer = Answer { id, ..Answer::default() };
    if let Some(error) = object(line, "error", "error")? {
        answer.error = Some(error_word(error, &["status", "code", "message"]));
        return Ok(answer);
    }
    let response = object(line, "response", "response")?.filter(|response| !response.is_empty());
    if response.is_none()
        && let Some(status) = text(line, "status", "status")?.filter(|status| !status.is_empty())
    {
        answer.error = Some(status);
        return Ok(answer);
    }
    let response = needed(response, "response` or `error")?;
    answer.model = text(response, "modelVersion", "response.modelVersion")?;
    let feedback = object(response, "promptFeedback", "response.promptFeedback")?;
    let blocked = feedback.map(|feedback| text(feedback, "blockReason", "response.promptFeedback.blockReason")).transpose()?.flatten();
    let candidates = list(response, "candidates", "response.candidates")?.filter(|candidates| !candidates.is_empty());
    match (candidates, blocked) {
        (None, Some(reason)) => filter(&mut answer, reason),
        (candidates, _) => candidate(&mut answer, only(needed(candidates, "response.candidates")?, "response.candidates")?)?,
    }
    Ok(answer)
}

fn candidate(answer: &mut Answer, candidate: &Line) -> Result<(), String> {
    answer.finish = text(candidate, "finishReason", "response.candidates[0].finishReason")?;
    let content = object(candidate, "content", "response.candidates[0].content")?;
    let parts = content.map(|content| list(content, "parts", "response.candidates[0].content.parts")).transpose()?.flatten();
    let mut said = None::<String>;
    for part in parts.unwrap_or_default() {
        let part = part.as_object().ok_or("`response.candidates[0].content.parts` holds objects, and here it holds something else")?;
        // What the model thought on the way is no part of its answer.
        if part.get("thought").is_some_and(|thought| *thought == Value::Bool(true)) {
            continue;
        }
        if let Some(more) = text(part, "text", "response.candidates[0].content.parts[].text")? {
            said.get_or_insert_default().push_str(&more);
        }
    }
    answer.response = said.map(Value::String);
    if let Some(reason) = answer.finish.clone().filter(|reason| is_filter(reason)) {
        filter(answer, reason);
    }
    Ok(())
}

fn is_filter(reason: &str) -> bool {
    matches!(reason, "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII")
        || reason.starts_with("IMAGE_") && !matches!(reason, "IMAGE_OTHER")
}

/// Where nothing was said, the reason stands in its place.
fn filter(answer: &mut Answer, reason: String) {
    answer.stopped = Some(Stopped::Filtered);
    let says = |response: &Value| response.as_str().is_some_and(|text| !text.trim().is_empty());
    answer.response = answer.response.take().filter(says).or_else(|| Some(reason.clone().into()));
    answer.finish = Some(reason);
}
