//! [`Heard`]: what a conversation says, value by value: where wrong values come from that nobody made up.

use serde_json::{Number, Value};
use toolrm_core::call::{Message, Role};

/// Longest text that is taken for a value.
const LONGEST: usize = 80;
/// Longest text that is looked through, in bytes; what comes behind is left out.
const LONGEST_SAID: usize = 64 << 10;
/// Most values of one message, and of a conversation.
const MOST_OF_ONE: usize = 64;
const MOST: usize = 512;

/// A value that is said in a conversation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Heard {
    /// The place of the message that says it.
    pub(super) at: usize,
    /// The key it has in a tool's result; empty when it is said in words.
    pub(super) key: Box<str>,
    /// A text or a number.
    pub(super) value: Value,
    /// How it looks: see [`look`].
    pub(super) look: Box<str>,
}

/// How a text looks: runs of digits as `0`, of letters and blanks as `a`, or `A` where the text begins with a capital. `2025-03-15` is
/// `0-0-0`, `San Jose` is `A`.
pub(super) fn look(text: &str) -> Box<str> {
    let mut look = String::with_capacity(8);
    for c in text.chars() {
        let kind = match c {
            c if c.is_numeric() => '0',
            c if look.is_empty() && c.is_uppercase() => 'A',
            c if c.is_alphabetic() || c == ' ' => 'a',
            other => other,
        };
        let goes_on = match look.chars().next_back() {
            Some('A') => kind == 'a',
            last => last == Some(kind) && kind.is_ascii_alphanumeric(),
        };
        if !goes_on {
            look.push(kind);
        }
    }
    look.into()
}

/// Everything that users, assistants and tools say, from front to back. Instructions are not listened to: they are about all conversations.
pub(super) fn heard(messages: &[Message]) -> Vec<Heard> {
    let mut all = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        if matches!(message.role, Role::System | Role::Developer) || all.len() >= MOST {
            continue;
        }
        let text = message.text();
        let said = text.get(..text.floor_char_boundary(LONGEST_SAID)).unwrap_or_default();
        let mut ear = Ear { at, values: Vec::new() };
        match Some(said).filter(|_| message.role == Role::Tool).and_then(|said| serde_json::from_str(said).ok()) {
            Some(result) => ear.json("", &result),
            None => ear.words(said),
        }
        all.append(&mut ear.values);
    }
    all
}

struct Ear {
    at: usize,
    values: Vec<Heard>,
}

impl Ear {
    fn add(&mut self, key: &str, value: Value) {
        let look = value.as_str().map(look).unwrap_or_default();
        let new = Heard { at: self.at, key: key.into(), value, look };
        if self.values.len() < MOST_OF_ONE && !self.values.contains(&new) {
            self.values.push(new);
        }
    }

    fn json(&mut self, key: &str, value: &Value) {
        if self.values.len() >= MOST_OF_ONE {
            return;
        }
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| self.json(key, value)),
            Value::Array(items) => items.iter().for_each(|item| self.json(key, item)),
            Value::Number(_) => self.add(key, value.clone()),
            Value::String(text) if !text.is_empty() && text.len() <= LONGEST && !text.contains('\n') => {
                self.add(key, value.clone());
            }
            _ => {}
        }
    }

    /// Numbers, texts with digits (dates, clocks, numbers of orders), and names: words with capitals that begin no sentence.
    fn words(&mut self, said: &str) {
        let (mut name, mut begins) = (Vec::new(), true);
        for token in said.split_whitespace() {
            let word = token.trim_matches(|c: char| !c.is_alphanumeric());
            let has_digits = word.bytes().any(|b| b.is_ascii_digit());
            let is_name = !begins && !has_digits && word.len() > 1 && word.starts_with(char::is_uppercase);
            if is_name && token.starts_with(word) {
                name.push(word);
            } else {
                self.name(&mut name);
            }
            if has_digits && word.len() <= LONGEST {
                self.number(word);
            }
            if !token.ends_with(word) || word.is_empty() {
                self.name(&mut name);
            }
            begins = word.is_empty() || token.ends_with(['.', '!', '?', ':']);
        }
        self.name(&mut name);
    }

    fn name(&mut self, words: &mut Vec<&str>) {
        // A single short word with a capital is as often "I" or "OK" as it is a name.
        if words.iter().map(|w| w.len()).sum::<usize>() > 3 && words.len() <= 4 {
            self.add("", words.join(" ").into());
        }
        words.clear();
    }

    fn number(&mut self, word: &str) {
        let number = word.replace(',', "").parse::<Number>().ok();
        match number.filter(|n| !word.starts_with('0') && n.as_f64().is_some_and(|n| n.abs() < 1e12)) {
            Some(number) => self.add("", Value::Number(number)),
            None => self.add("", word.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_look_as_they_are_written() {
        for (text, expected) in [
            ("2025-03-15", "0-0-0"),
            ("19:30", "0:0"),
            ("San Jose", "A"),
            ("new york", "a"),
            ("B-0100x", "A-0a"),
            ("", ""),
        ] {
            assert_eq!(look(text).as_ref(), expected, "{text}");
        }
        assert_eq!(look("X1").as_ref(), "A0");
    }

    #[test]
    fn names_numbers_and_results_are_heard_and_instructions_are_not() {
        let messages = [
            Message::system("You are Jonas Berg. Never book 99 rooms."),
            Message::user(
                "Please find Villa Solbakken, or Hotel Fjord. For 1,200 NOK? On 2025-03-15 at 19:30, order #W12.",
            ),
            Message::tool(
                "1",
                r#"{"rooms": [{"id": "R7", "price": 120.5}, {"id": "R8"}], "note": "a\nb", "ok": true}"#,
            ),
            Message::tool("2", "There is Room 7 in Bergen"),
        ];
        let heard = heard(&messages);
        let said: Vec<_> = heard.iter().map(|h| (h.at, h.key.as_ref(), h.value.clone())).collect();
        assert_eq!(
            said,
            [
                (1, "", json!("Villa Solbakken")),
                (1, "", json!("Hotel Fjord")),
                (1, "", json!(1200)),
                (1, "", json!("2025-03-15")),
                (1, "", json!("19:30")),
                (1, "", json!("W12")),
                (2, "id", json!("R7")),
                (2, "price", json!(120.5)),
                (2, "id", json!("R8")),
                (3, "", json!("Room")),
                (3, "", json!(7)),
                (3, "", json!("Bergen")),
            ]
        );
    }

    #[test]
    fn what_is_heard_is_bounded() {
        let flood: String = (1000..9000).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        let many = vec![Message::user(flood); 40];
        assert!(heard(&many).len() <= MOST + MOST_OF_ONE);
        assert!(heard(&[Message::user("é".repeat(LONGEST_SAID))]).is_empty());
    }
}
