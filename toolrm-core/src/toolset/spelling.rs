//! [`Spelling`]: how a date or a time is to be written, as a parameter's description shows it.

/// One part of a spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// So many digits of the year (4 or 2).
    Year(usize),
    /// Two digits, 1 to 12.
    Month,
    /// A month's name, short or in full.
    MonthName,
    /// Two digits, 1 to 31.
    Day,
    /// Two digits, 0 to 23 (or 1 to 12).
    Hour,
    /// Two digits, 0 to 59: minutes or seconds.
    Sixty,
    /// AM or PM.
    Half,
    /// A character as it stands.
    Mark(char),
    /// White space, any or none.
    Space,
}

/// How a date or a time is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spelling {
    parts: Vec<Part>,
    /// Whether more may follow.
    open: bool,
    /// As the description shows it.
    pub(crate) shown: String,
}

/// How well a text keeps to a spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Keeps {
    /// Something else.
    Not,
    /// The spelling, with digits missing in front (`2025-3-4`).
    Loosely,
    /// The spelling, and more after it (seconds, a time, a time zone).
    WithMore,
    /// To the letter.
    Exactly,
}

impl Spelling {
    /// The spellings a description shows by letters ("YYYY-MM-DD"), and by examples where it shows none by letters.
    pub(super) fn shown(description: &str) -> Vec<Self> {
        let mut out: Vec<Self> = Vec::new();
        let mut examples: Vec<Self> = Vec::new();
        let bytes = description.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let starts = at == 0 || !bytes.get(at - 1).is_some_and(u8::is_ascii_alphanumeric);
            let rest = description.get(at..).filter(|_| starts).unwrap_or("");
            let (found, list) = match Self::letters(rest) {
                Some(found) => (Some(found), &mut out),
                None => (Self::example(rest), &mut examples),
            };
            if let Some((spelling, len)) = found {
                if !list.contains(&spelling) {
                    list.push(spelling);
                }
                at += len.max(1);
            } else {
                at += 1;
            }
        }
        let iso = ["ISO 8601", "ISO-8601", "ISO8601", "RFC 3339", "RFC3339", "RFC-3339"]
            .iter()
            .any(|s| description.contains(s));
        if out.is_empty() {
            out = examples;
        }
        if iso {
            // Date alone, or with a time and a zone: all are of the standard.
            let standard = Self::letters("YYYY-MM-DD").map(|(s, _)| Self { open: true, ..s });
            let time = Self::letters("HH:MM").map(|(s, _)| Self { open: true, ..s });
            out.extend(standard.into_iter().chain(time));
        }
        out
    }

    /// Whether it has a time of the day.
    pub(crate) fn has_clock(&self) -> bool {
        self.open || self.parts.contains(&Part::Hour)
    }

    /// Whether the description spells it out, rather than naming a standard.
    pub(crate) fn is_spelled_out(&self) -> bool {
        !self.open
    }

    /// Whether it has a time with seconds.
    pub(crate) fn has_seconds(&self) -> bool {
        self.parts.windows(3).any(|w| matches!(w, [Part::Sixty, Part::Mark(':'), Part::Sixty]))
    }

    /// Whether it has AM or PM.
    pub(crate) fn has_half(&self) -> bool {
        self.parts.contains(&Part::Half)
    }

    /// Whether it has a day of a month.
    pub(crate) fn has_day(&self) -> bool {
        self.parts.contains(&Part::Day)
    }

    /// Whether the spellings put the day before the month in digits, if they are of one mind.
    pub(super) fn day_first(spellings: &[Self]) -> Option<bool> {
        let mut orders = spellings.iter().filter_map(|s| {
            let at = |part| s.parts.iter().position(|p| *p == part);
            // What begins with the year says nothing about `3/4/2025`.
            let year_last = !matches!(s.parts.first(), Some(Part::Year(_)));
            at(Part::Day).zip(at(Part::Month)).filter(|_| year_last).map(|(d, m)| d < m)
        });
        let first = orders.next()?;
        orders.all(|o| o == first).then_some(first)
    }

    /// A spelling by letters at the start of a text: `YYYY-MM-DD`, `hh:mm AM/PM`, `DD MMM YYYY`; and its length.
    fn letters(text: &str) -> Option<(Self, usize)> {
        let bytes = text.as_bytes();
        let (mut parts, mut at) = (Vec::new(), 0);
        let mut end = 0;
        while let Some(c) = bytes.get(at).copied() {
            let run = bytes.iter().skip(at).take_while(|b| **b == c).count();
            let in_time = matches!(parts.last(), Some(Part::Mark(':' | '.')));
            let part = match (c, run) {
                (b'Y' | b'y', 3..=4) => Part::Year(4),
                (b'Y' | b'y', 2) => Part::Year(2),
                (b'M' | b'm', 2) if in_time => Part::Sixty,
                (b'M' | b'm', 2) if bytes.get(at + 2) == Some(&b':') => Part::Sixty,
                (b'M' | b'm', 2) => Part::Month,
                (b'M', 3..=4) => Part::MonthName,
                (b'D' | b'd', 2) => Part::Day,
                (b'H' | b'h', 2) => Part::Hour,
                (b'S' | b's', 2) => Part::Sixty,
                (b'A' | b'a' | b'P' | b'p', 1) if !parts.is_empty() => {
                    let rest = text.get(at..).unwrap_or("");
                    let Some(len) = ["AM/PM", "am/pm", "AM or PM", "am or pm", "AM", "PM", "a.m./p.m."]
                        .iter()
                        .find(|w| rest.starts_with(*w))
                        .map(|w| w.len())
                    else {
                        break;
                    };
                    parts.push(Part::Half);
                    at += len;
                    end = at;
                    continue;
                }
                (b'T' | b'Z', 1) if !parts.is_empty() => Part::Mark(c as char),
                (b'-' | b'/' | b':' | b'.' | b',', 1) if end == at && end > 0 => Part::Mark(c as char),
                (b' ', 1) if end == at && end > 0 => Part::Space,
                _ => break,
            };
            let is_letter = c.is_ascii_alphabetic();
            parts.push(part);
            at += run;
            if is_letter {
                end = at;
            } else if bytes.get(at).is_some_and(|b| *b == b' ') && part != Part::Space {
                // "DD, YYYY"
                parts.push(Part::Space);
                at += 1;
            }
            if !is_letter {
                end = end.max(at);
            }
        }
        let last = parts.iter().rposition(|p| !matches!(p, Part::Mark('-' | '/' | ':' | '.' | ',') | Part::Space))?;
        parts.truncate(last + 1);
        // A word that goes on in letters ("summer") shows nothing, and one part alone is too easily a word.
        let goes_on = bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
        let telling = parts.iter().filter(|p| !matches!(p, Part::Mark(_) | Part::Space | Part::Half)).count() >= 2;
        let shown = text.get(..end)?.trim_end_matches(['-', '/', ':', '.', ',', ' ']).to_owned();
        (telling && !goes_on).then_some((Self { parts, open: false, shown }, end))
    }

    /// A spelling by example at the start of a text: `2025-03-14`, `14:30`, `03/14/2025`; and its length.
    fn example(text: &str) -> Option<(Self, usize)> {
        let bytes = text.as_bytes();
        let digits = |at: usize| bytes.iter().skip(at).take_while(|b| b.is_ascii_digit()).count();
        let two = |at: usize| text.get(at..at + 2).and_then(|d| d.parse::<u8>().ok()).unwrap_or(0);
        let mark = |at: usize| bytes.get(at).copied().filter(|b| b"-/".contains(b));
        let (mut parts, mut at) = (Vec::new(), 0);
        match (digits(0), mark(4), mark(2)) {
            (4, Some(m), _) if digits(5) == 2 && mark(7) == Some(m) && digits(8) == 2 => {
                parts.extend([Part::Year(4), Part::Mark(m as char), Part::Month, Part::Mark(m as char), Part::Day]);
                at = 10;
            }
            (2, _, Some(m)) if digits(3) == 2 && mark(5) == Some(m) && digits(6) == 4 => {
                // Only a day over 12 tells the order.
                let (first, second) = if two(0) > 12 { (Part::Day, Part::Month) } else { (Part::Month, Part::Day) };
                parts.extend([first, Part::Mark(m as char), second, Part::Mark(m as char), Part::Year(4)]);
                at = 10;
            }
            _ => {}
        }
        let joint = bytes.get(at).copied().filter(|b| matches!(b, b'T' | b' '));
        let time = if at == 0 { Some(0) } else { joint.map(|_| at + 1) };
        if let Some(from) = time.filter(|f| digits(*f) == 2 && bytes.get(f + 2) == Some(&b':') && digits(f + 3) == 2) {
            match joint {
                Some(b'T') => parts.push(Part::Mark('T')),
                Some(_) => parts.push(Part::Space),
                None => {}
            }
            parts.extend([Part::Hour, Part::Mark(':'), Part::Sixty]);
            at = from + 5;
            if bytes.get(at) == Some(&b':') && digits(at + 1) == 2 {
                parts.extend([Part::Mark(':'), Part::Sixty]);
                at += 3;
            }
            let rest = text.get(at..).unwrap_or("");
            let half = rest.trim_start_matches(' ');
            if ["AM", "PM", "am", "pm"].iter().any(|h| half.starts_with(h)) {
                parts.extend([Part::Space, Part::Half]);
                at += rest.len() - half.len() + 2;
            } else if rest.starts_with('Z') {
                parts.push(Part::Mark('Z'));
                at += 1;
            }
        }
        let shown = text.get(..at)?.to_owned();
        (at > 0).then_some((Self { parts, open: false, shown }, at))
    }

    /// How well a text keeps to the spelling.
    pub(crate) fn kept_by(&self, text: &str) -> Keeps {
        let mut rest = text.trim();
        let mut loosely = false;
        for part in &self.parts {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let value: u32 = rest.get(..digits.min(4)).and_then(|d| d.parse().ok()).unwrap_or(u32::MAX);
            let mut two = |max: u32| {
                loosely |= digits == 1;
                if (1..=2).contains(&digits) && value <= max { Some(digits) } else { None }
            };
            let taken = match part {
                Part::Year(n) => (digits == *n).then_some(*n),
                Part::Month => two(12),
                Part::Day => two(31),
                Part::Hour => two(24),
                Part::Sixty => two(59),
                Part::MonthName => {
                    let len = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
                    let name = rest.get(..len).unwrap_or("").to_ascii_lowercase();
                    crate::context::month(&name).map(|_| len)
                }
                Part::Half => {
                    rest.get(..2).filter(|h| ["am", "pm"].iter().any(|w| w.eq_ignore_ascii_case(h))).map(|_| 2)
                }
                Part::Mark(c) => rest.starts_with(*c).then_some(1),
                Part::Space => Some(rest.len() - rest.trim_start().len()),
            };
            // The zone of a time is often left out.
            if *part == Part::Mark('Z') && rest.is_empty() {
                return Keeps::Loosely;
            }
            let Some(after) = taken.and_then(|n| rest.get(n..)) else { return Keeps::Not };
            rest = after;
        }
        match (rest.is_empty(), loosely) {
            (true, false) => Keeps::Exactly,
            (false, false) if self.open && !rest.starts_with(|c: char| c.is_ascii_digit()) => Keeps::Exactly,
            (_, true) => Keeps::Loosely,
            (false, false) if rest.starts_with(|c: char| c.is_ascii_digit()) => Keeps::Not,
            (false, false) => Keeps::WithMore,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(description: &str) -> Vec<String> {
        Spelling::shown(description).into_iter().map(|s| s.shown).collect()
    }

    #[test]
    fn shapes_are_read_from_descriptions() {
        for (description, want) in [
            ("Day of travel, YYYY-MM-DD.", vec!["YYYY-MM-DD"]),
            ("In the format 'dd/mm/yyyy HH:MM', local time", vec!["dd/mm/yyyy HH:MM"]),
            ("'YYYY-MM-DD HH:MM:SS', 'HH:MM', or 'HH:MM AM/PM'", vec!["YYYY-MM-DD HH:MM:SS", "HH:MM", "HH:MM AM/PM"]),
            ("Start, ISO 8601 'YYYY-MM-DDTHH:MM:SSZ'", vec!["YYYY-MM-DDTHH:MM:SSZ", "YYYY-MM-DD", "HH:MM"]),
            ("24-hour format (e.g., '14:00' for 2 PM)", vec!["14:00"]),
            ("The date (e.g., 2022-01-01)", vec!["2022-01-01"]),
            ("Month in 'mm-yyyy' format", vec!["mm-yyyy"]),
            ("A day in format MM-DD-YYY.", vec!["MM-DD-YYY"]),
            ("The summer committee adds a password, addYYY", vec![]),
            ("Between 2020-2021, dd", vec![]),
        ] {
            assert_eq!(shown(description), want, "{description}");
        }
        assert_eq!(Spelling::day_first(&Spelling::shown("'dd/mm/yyyy'")), Some(true));
        assert_eq!(Spelling::day_first(&Spelling::shown("'MM/DD/YYYY', such as '04/23/2023'")), Some(false));
    }

    #[test]
    fn values_keep_to_shapes_or_not() {
        for (spelling, value, want) in [
            ("YYYY-MM-DD", "2025-03-14", Keeps::Exactly),
            ("YYYY-MM-DD", "2025-03-14T10:00:00", Keeps::WithMore),
            ("YYYY-MM-DD", "2025-3-4", Keeps::Loosely),
            ("YYYY-MM-DD", "14 March 2025", Keeps::Not),
            ("DD/MM/YYYY", "03/14/2025", Keeps::Not),
            ("HH:MM", "18:30", Keeps::Exactly),
            ("HH:MM", "18:30:00", Keeps::WithMore),
            ("HH:MM AM/PM", "6:30 pm", Keeps::Loosely),
            ("HH:MM AM/PM", "18:30", Keeps::Not),
            ("DD MMM YYYY", "14 Mar 2025", Keeps::Exactly),
        ] {
            assert_eq!(Spelling::shown(spelling)[0].kept_by(value), want, "{spelling} {value}");
        }
    }
}
