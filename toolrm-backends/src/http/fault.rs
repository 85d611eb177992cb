//! What went wrong, as [`JudgeError`]s that say where and what to do.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use toolrm_core::error::{ErrorKind, JudgeError};

use super::address::Secrets;

/// Most characters of a server's words in a message.
const CLIP: usize = 600;
/// Most characters of a server's words in [`JudgeError::raw_output`].
const RAW_CLIP: usize = 16_384;

/// Phrases by which servers say that a prompt is too long, in lower case. A list, because OpenAI alone gives this a code of its own.
const TOO_LONG: [&str; 8] = [
    "context_length_exceeded",
    "maximum model length",
    "context length",
    "context window",
    "context size",
    "max_model_len",
    "must have less than",
    "too many tokens",
];

/// One request, as errors name it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// `POST http://localhost:8000/classify`.
    pub(super) endpoint: String,
    /// The server's name for the request.
    pub(super) request_id: Option<String>,
    pub(super) secrets: Secrets,
    /// What to do about a refused key.
    pub(super) key_advice: String,
}

impl Place {
    /// An error of this request.
    pub(super) fn error(&self, kind: ErrorKind, what: impl std::fmt::Display) -> JudgeError {
        let id = self.request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default();
        JudgeError::new(kind, self.secrets.redact(&format!("{}{id}: {what}", self.endpoint)))
    }

    /// The answer was refused or the server failed.
    pub(super) fn status(&self, status: StatusCode, body: &str, retry_after: Option<Duration>) -> JudgeError {
        let said = said(body);
        let kind = kind_of(status, body);
        let advice = match (kind, status.as_u16()) {
            (_, 401 | 403) => format!(": {}", self.key_advice),
            (ErrorKind::Unsupported, 404 | 405) => ": does this server have this endpoint, and this model?".into(),
            (_, 300..=399) => ": redirects are not followed, give the address they lead to".into(),
            (ErrorKind::PromptTooLong, _) => ": shorten the conversation, or allow fewer tokens to write".into(),
            _ => String::new(),
        };
        let colon = if said.is_empty() { "" } else { ": " };
        let error = self.error(kind, format!("status {status}{advice}{colon}{said}"));
        match retry_after {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        }
    }

    /// The network failed.
    pub(super) fn transport(&self, what: &str, error: reqwest::Error) -> JudgeError {
        // The address in it may hold a password.
        let error = error.without_url();
        let mut causes = vec![error.to_string()];
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        let kind = if error.is_timeout() && !error.is_connect() { ErrorKind::Timeout } else { ErrorKind::Transport };
        self.error(kind, format!("{what}: {}", causes.join(": "))).with_source(error)
    }

    /// The answer is not what the endpoint should give.
    pub(super) fn garbage(&self, why: impl std::fmt::Display, body: &str) -> JudgeError {
        let what = format!("the answer cannot be read ({why}): {}", clip(body, CLIP));
        self.error(ErrorKind::Backend, what).with_raw_output(clip(&self.secrets.redact(body), RAW_CLIP))
    }

    /// An error that came inside an answer with a good status.
    pub(super) fn reported(&self, error: &Value) -> JudgeError {
        let text = error.to_string();
        let code = error.get("code").and_then(Value::as_u64).and_then(|c| u16::try_from(c).ok());
        match code.and_then(|c| StatusCode::from_u16(c).ok()).filter(|s| s.is_client_error() || s.is_server_error()) {
            Some(status) => self.status(status, &text, None),
            None if is_too_long(&text) => self.error(ErrorKind::PromptTooLong, said(&text)),
            None => self.error(ErrorKind::Backend, format!("the server broke off: {}", said(&text))),
        }
    }
}

fn kind_of(status: StatusCode, body: &str) -> ErrorKind {
    match status.as_u16() {
        400 | 413 | 422 | 500 if is_too_long(body) => ErrorKind::PromptTooLong,
        // A refused key stays refused.
        400 | 401 | 403 | 413 | 422 => ErrorKind::InvalidInput,
        404 | 405 | 501 => ErrorKind::Unsupported,
        408 => ErrorKind::Timeout,
        429 => ErrorKind::RateLimited,
        _ => ErrorKind::Backend,
    }
}

fn is_too_long(body: &str) -> bool {
    let body = body.to_lowercase();
    TOO_LONG.iter().any(|phrase| body.contains(phrase))
}

/// The message in an error body, however it is wrapped; the body itself where it is not JSON.
fn said(body: &str) -> String {
    let message = |value: &Value| -> Option<String> {
        let inner = value.get("error").unwrap_or(value);
        let text = ["message", "detail", "msg", "error"].iter().find_map(|key| inner.get(key)).unwrap_or(inner);
        match text {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    };
    let text = serde_json::from_str(body).ok().as_ref().and_then(message);
    clip(text.as_deref().unwrap_or(body).trim(), CLIP)
}

fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}..", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            endpoint: "POST http://h/v1/chat/completions".into(),
            request_id: Some("req-1".into()),
            secrets: Secrets::default(),
            key_advice: "set TOOLRM_API_KEY".into(),
        }
    }

    #[test]
    fn too_long_prompts_are_known_by_what_servers_say() {
        let bodies = [
            r#"{"error":{"message":"This model's maximum context length is 2048 tokens","code":"context_length_exceeded"}}"#,
            r#"{"object":"error","message":"The decoder prompt (length 9) is longer than the maximum model length of 8.","code":400}"#,
            r#"{"error":"`inputs` must have less than 512 tokens. Given: 600","error_type":"Validation"}"#,
            r#"{"error":{"code":400,"message":"request (9 tokens) exceeds the available context size (8 tokens)","type":"exceed_context_size_error"}}"#,
        ];
        for body in bodies {
            let error = place().status(StatusCode::BAD_REQUEST, body, None);
            assert_eq!(error.kind(), ErrorKind::PromptTooLong, "{error}");
        }
        let other = place().status(StatusCode::BAD_REQUEST, r#"{"error":{"message":"top_k is unknown"}}"#, None);
        assert_eq!(other.kind(), ErrorKind::InvalidInput);
        assert_eq!(
            other.message(),
            "POST http://h/v1/chat/completions (request req-1): status 400 Bad Request: top_k is unknown"
        );
    }

    #[test]
    fn words_of_any_shape_are_found_and_clipped() {
        assert_eq!(
            said(r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#),
            r#"[{"loc":["body"],"msg":"field required"}]"#
        );
        assert_eq!(said(r#"{"error":"Overloaded"}"#), "Overloaded");
        assert_eq!(said("<html>Bad gateway</html>"), "<html>Bad gateway</html>");
        assert_eq!(said(&"ä".repeat(700)).chars().count(), CLIP + 2);
    }
}
