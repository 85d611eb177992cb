//! Streams: texts in pieces, cut anywhere, inside characters too. The result must be that of the whole text.

use std::sync::Arc;

use toolrm_core::format::{Auto, StreamParser, ToolFormat};

use crate::{
    Row,
    entry::{
        Got::{self, *},
        described,
    },
    table,
};

/// Reads bytes in pieces of that many bytes.
fn streamed((bytes, piece): (Vec<u8>, usize)) -> Got {
    let mut stream = StreamParser::new(Arc::new(Auto::default()));
    for chunk in bytes.chunks(piece) {
        drop(stream.push_bytes(chunk));
    }
    let (candidate, _) = stream.finish();
    if let Ok(text) = std::str::from_utf8(&bytes) {
        assert_eq!(candidate, Auto::default().parse(text), "the pieces are not the whole");
    }
    described(&candidate)
}

fn call(arguments: &str) -> String {
    format!("On it.\n<tool_call>\n{{\"name\": \"f\", \"arguments\": {arguments}}}\n</tool_call>")
}

pub(crate) fn rows() -> Vec<Row> {
    table(
        "stream",
        streamed,
        [
            ("nothing", || (Vec::new(), 1), Words),
            ("byte by byte", || (call(r#"{"city": "Montréal 🍁"}"#).into_bytes(), 1), Calls(1)),
            (
                "cut inside characters",
                || (call(&format!("{{\"city\": \"{}\"}}", "🍁é".repeat(5000))).into_bytes(), 3),
                Calls(1),
            ),
            ("ends inside a character", || ("Montr\u{e9}al".as_bytes()[..6].to_vec(), 2), Malformed),
            ("Latin-1", || (b"caf\xe9 au lait".to_vec(), 4), Malformed),
            ("UTF-16", || (call("{}").encode_utf16().flat_map(u16::to_be_bytes).collect(), 7), Words),
            ("an overlong encoding", || (b"<tool_call>\xc0\xaf".to_vec(), 1), Malformed),
            ("bytes that are no text after a call", || ([call("{}").as_bytes(), b"\xff\xfe"].concat(), 5), Malformed),
            ("cut off in the name", || (b"<tool_call>\n{\"name\": \"get_wea".to_vec(), 1), Malformed),
            (
                "cut off in an escape",
                || (b"<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"\\ud83".to_vec(), 1),
                Malformed,
            ),
            ("cut off in the closing tag", || (call("{}").trim_end_matches("call>").as_bytes().to_vec(), 1), Malformed),
            ("duplicate key", || (call(r#"{"a": 1, "a": 2}"#).into_bytes(), 2), Malformed),
            ("10,000 levels", || (call(&format!("{{\"a\": {}", "[".repeat(10_000))).into_bytes(), 100), Malformed),
            ("Python of 10,000 levels", || (format!("[f(a={}", "[".repeat(10_000)).into_bytes(), 100), Malformed),
            ("reasoning never closed", || (format!("<think>{}", call("{}")).into_bytes(), 3), Malformed),
            ("100,000 opening tags", || ("<tool_call>\n".repeat(100_000).into_bytes(), 4096), Malformed),
            ("1 MB of words, byte by byte", || ("word ".repeat(1 << 18).into_bytes(), 1), Words),
            (
                "an argument of 1 MB, byte by byte",
                || (call(&format!("{{\"a\": \"{}\"}}", "x".repeat(1 << 20))).into_bytes(), 1),
                Calls(1),
            ),
            ("20,000 calls, byte by byte", || (call("{}").repeat(20_000).into_bytes(), 1), Calls(20_000)),
            (
                "20,000 Python calls, byte by byte",
                || (format!("[{}]", vec!["f(a=1)"; 20_000].join(", ")).into_bytes(), 1),
                Calls(20_000),
            ),
            ("100,000 empty lines, byte by byte", || (vec![b'\n'; 100_000], 1), Words),
            ("100,000 brackets, byte by byte", || (vec![b'['; 100_000], 1), Words),
            ("100,000 angle brackets, byte by byte", || (vec![b'<'; 100_000], 1), Words),
            (
                "10 MB at once",
                || (call(&format!("{{\"a\": \"{}\"}}", "x".repeat(10 << 20))).into_bytes(), 16 << 20),
                Calls(1),
            ),
        ],
    )
}
