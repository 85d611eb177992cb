//! What all three files have in common, and what the page must never do.

use std::{collections::HashSet, env, fs, path::PathBuf};

use toolrm_data::document::testkit::{HOSTILE, Page};

use super::{
    ReportError, html, invented, json,
    markdown::markdown,
    model::{JudgeReport, Report},
    read, write,
};
use crate::metrics::Measured;

fn page(report: &Report) -> String {
    html::page(report, &json(report).unwrap()).unwrap()
}

fn parsed(report: &Report) -> Page {
    Page::read(&page(report))
}

#[test]
fn the_markdown_of_a_small_report() {
    insta::assert_snapshot!(markdown(&invented::small()));
}

#[test]
fn the_same_report_makes_the_same_bytes() {
    // The second time other pictures have been drawn before.
    let first = page(&invented::large());
    page(&invented::small());
    assert!(first == page(&invented::large()));
}

#[test]
fn the_page_is_well_formed_and_asks_for_nothing() {
    for report in [invented::large(), invented::small(), Report::default()] {
        let page = parsed(&report);
        page.assert_is_harmless(1);
        let wrong: usize = report.judges.iter().map(|judge| judge.wrong.len()).sum();
        assert_eq!(page.in_section("pairs", "details", Some("pair")).len(), wrong);
        assert!(page.named("th").all(|th| th.attribute("scope").is_some()));
        assert!(page.named("svg").all(|svg| svg.attribute("aria-labelledby").is_some()));
    }
    let source = page(&invented::large());
    assert!(
        source.replace("http://www.w3.org", "").split("http").count() == 2,
        "only the policy of the page says http"
    );
}

#[test]
fn texts_of_others_stay_texts() {
    let hostile = invented::with_texts(invented::small(), HOSTILE);
    let page = parsed(&hostile);
    page.assert_is_harmless(1);
    // They are all there to be read; controls, which HTML does not allow, by their pictures.
    let shown = HOSTILE.replace('\0', "␀").replace('\u{1b}', "␛");
    assert_eq!(page.named("blockquote").map(|quote| quote.text.as_str()).collect::<Vec<_>>(), [shown]);

    let tags = |text: &str| text.split('<').skip(1).filter(|rest| !rest.starts_with(' ')).count();
    let text = markdown(&hostile);
    let harmless = invented::with_texts(invented::small(), "this / that");
    assert_eq!(tags(&text), tags(&markdown(&harmless)), "{text}");
}

#[test]
fn what_was_not_measured_is_said_so() {
    let empty = Report { judges: vec![JudgeReport::default()], ..Report::default() };
    let mut bare = invented::large();
    (bare.best_of_n, bare.mutation) = (Vec::new(), Vec::new());
    for judge in &mut bare.judges {
        (judge.calibration, judge.fit, judge.ties, judge.both_wrong) = (None, None, None, None);
        (judge.versus, judge.wrong, judge.confusion) = (Vec::new(), Vec::new(), Vec::new());
        for row in &mut judge.by_split {
            row.accuracy.single = Measured::default();
            row.accuracy.both = Measured::default();
        }
    }
    let nulls = Report { judges: invented::large().judges.split_off(2), ..Report::default() };
    let one = Report { judges: invented::large().judges.into_iter().take(1).collect(), ..Report::default() };
    for (report, least) in [(Report::default(), 6), (empty, 8), (bare, 6), (nulls, 2), (one, 2)] {
        parsed(&report).assert_is_harmless(1);
        let text = markdown(&report).to_lowercase();
        assert!(text.matches("not measured").count() >= least, "{text}");
        assert!(!text.contains("nan"), "{text}");
    }
}

#[test]
fn more_judges_than_colours_are_all_in_the_tables() {
    let mut report = invented::large();
    let judge = report.judges[0].clone();
    report.judges.extend((0..9).map(|i| {
        let mut judge = judge.clone();
        judge.card.id = format!("variant-{i}");
        judge
    }));
    let text = markdown(&report);
    assert!((0..9).all(|i| text.contains(&format!("variant-{i}, by split"))));
    let page = parsed(&report);
    assert_eq!(page.in_section("splits", "span", Some("mark null")).len(), 1);
    assert_eq!(page.in_section("splits", "ul", Some("legend"))[0].text.trim().lines().count(), 7);
    assert!(page.in_section("splits", "figcaption", None)[0].text.contains("The tables also have the other 5."));
}

#[test]
fn best_of_n_has_a_picture_for_each_source_and_each_way_to_pick_once() {
    let report = invented::large();
    let page = parsed(&report);
    assert_eq!(page.in_section("best-of-n", "div", Some("panel")).len(), 2);
    let legend = &page.in_section("best-of-n", "ul", Some("legend"))[0].text;
    let marked = "● rules\n■ qwen3-4b-pairwise\n✕ schema-only (null)\n···· mean\n–·– majority\n– – oracle\n▲ majority, ties by rules";
    assert_eq!(legend.trim(), marked);
    let text = markdown(&report);
    assert_eq!((text.matches("\n| mean |").count(), text.matches("\n| oracle |").count()), (3, 3));
}

#[test]
fn seconds_are_told_only_where_they_are_known() {
    let mut report = invented::small();
    assert!(!markdown(&report).contains("seconds"));
    report.judges[0].cost.seconds = Some(1.25);
    assert!(markdown(&report).contains("| seconds |"));
}

#[test]
fn a_judge_that_adds_nothing_to_a_null_judge_is_said_to() {
    let mut report = invented::small();
    let judge = &mut report.judges[0];
    judge.versus[0].single.difference.value = Some(-0.01);
    judge.versus[0].single.difference.interval.as_mut().unwrap().high = 0.02;
    judge.overall.single.interval.as_mut().unwrap().low = 0.49;
    judge.overall.questions = 12;
    judge.behaviour.over_long = 1;
    let text = markdown(&report);
    for warning in [
        "schema-only gets more; the difference may be chance",
        "not shown to be better than a coin: the interval holds 50 %",
        "only 12 questions",
        "1 pair too long for it",
    ] {
        assert!(text.replace("\n  ", " ").contains(warning), "{warning}: {text}");
    }
}

#[test]
fn a_report_is_written_whole_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let report = invented::large();
    write(&report, &folder.path().join("deep")).unwrap();
    let names: HashSet<_> = fs::read_dir(folder.path().join("deep")).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(names, ["report.html", "report.json", "report.md"].map(Into::into).into());
    assert_eq!(read(&folder.path().join("deep/report.json")).unwrap(), report);
}

#[test]
fn what_is_no_report_is_said_where() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let said = |error: ReportError| error.to_string();
    assert!(said(read(&path).unwrap_err()).contains("report.json: cannot read"));
    fs::write(&path, "{\n\"judges\": 3}").unwrap();
    let error = said(read(&path).unwrap_err());
    assert!(error.contains("report.json:2: no report") && error.contains("name a report.json"), "{error}");
    fs::write(folder.path().join("file"), "").unwrap();
    assert!(said(write(&Report::default(), &folder.path().join("file")).unwrap_err()).contains("cannot create"));
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
