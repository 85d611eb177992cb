//! Not a call at all: broken, or words.

use toolrm_core::{
    call::{Action, Candidate, ToolCall},
    format::{Tagged, ToolFormat},
};

use super::{BuiltIn, Draw, Effect, ErrorClass, Mutant, Mutants, Subject, made, stands_for};

pub(super) const MALFORMED: BuiltIn = BuiltIn {
    id: "malformed",
    summary: "The calls are written so that nobody can read them: cut off, a brace or a quote short.",
    effect: Effect::BreaksSchema,
    taxonomy: Some(stands_for("ast_decoder:decoder_failed", ErrorClass::Format)),
    mutants: malformed,
};

/// The calls as Hermes writes them, broken and read again: the reader says what is wrong, not this operator.
fn malformed(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    let format = Tagged::HERMES;
    let written = format.render(&Action::Calls(subject.calls.to_vec()));
    let broken = draw.shuffled(broken(&written, draw));
    let unreadable = broken.into_iter().filter_map(|(text, change)| {
        let Action::Malformed { raw, why } = format.parse(&text).action else { return None };
        Some(Mutant::new(Candidate::new(Action::Malformed { raw, why }), "", change))
    });
    made(unreadable, "the text of the calls can be read however it is broken")
}

/// A text of calls, broken in several ways.
fn broken(written: &str, draw: &Draw) -> Vec<(String, &'static str)> {
    let chars = written.chars().count();
    // Behind the name of the first call, before the end of the last.
    let cut = chars / 2 + draw.below(chars / 4 + 1);
    let short = |c: char| written.rsplit_once(c).map(|(head, tail)| format!("{head}{tail}"));
    let mut ways = vec![(written.chars().take(cut).collect(), "the output was cut off")];
    ways.extend(short('}').map(|text| (text, "a closing brace was left out")));
    ways.extend(short('"').map(|text| (text, "a quote was left out")));
    ways.extend(short(':').map(|text| (text, "a colon was left out")));
    ways
}

pub(super) const WORDS_INSTEAD: BuiltIn = BuiltIn {
    id: "words-instead",
    summary: "The model talks where it should call: it claims to be done, offers to start, or asks for what it knows.",
    effect: Effect::ChangesMeaning,
    taxonomy: Some(stands_for("ast_decoder:decoder_failed", ErrorClass::Format)),
    mutants: words_instead,
};

fn words_instead(subject: &Subject<'_>, draw: &Draw) -> Mutants {
    let plain = |name: &str| name.replace(['_', '.', '-'], " ");
    let of_call = |call: &ToolCall| -> [(String, &'static str); 3] {
        let name = plain(&call.name);
        let asked =
            call.args().and_then(|args| args.keys().next()).map_or_else(|| "details".to_owned(), |key| plain(key));
        [
            (format!("Done: {name} has been carried out successfully."), "it claims to be done"),
            (format!("I can help with that. Shall I go on and {name}?"), "it offers to start"),
            (format!("Could you please tell me the {asked}?"), "it asks for what it knows"),
        ]
    };
    let ways = draw.shuffled(subject.calls.iter().take(1).flat_map(of_call));
    made(ways.into_iter().map(|(text, change)| Mutant::new(Candidate::text(text), "", change)), "there is no call")
}
