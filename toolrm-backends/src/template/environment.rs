//! The Jinja environment of chat templates: minijinja, made to behave as Jinja2 does inside transformers.

use std::time::SystemTime;

use jiff::{Timestamp, fmt::strtime, tz::TimeZone};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, State,
    syntax::SyntaxConfig,
    value::{Kwargs, Value, ValueKind},
};
use minijinja_contrib::pycompat::unknown_method_callback;

use super::{
    error::{Raised, TemplateError},
    python::{self, Json},
};

/// Most steps of one rendering: seconds of work. A long conversation with a hundred tools takes some hundred thousand.
const FUEL: u64 = 10_000_000;

/// An environment without templates.
pub(super) fn python_like() -> Environment<'static> {
    let mut environment = Environment::new();
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_unknown_method_callback(method);
    environment.set_fuel(Some(FUEL));
    environment.set_formatter(|out, _: &mut State<'_, '_>, value| Ok(out.write_str(&python::text(value)?)?));
    environment.add_filter("tojson", to_json);
    environment.add_filter("string", |value: Value| python::text(&value));
    environment.add_test("sequence", |value: &Value| is_sized(value.kind()));
    environment.add_test("iterable", |value: &Value| is_sized(value.kind()) || value.kind() == ValueKind::Iterable);
    environment.add_function("raise_exception", |message: Value| -> Result<Value, Error> {
        let message = python::text(&message)?;
        Err(Error::new(ErrorKind::InvalidOperation, message.clone()).with_source(Raised(message)))
    });
    set_clock(&mut environment, SystemTime::now);
    environment
}

/// Compiles a template and gives it a name.
pub(super) fn add(
    environment: &mut Environment<'static>,
    name: &'static str,
    source: &str,
) -> Result<(), TemplateError> {
    environment.add_template_owned(name, without_generation(source)).map_err(|e| TemplateError::compile(&e))
}

/// Sets what `strftime_now` reads.
pub(super) fn set_clock(
    environment: &mut Environment<'static>,
    clock: impl Fn() -> SystemTime + Send + Sync + 'static,
) {
    environment.add_function("strftime_now", move |format: &str| {
        let failed = |e: jiff::Error| Error::new(ErrorKind::InvalidOperation, format!("strftime_now({format:?}): {e}"));
        let now = Timestamp::try_from(clock()).map_err(failed)?.to_zoned(TimeZone::UTC);
        strtime::format(format, &now).map_err(failed)
    });
}

/// Whether Python's values of this kind have items by index or key: Jinja2 calls texts and maps sequences too.
fn is_sized(kind: ValueKind) -> bool {
    matches!(kind, ValueKind::Undefined | ValueKind::Seq | ValueKind::Map | ValueKind::String)
}

/// Methods of Python's values.
fn method(state: &mut State<'_, '_>, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    match (value.as_str(), name, args) {
        // The crate's own looks for white space alone.
        (Some(text), "title", []) => Ok(python::title(text).into()),
        _ => unknown_method_callback(state, value, name, args),
    }
}

/// The filter `tojson` of transformers: `json.dumps` with other defaults, and nothing escaped for HTML.
#[allow(clippy::needless_pass_by_value, reason = "the signature of a filter")]
fn to_json(value: &Value, ensure_ascii: Option<bool>, options: Kwargs) -> Result<String, Error> {
    let mut style = Json::default();
    if let Some(on) = ensure_ascii.or(options.get("ensure_ascii")?) {
        style.ensure_ascii = on;
    }
    if let Some(indent) = options.get::<Option<Value>>("indent")?.filter(|indent| !indent.is_none()) {
        ",".clone_into(&mut style.item_separator);
        style.indent = Some(match indent.as_str() {
            Some(text) => text.to_owned(),
            None => " ".repeat(usize::try_from(i64::try_from(indent)?).unwrap_or(0)),
        });
    }
    if let Some(separators) = options.get::<Option<Value>>("separators")?.filter(|value| !value.is_none()) {
        style.item_separator = python::text(&separators.get_item_by_index(0)?)?;
        style.key_separator = python::text(&separators.get_item_by_index(1)?)?;
    }
    style.sort_keys = options.get::<Option<bool>>("sort_keys")?.unwrap_or(false);
    options.assert_all_used()?;
    python::json(value, style)
}

/// The template with `{% generation %}` blocks, which mark what is trained on, as blocks that do nothing but have a scope.
fn without_generation(source: &str) -> String {
    let mut parts = source.split("{%");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("{%");
        let (tag, rest) = part.split_once("%}").unwrap_or((part, ""));
        let name = tag.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim();
        let part = match name {
            "generation" => format!("{}%}}{rest}", tag.replace("generation", "with")),
            "endgeneration" => format!("{}%}}{rest}", tag.replace("endgeneration", "endwith")),
            _ => part.to_owned(),
        };
        out.push_str(&part);
    }
    out
}
