//! Python text: `[f(a=1), g(b=[2])]`, with or without brackets, one call or many, separated by `,`, `;` or line breaks.

use std::{borrow::Cow, fmt::Write as _, sync::Arc};

use serde_json::{Map, Value};

use super::{
    Reading, Syntax, ToolFormat,
    enclosed::{self, Block, Doc, DocReader, Parts, paragraph},
    json::insert_new,
    literal::{Invocation, LiteralError, Reader},
    text::line_ends,
};
use crate::{
    call::{Action, ToolCall},
    toolset::{Param, Toolset},
};

/// Calls as Python text (`[get_weather(city="Paris")]`), as Llama 4, ToolACE, Gorilla and most prompted models write them.
///
/// Arguments are literals. A positional argument has no name in the text: with a toolset it gets the name of the tool's parameter
/// in its place, without one the call is malformed.
///
/// ```
/// use toolrm_core::format::{Pythonic, ToolFormat};
/// let candidate = Pythonic::default().parse("[get_weather(city='Paris', days=[1, 2])]");
/// let call = &candidate.action.calls()[0];
/// assert_eq!(call.name, "get_weather");
/// assert_eq!(call.arguments, serde_json::json!({"city": "Paris", "days": [1, 2]}));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Pythonic {
    toolset: Option<Arc<Toolset>>,
    source_values: bool,
}

impl Pythonic {
    /// The format with a toolset that names positional arguments.
    pub fn with_toolset(toolset: Arc<Toolset>) -> Self {
        Self { toolset: Some(toolset), source_values: false }
    }

    /// Reads a value that is no literal (`data=dataset`, `n=2*3`, `node=Node()`) as its source text, `"dataset"`, instead of calling the
    /// output malformed. The decoder of the Berkeley leaderboard (BFCL) does so, and the answers of its Java and JavaScript classes, whose
    /// values are source text, are meant so. Everywhere else the text would be a guess: a variable has no value the tool could get.
    ///
    /// ```
    /// use toolrm_core::format::{Pythonic, ToolFormat};
    /// let output = "[train(data=dataset)]";
    /// assert!(Pythonic::default().parse(output).action.is_malformed());
    /// let call = &Pythonic::default().with_source_values(true).parse(output).action.calls()[0].clone();
    /// assert_eq!(call.arguments["data"], "dataset");
    /// ```
    pub fn with_source_values(mut self, source_values: bool) -> Self {
        self.source_values = source_values;
        self
    }

    fn reader<'a>(&self, text: &'a str) -> Reader<'a> {
        Reader::new(text).with_source_values(self.source_values)
    }

    /// The call, its positional arguments named by the tool.
    fn named(&self, invocation: Invocation) -> Result<ToolCall, String> {
        let Invocation { name, positional, keywords } = invocation;
        if positional.is_empty() {
            return Ok(ToolCall::new(name, Value::Object(keywords)));
        }
        let Some(toolset) = &self.toolset else {
            return Err(format!("\"{name}\" has positional arguments, and no toolset is given to name them"));
        };
        let Some(spec) = toolset.get(&name) else {
            return Err(format!("\"{name}\" has positional arguments, and no tool of that name is known to name them"));
        };
        let arguments = bind(&name, &spec.params().properties, positional, keywords)?;
        Ok(ToolCall::new(name, Value::Object(arguments)))
    }

    /// Reads a text that is one call.
    pub(super) fn read_one(&self, text: &str) -> Option<ToolCall> {
        let invocation = call(&mut self.reader(text)).ok()?;
        self.named(invocation).ok()
    }

    fn named_all(&self, invocations: Vec<Invocation>) -> Result<Vec<ToolCall>, String> {
        invocations.into_iter().map(|invocation| self.named(invocation)).collect()
    }
}

/// Gives positional arguments the names of the parameters in their places.
fn bind(
    name: &str,
    parameters: &[Param],
    positional: Vec<Value>,
    keywords: Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    if positional.len() > parameters.len() {
        return Err(format!(
            "\"{name}\" has {} positional arguments, the tool takes {}",
            positional.len(),
            parameters.len()
        ));
    }
    let names = parameters.iter().map(|parameter| parameter.name.clone());
    let mut arguments: Map<String, Value> = names.zip(positional).collect();
    for (key, value) in keywords {
        insert_new(&mut arguments, key, value).map_err(|why| format!("in the call of \"{name}\": {why}"))?;
    }
    Ok(arguments)
}

impl ToolFormat for Pythonic {
    fn id(&self) -> &'static str {
        "pythonic"
    }

    fn read(&self, answer: &str) -> Reading {
        enclosed::read(answer, self)
    }

    fn syntax(&self) -> Syntax {
        Syntax::python(self.clone())
    }

    fn render(&self, action: &Action) -> String {
        match action {
            Action::Calls(calls) => {
                let mut out = String::from("[");
                for (i, call) in calls.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    write_call(&mut out, call);
                }
                out.push(']');
                out
            }
            Action::Text(text) | Action::Malformed { raw: text, .. } => text.clone(),
        }
    }
}

impl DocReader for Pythonic {
    fn doc(&self, text: &str) -> Doc {
        let text = text.strip_prefix('`').and_then(|t| t.strip_suffix('`')).unwrap_or(text).trim();
        if !starts_call(text) {
            return Doc::NotMine;
        }
        match program(self.reader(text)) {
            Ok((_, end)) if end < text.len() && line_ends(text.get(end..).unwrap_or_default()) => Doc::NotMine,
            Ok((_, end)) if end < text.len() && is_strong(text) => {
                Doc::Broken(format!("more on the line after the calls, at byte {end}"))
            }
            Ok((invocations, end)) if end < text.len() || invocations.is_empty() => Doc::NotMine,
            Ok((invocations, _)) => match self.named_all(invocations) {
                Ok(calls) => Doc::Read(Parts::of(calls)),
                Err(why) => Doc::Broken(why),
            },
            Err(error) if is_strong(text) || is_one_call(text) => Doc::Broken(error.to_string()),
            Err(_) => Doc::NotMine,
        }
    }

    fn block(&self, text: &str) -> Option<Block> {
        if let Some(inline) = text.strip_prefix('`') {
            let line = inline.split('\n').next().unwrap_or_default();
            let code = line.split('`').next().unwrap_or_default();
            let doc = self.doc(code);
            return matches!(&doc, Doc::Read(_)).then_some(Block { doc, end: code.len() + 2, strong: false });
        }
        if !starts_call(text) || !is_strong(text) {
            return None;
        }
        let strong = text.starts_with('[');
        Some(match program(self.reader(text)).map_err(|error| error.to_string()) {
            Ok((invocations, end)) => match self.named_all(invocations) {
                Ok(calls) => Block { doc: Doc::Read(Parts::of(calls)), end, strong },
                Err(why) => Block { doc: Doc::Broken(why), end, strong },
            },
            Err(why) => Block { doc: Doc::Broken(why), end: paragraph(text), strong },
        })
    }
}

/// Reads statements up to the end or to something that is none; the offset is where reading stopped, behind the separator.
fn program(mut reader: Reader<'_>) -> Result<(Vec<Invocation>, usize), LiteralError> {
    let mut calls = Vec::new();
    loop {
        calls.extend(statement(&mut reader)?);
        reader.skip_blanks();
        let separated = reader.eat(b';') || reader.eat(b',') || reader.eat(b'.');
        reader.skip_blanks();
        reader.skip_comment();
        let end = reader.pos();
        let more = separated || matches!(reader.peek(), Some(b'\n'));
        reader.skip_space();
        if reader.rest().is_empty() {
            return Ok((calls, reader.pos()));
        }
        if !more || !starts_call(reader.rest()) {
            return Ok((calls, end));
        }
    }
}

/// A list of calls, or one call.
fn statement(reader: &mut Reader<'_>) -> Result<Vec<Invocation>, LiteralError> {
    if !reader.eat(b'[') {
        return Ok(vec![call(reader)?]);
    }
    let mut calls = Vec::new();
    loop {
        reader.skip_space();
        if reader.eat(b']') {
            return Ok(calls);
        }
        calls.extend(item(reader)?);
        reader.skip_space();
        if !reader.eat(b',') && reader.peek() != Some(b']') {
            let found = reader.rest().chars().next().map_or_else(|| "the end".to_owned(), |c| format!("`{c}`"));
            let why = format!("expected `,` or `]` after a call, found {found}");
            return Err(LiteralError { at: reader.pos(), why: why.into() });
        }
    }
}

/// A call in a list, or a text that holds calls (`['f(a=1)']`, as models asked for "a list of function calls" write).
fn item(reader: &mut Reader<'_>) -> Result<Vec<Invocation>, LiteralError> {
    if !reader.at_string() || quoted_name_call(reader.rest()) {
        return Ok(vec![call(reader)?]);
    }
    let at = reader.pos();
    let text = reader.strings()?;
    let mut inner = reader.within(text.trim());
    let mut calls = Vec::new();
    loop {
        let call = inner.call().map_err(|e| LiteralError { at, why: format!("in a quoted call: {e}").into() })?;
        calls.push(call);
        inner.skip_space();
        if inner.rest().is_empty() {
            return Ok(calls);
        }
        if !inner.eat(b',') {
            return Err(LiteralError { at, why: "a text in the list of calls that is more than calls".into() });
        }
        inner.skip_space();
    }
}

/// What Gemini's code mode writes around a call: `print(default_api.f(a=1))`.
const TOOL_CODE: [&str; 2] = ["print(", "default_api."];

/// One call, without the dress of Gemini's code mode.
fn call(reader: &mut Reader<'_>) -> Result<Invocation, LiteralError> {
    let [print, api] = TOOL_CODE;
    let printed = reader.rest().strip_prefix(print).is_some_and(|inner| inner.starts_with(api));
    if printed {
        reader.skip(print.len());
    }
    let mut call = reader.call()?;
    if let Some(name) = call.name.strip_prefix(api) {
        call.name = name.to_owned();
    }
    if printed {
        reader.skip_space();
        reader.expect(b')', "`)` after the printed call")?;
    }
    Ok(call)
}

/// Whether the text can begin a call: `f(`, `[f(`, `['f(`, `["f"(`.
fn starts_call(text: &str) -> bool {
    let (listed, inner) = match text.strip_prefix('[') {
        Some(inner) => (true, inner.trim_start()),
        None => (false, text),
    };
    let mut reader = Reader::new(inner);
    if reader.at_string() {
        let quote = inner.find(['"', '\'']).unwrap_or_default();
        let quoted = inner.get(quote + 1..).unwrap_or_default();
        let mut name = Reader::new(quoted);
        return listed && name.name().is_ok() && matches!(name.peek(), Some(b'(' | b'"' | b'\''))
            || quoted_name_call(inner);
    }
    if listed && reader.name().is_ok() && reader.eat(b'=') {
        // `[f=g(`: no syntax of anybody, but begun like one.
        return reader.name().is_ok() && reader.peek() == Some(b'(');
    }
    let mut reader = Reader::new(inner);
    reader.name().is_ok() && reader.peek() == Some(b'(')
}

/// `"any text"(`: how a name that is no identifier is written.
fn quoted_name_call(text: &str) -> bool {
    let mut reader = Reader::new(text);
    reader.quoted_name().is_ok() && reader.peek() == Some(b'(')
}

/// Whether a text that can begin a call does so unmistakably: in a list, or with a named argument (`f(a=`).
fn is_strong(text: &str) -> bool {
    if text.starts_with('[') {
        return true;
    }
    let mut reader = Reader::new(text);
    if reader.name().is_err() || !reader.eat(b'(') {
        return quoted_name_call(text);
    }
    reader.skip_space();
    let rest = reader.rest();
    if rest.starts_with("**") || rest.starts_with(TOOL_CODE[1]) {
        return true;
    }
    reader.name().is_ok() && {
        reader.skip_space();
        reader.eat(b'=') && reader.peek() != Some(b'=')
    }
}

/// Whether the text has the outline of one call: the parenthesis after the name closes at the end of the text.
fn is_one_call(text: &str) -> bool {
    let mut reader = Reader::new(text);
    if reader.name().is_err() {
        return false;
    }
    let mut depth = 0_u32;
    let mut quote = None;
    let mut bytes = reader.rest().trim_end().bytes().peekable();
    while let Some(b) = bytes.next() {
        match (quote, b) {
            (Some(_), b'\\') => {
                bytes.next();
            }
            (Some(open), _) => quote = Some(open).filter(|open| b != *open),
            (None, b'"' | b'\'') => quote = Some(b),
            (None, b'(') => depth += 1,
            (None, b')') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return bytes.peek().is_none();
                }
            }
            (None, _) => {}
        }
    }
    false
}

fn write_call(out: &mut String, call: &ToolCall) {
    if is_name(&call.name, true) {
        out.push_str(&call.name);
    } else {
        write_string(out, &call.name);
    }
    out.push('(');
    let empty = Map::new();
    let arguments = call.args().unwrap_or(&empty);
    for (i, (key, value)) in arguments.iter().filter(|(key, _)| is_name(key, false)).enumerate() {
        let _ = write!(out, "{}{key}=", if i == 0 { "" } else { ", " });
        write_value(out, value);
    }
    let others: Vec<_> = arguments.iter().filter(|(key, _)| !is_name(key, false)).collect();
    if !others.is_empty() {
        out.push_str(if others.len() == arguments.len() { "**{" } else { ", **{" });
        for (i, (key, value)) in others.into_iter().enumerate() {
            write_entry(out, i, key, value);
        }
        out.push('}');
    }
    out.push(')');
}

fn is_name(text: &str, dotted: bool) -> bool {
    let mut reader = Reader::new(text);
    let rest = match reader.name() {
        Ok(Cow::Borrowed(name)) if dotted || !name.contains(['.', '-']) => reader.rest(),
        _ => return false,
    };
    rest.is_empty()
}

fn write_entry(out: &mut String, i: usize, key: &str, value: &Value) {
    out.push_str(if i == 0 { "" } else { ", " });
    write_string(out, key);
    out.push_str(": ");
    write_value(out, value);
}

/// A value as Python source. JSON values nest at most as deep as the reader reads.
fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (i, (key, value)) in map.iter().enumerate() {
                write_entry(out, i, key, value);
            }
            out.push('}');
        }
    }
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn positional_arguments_get_the_names_in_their_places() {
        let tool = json!([{"name": "f", "parameters": {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}}}]);
        let format = Pythonic::with_toolset(Arc::new(Toolset::from_json(&tool).unwrap()));
        let named = |text: &str| match format.parse(text).action {
            Action::Calls(calls) => Ok(calls[0].arguments.clone()),
            Action::Malformed { why, .. } => Err(why),
            Action::Text(text) => panic!("read words: {text}"),
        };
        assert_eq!(named("f(1, 'x', c=[2])"), Ok(json!({"a": 1, "b": "x", "c": [2]})));
        assert_eq!(named("f(1, b=2)"), Ok(json!({"a": 1, "b": 2})));
        assert_eq!(named("f(1, a=2)"), Err("in the call of \"f\": the key \"a\" occurs twice".to_owned()));
        assert_eq!(named("f(1, 2, 3, 4)"), Err("\"f\" has 4 positional arguments, the tool takes 3".to_owned()));
    }

    #[test]
    fn positional_arguments_without_a_tool_are_malformed() {
        let Action::Malformed { why, .. } = Pythonic::default().parse("[f(1)]").action else { panic!("read a name") };
        assert_eq!(why, "\"f\" has positional arguments, and no toolset is given to name them");
    }
}
