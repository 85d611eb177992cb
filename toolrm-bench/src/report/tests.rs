//! What all three files have in common, and what the page must never do.

use std::{env, fs, path::PathBuf};

use super::{
    html, invented, json,
    markdown::markdown,
    model::{JudgeReport, Report},
    read, write,
};

fn page(report: &Report) -> String {
    html::page(report, &json(report).unwrap()).unwrap()
}

/// Writes reports to look at into the folder `TOOLRM_REPORT_TO`.
#[test]
fn reports_to_look_at() {
    let Some(folder) = env::var_os("TOOLRM_REPORT_TO").map(PathBuf::from) else {
        println!("skipped: reports_to_look_at: no folder named in TOOLRM_REPORT_TO");
        return;
    };
    write(&invented::large(), &folder.join("large")).unwrap();
    write(&invented::small(), &folder.join("small")).unwrap();
    write(&Report::default(), &folder.join("empty")).unwrap();
}
