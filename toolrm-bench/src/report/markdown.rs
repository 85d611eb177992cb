//! The report as Markdown: what the page has, without its plots and with fewer of the pairs that were not won. It reads well raw.

use std::fmt::Write;

use super::{
    document::{self, Answer, Block, Table},
    html::{in_short, place},
    model::{Difference, JudgeReport, Report, WrongVerdict},
    number::shortened,
};

/// How many pairs that were not won are shown of each judge.
const EXAMPLES: usize = 10;

/// Length of the lines of running text, where words allow it.
const WIDTH: usize = 120;

/// The report as Markdown.
pub(super) fn markdown(report: &Report) -> String {
    let mut out = format!("# {}\n", escaped(&document::question(report)));
    for section in document::sections(report) {
        push(&mut out, &format!("\n## {}\n", escaped(&section.title)));
        for block in &section.blocks {
            match block {
                Block::Text(text) => paragraph(&mut out, text),
                Block::List(items) => list(&mut out, items),
                Block::Warnings(items) => {
                    push(&mut out, "\n**Beware**\n");
                    list(&mut out, items);
                }
                Block::Answers(answers) => answers.iter().for_each(|one| answer(&mut out, one)),
                Block::Table(one) => table(&mut out, one),
                // The plots are in the page; the figures they draw are in the tables.
                Block::Figure(_) => {}
                Block::Wrong => report.judges.iter().for_each(|judge| examples(&mut out, judge)),
            }
        }
        if section.id == "wrong" && report.judges.iter().all(|judge| judge.wrong.is_empty()) {
            paragraph(&mut out, "None recorded.");
        }
    }
    out
}

fn push(out: &mut String, text: &str) {
    out.push_str(text);
}

fn paragraph(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n{}", wrapped(&escaped(text), ""));
}

fn list(out: &mut String, items: &[String]) {
    out.push('\n');
    for item in items {
        let _ = writeln!(out, "- {}", wrapped(&escaped(item), "  "));
    }
}

/// Lines of at most [`WIDTH`] characters, broken at spaces; lines after the first begin with `indent`.
fn wrapped(text: &str, indent: &str) -> String {
    let (mut out, mut width) = (String::with_capacity(text.len()), 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            out.push('\n');
            out.push_str(indent);
            width = indent.len();
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out
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

fn table(out: &mut String, table: &Table) {
    let caption = escaped(&table.caption);
    if table.folded {
        let _ = writeln!(out, "\n<details><summary>{caption}</summary>\n");
    } else {
        let _ = writeln!(out, "\n{caption}:\n");
    }
    let mut line = |cells: &mut dyn Iterator<Item = String>| {
        let _ = writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "));
    };
    line(&mut table.head.iter().map(|cell| escaped(cell)));
    line(&mut (0..table.head.len()).map(|i| if i == 0 { ":--" } else { "--:" }.into()));
    for row in &table.rows {
        line(&mut row.cells.iter().map(|cell| escaped(cell)));
    }
    if table.folded {
        push(out, "\n</details>\n");
    }
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

/// A text that is not ours, so that it reads as it is and makes no markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // An address by itself becomes a link in some readers.
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_makes_no_markup() {
        let hostile = "a|b\n<script>*x*</script> [l](u) `c` ![i](u) # h &lt;";
        let safe = escaped(hostile);
        assert_eq!(safe, r"a\|b &lt;script&gt;\*x\*&lt;/script&gt; \[l\](u) \`c\` \!\[i\](u) \# h &amp;lt;");
    }

    #[test]
    fn lines_are_broken_at_spaces_only() {
        let text = ["word"; 60].join(" ");
        let lines = wrapped(&text, "  ");
        assert!(lines.lines().all(|line| line.len() <= WIDTH) && lines.lines().count() == 3, "{lines}");
        assert_eq!(wrapped(&"x".repeat(200), "").lines().count(), 1);
    }
}
