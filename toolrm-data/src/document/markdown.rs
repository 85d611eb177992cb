//! A document as Markdown: what the page has, without its plots. It reads well raw.

use std::fmt::Write;

use super::{Block, Section, Table, number::shortened};

/// Length of the lines of running text, where words allow it.
const WIDTH: usize = 120;

/// A document as Markdown; `own` writes what only this kind of document has.
pub fn write<Own>(title: &str, sections: &[Section<Own>], mut own: impl FnMut(&mut String, &Own)) -> String {
    let mut out = format!("# {}\n", escaped(title));
    for section in sections {
        let _ = writeln!(out, "\n## {}", escaped(&section.title));
        for block in &section.blocks {
            match block {
                Block::Text(text) => paragraph(&mut out, text),
                Block::List(items) => list(&mut out, items),
                Block::Warnings(items) => {
                    out.push_str("\n**Beware**\n");
                    list(&mut out, items);
                }
                Block::Table(one) => table(&mut out, one),
                // The plots are in the page; the figures they draw are in the tables.
                Block::Figure(_) => {}
                Block::Code { caption, text } => code(&mut out, caption, text),
                Block::Own(block) => own(&mut out, block),
            }
        }
    }
    out
}

/// A paragraph of a text that is not ours.
pub fn paragraph(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n{}", wrapped(&escaped(text), ""));
}

/// Items of texts that are not ours.
pub fn list(out: &mut String, items: &[String]) {
    out.push('\n');
    for item in items {
        let _ = writeln!(out, "- {}", wrapped(&escaped(item), "  "));
    }
}

/// Lines of at most 120 characters, broken at spaces; lines after the first begin with `indent`.
pub fn wrapped(text: &str, indent: &str) -> String {
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

/// A table; of one that is folded, what unfolds it.
pub fn table(out: &mut String, table: &Table) {
    if table.folded {
        fold(out, &table.caption);
    } else {
        let _ = writeln!(out, "\n{}:\n", escaped(&table.caption));
    }
    let mut line = |cells: &mut dyn Iterator<Item = String>| {
        let _ = writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "));
    };
    line(&mut table.head.iter().map(|cell| escaped(cell)));
    line(&mut (0..table.head.len()).map(|i| if i == 0 || table.words.contains(&i) { ":--" } else { "--:" }.into()));
    for row in &table.rows {
        line(&mut row.cells.iter().map(|cell| escaped(cell)));
    }
    if table.folded {
        out.push_str("\n</details>\n");
    }
}

/// What unfolds by its caption begins here.
fn fold(out: &mut String, caption: &str) {
    // Between HTML tags there is no Markdown, and a backslash is one.
    let caption = shortened(caption, usize::MAX).replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(out, "\n<details><summary>{caption}</summary>\n");
}

/// Text of a machine, between fences longer than any in it.
fn code(out: &mut String, caption: &str, text: &str) {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    fold(out, caption);
    let _ = writeln!(out, "{fence}\n{text}\n{fence}\n\n</details>");
}

/// A text that is not ours, so that it reads as it is and makes no markup. What makes none anyway is left alone, for the raw text is
/// read too: `simple_python`, `83.1 [81.9, 84.2]`, `p < 0.001`.
pub fn escaped(text: &str) -> String {
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
