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
        if width > 0 && width + 1 + length > WIDTH && !begins_a_block(word) {
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

/// Whether a line that begins with this word would be an item of a list, a quotation or a heading.
fn begins_a_block(word: &str) -> bool {
    let number = word.trim_start_matches(|c: char| c.is_ascii_digit());
    word.starts_with(['-', '+', '=', '>']) || (number.len() < word.len() && [".", ")"].contains(&number))
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
    if table.folded {
        // Between HTML tags there is no Markdown, and a backslash is one.
        let caption = shortened(&table.caption, usize::MAX).replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(out, "\n<details><summary>{caption}</summary>\n");
    } else {
        let _ = writeln!(out, "\n{}:\n", escaped(&table.caption));
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

/// A text that is not ours, so that it reads as it is and makes no markup. What makes none anyway is left alone, for the raw text is
/// read too: `simple_python`, `83.1 [81.9, 84.2]`, `p < 0.001`.
fn escaped(text: &str) -> String {
    let chars: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut out = String::with_capacity(text.len());
    for (i, &c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| chars.get(i));
        let after = chars.get(i + 1);
        let is = |c: Option<&char>, holds: fn(char) -> bool| c.is_some_and(|c| holds(*c));
        match c {
            '<' if is(after, |c| c.is_ascii_alphabetic() || "/!?".contains(c)) => out.push_str("&lt;"),
            '&' if is(after, |c| c.is_ascii_alphanumeric() || c == '#') => out.push_str("&amp;"),
            '_' if is(before, char::is_alphanumeric) && is(after, char::is_alphanumeric) => out.push(c),
            '#' if is(before, char::is_alphanumeric) => out.push(c),
            ']' if !is(after, |c| "([:".contains(c)) => out.push(c),
            '\\' | '`' | '*' | '_' | '#' | ']' | '|' | '~' | '$' => out.extend(['\\', c]),
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
        let hostile = "a|b\n<script>*x*</script> [l](u) [r][s] [d]: u `c` # h &lt; __e__ ~~s~~ $m$ \\";
        assert_eq!(
            escaped(hostile),
            r"a\|b &lt;script>\*x\*&lt;/script> [l\](u) [r\][s] [d\]: u \`c\` \# h &amp;lt; \_\_e\_\_ \~\~s\~\~ \$m\$ \\"
        );
    }

    #[test]
    fn what_makes_no_markup_is_left_alone() {
        for text in ["simple_python", "83.1 [81.9, 84.2]", "p < 0.001", "live_simple_3-0-0#2", "R & D", "a > b"] {
            assert_eq!(escaped(text), text);
        }
    }

    #[test]
    fn lines_are_broken_at_spaces_only() {
        let text = ["word"; 60].join(" ");
        let lines = wrapped(&text, "  ");
        assert!(lines.lines().all(|line| line.len() <= WIDTH) && lines.lines().count() == 3, "{lines}");
        assert_eq!(wrapped(&"x".repeat(200), "").lines().count(), 1);
    }

    #[test]
    fn no_line_begins_with_what_would_begin_a_list_or_a_quotation() {
        for mark in ["-", "+", "1.", "23)", ">", "=", "---"] {
            let line = format!("{} {mark}", "x".repeat(WIDTH - 1));
            let lines = wrapped(&format!("{line} end"), "");
            assert_eq!(lines.lines().collect::<Vec<_>>(), [line.as_str(), "end"]);
        }
    }
}
