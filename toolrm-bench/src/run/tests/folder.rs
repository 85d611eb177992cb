use std::fs;

use super::*;

/// What a folder holds that must not differ from run to run.
fn bytes(folder: &RunFolder) -> [Vec<u8>; 2] {
    ["verdicts.jsonl", "judge.json"].map(|name| fs::read(folder.path().join(name)).unwrap())
}

async fn run_in(
    folder: &RunFolder,
    judge: impl ToolCallJudge,
    options: RunOptions,
    pairs: &[Pair],
) -> Result<FinishedRun, RunError> {
    folder.run(&Runner::new(judge, options), pairs, &mut |_| ()).await
}

#[tokio::test]
async fn a_run_is_kept_and_read_back() {
    let out = tempfile::tempdir().unwrap();
    let mock = moody("Org/moody judge");
    let folder = RunFolder::of(out.path(), mock.card());
    let unread = folder.read().unwrap_err().to_string();
    assert!(unread.contains("judge.json: cannot read") && unread.contains("run the judge again"), "{unread}");
    let done = run_in(&folder, &mock, options().with_seed(7), &pairs(0, 30)).await.unwrap();
    assert_eq!(folder.read().unwrap(), done);
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["judge.json", "timing.json", "verdicts.jsonl"]);
    let counts = done.about.counts.as_ref().unwrap();
    assert_eq!(counts.judged + counts.abstained + counts.over_long + counts.failed.values().sum::<u64>(), 30);
    assert_eq!((done.about.seed, done.about.pairs, done.about.judge.id.as_ref()), (7, 30, "Org/moody judge"));

    // Done is done.
    let (before, asked) = (bytes(&folder), mock.items());
    assert_eq!(run_in(&folder, &mock, options().with_seed(7), &pairs(0, 30)).await.unwrap(), done);
    assert_eq!((bytes(&folder), mock.items()), (before.clone(), asked));
    // A kill between the last word and the end leaves the journal.
    let runner = Runner::new(&mock, options().with_seed(7));
    let key = runner.key(&bench_fingerprint(&pairs(0, 30))).unwrap();
    drop(runner.open(&folder.path().join("journal.jsonl"), &key).unwrap());
    run_in(&folder, &mock, options().with_seed(7), &pairs(0, 30)).await.unwrap();
    assert!(!folder.path().join("journal.jsonl").exists());
    // Anew is the same again.
    run_in(&folder, &mock, options().with_seed(7).with_restart(true), &pairs(0, 30)).await.unwrap();
    assert_eq!((bytes(&folder), mock.items()), (before, asked * 2));
}

#[tokio::test]
async fn a_stopped_run_goes_on_and_what_is_unsettled_is_asked_again() {
    let out = tempfile::tempdir().unwrap();
    let whole = RunFolder::at(out.path().join("whole"));
    run_in(&whole, right("right"), options(), &pairs(0, 30)).await.unwrap();

    let folder = RunFolder::at(out.path().join("stopped"));
    let mock = right("right");
    let stopped = run_in(
        &folder,
        Troubled::new(&mock, |call| (call == 5).then_some(ErrorKind::Cancelled)),
        options(),
        &pairs(0, 30),
    )
    .await;
    assert!(matches!(stopped, Err(RunError::Cancelled { .. })));
    let unread = folder.read().unwrap_err().to_string();
    assert!(unread.contains("judge.json: the run is not done; run the judge again"), "{unread}");

    let shaky = Troubled::new(&mock, |call| (call == 2).then_some(ErrorKind::Budget));
    let done = run_in(&folder, shaky, options(), &pairs(0, 30)).await.unwrap();
    let counts = done.about.counts.unwrap();
    assert_eq!((counts.unsettled, counts.failed["budget"]), (2, 2));
    assert!(folder.path().join("journal.jsonl").exists());
    assert_eq!(folder.read().unwrap().verdicts, done.verdicts);

    let before = mock.items();
    run_in(&folder, &mock, options(), &pairs(0, 30)).await.unwrap();
    assert_eq!(mock.items() - before, 4);
    assert_eq!(bytes(&folder), bytes(&whole));
    assert!(!folder.path().join("journal.jsonl").exists());
}

#[tokio::test]
async fn two_works_do_not_share_a_folder_unseen() {
    let out = tempfile::tempdir().unwrap();
    let folder = RunFolder::of(out.path(), right("right").card());
    run_in(&folder, right("right"), options(), &pairs(0, 4)).await.unwrap();
    let before = bytes(&folder);
    let others = [
        (run_in(&folder, right("right").with_fingerprint("right@2"), options(), &pairs(0, 4)).await, "same id"),
        (run_in(&folder, right("left"), options(), &pairs(0, 4)).await, "a run of another judge;"),
        (run_in(&folder, right("right"), options(), &pairs(0, 5)).await, "over another bench"),
        (run_in(&folder, right("right"), options().with_seed(1), &pairs(0, 4)).await, "with other options"),
    ];
    for (other, why) in others {
        let said = other.unwrap_err().to_string();
        assert!(said.contains("judge.json") && said.contains(why) && said.contains("--restart"), "{said}");
        assert_eq!(bytes(&folder), before);
    }
    let anew =
        run_in(&folder, right("right").with_fingerprint("right@2"), options().with_restart(true), &pairs(0, 4)).await;
    assert_eq!(anew.unwrap().about.judge.fingerprint, "right@2");
}

#[tokio::test]
async fn a_folder_that_was_tampered_with_is_an_error() {
    let out = tempfile::tempdir().unwrap();
    let folder = RunFolder::at(out.path().join("run"));
    run_in(&folder, right("right"), options(), &pairs(0, 4)).await.unwrap();
    let [verdicts, about] = ["verdicts.jsonl", "judge.json"].map(|name| folder.path().join(name));
    let [good_verdicts, good_about] = [&verdicts, &about].map(|path| fs::read_to_string(path).unwrap());
    let said = || folder.read().unwrap_err().to_string();

    fs::write(&verdicts, good_verdicts.replace("first", "second")).unwrap();
    assert!(said().contains("verdicts.jsonl: not the verdicts judge.json speaks of"));
    fs::write(&verdicts, &good_verdicts).unwrap();
    fs::write(&about, good_about.replace("\"pairs\": 4", "\"pairs\": 5")).unwrap();
    assert!(said().contains("4 verdicts on 5 pairs"));
    fs::write(&about, good_about.replace("toolrm-run", "other")).unwrap();
    assert!(said().contains("not a run (toolrm-run) of version 1"));
    fs::write(&about, "{\n").unwrap();
    assert!(said().contains("judge.json:2: not the JSON of a run"), "{}", said());
    fs::remove_file(&about).unwrap();
    let error = run_in(&folder, right("right"), options(), &pairs(0, 4)).await.unwrap_err().to_string();
    assert!(error.contains("verdicts without a judge.json"), "{error}");
}

#[test]
fn a_line_that_is_no_verdict_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.jsonl");
    let said = |text: &str| {
        fs::write(&path, text).unwrap();
        crate::run::folder::read_verdicts(&path).unwrap_err().to_string()
    };
    let line = |n| serde_json::to_string(&PairVerdict::new(n, "x")).unwrap();
    assert!(said(&format!("{}\nno\n", line(0))).contains("v.jsonl:2: not a verdict"));
    let error = said(&format!("{}\n{}\n", line(0), line(0)));
    assert!(error.contains("v.jsonl:2: the verdict of pair 0, in the place of pair 1"), "{error}");
}
