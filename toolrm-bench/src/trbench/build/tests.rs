//! A small invented benchmark and its runs.

use std::{fs, path::Path};

use serde_json::{Value, json};
use toolrm_core::{call::Action, canonical::Fingerprint};
use toolrm_data::tree::Tree;

use super::{Build, Stage, build};
use crate::{
    bfcl::question::Questions,
    recorded::tests::write,
    trbench::{Bench, BuildOptions, ChosenFrom, Manifest, Pair},
};

fn area() -> Value {
    json!({"name": "geo.area", "description": "Area of a square", "parameters": {"type": "dict", "required": ["side"], "properties": {
        "side": {"type": "float", "description": "Side"}, "unit": {"type": "string", "description": "Unit"}}}})
}

fn question(id: &str, text: &str) -> Value {
    json!({"id": id, "question": [[{"role": "user", "content": text}]], "function": [area()]})
}

fn questions(root: &Path) -> Questions {
    let gold = |id: &str, side: u64| json!({"id": id, "ground_truth": [{"geo.area": {"side": [side as f64], "unit": ["cm", "", "centimetres"]}}]});
    let ids: Vec<String> = (0..6).map(|n| format!("simple_python_{n}")).collect();
    let asked: Vec<_> = ids.iter().zip(1..).map(|(id, n)| question(id, &format!("Area of {n}?"))).collect();
    let golds: Vec<_> = ids.iter().zip(1..).map(|(id, n)| gold(id, n)).collect();
    write(root, "BFCL_v4_simple_python.json", &asked);
    write(root, "possible_answer/BFCL_v4_simple_python.json", &golds);
    write(
        root,
        "BFCL_v4_irrelevance.json",
        &[question("irrelevance_0", "A poem?"), question("irrelevance_1", "A song?")],
    );
    write(root, "BFCL_v4_live_relevance.json", &[question("live_relevance_0-0-0", "Area of 5?")]);
    let user = |text: &str| json!([{"role": "user", "content": text}]);
    write(
        root,
        "BFCL_v4_multi_turn_base.json",
        &[json!({"id": "multi_turn_base_0",
        "question": [user("Go to x."), user("List it.")], "initial_config": {}, "path": [], "involved_classes": ["GorillaFileSystem"]})],
    );
    write(
        root,
        "possible_answer/BFCL_v4_multi_turn_base.json",
        &[json!({"id": "multi_turn_base_0", "ground_truth": [["cd(folder='x')"], ["ls(a=True)"]]})],
    );
    let tool = |name: &str, param: &str, kind: &str| {
        json!({"name": name, "description": "d", "parameters": {
        "type": "dict", "properties": {param: {"type": kind, "description": "d"}}, "required": []}})
    };
    write(
        root,
        "multi_turn_func_doc/gorilla_file_system.json",
        &[tool("cd", "folder", "string"), tool("ls", "a", "boolean")],
    );
    Questions::load(&Tree::open(root).unwrap()).unwrap()
}

fn line(id: &str, result: impl Into<Value>) -> Value {
    json!({"id": id, "result": result.into()})
}

/// What eight models said: two are right, the others wrong in their own ways.
fn single(model: usize) -> Vec<Value> {
    let answer = |n: usize| match model {
        0 | 2 => format!("[geo.area(side={n}.0, unit='cm')]"),
        1 => format!("[geo.area(side={n})]"),
        3 => format!("[geo.area(side={})]", n + 1),
        4 => format!("[geo.area(unit='mm', side={n}.0)]"),
        5 => format!("[geo.volume(side={n}.0)]"),
        6 => "Which unit would you like?".to_owned(),
        _ => format!("[geo.area(side={n}.0"),
    };
    (0..6).map(|n| line(&format!("simple_python_{n}"), answer(n + 1))).collect()
}

fn failed(id: &str, error: &Value) -> Value {
    json!({"id": id, "valid": false, "error": error})
}

/// Files by path; `turned` writes their lines from the end.
fn runs(root: &Path, turned: bool) {
    let put = |path: &str, mut lines: Vec<Value>| {
        if turned {
            lines.reverse();
        }
        write(root, path, &lines);
    };
    for model in 0..8 {
        put(&format!("src{}/result/m{model}/BFCL_v4_simple_python_result.json", model % 3), single(model));
        put(
            &format!("src{}/score/m{model}/BFCL_v4_simple_python_score.json", model % 3),
            vec![json!({"accuracy": 1.0})],
        );
    }
    let said = |model: usize| match model {
        0 => "No tool here writes anything, sorry.",
        1 => "[geo.area(side=1.0)]",
        2 => "[]",
        _ => "[geo.area(side=2.0)]",
    };
    for model in 0..4 {
        let lines = ["irrelevance_0", "irrelevance_1"].map(|id| line(id, said(model)));
        put(&format!("src0/result/m{model}/BFCL_v4_irrelevance_result.json"), lines.to_vec());
        put(
            &format!("src0/result/m{model}/BFCL_v4_live_relevance_result.json"),
            vec![line("live_relevance_0-0-0", said(model))],
        );
    }
    let step = |calls: Value, result: &str| (calls, json!([{"role": "tool", "content": result}]));
    let turns = |second: Value| {
        let (first, result) = step(json!([{"cd": "{\"folder\": \"x\"}"}]), "{}");
        json!({"id": "multi_turn_base_0", "result": [[first, []], [[second], []]],
            "inference_log": [{"step_0": result, "step_1": []}, {"step_0": [{"role": "tool", "content": "{}"}], "step_1": []}]})
    };
    put("src0/result/m0/BFCL_v4_multi_turn_base_result.json", vec![turns(json!({"ls": "{\"a\": true}"}))]);
    put("src0/score/m0/BFCL_v4_multi_turn_base_score.json", vec![json!({"accuracy": 1.0})]);
    put("src1/result/m1/BFCL_v4_multi_turn_base_result.json", vec![turns(json!({"cd": "{\"folder\": \"y\"}"}))]);
    let error = json!({"error_type": "multi_turn:instance_state_mismatch", "error_message": "no", "execution_result": [{}, {}]});
    put("src1/score/m1/BFCL_v4_multi_turn_base_score.json", vec![failed("multi_turn_base_0", &error)]);
}

struct Made {
    folder: tempfile::TempDir,
    questions: Questions,
}

impl Made {
    fn new(turned: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let questions = questions(&folder.path().join("questions"));
        runs(&folder.path().join("runs"), turned);
        Self { folder, questions }
    }

    fn build(&self, options: BuildOptions) -> (Bench, Manifest) {
        let tree = Tree::open(&self.folder.path().join("runs")).unwrap();
        let out = self.folder.path().join("out");
        let manifest = build(&Build::new(&tree, &self.questions).with_options(options), &out, &|_| ()).unwrap();
        (Bench::open(&out).unwrap(), manifest)
    }

    fn bytes(&self) -> Vec<Vec<u8>> {
        Bench::FILES.map(|name| fs::read(self.folder.path().join("out").join(name)).unwrap()).to_vec()
    }
}

fn sum(counts: &std::collections::BTreeMap<String, u64>) -> u64 {
    counts.values().sum()
}

fn of<'p>(pairs: &'p [Pair], category: &str) -> Vec<&'p Pair> {
    pairs.iter().filter(|pair| pair.category == category).collect()
}

#[test]
fn counts_add_up() {
    let made = Made::new(false);
    let (bench, manifest) = made.build(BuildOptions::default());
    assert_eq!(*bench.manifest(), manifest);
    let read = &manifest.recordings;
    assert_eq!(read.census.lines, read.answers + read.dialogues + sum(&read.census.left_out));
    assert_eq!(read.answers, manifest.labels.right + manifest.labels.wrong + sum(&read.unchecked));
    assert_eq!((manifest.labels.published, manifest.labels.published_same_verdict), (48, 18));
    for (split, answers) in &manifest.answers {
        assert_eq!(answers.wrong, sum(&answers.wrong_answers), "{split}");
        assert_eq!(answers.wrong_answers["used"], manifest.pairs.splits[split], "{split}");
    }
    assert_eq!(read.dialogues, sum(&manifest.dialogues));
    assert_eq!(bench.pairs().unwrap().len() as u64, manifest.pairs.pairs);
    assert_eq!(bench.groups().unwrap().iter().map(|g| g.entries.len() as u64).sum::<u64>(), read.answers);
    assert_eq!(manifest.files[Bench::TIES].records, manifest.ties.pairs);
}

#[test]
fn right_is_set_against_wrong_in_one_style() {
    let made = Made::new(false);
    let (bench, manifest) = made.build(BuildOptions::default());
    let pairs = bench.pairs().unwrap();
    let simple = of(&pairs, "simple_python");
    // Three kinds of wrong calls for each of six questions; of what is no call at all, at most one in twenty.
    assert_eq!(simple.len(), 18);
    assert!(
        manifest.answers["simple_python"].wrong_answers["no call where one is due, beyond the share of easy pairs"]
            == 12
    );
    for pair in &simple {
        assert!(["src0:m0", "src1:m1", "src2:m2"].contains(&pair.chosen_from.as_str()), "{}", pair.chosen_from);
        let keys: Vec<_> = pair.rejected.action.calls()[0].args().unwrap().keys().map(String::as_str).collect();
        assert!(matches!(keys[..], ["side"] | ["side", "unit"]), "documented order: {keys:?}");
        assert_ne!(Fingerprint::of_action(&pair.chosen.action), Fingerprint::of_action(&pair.rejected.action));
    }
    let irrelevance = of(&pairs, "irrelevance");
    assert_eq!(irrelevance.len(), 4);
    assert!(irrelevance.iter().all(|p| p.chosen_from == "src0:m0" && !p.rejected.action.calls().is_empty()));
    let relevance = of(&pairs, "live_relevance");
    assert_eq!((relevance.len(), relevance[0].rejected_from.as_str()), (1, "src0:m0"));
    // The same but for a unit that may be left out.
    assert_eq!(bench.ties().unwrap().len(), 6);
    let graded = bench.both_wrong().unwrap();
    assert!(!graded.is_empty());
    assert!(
        graded
            .iter()
            .all(|p| p.rejected.action.calls()[0].name == "geo.volume" || p.chosen.action != p.rejected.action)
    );
}

#[test]
fn a_run_is_cut_at_the_turn_that_went_wrong() {
    for (chosen, from) in [(ChosenFrom::ModelRight, "src0:m0"), (ChosenFrom::Gold, "gold")] {
        let made = Made::new(false);
        let (bench, manifest) = made.build(BuildOptions::default().with_chosen(chosen));
        let pairs = bench.pairs().unwrap();
        let [pair] = of(&pairs, "multi_turn_base")[..] else { panic!("{manifest:?}") };
        let said: Vec<_> = pair.task.messages().iter().map(|m| (m.role.as_str(), m.text().into_owned())).collect();
        let expected = [("user", "Go to x."), ("assistant", ""), ("tool", "{}"), ("user", "List it.")];
        assert_eq!(said, expected.map(|(role, text)| (role, text.to_owned())));
        let name = |action: &Action| action.calls()[0].name.clone();
        assert_eq!((name(&pair.chosen.action), name(&pair.rejected.action)), ("ls".into(), "cd".into()));
        assert_eq!((pair.chosen_from.as_str(), pair.rejected_from.as_str()), (from, "src1:m1"));
        assert_eq!(manifest.dialogues, [("passed".to_owned(), 1), ("used".to_owned(), 1)].into());
    }
}

#[test]
fn neither_the_order_of_lines_nor_the_number_of_threads_matters() {
    let built = |turned: bool, threads: usize| {
        let made = Made::new(turned);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| made.build(BuildOptions::default()));
        made.bytes()
    };
    let bytes = built(false, 1);
    assert!(bytes == built(false, 2));
    // The manifest knows that the files it was built from are others.
    assert!(bytes[..4] == built(true, 2)[..4]);
}

#[test]
fn an_interrupted_build_is_no_bench_and_the_next_one_is_the_same() {
    let made = Made::new(false);
    made.build(BuildOptions::default());
    let bytes = made.bytes();
    let out = made.folder.path().join("out");
    fs::remove_file(out.join(Bench::MANIFEST)).unwrap();
    fs::write(out.join("pairs.jsonl.77.tmp"), "half").unwrap();
    fs::write(out.join("ties.jsonl"), "of another build\n").unwrap();
    let error = Bench::open(&out).unwrap_err().to_string();
    assert!(error.contains("no manifest.json: no bench, or one whose building was interrupted; build it"), "{error}");
    made.build(BuildOptions::default());
    assert!(bytes == made.bytes());
    assert_eq!(fs::read_dir(&out).unwrap().count(), Bench::FILES.len());
}

#[test]
fn a_bench_that_is_there_is_built_again_only_when_something_changed() {
    let made = Made::new(false);
    let tree = Tree::open(&made.folder.path().join("runs")).unwrap();
    let out = made.folder.path().join("out");
    let stages = |options: BuildOptions| {
        let seen = std::sync::Mutex::new(std::collections::BTreeSet::new());
        let plan = Build::new(&tree, &made.questions).with_options(options).resuming(true);
        build(&plan, &out, &|progress| {
            seen.lock().unwrap().insert(progress.stage);
        })
        .unwrap();
        seen.into_inner().unwrap().into_iter().collect::<Vec<_>>()
    };
    let all = [Stage::Reading, Stage::Labelling, Stage::Picking, Stage::Writing];
    assert_eq!(stages(BuildOptions::default()), all);
    assert_eq!(stages(BuildOptions::default()), []);
    assert_eq!(stages(BuildOptions::default().with_seed(2)), all);
    fs::write(out.join(Bench::GROUPS), "").unwrap();
    assert_eq!(stages(BuildOptions::default().with_seed(2)), all);
}

#[test]
fn what_cannot_be_built_or_opened_is_said() {
    let made = Made::new(false);
    let tree = Tree::open(&made.folder.path().join("runs")).unwrap();
    let out = made.folder.path().join("out");
    let error = |options: BuildOptions| {
        build(&Build::new(&tree, &made.questions).with_options(options), &out, &|_| ()).unwrap_err().to_string()
    };
    assert!(error(BuildOptions::default().with_limits(0, 1, 1)).contains("per_question is 0: ask for at least one"));
    assert!(error(BuildOptions::default().with_categories([])).contains("no categories"));
    let java = BuildOptions::default().with_categories([crate::bfcl::Category::SimpleJava]);
    assert!(error(java).contains("no recording answers a known question; give runs"));
    let half = "{\"id\": \"simple_python_0\", \"result\": \"[geo.";
    let broken = made.folder.path().join("runs/src9/result/m/BFCL_v4_simple_python_result.json");
    fs::create_dir_all(broken.parent().unwrap()).unwrap();
    fs::write(&broken, format!("{}\n{half}", line("simple_python_1", "[]"))).unwrap();
    let said = error(BuildOptions::default());
    assert!(said.contains("BFCL_v4_simple_python_result.json:2: not JSON at column"), "{said}");
    fs::remove_file(broken).unwrap();
    assert!(!out.exists());
    made.build(BuildOptions::default());
    fs::write(out.join(Bench::PAIRS), "{}\n").unwrap();
    let error = Bench::open(&out).unwrap_err().to_string();
    assert!(error.contains("pairs.jsonl: not the file the manifest describes; the file was changed"), "{error}");
    fs::write(out.join(Bench::MANIFEST), "{\"format\": 99}").unwrap();
    let error = Bench::open(&out).unwrap_err().to_string();
    assert!(
        error.contains("/format: a bench of another format; build it again: this version reads format 1"),
        "{error}"
    );
}
