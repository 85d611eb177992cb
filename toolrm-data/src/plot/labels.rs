//! Labels: on as few lines as they fit on.

use super::Canvas;

/// How many lines a label may have.
const LINES: usize = 3;

/// A label on as few lines as it fits on, broken where its words are; what does not fit on [`LINES`] loses its middle.
fn lines(label: &str, most: usize) -> Vec<String> {
    let label: String = label.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut lines: Vec<Vec<char>> = vec![Vec::new()];
    for word in label.split_inclusive(['_', ':', '-', '.', '/', ' ']) {
        let word: Vec<char> = word.chars().collect();
        let full = lines.len() == LINES;
        match lines.last_mut() {
            Some(line) if full || line.is_empty() || line.len() + word.len() <= most => line.extend(word),
            _ => lines.push(word),
        }
    }
    lines.iter().map(|line| without_middle(line, most)).collect()
}

/// The labels of rows with their places, each label at its row's place, its lines `apart` from each other around it; of at most `most`
/// characters each.
pub fn stacked<'a>(labels: impl Iterator<Item = (f64, &'a str)>, most: usize, apart: f64) -> (Vec<String>, Vec<f64>) {
    let (mut texts, mut places) = (Vec::new(), Vec::new());
    for (y, label) in labels {
        let written = lines(label, most);
        let first = y + apart * (written.len() as f64 - 1.0) / 2.0;
        places.extend((0..written.len()).map(|line| first - apart * line as f64));
        texts.extend(written);
    }
    (texts, places)
}

/// The height of rows whose labels are these, in pixels, no less than `least`.
pub fn row_height<'a>(labels: impl Iterator<Item = &'a str>, canvas: Canvas, least: f64) -> f64 {
    let most = labels.map(|label| lines(label, canvas.label).len()).max().unwrap_or(1);
    (most as f64 * canvas.line() + 4.0).max(least)
}

/// A label on one line of at most `most` characters; what does not fit loses its middle.
pub fn without_middle(chars: &[char], most: usize) -> String {
    if chars.len() <= most {
        return chars.iter().collect();
    }
    let (head, tail) = (most / 2, most.saturating_sub(most / 2 + 1));
    let kept = chars.iter().take(head).chain(&['…']).chain(chars.iter().skip(chars.len() - tail));
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_break_where_words_do() {
        assert_eq!(lines("simple_python", 20), ["simple_python"]);
        assert_eq!(lines("multi_turn:execution_response_mismatch", 21), ["multi_turn:execution_", "response_mismatch"]);
        assert_eq!(lines("parallel_checker:cannot_find_match", 12), ["parallel_", "checker:", "cannot…match"]);
        assert_eq!(lines("abcdefghij", 4), ["ab…j"]);
        assert_eq!(lines("a\nb", 4), ["a b"]);
        assert_eq!(lines("", 4), [""]);
    }
}
