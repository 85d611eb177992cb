//! The adapters over the published files: how many records give what. Skipped aloud where the data is not there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
};

use common::data;
use toolrm_core::{
    call::{Action, Message, Role},
    toolset::Toolset,
};
use toolrm_data::{
    source::{Record, RecordedAnswer, Trajectory, by_name},
    tree::Tree,
};

/// What a source gave.
#[derive(Debug, Default)]
struct Counts {
    trajectories: usize,
    steps: usize,
    steps_with_calls: usize,
    /// Trajectories whose tools cannot be read, and steps that call a tool that is not among them, or against its schema.
    bad_tools: usize,
    unlisted: usize,
    against_schema: usize,
    /// Recorded answers: right, wrong, neither; and how many of them are malformed.
    right: usize,
    wrong: usize,
    open: usize,
    malformed: usize,
    models: HashSet<String>,
    quarantined: BTreeMap<String, usize>,
}

impl Counts {
    fn trajectory(&mut self, trajectory: &Trajectory) {
        self.trajectories += 1;
        let tools = Toolset::from_json(&trajectory.tools);
        self.bad_tools += usize::from(tools.is_err());
        let steps: Vec<usize> = trajectory.steps().collect();
        for step in &steps {
            let message = &trajectory.messages[*step];
            self.steps += 1;
            self.steps_with_calls += usize::from(!message.tool_calls.is_empty());
            let Ok(tools) = &tools else { continue };
            let against = message.tool_calls.iter().map(|call| tools.violations(call)).collect::<Vec<_>>();
            self.unlisted += usize::from(against.iter().any(Option::is_none));
            self.against_schema += usize::from(against.iter().flatten().any(|violations| !violations.is_empty()));
        }
        results_follow_their_calls(&trajectory.messages);
        for answer in &trajectory.answers {
            assert!(steps.contains(&answer.step), "{}: an answer to what is no step", trajectory.id);
            self.answer(answer);
        }
    }

    fn answer(&mut self, answer: &RecordedAnswer) {
        match answer.published {
            Some(true) => self.right += 1,
            Some(false) => self.wrong += 1,
            None => self.open += 1,
        }
        self.malformed += usize::from(matches!(answer.answer.action, Action::Malformed { .. }));
        self.models.insert(answer.model.clone());
    }

    fn table(&self) -> String {
        let mut table = format!(
            "{} trajectories, {} steps, {} with calls; tools unread {}, calls unlisted {}, against schema {}",
            self.trajectories, self.steps, self.steps_with_calls, self.bad_tools, self.unlisted, self.against_schema
        );
        if !self.models.is_empty() {
            let Self { right, wrong, open, malformed, models, .. } = self;
            write!(
                table,
                "; answers of {} models: {right} right, {wrong} wrong, {open} open, {malformed} malformed",
                models.len()
            )
            .unwrap();
        }
        for (reason, n) in &self.quarantined {
            write!(table, "; quarantined {n}: {reason}").unwrap();
        }
        table
    }
}

/// Every result names a call before it.
fn results_follow_their_calls(messages: &[Message]) {
    let mut called = HashSet::new();
    for message in messages {
        called.extend(message.tool_calls.iter().map(|call| call.id.as_deref().unwrap()));
        if message.role == Role::Tool {
            assert!(called.contains(message.tool_call_id.as_deref().unwrap()), "{message:?}");
        }
    }
}

/// Reads everything, twice, and sees that both readings name the same trajectories, each by an id of its own.
fn counts(name: &str, file: &str) -> Option<String> {
    let path = data(name, file)?;
    let source = by_name(name).unwrap();
    let tree = Tree::open_any(&path).unwrap();
    let (mut counts, mut ids) = (Counts::default(), Vec::new());
    let read = source.read(&tree, &mut |record| {
        match record {
            Record::Trajectory(trajectory) => {
                counts.trajectory(&trajectory);
                ids.push(trajectory.id);
            }
            Record::Quarantined(quarantined) => {
                println!(
                    "{}: {} | {}",
                    quarantined.place,
                    quarantined.fault,
                    &quarantined.excerpt.chars().take(80).collect::<String>()
                );
                let what = quarantined.fault.what.split(" (").next().unwrap();
                *counts.quarantined.entry(what.to_owned()).or_default() += 1;
            }
            _ => *counts.quarantined.entry("a record of an unknown kind".to_owned()).or_default() += 1,
        }
        Ok(())
    });
    read.unwrap();
    let mut again = Vec::new();
    let read = source.read(&tree, &mut |record| {
        if let Record::Trajectory(trajectory) = record {
            again.push(trajectory.id);
        }
        Ok(())
    });
    read.unwrap();
    assert_eq!(ids, again);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "ids that occur twice");
    println!("{name} {file}: {}", counts.table());
    Some(counts.table())
}

macro_rules! tells {
    ($($test:ident: $name:literal, $file:literal, $expected:expr;)*) => {$(
        #[test]
        fn $test() {
            if let Some(counts) = counts($name, $file) {
                assert_eq!(counts, $expected);
            }
        }
    )*};
}

tells! {
    xlam: "xlam", "xlam_function_calling_1000.jsonl.zst",
        "1000 trajectories, 1000 steps, 1000 with calls; tools unread 5, calls unlisted 0, against schema 25";
    glaive_ms_swift: "glaive", "glaive_ms_swift_1000.jsonl.zst",
        "998 trajectories, 3178 steps, 770 with calls; tools unread 4, calls unlisted 0, against schema 12; \
         quarantined 2: a result with no call before it that it could be of";
    glaive_llama_factory: "glaive", "glaive_toolcall_en_demo.json.zst",
        "300 trajectories, 957 steps, 211 with calls; tools unread 0, calls unlisted 0, against schema 1";
    glaive_native: "glaive", "samples/glaive_v2_native.json",
        "2 trajectories, 8 steps, 3 with calls; tools unread 0, calls unlisted 0, against schema 0";
    hermes: "hermes", "samples/hermes_function_calling_v1.json",
        "1 trajectories, 2 steps, 1 with calls; tools unread 0, calls unlisted 0, against schema 0; \
         quarantined 1: call 1: a call without a name";
    complexfuncbench: "complexfuncbench", "complexfuncbench_rebuilt.jsonl.zst",
        "565 trajectories, 1718 steps, 1710 with calls; tools unread 0, calls unlisted 0, against schema 0";
    complexfuncbench_runs: "complexfuncbench_runs", ".",
        "1309 trajectories, 2763 steps, 2763 with calls; tools unread 0, calls unlisted 0, against schema 0; \
         answers of 18 models: 27453 right, 3265 wrong, 0 open, 0 malformed; \
         quarantined 106: a state of a task in which no recorded answer is right; quarantined 29: a step that was not decoded";
    toolalpaca: "toolalpaca", "toolalpaca.tar.zst",
        "203 trajectories, 203 steps, 195 with calls; tools unread 0, calls unlisted 6, against schema 4; \
         answers of 2 models: 117 right, 37 wrong, 27 open, 0 malformed; \
         quarantined 15: a judgement of what has no golden answer that can be read; quarantined 4: a judgement that is not there; \
         quarantined 11: a text that is neither JSON nor a Python literal";
}
