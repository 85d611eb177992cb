//! What a model wrote for itself, told from what it answers.

use std::borrow::Cow;

/// Tags reasoning is written in, beside Mistral's `[THINK]`.
const REASONING: [(&str, &str); 4] =
    [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>"), ("[think]", "[/think]")];

/// An answer without the model's reasoning: without closed blocks, without everything before a closing tag whose opening tag
/// stood in the prompt, and without everything behind an opening tag that is never closed.
pub(super) fn outside_reasoning(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    if !REASONING.iter().any(|(open, close)| lower.contains(open) || lower.contains(close)) {
        return Cow::Borrowed(text);
    }
    let mut out = text.to_owned();
    for (open, close) in REASONING {
        out = without_blocks(&out, open, close);
    }
    Cow::Owned(out)
}

fn without_blocks(text: &str, open: &str, close: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let opening = lower.match_indices(open).map(|(at, _)| (at, true));
    let mut tags: Vec<(usize, bool)> = opening.chain(lower.match_indices(close).map(|(at, _)| (at, false))).collect();
    tags.sort_unstable();
    let (mut out, mut from, mut inside) = (String::with_capacity(text.len()), 0, false);
    for (at, opens) in tags {
        match (inside, opens) {
            (false, true) => {
                out.push_str(text.get(from..at).unwrap_or_default());
                inside = true;
            }
            (false, false) => {
                out.clear();
                from = at + close.len();
            }
            (true, false) => {
                inside = false;
                from = at + close.len();
            }
            (true, true) => {}
        }
    }
    if !inside {
        out.push_str(text.get(from..).unwrap_or_default());
    }
    out
}
