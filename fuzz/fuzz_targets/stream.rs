//! Bytes in pieces, cut anywhere: the result is that of the whole, in every syntax.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use toolrm_core::format::{Auto, StreamParser};

fuzz_target!(|bytes: &[u8]| {
    // The first byte says which format: all of them, or one alone.
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let auto = Auto::default();
    let mut formats = auto.formats();
    formats.push(Arc::new(auto));
    let format = formats.swap_remove(usize::from(first) % formats.len());
    let mut stream = StreamParser::new(Arc::clone(&format));
    let mut rest = bytes;
    while let Some(&next) = rest.first() {
        // Pieces of one to eight bytes, as the bytes themselves say.
        let (piece, after) = rest.split_at(rest.len().min(1 + usize::from(next) % 8));
        drop(stream.push_bytes(piece));
        let _ = stream.prefix();
        rest = after;
    }
    let (candidate, _) = stream.finish();
    match std::str::from_utf8(bytes) {
        Ok(text) => assert_eq!(candidate, format.parse(text), "{}", format.id()),
        Err(_) => assert!(candidate.action.is_malformed(), "no text, yet read as {candidate:?}"),
    }
});
