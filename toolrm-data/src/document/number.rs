//! Figures in words.

/// What stands in a cell of a table where a figure would.
pub const NO_FIGURE: &str = "–";

/// A share in per cent, without the sign: `83.1`.
pub fn percent(share: f64) -> String {
    // Adding 0 turns -0 into 0.
    format!("{:.1}", (share * 1000.0).round() / 10.0 + 0.0)
}

/// A count with its thousands apart: `12,345`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 pair`, `2 pairs`.
pub fn counted(n: u64, what: &str) -> String {
    format!("{} {what}{}", count(n), if n == 1 { "" } else { "s" })
}

/// The first characters of a text, with an ellipsis where it is cut; runs of white space are one space.
pub fn shortened(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_and_texts_cut_between_characters() {
        assert_eq!([count(0), count(999), count(1000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!((counted(1, "pair"), counted(2, "pair")), ("1 pair".into(), "2 pairs".into()));
        assert_eq!(shortened("a\n b  ünïcode", 6), "a b ü…");
    }
}
