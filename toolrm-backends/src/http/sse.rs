//! Server-sent events: the `data` of each event, from pieces of bytes cut anywhere.

/// Reads a stream of events. Only `data` fields matter here; names, ids and comments are passed over.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Bytes of the line that has not ended.
    line: Vec<u8>,
    /// The event's data so far; `None` while it has none.
    data: Option<String>,
    /// The last line ended with a carriage return: a line feed next belongs to it.
    after_return: bool,
}

impl Events {
    /// Adds bytes and gives the data of every event they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut complete = Vec::new();
        for &byte in bytes {
            match byte {
                b'\n' if self.after_return => self.after_return = false,
                b'\n' | b'\r' => {
                    self.after_return = byte == b'\r';
                    complete.extend(self.end_line());
                }
                _ => {
                    self.after_return = false;
                    self.line.push(byte);
                }
            }
        }
        complete
    }

    /// The end of the stream: gives the last event where the blank line behind it was forgotten.
    pub(super) fn finish(mut self) -> Option<String> {
        let last = self.end_line();
        last.or(self.data)
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.data.take();
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.strip_prefix('\u{feff}').unwrap_or(&line);
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field == "data" {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = "\u{feff}: hello\ndata: {\"a\": \"ä\"}\n\nevent: x\r\ndata:1\r\ndata: 2\r\n\r\nid: 7\n\ndata: [DONE]\r\rdata: last";

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut events = Events::default();
        let mut all: Vec<String> = pieces.iter().flat_map(|piece| events.push(piece)).collect();
        all.extend(events.finish());
        all
    }

    #[test]
    fn events_are_read_with_every_kind_of_line_end() {
        assert_eq!(read(&[STREAM.as_bytes()]), ["{\"a\": \"ä\"}", "1\n2", "[DONE]", "last"]);
        assert_eq!(read(&[b": nothing\n\n"]), [""; 0]);
    }

    proptest! {
        #[test]
        fn pieces_read_as_the_whole(mut cuts in prop::collection::vec(0..STREAM.len(), 0..8)) {
            cuts.sort_unstable();
            cuts.insert(0, 0);
            cuts.push(STREAM.len());
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &STREAM.as_bytes()[w[0]..w[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[STREAM.as_bytes()]));
        }
    }
}
