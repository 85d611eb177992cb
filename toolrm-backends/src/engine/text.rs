//! The text of a generation, token by token: whole characters only, and an end at the first stop text.

use std::sync::Arc;

use super::{Codec, ModelError, Token};

/// Grows with every token. What it gives out is never taken back: bytes of a character that is not whole yet, and text that may be the beginning of
/// a stop text, are held until it is known.
pub(super) struct TextStream {
    codec: Arc<dyn Codec>,
    stop: Vec<String>,
    tokens: Vec<Token>,
    /// Tokens before this place are only there as context for those that follow.
    context: usize,
    /// Tokens before this place are in `text`.
    read: usize,
    text: String,
    /// Bytes of `text` that were given out.
    given: usize,
    stopped: bool,
}

impl TextStream {
    pub(super) fn new(codec: Arc<dyn Codec>, stop: Vec<String>) -> Self {
        let stop = stop.into_iter().filter(|s| !s.is_empty()).collect();
        Self { codec, stop, tokens: Vec::new(), context: 0, read: 0, text: String::new(), given: 0, stopped: false }
    }

    /// Adds a token. `true`: a stop text came, the generation is over.
    ///
    /// Some decoders write a token differently after others (a leading space), so the new text is what a window of tokens has more than the
    /// same window without them.
    pub(super) fn push(&mut self, token: Token) -> Result<bool, ModelError> {
        self.tokens.push(token);
        let before = self.decode(self.context, self.read)?;
        let after = self.decode(self.context, self.tokens.len())?;
        if after.len() > before.len() && !after.ends_with(char::REPLACEMENT_CHARACTER) {
            self.text.push_str(after.get(before.len()..).unwrap_or_default());
            self.context = self.read;
            self.read = self.tokens.len();
            self.find_stop();
        }
        Ok(self.stopped)
    }

    /// No token follows: what was held back belongs to the text.
    pub(super) fn finish(&mut self) -> Result<(), ModelError> {
        if !self.stopped && self.read < self.tokens.len() {
            let before = self.decode(self.context, self.read)?;
            let after = self.decode(self.context, self.tokens.len())?;
            self.text.push_str(after.get(before.len()..).unwrap_or_default());
            self.read = self.tokens.len();
            self.find_stop();
        }
        Ok(())
    }

    fn decode(&self, from: usize, to: usize) -> Result<String, ModelError> {
        self.codec.decode(self.tokens.get(from..to).unwrap_or_default())
    }

    fn find_stop(&mut self) {
        let text = self.text.get(self.given..).unwrap_or_default();
        let first = self.stop.iter().filter_map(|s| text.find(s.as_str())).min();
        if let Some(at) = first {
            self.text.truncate(self.given + at);
            self.stopped = true;
        }
    }

    /// What is new since the last call and will not be taken back; everything that is left when `last`.
    pub(super) fn delta(&mut self, last: bool) -> &str {
        let from = self.given;
        let all = last || self.stopped;
        let held = if all { 0 } else { self.held() };
        self.given = self.text.len() - held;
        self.text.get(from..self.given).unwrap_or_default()
    }

    /// Bytes at the end that may be the beginning of a stop text.
    fn held(&self) -> usize {
        let open = self.text.get(self.given..).unwrap_or_default();
        let held = |stop: &String| {
            let ends = stop.char_indices().map(|(at, _)| at).skip(1);
            ends.filter(|at| stop.get(..*at).is_some_and(|start| open.ends_with(start))).max()
        };
        self.stop.iter().filter_map(held).max().unwrap_or(0)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::testkit::ByteCodec;

    fn stream(bytes: &[u8], stop: &[&str]) -> (String, Vec<String>, bool) {
        let mut stream = TextStream::new(Arc::new(ByteCodec), stop.iter().map(|s| (*s).to_owned()).collect());
        let mut deltas = Vec::new();
        let mut stopped = false;
        for byte in bytes {
            stopped = stream.push(u32::from(*byte)).unwrap();
            deltas.push(stream.delta(false).to_owned());
            if stopped {
                break;
            }
        }
        stream.finish().unwrap();
        deltas.push(stream.delta(true).to_owned());
        (stream.text().to_owned(), deltas, stopped)
    }

    #[test]
    fn a_character_comes_when_it_is_whole() {
        let (text, deltas, _) = stream("aé€".as_bytes(), &[]);
        assert_eq!(text, "aé€");
        assert_eq!(deltas, ["a", "", "é", "", "", "€", ""]);
    }

    #[test]
    fn bytes_that_never_become_a_character_are_not_lost() {
        let (text, _, _) = stream(&[b'a', 0xe2, 0x82], &[]);
        assert!(text.starts_with("a\u{fffd}"), "{text:?}");
    }

    #[test]
    fn a_stop_text_ends_it_and_no_part_of_it_gets_out() {
        let (text, deltas, stopped) = stream(b"one </s> two", &["</s>", "</stop>"]);
        assert_eq!((text.as_str(), stopped), ("one ", true));
        assert_eq!(deltas.concat(), "one ");
        let (text, deltas, stopped) = stream(b"a </st", &["</stop>"]);
        assert_eq!((text.as_str(), stopped, deltas.concat().as_str()), ("a </st", false, "a </st"));
    }

    proptest! {
        #[test]
        fn deltas_are_the_text_and_the_text_ends_at_the_first_stop(text in "[ab<é]{0,24}", stop in "[ab<é]{1,3}") {
            let (got, deltas, stopped) = stream(text.as_bytes(), &[&stop]);
            let expected = text.find(&stop).map_or(text.as_str(), |at| text.get(..at).unwrap());
            prop_assert_eq!(&got, expected);
            prop_assert_eq!(deltas.concat(), expected);
            prop_assert_eq!(stopped, text.contains(&stop));
        }
    }
}
