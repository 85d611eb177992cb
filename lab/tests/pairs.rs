//! Runs `toolrm-lab pairs` on the recorded answers, where there are any.

#![allow(clippy::unwrap_used, reason = "a test helper fails by panicking")]

use std::process::Command;

#[test]
fn the_pairs_of_all_sources_are_drawn_and_what_is_left_out_is_said() {
    let output = Command::new(env!("CARGO_BIN_EXE_toolrm-lab")).arg("pairs").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    if said.starts_with("error: no data at ") {
        println!("skipped: pairs: {said}");
        return;
    }
    assert!(output.status.success(), "{said}");
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}
