//! [`pair`]: a pair with random names for tools and parameters, so that a judge learns to read what it is shown and not to know APIs by
//! heart (IBM's ToolRM, arXiv 2509.11963).

mod calls;
mod names;
mod schema;
mod value;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use toolrm_core::{
    call::Tool,
    task::Task,
    toolset::{Dialect, Toolset},
};

use self::{
    calls::Calls,
    names::{Names, Noted, Renames},
};
use crate::{draw::Draw, error::Fault, pair::PreferencePair};

/// How names are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(clippy::exhaustive_structs, reason = "plain settings, written as a literal over the defaults")]
pub struct Options {
    /// The fewest and the most letters of a random name.
    pub letters: (usize, usize),
    /// Whether properties of schemas come in a drawn order.
    pub shuffle: bool,
    /// Whether a name is replaced in descriptions wherever it stands as a whole word. By default it is where it is spelled as no word is
    /// (`order_id`, `orderId`, `math.sum`) or quoted: a parameter `city` that is "Name of the city" would else lose the only words that say
    /// what it is for.
    pub every_mention: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { letters: (5, 9), shuffle: true, every_mention: false }
    }
}

/// The pair with random names: of all tools, of all their parameters, properties of objects inside of these included. The same name
/// becomes the same random one wherever it stands; which one depends on the draw, the pair's id and the name. Random names are distinct, and
/// stand nowhere in the pair before.
///
/// Replaced are names in schemas (properties, `required`, references, documented values), in the calls of the conversation, of the
/// references and of both answers, and where texts mention them: descriptions, instructions, what the assistant says, what a side's message
/// says. A name that an answer made up, a tool's or a parameter's that no schema has, becomes a random one of its own: else it would
/// stand out. In malformed texts and undecoded arguments every whole word that is a name is replaced. The model's output verbatim
/// ([`toolrm_core::call::Candidate::raw`]) is left out.
///
/// What stays: values, what users say, results of tools; keys of objects that list no properties or say that they are open (they are data);
/// and all parameters of a tool that says by pattern which names it takes (`patternProperties`, `propertyNames`): another name might not be
/// allowed, or be.
///
/// Scores against the reference and the validity of every call stay as they are.
///
/// # Errors
/// When the tools with their new names are no toolset.
///
/// ```
/// # use serde_json::json;
/// # use toolrm_core::{call::{Action, Candidate, Message, ToolCall}, task::Task, toolset::Toolset};
/// # use toolrm_data::{draw::Draw, obfuscate, pair::{PreferencePair, Provenance, Side}};
/// let tools = Toolset::from_json(&json!([{"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}]))?;
/// let call = |city: &str| ToolCall::new("get_weather", json!({"city": city}));
/// # let side = |city: &str, score| Side { candidate: Candidate::calls(vec![call(city)]), score, from: "gold".into(),
/// #     provenance: Provenance::Gold, error_type: String::new(), message: String::new() };
/// let task = Task::new(vec![Message::user("Weather in Oslo?")], tools).with_reference(vec![Action::Calls(vec![call("Oslo")])]);
/// # let pair = PreferencePair { id: "a".into(), question_id: "q".into(), source: "s".into(), trajectory: "t".into(), step: 1, task,
/// #     chosen: side("Oslo", 1.0), rejected: side("Bergen", 0.0), complexity: 2, swapped: false, obfuscated: false };
/// let other = obfuscate::pair(&pair, &Draw::new(7), &obfuscate::Options::default())?;
/// let [called] = other.chosen.candidate.action.calls() else { unreachable!() };
/// assert!(other.task.tools().get(&called.name).is_some_and(|tool| tool.is_valid(&called.arguments)));
/// assert!(called.name != "get_weather" && called.arguments.to_string().ends_with(r#":"Oslo"}"#));
/// assert_eq!(other.id, "a~obf");
/// # Ok::<_, toolrm_data::Fault>(())
/// ```
pub fn pair(pair: &PreferencePair, draw: &Draw, options: &Options) -> Result<PreferencePair, Fault> {
    let draw = draw.of("obfuscate").of(&pair.id);
    let tools = pair.task.tools();
    let (noted, kept) = noted(pair);
    let mut names = Names::new(&noted, &kept, &pair.to_json().to_string(), &draw, options);
    let order = options.shuffle.then(|| draw.of("order"));
    let renamed: Vec<Tool> = tools
        .specs()
        .iter()
        .map(|spec| {
            let tool = spec.tool();
            let order = order.map(|draw| draw.of(&tool.name));
            let parameters = schema::parameters(&tool.parameters, spec.schema(), order, &mut names);
            let renamed = Tool::new(names.name(&tool.name), parameters).with_annotations(tool.annotations);
            match &tool.description {
                Some(description) => renamed.with_description(names.text(description)),
                None => renamed,
            }
        })
        .collect();
    let renamed = Toolset::with_dialect(renamed, dialect(tools)).map_err(|error| Fault::from(error).under("tools"))?;
    let mut calls = Calls { tools, names: &mut names };
    let messages = pair.task.messages().iter().map(|message| calls.message(message)).collect();
    let reference = pair.task.reference().iter().map(|action| calls.action(action)).collect();
    let task = Task::new(messages, renamed).with_reference(reference).with_metadata(pair.task.metadata().clone());
    Ok(PreferencePair {
        id: format!("{}~obf", pair.id),
        task,
        chosen: calls.side(&pair.chosen),
        rejected: calls.side(&pair.rejected),
        obfuscated: true,
        ..pair.clone()
    })
}

/// The dialect that all tools have; where they differ each showed its own, and will again.
fn dialect(tools: &Toolset) -> Dialect {
    let mut dialects = tools.specs().iter().map(toolrm_core::toolset::ToolSpec::dialect);
    let first = dialects.next().unwrap_or(Dialect::Json);
    if dialects.all(|dialect| dialect == first) { first } else { Dialect::Auto }
}

/// All names of a pair, and those that must stay.
fn noted(pair: &PreferencePair) -> (Noted, BTreeSet<String>) {
    let (mut noted, mut by_pattern) = (Noted::default(), Noted::default());
    for spec in pair.task.tools().specs() {
        let names = if says_by_pattern(spec.schema()) { &mut by_pattern } else { &mut noted };
        schema::parameters(&spec.tool().parameters, spec.schema(), None, names);
        noted.name(spec.name());
    }
    let mut calls = Calls { tools: pair.task.tools(), names: &mut noted };
    for message in pair.task.messages() {
        calls.message(message);
    }
    let answers = [&pair.chosen, &pair.rejected].map(|side| &side.candidate.action);
    for action in pair.task.reference().iter().chain(answers) {
        calls.action(action);
    }
    (noted, by_pattern.0)
}

/// Whether a schema says anywhere by pattern which names are allowed.
fn says_by_pattern(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            let says = |key: &str| map.contains_key(key);
            says("patternProperties") || says("propertyNames") || map.values().any(says_by_pattern)
        }
        Value::Array(items) => items.iter().any(says_by_pattern),
        _ => false,
    }
}
