//! What both cards say, and what they must never do.

use std::{env, fs, path::PathBuf};

use super::{html, invented, markdown};
use crate::{
    build::manifest::{Contamination, Manifest},
    document::testkit::{HOSTILE, Page},
};

fn page(manifest: &Manifest) -> Page {
    Page::read(&html(manifest).unwrap())
}

#[test]
fn the_readme_of_a_build() {
    insta::assert_snapshot!(markdown(&invented::of("button-box")));
}

#[test]
fn the_readme_of_a_build_that_gave_nothing() {
    insta::assert_snapshot!(markdown(&invented::empty()));
}

#[test]
fn the_page_is_well_formed_and_asks_for_nothing() {
    for manifest in [invented::of("button-box"), invented::empty()] {
        page(&manifest).assert_is_harmless(0);
        let source = html(&manifest).unwrap();
        assert!(!source.contains("script-src") && source.contains("default-src 'none'"));
        assert_eq!(
            source.replace("http://www.w3.org", "").split("http").count(),
            2,
            "only the policy of the page says http"
        );
    }
}

#[test]
fn texts_of_others_stay_texts() {
    let hostile = invented::of(HOSTILE);
    let page = page(&hostile);
    page.assert_is_harmless(0);
    let shown = HOSTILE.replace('\0', "␀").replace('\u{1b}', "␛");
    let told = page.in_section("sources", "th", None).iter().filter(|th| th.text == shown).count();
    assert_eq!(told, 1, "the name of the source is there to be read");

    // In Markdown they make no tag, no cell and no line of YAML.
    let (text, harmless) = (markdown(&hostile), markdown(&invented::of("this / that")));
    let tags = |text: &str| text.split('<').skip(1).filter(|rest| !rest.starts_with(' ')).count();
    let cells = |text: &str| text.replace("\\|", "").matches('|').count();
    let outside = |text: &str| {
        let (before, config) = text.split_once("```\n").unwrap();
        before.to_owned() + config.split_once("\n```\n").unwrap().1
    };
    let (text, harmless) = (outside(&text), outside(&harmless));
    assert_eq!((tags(&text), cells(&text)), (tags(&harmless), cells(&harmless)), "{text}");
    let front = |text: &str| text.split("\n---\n").next().unwrap().to_owned();
    assert_eq!(front(&text), front(&harmless));
}

#[test]
fn text_of_the_configuration_ends_no_code() {
    let mut manifest = invented::empty();
    manifest.config = serde_json::json!({"note": "```\n</details> ````"});
    assert!(markdown(&manifest).contains("\n`````\n{"));
}

#[test]
fn a_build_that_gave_nothing_says_so() {
    let empty = invented::empty();
    let (text, page) = (markdown(&empty), html(&empty).unwrap());
    for said in [&text, &page] {
        assert!(said.contains("This build has no pairs") && !said.contains("NaN"), "{said}");
    }
    assert!(!text.contains("configs:") && text.contains("- n<1K"));
}

#[test]
fn figures_that_are_none_are_not_written_as_numbers() {
    let mut manifest = invented::of("x");
    manifest.train.leaks.insert("longer".into(), f64::NAN);
    manifest.train.intensity.clear();
    manifest.validation.intensity.clear();
    manifest.available.clear();
    let said = markdown(&manifest) + &html(&manifest).unwrap();
    assert!(!said.contains("NaN") && said.contains("| longer | – | 58.4 |"), "{said}");
}

#[test]
fn the_same_manifest_makes_the_same_bytes() {
    // The second time other pictures have been drawn before.
    let first = html(&invented::of("x")).unwrap();
    html(&invented::empty()).unwrap();
    assert!(first == html(&invented::of("x")).unwrap());
}

#[test]
fn what_to_beware_of_is_said_at_the_top() {
    let mut manifest = invented::of("x");
    manifest.stages[1].kept += 1;
    manifest.sources.get_mut("errand-runs").unwrap()[0].taken = 3;
    manifest.contamination = Contamination::default();
    manifest.train.leaks.insert("longer".into(), 0.71);
    let page = page(&manifest);
    let beware: String = page.in_section("what", "div", Some("warnings")).iter().map(|div| div.text.as_str()).collect();
    for said in [
        "stage trajectories do not add up: trajectories: 6000 in, 5401 out",
        "stage records of errand-runs do not add up",
        "No licence is stated for errand-runs, or for a part of it: do not pass it on. Runs of an errand bench (MIT; the runs: none stated).",
        "The licence of x has conditions",
        "More than half of the pairs (60.0 %) are synthetic",
        "`longer` wins 71.0 % of the training pairs",
        "not held against any benchmark",
    ] {
        assert!(beware.contains(said), "{said}: {beware}");
    }
    assert!(markdown(&manifest).contains("| 5,401 + 120 + 480 = 6,001, not 6,000 |"));
}

#[test]
fn all_that_is_drawn_is_in_a_table() {
    let manifest = invented::of("x");
    let text = markdown(&manifest);
    for line in [
        "| errand-runs | 0 | 0 | 0 | 0 | 2,700 | 900 | 0 | 0 | 0 | 540 | 4,140 |",
        "| errand-runs | 0 | 0 | 540 | 0 | 1,800 | 0 | 900 | 0 | 720 | 0 | 180 | 4,140 |",
        "| missing_argument | 0 | 0 | 2,520 | 2,520 | 28.0 |",
        "| none given | 180 | 0 | 0 | 180 | 2.0 |",
        "| better answer, training | 10 | 32 | 96 | 384 | 1,056 | 2,888 |",
        "| trajectories | 6,000 | 5,400 | 120 | 480 | 5,400 + 120 + 480 = 6,000 |",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

/// Writes cards to look at into the folder `TOOLRM_CARD_TO`.
#[test]
fn cards_to_look_at() {
    let Some(folder) = env::var_os("TOOLRM_CARD_TO").map(PathBuf::from) else {
        println!("skipped: cards_to_look_at: no folder named in TOOLRM_CARD_TO");
        return;
    };
    fs::create_dir_all(&folder).unwrap();
    for (name, manifest) in [("card", invented::of("button-box")), ("empty", invented::empty())] {
        fs::write(folder.join(format!("{name}.html")), html(&manifest).unwrap()).unwrap();
        fs::write(folder.join(format!("{name}.md")), markdown(&manifest)).unwrap();
    }
}
