//! From rows to pairs.

use std::{borrow::Cow, collections::HashMap};

use serde_json::{Map, Value, json};
use toolrm_core::{canonical::Fingerprint, format::json::parse_strict};
use toolrm_data::{
    Fault,
    record::{self, ToolsetCache},
    rows::hermes,
};

use crate::{
    bfcl::category::{Category, Language},
    recorded::{Decoder, RawAnswer},
    trbench::{
        Pair,
        pair::{answer_json, dialect_of},
    },
};

/// A row that is no pair: which one, and what is wrong with which column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}: {fault}")]
#[non_exhaustive]
pub struct RowError {
    /// The row, from 0.
    pub row: usize,
    /// What is wrong; its pointer begins with the column.
    pub fault: Fault,
}

/// The pairs of the rows of a published table, each a record of its columns. Needed are `chat_history` (or, of a discriminative table,
/// `chosen` and `rejected`), `chosen_response` and `reject_response`; other columns are read where they are there. Nested values may be
/// JSON or texts of JSON. Tools are taken from the column `tools`, or from the `<tools>` block of the conversation.
///
/// A row whose right choice is response 2 shows a pair again that an earlier row showed in the other order, and is left out; without such
/// a row, it is a pair like any other.
///
/// # Errors
/// The first row that is no pair.
pub fn pairs(rows: impl IntoIterator<Item = Value>) -> Result<Vec<Pair>, RowError> {
    let (mut toolsets, mut pairs) = (ToolsetCache::default(), Vec::new());
    let mut original: HashMap<Fingerprint, usize> = HashMap::new();
    for (row, columns) in rows.into_iter().enumerate() {
        let read = record_of(&columns, &mut toolsets).map_err(|fault| RowError { row, fault })?;
        let same = ["messages", "tools", "chosen", "rejected", "chosen_from", "rejected_from"];
        let key = Fingerprint::of(same.map(|key| read.get(key).map_or_else(String::new, Value::to_string)));
        let shown = original.entry(key).or_default();
        if is_swapped(&columns) && *shown > 0 {
            *shown -= 1;
            continue;
        }
        *shown += usize::from(!is_swapped(&columns));
        let pair = Pair::read(&read, pairs.len() as u64, &mut toolsets);
        pairs.push(pair.map_err(|fault| RowError { row, fault })?);
    }
    Ok(pairs)
}

/// Whether response 2 is the right choice.
fn is_swapped(columns: &Value) -> bool {
    let model = columns.get("reward_model").map(unpacked);
    let truth = model.as_ref().and_then(|model| model.get("ground_truth"));
    truth.is_some_and(|truth| *truth == json!("2") || *truth == json!(2))
}

const COLUMNS: &str = "give the published columns: chat_history, chosen_response, reject_response, ..";

/// The record of a pair, as [`Pair::read`] reads it.
fn record_of(row: &Value, toolsets: &mut ToolsetCache) -> Result<Value, Fault> {
    let columns = record::object(row, COLUMNS)?;
    let (history, chosen, rejected) = conversation(columns)?;
    let split = split(columns)?;
    let (messages, found) = hermes::read(&history).map_err(|fault| fault.under("chat_history"))?;
    let tools = match columns.get("tools").filter(|tools| !tools.is_null()) {
        Some(tools) => unpacked(tools).into_owned(),
        None => found.ok_or_else(|| {
            let fix = "write the tools in <tools> in the first message, or in a column \"tools\"";
            Fault::new("no tools in the conversation", fix).under("chat_history")
        })?,
    };
    let known = Category::from_any_version(&split);
    let toolset = toolsets.read(&tools, dialect_of(&split)).map_err(|fault| fault.under("tools"))?;
    let decoder = Decoder::new(toolset, known.as_ref().map_or(Language::Python, |category| category.language()));
    let answer = |text: String| answer_json(&decoder.decode(&RawAnswer::Text(text)));
    let text = |key: &str| record::optional_text(columns, key);
    let nested = |key: &str| {
        let info = columns.get("extra_info").map(unpacked)?;
        Some(info.get(key)?.as_str()?.to_owned())
    };
    let (uuid, question) = (text("uuid")?, text("raw_id")?);
    Ok(json!({
        "id": nested("pair_id").or(uuid),
        "question_id": question,
        "category": known.map_or(split, |category| category.to_string()),
        "relation": "better",
        "error_type": text("reject_response_reward_message")?.as_deref().and_then(code),
        "messages": messages,
        "tools": tools,
        "chosen": answer(chosen),
        "chosen_from": text("chosen_response_from")?,
        "rejected": answer(rejected),
        "rejected_from": text("reject_response_from")?,
    }))
}

/// The conversation and the two answers, of the columns of either kind of table.
fn conversation(columns: &Map<String, Value>) -> Result<(Value, String, String), Fault> {
    if let Some(history) = columns.get("chat_history").filter(|history| !history.is_null()) {
        let response = |key: &str| {
            let text = record::optional_text(columns, key)?;
            text.ok_or_else(|| Fault::new(format!("\"{key}\" is missing"), COLUMNS))
        };
        return Ok((unpacked(history).into_owned(), response("chosen_response")?, response("reject_response")?));
    }
    let side = |key: &str| {
        let value = columns.get(key).ok_or_else(|| Fault::new("\"chat_history\" is missing", COLUMNS))?;
        let mut messages = record::list(&unpacked(value), COLUMNS).map_err(|fault| fault.under(key))?.clone();
        let last = messages.pop().and_then(|last| Some(last.get("content")?.as_str()?.to_owned()));
        let last = last.ok_or_else(|| Fault::new("the last message has no content", COLUMNS).under(key))?;
        Ok::<_, Fault>((messages, last))
    };
    let ((history, chosen), (other, rejected)) = (side("chosen")?, side("rejected")?);
    if history != other {
        return Err(Fault::new("answers another conversation than \"chosen\"", COLUMNS).under("rejected"));
    }
    Ok((history.into(), chosen, rejected))
}

/// The split, where a column names one.
fn split(columns: &Map<String, Value>) -> Result<String, Fault> {
    if let Some(split) = record::optional_text(columns, "task_source")? {
        return Ok(split);
    }
    let info = columns.get("extra_info").map(unpacked);
    let named = info.as_ref().and_then(|info| Some(info.get("task_source")?.as_str()?.to_owned()));
    Ok(named.unwrap_or_else(|| "all".into()))
}

/// A JSON text, unpacked; anything else as it is.
fn unpacked(value: &Value) -> Cow<'_, Value> {
    match value.as_str().map(parse_strict) {
        Some(Ok(inner @ (Value::Array(_) | Value::Object(_)))) => Cow::Owned(inner),
        _ => Cow::Borrowed(value),
    }
}

/// An error type at the beginning of a message: `value_error:string`.
fn code(message: &str) -> Option<&str> {
    let first = message.split_whitespace().next()?.trim_end_matches([',', ';', '.', ':']);
    (first == message.trim() || first.contains(':')).then_some(first)
}

#[cfg(test)]
mod tests {
    use toolrm_core::{
        call::{Candidate, Message, ToolCall},
        critic::PromptSet,
        task::Task,
        toolset::Toolset,
    };

    use super::*;
    use crate::trbench::{
        Relation,
        rows::{RowsError, discriminative, generative},
    };

    fn pair() -> Pair {
        let tools = json!([{"name": "geo.area", "description": "d", "parameters": {"type": "dict", "properties": {"a": {"type": "float"}}}}]);
        let calls = |a: f64| Candidate::calls(vec![ToolCall::new("geo.area", json!({"a": a})); 2]);
        let task = Task::new(vec![Message::user("Area of 1, twice?")], Toolset::from_json(&tools).unwrap());
        let mut pair = Pair::new(task, calls(1.0), Candidate::text("Which unit, please?"));
        (pair.id, pair.question_id, pair.category) = ("q#0".into(), "q".into(), "parallel".into());
        (pair.error_type, pair.chosen_from, pair.rejected_from) =
            ("value_error:string".into(), "gold".into(), "m".into());
        pair
    }

    #[test]
    fn rows_are_read_back() {
        let rows = generative(&[pair(), pair()], &PromptSet::think()).unwrap();
        assert_eq!(rows.len(), 4);
        let order: Vec<_> =
            rows.iter().map(|r| (r.extra_info.original_index, r.reward_model.ground_truth.as_str())).collect();
        assert_eq!(order, [(0, "1"), (1, "1"), (0, "2"), (1, "2")]);
        assert_eq!(rows[0].task_complexity, 4);
        assert_ne!((&rows[0].prompt, &rows[0].uuid), (&rows[2].prompt, &rows[2].uuid));
        assert_eq!(rows[0].prompt.len(), 1);
        let read = pairs(rows.iter().map(|row| json!(row))).unwrap();
        let [read, _] = &read[..] else { panic!("{read:?}") };
        let (expected, tools) = (pair(), json!([]));
        let mut said = read.to_json(&tools);
        assert_eq!(said["messages"].take(), json!(expected.task.messages()));
        let mut meant = expected.to_json(&tools);
        meant["messages"].take();
        assert_eq!(said, meant);
        // Of two pairs that are alike none is lost, and a swapped row alone is a pair.
        assert_eq!(pairs([json!(rows[3])]).unwrap().len(), 1);
        assert_eq!(read.task.tools().names().collect::<Vec<_>>(), ["geo.area"]);
    }

    #[test]
    fn discriminative_rows_are_read_back() {
        let rows = discriminative(&[pair()]).unwrap();
        let read = pairs(rows.iter().map(|row| json!(row))).unwrap();
        assert_eq!(
            (&read[0].chosen.action, &read[0].rejected.action),
            (&pair().chosen.action, &pair().rejected.action)
        );
    }

    #[cfg(feature = "parquet")]
    #[test]
    fn tables_keep_the_rows() {
        use toolrm_data::table;
        let folder = tempfile::tempdir().unwrap();
        let rows = generative(&[pair()], &PromptSet::no_think()).unwrap();
        let path = folder.path().join("trbench_test_no_think.parquet");
        table::write(&path, &rows).unwrap();
        assert_eq!(table::read::<crate::trbench::rows::PublishedRow>(&path).unwrap(), rows);
        let read = pairs(table::read::<Value>(&path).unwrap()).unwrap();
        assert_eq!((read.len(), &read[0].chosen.action), (1, &pair().chosen.action));
        let rows = discriminative(&[pair()]).unwrap();
        table::write(&path, &rows).unwrap();
        assert_eq!(pairs(table::read::<Value>(&path).unwrap()).unwrap()[0].rejected.action, pair().rejected.action);
    }

    #[test]
    fn ties_have_no_rows() {
        let mut tie = pair();
        tie.relation = Relation::Tie;
        assert!(matches!(discriminative(&[tie]), Err(RowsError::NotBetter { id, .. }) if id == "q#0"));
    }

    #[test]
    fn a_row_that_is_no_pair_is_named_with_its_column() {
        let good = json!(generative(&[pair()], &PromptSet::no_think()).unwrap()[0]);
        let error = |change: fn(&mut Value)| {
            let mut bad = good.clone();
            change(&mut bad);
            pairs([good.clone(), bad]).unwrap_err().to_string()
        };
        assert!(
            error(|row| row["reject_response"] = Value::Null)
                .starts_with("row 1: \"reject_response\" is missing; give")
        );
        assert!(
            error(|row| row["chat_history"] = json!("[{\"role\": \"king\"}]"))
                .starts_with("row 1: /chat_history/0/role: king")
        );
        assert!(
            error(|row| row["chat_history"] = json!("[]"))
                .starts_with("row 1: /chat_history: no tools in the conversation")
        );
    }

    #[test]
    fn error_types_are_told_from_prose() {
        assert_eq!(code("value_error:string"), Some("value_error:string"));
        assert_eq!(code("value_error:string: expected 5"), Some("value_error:string"));
        assert_eq!(code("malformed"), Some("malformed"));
        assert_eq!(code("The value is wrong"), None);
        assert_eq!(code(""), None);
    }
}
