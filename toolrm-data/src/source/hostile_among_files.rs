//! As [`super::hostile`], for the sources whose records lie among other files, and for logs: whatever a file holds, each of its records is a
//! trajectory or is quarantined with a reason, and the reading goes on.

use serde_json::{Value, json};

use super::{
    Quarantined, Source, Trajectory,
    api_bank::ApiBank,
    hammerbench::HammerBench,
    openai_chat::OpenAiChat,
    otel::Otel,
    seal_tools::SealTools,
    sgd::Sgd,
    tau_bench::TauBench,
    testing::{apart, odd_values, places, read_files},
    toolrl::ToolRl,
    ultratool::UltraTool,
};

/// A good record, which gives one trajectory, and the files it needs.
struct Case {
    source: Box<dyn Source>,
    beside: Vec<(&'static str, Value)>,
    path: &'static str,
    record: Value,
}

fn case(source: impl Source + 'static, path: &'static str, record: Value) -> Case {
    Case { source: Box::new(source), beside: Vec::new(), path, record }
}

impl Case {
    fn beside(mut self, path: &'static str, document: Value) -> Self {
        self.beside.push((path, document));
        self
    }

    fn name(&self) -> String {
        format!("{} {}", self.source.name(), self.path)
    }

    /// What is read when the file of the record holds this.
    fn read(&self, bytes: &[u8]) -> (Vec<Trajectory>, Vec<Quarantined>) {
        let beside: Vec<(&str, String)> = self.beside.iter().map(|(path, value)| (*path, value.to_string())).collect();
        let mut files: Vec<(&str, &[u8])> = beside.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        files.push((self.path, bytes));
        // A folder, whatever the number of files.
        files.push(("README.md", b"# Data"));
        let (trajectories, quarantined) = apart(read_files(&*self.source, &files).unwrap());
        for one in &quarantined {
            assert!(!one.fault.what.is_empty() && !one.fault.fix.is_empty(), "{one:?}");
            assert!(one.place.source.contains(self.path) && one.excerpt.chars().count() <= 200, "{one:?}");
        }
        (trajectories, quarantined)
    }
}

fn tool() -> Value {
    json!({"name": "f", "description": "F.", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}})
}

fn good() -> Vec<Case> {
    let called = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\": \"x\"}"}});
    let asked = json!([{"role": "user", "content": "Go."}]);
    let answered = json!({"role": "assistant", "content": null, "tool_calls": [called]});
    let lv3 = "{\"apiCode\": \"F\", \"description\": \"F.\", \"parameters\": {}}\nUser: Go.TIME: 2034-01-01\nGenerate API Request: ";
    let instruction =
        "**Available Tools**\n1. Name: f\nDescription: F.\nParameters: {\"a\": {\"type\": \"str\"}}\n\n**Steps**";
    let label = json!({"name": "f", "arguments": {"a": "x"}});
    let dialogue = json!({"id": 0, "multiple_tools": [tool()], "messages": [
        {"role": "user", "content": "Go."}, {"role": "function call", "content": label}]});
    let input = json!([{"role": "user", "parts": [{"type": "text", "content": "Go."}]}]);
    let output = json!([{"role": "assistant", "parts": [{"type": "tool_call", "id": "c", "name": "f", "arguments": {"a": "x"}}]}]);
    vec![
        case(
            ApiBank,
            "training-data/lv3-train.json",
            json!({"instruction": "", "input": lv3, "output": "API-Request: [F(a='x')]"}),
        ),
        case(
            SealTools,
            "dev.jsonl",
            json!({"id": "dev-0", "query": "Go.", "calling": [{"api": "f", "parameters": {"a": "x"}, "responses": []}]}),
        )
        .beside("tool.jsonl", json!({"api_name": "f", "api_description": "F.", "parameters": {}, "required": []})),
        case(
            UltraTool,
            "test_set/tool_usage.json",
            json!({"question": "Go.", "input": [{"step": "1"}], "toolset": [tool()],
                "reference": [{"step": "1", "tool": "f", "param": {"a": "x"}}]}),
        ),
        case(
            Sgd,
            "train/dialogues_001.json",
            json!({"dialogue_id": "1", "services": ["S"], "turns": [
                {"speaker": "USER", "utterance": "Go.", "frames": []},
                {"speaker": "SYSTEM", "utterance": "Gone.", "frames": [{"service": "S",
                    "service_call": {"method": "F", "parameters": {"a": "x"}}, "service_results": [{"a": "x"}]}]}]}),
        )
        .beside(
            "train/schema.json",
            json!([{"service_name": "S", "slots": [{"name": "a", "description": "A."}],
                "intents": [{"name": "F", "description": "F.", "required_slots": ["a"], "optional_slots": {}}]}]),
        ),
        case(
            ToolRl,
            "rlla.json",
            json!({"instruction": instruction, "input": "<user> Go. </user>",
                "output": "<think> Hm. </think>\n<tool_call>\n{\"name\": \"f\", \"parameters\": {\"a\": \"x\"}}\n</tool_call>"}),
        ),
        case(
            TauBench,
            "retail/tool-calling-retail-m-0.0_range_0.json",
            json!({"task_id": 0, "reward": 1.0, "trial": 0, "info": {},
                "traj": [{"role": "user", "content": "Go."}, answered]}),
        )
        .beside("retail/tools.json", json!([tool()])),
        case(OpenAiChat, "log.jsonl", json!({"messages": [{"role": "user", "content": "Go."}, answered], "tools": [tool()]})),
        case(
            OpenAiChat,
            "log.jsonl",
            json!({"request": {"messages": asked, "tools": [tool()], "model": "m"},
                "response": {"choices": [{"index": 0, "finish_reason": "tool_calls", "message": answered}]}}),
        ),
        case(
            OpenAiChat,
            "log.jsonl",
            json!({"request": {"input": [{"role": "user", "content": "Go."}], "instructions": "I.", "tools": [tool()]},
                "response": {"status": "completed", "output": [
                    {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"a\": \"x\"}"}]}}),
        ),
        case(
            Otel,
            "spans.jsonl",
            json!({"name": "chat m", "attributes": {"gen_ai.operation.name": "chat", "gen_ai.input.messages": input.to_string(),
                "gen_ai.output.messages": output, "gen_ai.tool.definitions": [tool()]}}),
        ),
        case(
            Otel,
            "export.jsonl",
            json!({"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "t", "attributes": [
                {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
                {"key": "gen_ai.input.messages", "value": {"stringValue": input.to_string()}},
                {"key": "gen_ai.output.messages", "value": {"stringValue": output.to_string()}}]}]}]}]}),
        ),
        case(HammerBench, "data/en/single-turn/ST_Perfect.json", dialogue.clone()),
        case(HammerBench, "data/en/multi-turn/HammerBench_IS.json", dialogue.clone()),
        case(
            HammerBench,
            "logs/GPT-4o/HammerBench_Based/MT_res.json",
            json!({"FC_res": [{"input": "user:Go.", "predict": "{\"name\": \"f\", \"arguments\": {\"a\": \"y\"}}", "label": label}]}),
        )
        .beside("logs/GPT-4o/HammerBench_Based/turn_flags_res.json", json!([[false], [true]]))
        .beside("data/en/multi-turn/HammerBench_Based.json", {
            let mut second = dialogue.clone();
            second["id"] = json!(1);
            json!([dialogue, second])
        }),
    ]
}

/// The record with each of its places replaced by everything that does not belong there, or taken out.
fn mutants(record: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    places(record, "", &mut found);
    let mut mutants = Vec::new();
    for at in found {
        for odd in odd_values() {
            let mut mutant = record.clone();
            *mutant.pointer_mut(&at).unwrap() = odd.clone();
            mutants.push((format!("{at} {odd}"), mutant));
        }
        let Some((parent, key)) = at.rsplit_once('/') else { continue };
        let mut mutant = record.clone();
        match mutant.pointer_mut(parent).unwrap() {
            Value::Object(map) => drop(map.remove(key)),
            Value::Array(items) => drop(items.remove(key.parse().unwrap())),
            other => panic!("{other}"),
        }
        mutants.push((format!("{at} missing"), mutant));
    }
    mutants
}

#[test]
fn good_records_give_trajectories() {
    for case in good() {
        let (trajectories, quarantined) = case.read(case.record.to_string().as_bytes());
        assert_eq!((trajectories.len(), quarantined.len()), (1, 0), "{}: {quarantined:?}", case.name());
        let made = &trajectories[0];
        let calls = made.steps().flat_map(|step| &made.messages[step].tool_calls).count();
        assert_eq!(calls, 1, "{}: {made:?}", case.name());
    }
}

#[test]
fn whatever_stands_in_a_place_its_record_gives_something_and_the_next_one_is_read() {
    for case in good() {
        let (mut all, mut quarantined_of_all) = (0, 0);
        for (what, mutant) in mutants(&case.record) {
            let (trajectories, quarantined) = case.read(json!([mutant, case.record]).to_string().as_bytes());
            let what = format!("{} {what}: {trajectories:?} {quarantined:?}", case.name());
            assert!(!trajectories.is_empty(), "{what}");
            // A span of another operation, and an export without spans, are no record of a conversation.
            let passed_over = case.source.name() == "otel" && trajectories.len() == 1;
            assert!(trajectories.len() + quarantined.len() >= 2 || passed_over, "{what}");
            all += 1;
            quarantined_of_all += usize::from(!quarantined.is_empty());
        }
        // A check of nothing would quarantine nothing.
        assert!(quarantined_of_all * 4 > all, "{}: {quarantined_of_all} of {all}", case.name());
    }
}

#[test]
fn files_that_are_no_datasets_are_quarantined_with_a_reason() {
    for case in good() {
        let record = case.record.to_string();
        let twice = record.replacen('{', "{\"same\": 1, \"same\": 2, ", 1);
        let mut not_utf8 = record.clone().into_bytes();
        not_utf8[5] = 0xff;
        let packed = zstd::encode_all(record.repeat(50).as_bytes(), 1).unwrap();
        let files: [(&[u8], &str); 11] = [
            (b"", "an empty file"),
            (b"\n \n", "an empty file"),
            (b"null", "expected an object, found null"),
            (b"[[]]", "expected an object, found a list"),
            (b"[3, {}]", "expected an object, found a number"),
            (b"\x00\x01\x02", "not JSON"),
            (b"id,query\n1,x", "not JSON"),
            (twice.as_bytes(), "occurs twice"),
            (&not_utf8, "not UTF-8"),
            (&record.as_bytes()[..record.len() / 2], "not JSON"),
            (&packed[..packed.len() / 2], "lost"),
        ];
        for (bytes, reason) in files {
            let (trajectories, quarantined) = case.read(bytes);
            let shown = format!("{}: {}", case.name(), String::from_utf8_lossy(&bytes[..bytes.len().min(60)]));
            assert!(trajectories.is_empty() && !quarantined.is_empty(), "{shown}: {trajectories:?}");
            assert!(quarantined[0].fault.what.contains(reason), "{shown}: {}", quarantined[0].fault);
        }
        assert!(read_files(&*case.source, &[("a.txt", b"x"), ("b.md", b"y")]).is_err(), "{}", case.name());
    }
}

#[test]
fn what_is_wrong_in_the_files_beside_is_said() {
    for case in good() {
        for (i, (path, document)) in case.beside.iter().enumerate() {
            for (what, mutant) in mutants(document) {
                let mut files: Vec<(&str, Vec<u8>)> =
                    case.beside.iter().map(|(path, value)| (*path, value.to_string().into_bytes())).collect();
                files[i].1 = mutant.to_string().into_bytes();
                files.push((case.path, case.record.to_string().into_bytes()));
                let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (*path, bytes.as_slice())).collect();
                // A file that is needed as a whole may be an error; else the record gives something.
                match read_files(&*case.source, &files) {
                    Ok(records) => assert!(!records.is_empty(), "{} {path} {what}", case.name()),
                    Err(error) => assert!(error.to_string().contains(path), "{} {path} {what}: {error}", case.name()),
                }
            }
        }
    }
}

#[test]
fn turns_of_an_api_bank_dialogue_stand_the_same() {
    let turns = [
        json!({"role": "User", "text": "Go."}),
        json!({"role": "API", "api_name": "F", "param_dict": {"a": "x"}, "result": {"output": 1, "exception": null}}),
    ];
    let tool = b"class F(API):\n    description = 'F.'\n    input_parameters = {'a': {'type': 'str'}}\n";
    let read = |text: &str| {
        let files: [(&str, &[u8]); 2] = [("apis/f.py", tool), ("lv1-lv2-samples/level-1/d.jsonl", text.as_bytes())];
        apart(read_files(&ApiBank, &files).unwrap())
    };
    let text = |turns: &[Value]| turns.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(read(&text(&turns)).0[0].messages.len(), 3);
    for place in 0..2 {
        for (what, mutant) in mutants(&turns[place]) {
            let mut turns = turns.clone();
            turns[place] = mutant;
            let (trajectories, quarantined) = read(&text(&turns));
            assert_eq!(trajectories.len() + quarantined.len(), 1, "{what}: {quarantined:?}");
        }
    }
    for (bad, reason) in [("", "an empty dialogue"), ("{\"role\"", "not JSON"), ("3", "found a number")] {
        let (_, quarantined) = read(bad);
        assert!(quarantined[0].fault.what.contains(reason), "{}", quarantined[0].fault);
    }
}
