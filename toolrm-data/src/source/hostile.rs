//! What no publisher should have written, for every source: whatever a file holds, each of its records is a trajectory or is quarantined with
//! a reason, and the reading goes on.

use std::io::Write;

use serde_json::{Value, json};

use super::{
    Quarantined, Source, Trajectory,
    apigen_mt::ApigenMt,
    button::Button,
    complexfuncbench::{ComplexFuncBench, Runs},
    glaive::Glaive,
    hermes::Hermes,
    testing::{apart, odd_values, places, read_files},
    toolalpaca::ToolAlpaca,
    xlam::Xlam,
};

const TOOL: &str = "{\"name\": \"f\", \"description\": \"F.\", \"parameters\": {\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"integer\"}}}}";

fn turns(speaker: &str, words: &str, said: &[(&str, &str)]) -> Value {
    said.iter().map(|(who, text)| json!({speaker: who, words: text})).collect()
}

/// A good record of every format, each of which gives one trajectory.
fn good() -> Vec<(Box<dyn Source>, Value)> {
    let (tools, call) = (format!("[{TOOL}]"), "{\"name\": \"f\", \"arguments\": {\"a\": 1}}");
    let share_gpt = [("human", "Go."), ("function_call", call), ("observation", "1"), ("gpt", "One.")];
    let chat = [("user", "Go."), ("tool_call", call), ("tool_response", "1"), ("assistant", "One.")];
    let hermes_system = format!("Do.\n<tools>\n{tools}\n</tools>\nSo.");
    let hermes_call = format!("<tool_call>\n{call}\n</tool_call>");
    let button_system = format!("Do.\n<tool>\n{tools}\n</tool>\nSo.");
    let button_call = format!("Now. <call>[{call}]</call>");
    let native = "USER: Go.\n\n\nASSISTANT: <functioncall> {\"name\": \"f\", \"arguments\": '{\"a\": 1}'} <|endoftext|>\n\n\nFUNCTION RESPONSE: 1";
    let alpaca = |rest: &Value| {
        let mut api =
            json!({"Name": "A", "Function_Description": {"f": "F.\nParameters: {\"a\": \"integer. A.\"}\nOutput: 1."}});
        api.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        api
    };
    vec![
        (Box::new(Xlam), json!({"id": 1, "query": "Go.", "answers": format!("[{call}]"), "tools": tools})),
        (
            Box::new(ApigenMt),
            json!({"conversations": turns("from", "value", &share_gpt), "tools": tools, "system": "S"}),
        ),
        (Box::new(Glaive), json!({"conversations": turns("from", "value", &share_gpt), "tools": tools})),
        (Box::new(Glaive), json!({"messages": turns("role", "content", &chat), "tools": tools})),
        (Box::new(Glaive), json!({"system": format!("SYSTEM: Do.\n{TOOL}"), "chat": native})),
        (
            Box::new(Hermes),
            json!({"id": "u", "conversations": turns("from", "value", &[
            ("system", &hermes_system), ("human", "Go."), ("gpt", &hermes_call), ("tool", "<tool_response>\n1\n</tool_response>")])}),
        ),
        (
            Box::new(Button),
            json!({"messages": turns("role", "content", &[
            ("system", &button_system), ("user", "Go."), ("assistant", &button_call), ("tool", "[{\"results\": 1}]")])}),
        ),
        (
            Box::new(ComplexFuncBench),
            json!({"id": "H-1", "functions": [{"name": "f"}], "conversations": [
                {"role": "user", "content": "Go."},
                {"role": "assistant", "function_call": [{"name": "f", "arguments": {"a": 1}}]},
                {"role": "observation", "content": [1]},
            ]}),
        ),
        (
            Box::new(ToolAlpaca),
            alpaca(&json!({"Instances": [{"input": "Go.", "output": "One.", "Final Thought": "Yes.",
            "intermediate_steps": [[["f", "{\"a\": 1}", "Thought: .\nAction: f"], "1"]]}]})),
        ),
        (
            Box::new(ToolAlpaca),
            alpaca(
                &json!({"Instructions": ["Go."], "Golden_Answers": [[{"Action": "f", "Action_Input": "{\"a\": 1}"}]]}),
            ),
        ),
    ]
}

fn read(source: &dyn Source, bytes: &[u8]) -> (Vec<Trajectory>, Vec<Quarantined>) {
    let (trajectories, quarantined) = apart(read_files(source, &[("file", bytes)]).unwrap());
    for one in &quarantined {
        let said = one.to_owned();
        assert!(
            !said.fault.what.is_empty() && !said.fault.fix.is_empty() && said.place.source.contains("file"),
            "{said:?}"
        );
        assert!(said.excerpt.chars().count() <= 200, "{said:?}");
    }
    (trajectories, quarantined)
}

/// Two lines. A file that begins with a bracket would be a list: a line before it says that it is none.
fn lines(first: &Value, second: &Value) -> String {
    let first = first.to_string();
    let before = if first.starts_with('[') { "{}\n" } else { "" };
    format!("{before}{first}\n{second}")
}

#[test]
fn good_records_give_trajectories() {
    for (source, record) in good() {
        let (trajectories, quarantined) = read(&*source, record.to_string().as_bytes());
        assert_eq!((trajectories.len(), quarantined.len()), (1, 0), "{}: {quarantined:?}", source.name());
        assert!(trajectories[0].steps().any(|step| !trajectories[0].messages[step].tool_calls.is_empty()));
    }
}

#[test]
fn whatever_stands_in_a_place_its_record_gives_something_and_the_next_one_is_read() {
    for (source, record) in good() {
        let (mut all, mut quarantined_of_all) = (0, 0);
        let mut found = Vec::new();
        places(&record, "", &mut found);
        for at in found {
            for odd in odd_values() {
                let mut mutant = record.clone();
                *mutant.pointer_mut(&at).unwrap() = odd.clone();
                let (trajectories, quarantined) = read(&*source, lines(&mutant, &record).as_bytes());
                let what = format!("{} {at} {odd}: {trajectories:?} {quarantined:?}", source.name());
                assert!(
                    trajectories.len() + quarantined.len() >= 2
                        || mutant.pointer("/Instances") == Some(&json!([]))
                        || mutant.pointer("/Golden_Answers") == Some(&json!([])),
                    "{what}"
                );
                assert!(!trajectories.is_empty(), "{what}");
                all += 1;
                quarantined_of_all += usize::from(!quarantined.is_empty());
            }
        }
        // A check of nothing would quarantine nothing.
        assert!(quarantined_of_all * 3 > all, "{}: {quarantined_of_all} of {all}", source.name());
    }
}

#[test]
fn whatever_is_missing_its_record_gives_something() {
    for (source, record) in good() {
        let mut found = Vec::new();
        places(&record, "", &mut found);
        for at in found {
            let Some((parent, key)) = at.rsplit_once('/') else { continue };
            let mut mutant = record.clone();
            match mutant.pointer_mut(parent).unwrap() {
                Value::Object(map) => drop(map.remove(key)),
                Value::Array(items) => drop(items.remove(key.parse().unwrap())),
                other => panic!("{other}"),
            }
            let (trajectories, quarantined) = read(&*source, format!("{mutant}\n{record}").as_bytes());
            let emptied = ["/Instances", "/Golden_Answers"].iter().any(|list| mutant.pointer(list) == Some(&json!([])));
            assert!(trajectories.len() + quarantined.len() >= 2 || emptied, "{} {at}", source.name());
        }
    }
}

#[test]
fn files_that_are_no_datasets_are_quarantined_with_a_reason() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (source, record) in good() {
        let record = record.to_string();
        let twice = record.replacen('{', "{\"same\": 1, \"same\": 2, ", 1);
        let mut not_utf8 = record.clone().into_bytes();
        not_utf8[5] = 0xff;
        let files: [(&[u8], &str); 13] = [
            (b"", "an empty file"),
            (b"\n \n", "an empty file"),
            (b"null", "expected an object, found null"),
            (b"3", "expected an object, found a number"),
            (b"[[]]", "expected an object, found a list"),
            (b"{}", "missing"),
            (b"[null, {}]", "expected an object, found null"),
            (b"\x00\x01\x02", "not JSON"),
            (b"id,query\n1,x", "not JSON"),
            (twice.as_bytes(), "occurs twice"),
            (&not_utf8, "not UTF-8"),
            (&record.as_bytes()[..record.len() / 2], "not JSON"),
            (format!("[{deep}]").leak().as_bytes(), "recursion limit"),
        ];
        for (bytes, reason) in files {
            let (trajectories, quarantined) = read(&*source, bytes);
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
            assert!(trajectories.is_empty() && !quarantined.is_empty(), "{}: {shown}", source.name());
            assert!(quarantined[0].fault.what.contains(reason), "{}: {shown}: {}", source.name(), quarantined[0].fault);
        }
    }
}

#[test]
fn packed_files_that_are_cut_off_and_long_lines_do_not_cost_what_came_before() {
    for (source, record) in good() {
        let lines: Vec<String> =
            (0..400).map(|i| record.to_string().replace("Go.", &format!("Go {}.", i * 7919 % 4001))).collect();
        let lines = lines.join("\n");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(lines.as_bytes()).unwrap();
        // A small window and small blocks, so that some of them are whole.
        let zstd: Vec<u8> =
            lines.as_bytes().chunks(lines.len() / 8).flat_map(|part| zstd::encode_all(part, 1).unwrap()).collect();
        for packed in [gzip.finish().unwrap(), zstd] {
            let (trajectories, quarantined) = read(&*source, &packed);
            assert_eq!((trajectories.len(), quarantined.len()), (400, 0), "{}", source.name());
            let (trajectories, quarantined) = read(&*source, &packed[..packed.len() * 2 / 3]);
            assert!(!trajectories.is_empty() && trajectories.len() < 400, "{}: {}", source.name(), trajectories.len());
            assert_eq!(quarantined.len(), 1, "{}", source.name());
            assert!(quarantined[0].fault.what.contains("what follows is lost"), "{}", quarantined[0].fault);
        }
    }
    let (source, record) = good().swap_remove(0);
    let long = format!("{record}\n{{\"query\": \"{}\"}}\n{record}", "x".repeat(50 << 20));
    let (trajectories, quarantined) = read(&*source, long.as_bytes());
    assert_eq!((trajectories.len(), quarantined.len()), (2, 1));
    assert!(quarantined[0].fault.what.contains("longer than 16 MiB"));
}

#[test]
fn the_recorded_runs_stand_the_same() {
    let call = json!({"name": "f", "arguments": {"a": 1}});
    let run = json!({"id": "H-1", "model": "m", "query": "Go.", "msg": "Success.", "steps": [
        {"calls": [call], "gold": [call], "matched": [call], "obs": "k"}]});
    let results = json!({"key": "k", "observations": [1]});
    let tools = json!([{"name": "f"}]);
    let of = |run: &str, results: &str| {
        let files = [
            ("complexfuncbench_steps.jsonl", run.as_bytes()),
            ("complexfuncbench_observations.jsonl", results.as_bytes()),
            ("complexfuncbench_tools.json", tools.to_string().leak().as_bytes()),
        ];
        apart(read_files(&Runs, &files).unwrap())
    };
    for (record, is_run) in [(&run, true), (&results, false)] {
        let mut found = Vec::new();
        places(record, "", &mut found);
        for at in found {
            for odd in [json!(null), json!(3), json!("x"), json!([]), json!({}), json!([null])] {
                let mut mutant = record.clone();
                *mutant.pointer_mut(&at).unwrap() = odd;
                let text = lines(&mutant, record).replace("\"k\"", if is_run { "\"k\"" } else { "\"k2\"" });
                let (trajectories, quarantined) =
                    if is_run { of(&text, &results.to_string()) } else { of(&run.to_string(), &text) };
                assert!(!trajectories.is_empty() || !quarantined.is_empty(), "{at}");
            }
        }
    }
}
