//! The report as Markdown: what the page has, without its plots and with fewer of the pairs that were not won. It reads well raw.

use std::fmt::Write;

use toolrm_data::document::markdown::{self, escaped, paragraph, wrapped};

use super::{
    document::{self, Answer, Own},
    html::{in_short, place},
    model::{Difference, JudgeReport, Report, WrongVerdict},
    number::shortened,
};

/// How many pairs that were not won are shown of each judge.
const EXAMPLES: usize = 10;

/// The report as Markdown.
pub(super) fn markdown(report: &Report) -> String {
    let (title, sections) = (document::question(report), document::sections(report));
    markdown::write(&title, &sections, |out, own| match own {
        Own::Answers(answers) => answers.iter().for_each(|one| answer(out, one)),
        Own::Wrong if report.judges.iter().all(|judge| judge.wrong.is_empty()) => paragraph(out, "None recorded."),
        Own::Wrong => report.judges.iter().for_each(|judge| examples(out, judge)),
    })
}

fn answer(out: &mut String, answer: &Answer) {
    let _ = writeln!(out, "\n**{}**\n", escaped(&answer.judge));
    for figure in &answer.figures {
        let details: Vec<_> = figure.details.iter().map(|detail| escaped(detail)).collect();
        let line = format!("- **{}** {}; {}", figure.value, figure.label, details.join("; "));
        let _ = writeln!(out, "{}", wrapped(&line, "  "));
    }
    let _ = writeln!(out, "- {}", wrapped(&escaped(&answer.versus), "  "));
}

/// Some of the pairs a judge did not win.
fn examples(out: &mut String, judge: &JudgeReport) {
    if judge.wrong.is_empty() {
        return;
    }
    let (shown, all) = (judge.wrong.len().min(EXAMPLES), judge.wrong.len());
    let _ =
        writeln!(out, "\n{}: {shown} of {all}, all of them in report.json and report.html\n", escaped(&judge.card.id));
    for wrong in judge.wrong.iter().take(EXAMPLES) {
        example(out, wrong);
    }
}

fn example(out: &mut String, wrong: &WrongVerdict) {
    let fields = [&wrong.id, &wrong.split, &wrong.error_type].map(|field| escaped(field));
    let line = format!("- {} ({}): {}", fields.join(", "), in_short(wrong), escaped(&shortened(&wrong.question, 160)));
    let _ = writeln!(out, "{}", wrapped(&line, "  "));
    for difference in wrong.differences.iter().flatten().take(3) {
        let _ = writeln!(out, "  - {}", wrapped(&escaped(&difference_phrase(difference)), "    "));
    }
}

fn difference_phrase(difference: &Difference) -> String {
    let value = |value: &Option<serde_json::Value>| {
        value.as_ref().map_or("absent".into(), |value| shortened(&value.to_string(), 80))
    };
    format!(
        "{}: {} in the chosen, {} in the rejected",
        place(difference),
        value(&difference.chosen),
        value(&difference.rejected)
    )
}
