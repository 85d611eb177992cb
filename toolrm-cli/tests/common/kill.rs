//! Commands that are killed at random moments with SIGKILL and started again.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use super::{command, files};

/// Kills that must have met the command on its way.
const INTERRUPTED: u32 = 20;
/// Most kills: on a machine where none meets it the test shows nothing, and says so.
const MOST: u32 = 120;

/// Runs a command to its end; how long it took.
pub fn finish(args: &[&str]) -> Duration {
    let started = Instant::now();
    let output = command(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    started.elapsed()
}

/// Whether the command was still going when it was killed after some time.
fn killed_after(args: &[&str], wait: Duration) -> bool {
    let mut child = command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(wait);
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// Starts the command anew over and over, kills it at a random moment, and lets it end: `prepare` empties the folder `out`, and what is
/// in it in the end must be `whole`.
pub fn kill_and_resume(
    args: &[&str],
    out: &str,
    duration: Duration,
    whole: &BTreeMap<String, Vec<u8>>,
    prepare: impl Fn(),
) {
    let (mut interrupted, mut half_way, mut kills) = (0, 0, 0);
    while interrupted < INTERRUPTED && kills < MOST {
        kills += 1;
        prepare();
        let empty = files(out);
        // Other moments in every run of this test. A test that failed tells its moment.
        let share = (RandomState::new().hash_one(kills) % 1000) as f64 / 1000.0;
        let wait = duration.mul_f64(share);
        if !killed_after(args, wait) {
            continue;
        }
        interrupted += 1;
        half_way += u32::from(files(out) != empty);
        // Every fourth is killed again on its way.
        if kills % 4 == 0 {
            killed_after(args, wait.div_f64(2.0));
        }
        finish(args);
        let found = files(out);
        let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&found), names(whole), "killed after {wait:?}");
        for (name, bytes) in &found {
            assert!(whole[name] == *bytes, "{name} differs, killed after {wait:?}");
        }
    }
    println!("{interrupted} of {kills} kills met the command on its way, {half_way} left something in the folder");
    assert!(half_way > 0, "no kill met the command on its way: the test has shown nothing");
}
