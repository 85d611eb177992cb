//! Invented pairs: any there can be, and a plain sample. Strategies are boxed: what proptest keeps of a whole pair overflows the stack of
//! a test.

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Value, json};
use toolrm_core::{
    call::{Action, Candidate, Message, Role, Tool, ToolCall},
    task::Task,
    toolset::Toolset,
};
use toolrm_data::pair::{PreferencePair, Provenance, Side};

/// Texts that break what is careless with them.
fn text() -> BoxedStrategy<String> {
    let nasty = prop::sample::select(vec![
        "",
        "\u{2028}\u{2029}\u{85}",
        "\"quoted\" \\ 'and' \\u0041",
        "nul \0 in it",
        "{{ jinja }} {% for %}",
        "</tool_response></tools> [/INST]",
        "\n\n\r\n",
        "\u{1f600} e\u{301} \u{202e}",
        "2024-01-31T10:00:00",
        "null",
        "17",
    ]);
    prop_oneof![nasty.prop_map(str::to_owned), "\\PC{0,16}", ".{0,8}"].boxed()
}

fn value() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e12..1e12_f64).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec((text(), inner), 0..3).prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
    .boxed()
}

fn tool(n: usize) -> BoxedStrategy<Tool> {
    let parameter = (text(), prop::sample::select(vec!["string", "integer", "object", "array"]));
    (vec(("[a-z]{1,5}", parameter), 0..3), option::of(text()))
        .prop_map(move |(parameters, description)| {
            let properties: Map<String, Value> = parameters
                .into_iter()
                .map(|(name, (description, kind))| (name, json!({"type": kind, "description": description})))
                .collect();
            let tool = Tool::new(format!("space.tool_{n}"), json!({"type": "object", "properties": properties}));
            match description {
                Some(words) => tool.with_description(words),
                None => tool,
            }
        })
        .boxed()
}

fn call() -> BoxedStrategy<ToolCall> {
    (0..3_usize, vec((text(), value()), 0..3))
        .prop_map(|(n, members)| ToolCall::new(format!("space.tool_{n}"), Value::Object(Map::from_iter(members))))
        .boxed()
}

/// A turn of calls, with their results.
fn called() -> BoxedStrategy<Vec<Message>> {
    (vec((call(), text()), 1..3), option::of("[a-z ]{1,9}"))
        .prop_map(|(calls, words)| {
            let id = |i: usize| format!("call_{i}");
            let mut turn =
                Message::calls(calls.iter().enumerate().map(|(i, (c, _))| c.clone().with_id(id(i))).collect());
            turn.content = words.map(Into::into);
            let results = calls.iter().enumerate().map(|(i, (_, result))| Message::tool(id(i), result.clone()));
            std::iter::once(turn).chain(results).collect()
        })
        .boxed()
}

fn messages() -> BoxedStrategy<Vec<Message>> {
    let system = option::of((prop::sample::select(vec![Role::System, Role::Developer]), text()));
    let turn = prop_oneof![called(), text().prop_map(|words| vec![Message::assistant(words), Message::user("And?")])];
    (system, text(), vec(turn, 0..3))
        .prop_map(|(system, request, turns)| {
            let system = system.map(|(role, words)| Message::new(role, words));
            system.into_iter().chain([Message::user(request)]).chain(turns.concat()).collect()
        })
        .boxed()
}

fn candidate() -> BoxedStrategy<Candidate> {
    prop_oneof![
        (vec(call(), 1..3), option::of("[a-z ]{0,9}")).prop_map(|(calls, words)| match words {
            Some(words) => Candidate::calls(calls).with_content(words),
            None => Candidate::calls(calls),
        }),
        text().prop_map(Candidate::text),
        (text(), text()).prop_map(|(raw, why)| Candidate::new(Action::malformed(raw, why))),
    ]
    .boxed()
}

fn side() -> BoxedStrategy<Side> {
    let provenance = prop::sample::select(Provenance::ALL.to_vec());
    (candidate(), text(), provenance, text(), text())
        .prop_map(|(candidate, from, provenance, error_type, message)| Side {
            candidate,
            score: 0.0,
            from,
            provenance,
            error_type,
            message,
        })
        .boxed()
}

fn pair() -> BoxedStrategy<PreferencePair> {
    let tools = (0..3_usize).prop_flat_map(|n| (0..n).map(tool).collect::<Vec<_>>());
    let task = (messages(), tools, option::of(candidate()));
    let facts = (text(), text(), 0..9_usize, any::<bool>(), 0.0..0.5_f64, 0.5..=1.0_f64);
    (task, side(), side(), facts).prop_map(|((messages, tools, reference), mut chosen, mut rejected, facts)| {
        let (source, trajectory, step, swapped, worse, better) = facts;
        (chosen.score, rejected.score) = (better, worse);
        let reference = reference.map(|candidate| candidate.action).into_iter().collect();
        let task = Task::new(messages, Toolset::new(tools).unwrap()).with_reference(reference);
        let id = format!("{source}/{trajectory}@{step}:{}>{}", chosen.from, rejected.from);
        let question_id = format!("q{step}");
        let (complexity, obfuscated) = (3, !swapped);
        #[rustfmt::skip]
        let pair = PreferencePair { id, question_id, source, trajectory, step, task, chosen, rejected, complexity, swapped, obfuscated };
        pair
    }).boxed()
}

/// Up to `n` pairs, some of the same task.
pub(crate) fn up_to(n: usize) -> impl Strategy<Value = Vec<PreferencePair>> {
    (vec(pair(), 0..=n), option::of((pair(), side()))).prop_map(|(mut pairs, twice)| {
        if let Some((pair, mut other)) = twice {
            other.score = 0.25;
            let again = PreferencePair { rejected: other, ..pair.clone() };
            pairs.extend([pair, again]);
        }
        pairs
    })
}

/// Plain pairs of a few tasks, with and without a system message, tools, turns and calls; every second one swapped.
pub(crate) fn sample(n: usize) -> Vec<PreferencePair> {
    (0..n).map(plain).collect()
}

fn plain(i: usize) -> PreferencePair {
    let schema = json!({"type": "object", "properties": {
        "city": {"type": "string", "description": "In any language: \u{6771}\u{4eac}, \u{2028} and \"quotes\""},
        "when": {"type": "object", "properties": {"day": {"type": "integer"}, "hours": {"type": "array"}}},
    }});
    let other = json!({"type": "object", "properties": {"query": {"type": "string", "enum": ["a", "b"]}}});
    let tools = [Tool::new("weather.get", schema).with_description("Weather of a city"), Tool::new("find", other)];
    let arguments = |day: usize| json!({"city": format!("Town {i} \u{2028}"), "when": {"day": day, "hours": [8, 9.5]}});
    let calls = |day: usize| Candidate::calls(vec![ToolCall::new("weather.get", arguments(day))]);
    let mut messages = vec![Message::user(format!("How is the weather in Town {} tomorrow?", i / 2))];
    if i.is_multiple_of(3) {
        messages.insert(0, Message::system("You help with \u{201c}travel\u{201d}."));
    }
    if i.is_multiple_of(4) {
        let call = ToolCall::new("find", json!({"query": "a"})).with_id("call_0");
        messages.extend([Message::calls(vec![call]), Message::tool("call_0", "{\"found\": [1, 2]}")]);
    }
    let chosen =
        if i.is_multiple_of(5) { Candidate::text(format!("Which day in Town {i}, please?")) } else { calls(i) };
    let rejected = match i % 7 {
        0 => Candidate::text(format!("It rains in Town {i}, I guess.")),
        1 => Candidate::new(Action::malformed(format!("weather.get(Town {i}"), "not closed")),
        _ => calls(i + 1).with_content("Let me see."),
    };
    let toolset = Toolset::new(tools[..i % 3].to_vec()).unwrap();
    let side = |candidate: &Candidate, score, from: &str, provenance| Side {
        candidate: candidate.clone(),
        score,
        from: from.to_owned(),
        provenance,
        error_type: if score < 1.0 { "value_error:integer".into() } else { String::new() },
        message: if score < 1.0 { "The day is wrong.".into() } else { String::new() },
    };
    PreferencePair {
        id: format!("invented/t{i}@1:gold>m"),
        question_id: format!("q{}", i / 2),
        source: "invented".into(),
        trajectory: format!("t{i}"),
        step: 1,
        task: Task::new(messages, toolset).with_reference(vec![chosen.action.clone()]),
        chosen: side(&chosen, 1.0, "gold", Provenance::Gold),
        rejected: side(&rejected, 0.25, "m", Provenance::Recorded),
        complexity: 3,
        swapped: i % 2 == 1,
        obfuscated: false,
    }
}
