//! [`Xlam`]: single questions with one or several calls.

use serde_json::Value;
use toolrm_core::call::Message;

use super::{
    Record, Source, Trajectory,
    calls::{calls, tools},
    fields::{members, take, take_text},
    published::Published,
};
use crate::{
    error::{DataError, Fault},
    tree::Tree,
};

const ROW: &str = "write a row as {\"id\", \"query\", \"answers\": [..], \"tools\": [..]}, the lists as JSON texts";

const FILES: Published = Published { names: "xlam_function_calling_60k.json", is: |path| path.contains("xlam") };

/// The rows of `Salesforce/xlam-function-calling-60k`: `{"id", "query", "answers", "tools"}`, the last two JSON in a text, in one JSON list or
/// one a line. The parameters of a tool are a flat map with Python's names of types, which `Toolset::from_json` reads.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "nothing to set")]
pub struct Xlam;

impl Source for Xlam {
    fn name(&self) -> &'static str {
        "xlam"
    }

    fn about(&self) -> &'static str {
        "Salesforce/xlam-function-calling-60k (APIGen), CC BY 4.0; written against its first 1,000 rows, as JSON Lines"
    }

    fn read(&self, files: &Tree, each: &mut dyn FnMut(Record) -> Result<(), DataError>) -> Result<(), DataError> {
        FILES.each_row(files, each, |value, row| {
            let mut fields = members(value, ROW)?;
            let answers = take(&mut fields, "answers", ROW)?;
            let called = calls(answers).map_err(|fault| fault.under("answers"))?;
            let query = take_text(&mut fields, "query", ROW)?;
            let tools = tools(fields.remove("tools")).map_err(|fault| fault.under("tools"))?;
            let id = match fields.remove("id") {
                None => row.id(),
                Some(Value::Number(id)) => format!("xlam-{id}"),
                Some(Value::String(id)) => id,
                Some(other) => {
                    let fix = "make \"id\" a number or a string";
                    return Err(super::fields::expected("an id", &other, fix).under("id"));
                }
            };
            let called = called.into_iter().enumerate().map(|(n, call)| call.with_id(format!("call_{n}"))).collect();
            let messages = vec![Message::user(query), Message::calls(called)];
            Ok::<_, Fault>(Trajectory::new(id, row.place.clone(), tools, messages))
        })
    }
}
