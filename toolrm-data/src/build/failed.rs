//! Which results of a tool are failures. The paper leaves out steps that are followed by one and does not say what one is; this is the
//! list. A result is a failure when
//!
//! - it is a JSON object (or a list of one) with a member `error`, `errors`, `exception` or `traceback` that says something (not null,
//!   false, 0, empty or "none"), with `success` or `ok` false, with `status`, `result` or `state` that is `error`, `failed`, `failure` or
//!   `exception`, or with `status_code`, `statusCode`, `code` or `http_status` of 400 to 599;
//! - it is a text that begins with `error`, `exception`, `traceback`, `failed`, `failure` or `fatal` and goes on with a colon, a space or
//!   nothing (`Error: no such user`), or with `status code: 4..` or `5..`, or says `traceback (most recent call last)`;
//! - it matches one of the build's own patterns.
//!
//! An empty result is none, nor is one that found nothing: that was a right call.

use regex::{Regex, RegexSet};
use serde_json::{Map, Value};

/// The texts that are failures.
const TEXTS: [&str; 3] = [
    r"(?i)^\W*(error|exception|traceback|failed|failure|fatal)(\s|:|!|\.|$)",
    r"(?i)traceback \(most recent call last\)",
    r"(?i)^\W*(http )?status( code)?:? [45]\d\d\b",
];

/// Tells failures from results.
#[derive(Debug)]
pub struct Failures {
    texts: RegexSet,
}

impl Failures {
    /// The documented list, and these regular expressions.
    ///
    /// # Errors
    /// The first pattern that is no regular expression.
    pub fn new(patterns: &[String]) -> Result<Self, regex::Error> {
        for pattern in patterns {
            Regex::new(pattern)?;
        }
        Ok(Self { texts: RegexSet::new(TEXTS.iter().copied().chain(patterns.iter().map(String::as_str)))? })
    }

    /// Whether a tool's result is a failure.
    ///
    /// ```
    /// use toolrm_data::build::failed::Failures;
    /// let failures = Failures::new(&[])?;
    /// assert!(failures.is_failure(r#"{"error": "no such city"}"#));
    /// assert!(failures.is_failure("Error: user not found"));
    /// assert!(!failures.is_failure(r#"{"error": null, "hits": []}"#));
    /// assert!(!failures.is_failure("errors found: 3 typos"));
    /// # Ok::<(), regex::Error>(())
    /// ```
    pub fn is_failure(&self, result: &str) -> bool {
        let trimmed = result.trim();
        if trimmed.starts_with(['{', '[', '"'])
            && let Ok(value) = serde_json::from_str::<Value>(trimmed)
        {
            return match &value {
                Value::Object(map) => says_failure(map) || self.texts_match_patterns(trimmed),
                Value::Array(items) => match items.as_slice() {
                    [Value::Object(map)] => says_failure(map),
                    _ => self.texts_match_patterns(trimmed),
                },
                Value::String(text) => self.texts.is_match(text),
                _ => false,
            };
        }
        self.texts.is_match(trimmed)
    }

    /// Whether one of the build's own patterns is in a structured result: ours are about texts.
    fn texts_match_patterns(&self, text: &str) -> bool {
        self.texts.matches(text).iter().any(|pattern| pattern >= TEXTS.len())
    }
}

fn says_failure(result: &Map<String, Value>) -> bool {
    result.iter().any(|(key, value)| match key.to_lowercase().as_str() {
        "error" | "errors" | "exception" | "traceback" => says_something(value),
        "success" | "ok" => *value == Value::Bool(false),
        "status" | "result" | "state" => value
            .as_str()
            .is_some_and(|text| matches!(text.to_lowercase().as_str(), "error" | "failed" | "failure" | "exception")),
        "status_code" | "statuscode" | "code" | "http_status" => {
            value.as_u64().is_some_and(|code| (400..600).contains(&code))
        }
        _ => false,
    })
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(text) => {
            !matches!(text.trim().to_lowercase().as_str(), "" | "none" | "null" | "false" | "no error")
        }
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
        Value::Bool(true) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds() {
        let failures = Failures::new(&["(?i)insufficient funds".to_owned()]).unwrap();
        for failure in [
            "Error: x",
            "error",
            "ERROR!",
            "Exception: y",
            "Traceback (most recent call last): ..",
            "Failed to open",
            "status code: 404 not found",
            r#"{"error": "x"}"#,
            r#"{"errors": ["x"]}"#,
            r#"{"success": false}"#,
            r#"{"status": "Failed", "why": 3}"#,
            r#"{"status_code": 500}"#,
            r#"[{"error": {"code": 1}}]"#,
            r#""Error: packed""#,
            "Insufficient funds for it",
            r#"{"message": "insufficient funds"}"#,
        ] {
            assert!(failures.is_failure(failure), "{failure}");
        }
        for result in [
            "",
            "success",
            "Errors are common in this city",
            "failedness",
            "{}",
            "[]",
            r#"{"error": null}"#,
            r#"{"error": ""}"#,
            r#"{"error": "None"}"#,
            r#"{"errors": []}"#,
            r#"{"error": 0}"#,
            r#"{"success": true}"#,
            r#"{"status": "ok", "status_code": 200, "code": "E1"}"#,
            r#"{"inner": {"error": "x"}}"#,
            r#"[{"error": "x"}, {"hit": 1}]"#,
            "404 hotels",
            "3",
        ] {
            assert!(!failures.is_failure(result), "{result}");
        }
        assert!(Failures::new(&["(".to_owned()]).is_err());
    }
}
