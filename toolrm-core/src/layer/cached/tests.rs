#![allow(clippy::float_cmp, reason = "a cache gives back the very number")]

use std::{fs, io::Write, path::PathBuf, sync::Arc};

use super::*;
use crate::{
    call::{Candidate, ToolCall},
    judge::Choice,
    layer::{JudgeExt, mock::*},
    task::Task,
};

fn verdict(p: f64) -> Judgement {
    Judgement::Comparison(Comparison::from_probability(p))
}

fn key(text: &str) -> Fingerprint {
    Fingerprint::of([text])
}

/// A file of this test's own, removed at its end.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("toolrm-cache-{}-{name}.jsonl", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn the_same_question_is_asked_once_and_failures_again() {
    let mock = Mock::numbers();
    let judge = (&mock).cached(MemoryStore::new(100));
    let (task, candidates) = (task(), numbers(&["0.5", "?", "!", "0.5", "0.7"]));
    let heard = Arc::new(Heard::default());
    let options = CallOptions::default().with_observer(heard.clone());
    let first = judge.score(&items(&task, &candidates), &options).await.unwrap();
    assert_eq!((mock.calls(), mock.asked()), (1, 4), "the second 0.5 is the first");
    assert_eq!(first[0].as_judged().unwrap().usage.calls, 1);
    assert_eq!(first[3].as_judged().unwrap().usage.calls, 0, "a copy costs nothing");
    let mut items_heard = heard.0.lock().unwrap().clone();
    items_heard.sort_unstable();
    assert_eq!(items_heard, [0, 1, 2, 3, 4]);

    let second = judge.score(&items(&task, &candidates), &CallOptions::default()).await.unwrap();
    assert_eq!(mock.asked(), 6, "only the abstention and the failure are asked again");
    assert_eq!(second[4].as_judged().unwrap().value, 0.7);
    assert_eq!(second[4].as_judged().unwrap().usage, Usage::default());
    assert!(matches!(second[1], Outcome::Abstained { .. }) && second[2].as_failed().is_some());
    assert_eq!(judge.stats(), CacheStats { hits: 1 + 3, misses: 4 + 2, store_errors: 0 });
}

#[tokio::test]
async fn the_key_knows_order_task_reference_judge_kind_and_seed() {
    let store = Arc::new(MemoryStore::new(100));
    let (task, other) = (task(), task_saying("bye"));
    let c = numbers(&["0.1", "0.2"]);
    let asked = async |mock: Mock, task: &Task, a: &Candidate, b: &Candidate, seed: u64| {
        let judge = (&mock).cached(Arc::clone(&store));
        let options = CallOptions::default().with_seed(seed);
        let _ = judge.compare(&[pair(task, a, b)], &options).await.unwrap();
        mock.calls()
    };
    assert_eq!(asked(Mock::numbers(), &task, &c[0], &c[1], 0).await, 1);
    assert_eq!(asked(Mock::numbers(), &task, &c[0], &c[1], 9).await, 0, "deterministic: the seed does not count");
    assert_eq!(asked(Mock::numbers(), &task, &c[1], &c[0], 0).await, 1, "the other order");
    assert_eq!(asked(Mock::numbers(), &other, &c[0], &c[1], 0).await, 1, "another task");
    let with_reference = task.clone().with_reference(vec![c[0].action.clone()]);
    assert_eq!(asked(Mock::numbers(), &with_reference, &c[0], &c[1], 0).await, 1, "another reference");
    let other_judge = || Mock::numbers().with_card(|c| JudgeCard { fingerprint: "mock@2".into(), ..c });
    assert_eq!(asked(other_judge(), &task, &c[0], &c[1], 0).await, 1, "another judge");
    let dice = || Mock::numbers().with_card(|c| c.with_deterministic(false));
    assert_eq!(asked(dice(), &task, &c[0], &c[1], 1).await, 1);
    assert_eq!(asked(dice(), &task, &c[0], &c[1], 1).await, 0);
    assert_eq!(asked(dice(), &task, &c[0], &c[1], 2).await, 1, "another seed of a judge that samples");
}

#[tokio::test]
async fn candidates_that_mean_the_same_share_an_entry() {
    let mock = Mock::scoring(|_, _| Outcome::Judged(Score::new(0.5)));
    let judge = (&mock).cached(MemoryStore::new(100));
    let c = |v| Candidate::calls(vec![ToolCall::new("f", v)]);
    let candidates = [c(serde_json::json!({"a": 5, "b": 1})), c(serde_json::json!({"b": 1, "a": 5.0}))];
    let _ = judge.score(&items(&task(), &candidates), &CallOptions::default()).await.unwrap();
    assert_eq!(mock.asked(), 1);
}

#[tokio::test]
async fn a_broken_store_costs_the_cache_and_not_the_judgement() {
    struct Broken;
    impl CacheStore for Broken {
        fn get(&self, _: &Fingerprint) -> Result<Option<Judgement>, CacheError> {
            Err(CacheError::Other("gone".into()))
        }
        fn put(&self, _: &Fingerprint, _: &Judgement) -> Result<(), CacheError> {
            Err(CacheError::Other("gone".into()))
        }
    }
    let judge = Mock::numbers().cached(Broken);
    let out = judge.score(&items(&task(), &numbers(&["0.5"])), &CallOptions::default()).await.unwrap();
    assert_eq!(out[0].as_judged().unwrap().value, 0.5);
    assert_eq!(judge.stats().store_errors, 2);
}

#[test]
fn memory_forgets_what_was_used_longest_ago() {
    let store = MemoryStore::new(2);
    store.put(&key("a"), &verdict(0.1)).unwrap();
    store.put(&key("b"), &verdict(0.2)).unwrap();
    assert!(store.get(&key("a")).unwrap().is_some());
    store.put(&key("c"), &verdict(0.3)).unwrap();
    assert_eq!(store.len(), 2);
    assert!(store.get(&key("b")).unwrap().is_none());
    assert_eq!(store.get(&key("a")).unwrap(), Some(verdict(0.1)));
    store.put(&key("a"), &verdict(0.9)).unwrap();
    assert_eq!((store.len(), store.get(&key("a")).unwrap()), (2, Some(verdict(0.9))));
}

#[test]
fn a_file_outlives_its_process_and_the_last_record_wins() {
    let file = TempFile::new("outlives");
    let store = FileStore::open(&file.0).unwrap();
    let scored = Judgement::Score(
        Score::new(-0.1 + 0.3)
            .with_critique("two\nlines")
            .with_findings(vec![crate::score::Finding::new("a.b", "/0", "wrong", 0.25)]),
    );
    store.put(&key("a"), &verdict(0.1)).unwrap();
    store.put(&key("b"), &scored).unwrap();
    store.put(&key("a"), &verdict(0.2)).unwrap();
    for store in [store, FileStore::open(&file.0).unwrap()] {
        assert_eq!((store.len(), store.skipped_lines()), (2, 0));
        assert_eq!(store.get(&key("a")).unwrap(), Some(verdict(0.2)));
        assert_eq!(store.get(&key("b")).unwrap(), Some(scored.clone()));
        assert_eq!(store.get(&key("c")).unwrap(), None);
    }
}

#[test]
fn a_file_cut_anywhere_keeps_every_whole_record_and_takes_new_ones() {
    let whole = TempFile::new("whole");
    let store = FileStore::open(&whole.0).unwrap();
    let keys = ["a", "b"].map(key);
    let mut ends = Vec::new();
    for (i, k) in keys.iter().enumerate() {
        store.put(k, &verdict(0.1 * (i as f64 + 1.0))).unwrap();
        ends.push(fs::read(&whole.0).unwrap().len());
    }
    let bytes = fs::read(&whole.0).unwrap();
    let cut = TempFile::new("cut");
    for n in 0..=bytes.len() {
        fs::write(&cut.0, &bytes[..n]).unwrap();
        let store = FileStore::open(&cut.0).unwrap_or_else(|e| panic!("cut at {n}: {e}"));
        let complete = ends.iter().filter(|&&end| end <= n).count();
        assert_eq!(store.len(), complete, "cut at {n}");
        store.put(&key("new"), &verdict(0.5)).unwrap();
        let again = FileStore::open(&cut.0).unwrap();
        assert_eq!(again.len(), complete + 1, "cut at {n}");
        assert_eq!(again.get(&key("new")).unwrap(), Some(verdict(0.5)));
        for k in &keys[..complete] {
            assert_eq!(again.get(k).unwrap(), store.get(k).unwrap());
            assert!(again.get(k).unwrap().is_some());
        }
    }
}

#[test]
fn two_handles_append_at_once_and_see_each_other() {
    let file = TempFile::new("two");
    let stores = [FileStore::open(&file.0).unwrap(), FileStore::open(&file.0).unwrap()];
    std::thread::scope(|s| {
        for (t, store) in stores.iter().enumerate() {
            s.spawn(move || (0..200).for_each(|i| store.put(&key(&format!("{t}/{i}")), &verdict(0.5)).unwrap()));
        }
    });
    for store in &stores {
        for name in (0..200).flat_map(|i| [format!("0/{i}"), format!("1/{i}")]) {
            assert_eq!(store.get(&key(&name)).unwrap(), Some(verdict(0.5)), "{name}");
        }
        assert_eq!((store.len(), store.skipped_lines()), (400, 0));
    }
}

#[test]
fn a_torn_record_of_another_process_does_not_spoil_the_next() {
    let file = TempFile::new("torn");
    let store = FileStore::open(&file.0).unwrap();
    store.put(&key("a"), &verdict(0.1)).unwrap();
    let mut killed = fs::OpenOptions::new().append(true).open(&file.0).unwrap();
    killed.write_all(b"\n{\"k\":\"12ab\",\"v\":{\"comp").unwrap();
    store.put(&key("b"), &verdict(0.2)).unwrap();
    assert_eq!(store.get(&key("b")).unwrap(), Some(verdict(0.2)));
    assert_eq!((store.len(), store.skipped_lines()), (2, 1));
}

/// Not a test of its own: what the two writers of the next one do.
#[test]
#[ignore = "writes until it is killed; run by writers_killed_in_the_middle"]
fn writes_until_killed() {
    let Some(path) = std::env::var_os("TOOLRM_TEST_CACHE") else { return };
    let store = FileStore::open(path).unwrap();
    for i in 0_u64.. {
        store.put(&key(&format!("{}/{i}", std::process::id())), &verdict(0.5)).unwrap();
    }
}

#[test]
fn writers_killed_in_the_middle_leave_a_file_that_works() {
    let file = TempFile::new("killed");
    for round in 1..=3 {
        let writer = || {
            std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "layer::cached::tests::writes_until_killed", "--ignored"])
                .env("TOOLRM_TEST_CACHE", &file.0)
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        };
        let mut writers = [writer(), writer()];
        let start = web_time::Instant::now();
        while fs::metadata(&file.0).map_or(0, |m| m.len()) < round * 20_000 {
            assert!(start.elapsed().as_secs() < 60, "the writers do not write");
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        for writer in &mut writers {
            writer.kill().unwrap(); // SIGKILL
            writer.wait().unwrap();
        }
        let store = FileStore::open(&file.0).unwrap();
        assert!(store.len() > 50 * usize::try_from(round).unwrap(), "{store:?}");
        assert!(store.skipped_lines() <= 2 * round, "at most the record each writer was at");
        store.put(&key("after"), &verdict(0.25)).unwrap();
        assert_eq!(FileStore::open(&file.0).unwrap().get(&key("after")).unwrap(), Some(verdict(0.25)));
    }
}

#[test]
fn files_of_another_kind_or_version_are_refused_and_left_alone() {
    let file = TempFile::new("kinds");
    for (content, version) in
        [("{\"toolrm_cache\":7}\n{}", Some(7)), ("hello\nworld", None), ("{\"a\":1}", None), ("\n\n", None)]
    {
        fs::write(&file.0, content).unwrap();
        match FileStore::open(&file.0).unwrap_err() {
            CacheError::Version { found, known: 1, .. } => assert_eq!(Some(found), version),
            CacheError::NotACache { .. } => assert_eq!(version, None, "{content}"),
            other => panic!("{content}: {other}"),
        }
        assert_eq!(fs::read_to_string(&file.0).unwrap(), content);
    }
    let error = FileStore::open("/no/such/folder/x.jsonl").unwrap_err();
    assert!(matches!(&error, CacheError::Io { .. }) && error.to_string().contains("/no/such/folder"), "{error}");
}

#[tokio::test]
async fn verdicts_survive_in_a_file_behind_a_memory() {
    let file = TempFile::new("stacked");
    let (task, c) = (task(), numbers(&["0.1", "0.9"]));
    for run in 0..2 {
        let mock = Mock::numbers();
        let judge = (&mock).cached(FileStore::open(&file.0).unwrap()).cached(MemoryStore::new(10));
        for _ in 0..2 {
            let out = judge.compare(&[pair(&task, &c[0], &c[1])], &CallOptions::default()).await.unwrap();
            assert_eq!(out[0].as_judged().unwrap().choice, Choice::Second);
        }
        assert_eq!(mock.calls(), 1 - run);
    }
}
