//! Answers of judge models: a verdict, or a typed reason why there is none.

use toolrm_core::{
    critic::{PromptKind, VerdictFormat},
    error::ErrorKind,
    port::{Finish, Generation},
};

use crate::{
    Row,
    entry::Got::{self, *},
    table,
};

/// The verdict on two candidates in a finished answer.
fn pair(text: String) -> Got {
    generation((PromptKind::Pairwise, Generation::new(text)))
}

/// The rating of one candidate in a finished answer.
fn rating(text: String) -> Got {
    generation((PromptKind::Pointwise, Generation::new(text)))
}

fn generation((kind, generation): (PromptKind, Generation)) -> Got {
    let parser = VerdictFormat::default().parser(kind, 2).expect("two candidates have labels");
    match parser.parse_generation(&generation) {
        Ok(verdict) => {
            assert!(verdict.label < parser.labels().len());
            Got::Verdict(verdict.label + 1)
        }
        Err(e) => {
            assert!(!e.message().is_empty(), "an error without a message");
            assert!(e.raw_output().is_some_and(|raw| raw.contains(&generation.text)), "the answer is lost");
            Got::NoVerdict(e.kind())
        }
    }
}

pub(crate) fn rows() -> Vec<Row> {
    let unparseable = || Got::NoVerdict(ErrorKind::Unparseable);
    [
        table(
            "verdict",
            pair,
            [
                ("empty", String::new, unparseable()),
                ("zero bytes", || "\0\0".into(), unparseable()),
                ("words", || "Both are fine, I cannot choose.".into(), unparseable()),
                ("only in the reasoning", || "<think><choice>1</choice></think>".into(), unparseable()),
                ("reasoning never closed", || "<think>It is <choice>1</choice>".into(), unparseable()),
                (
                    "only in the evaluation",
                    || "<evaluation>It says <choice>1</choice></evaluation>".into(),
                    unparseable(),
                ),
                ("no such label", || "<choice>3</choice>".into(), unparseable()),
                ("label zero", || "<choice>0</choice>".into(), unparseable()),
                ("a negative label", || "<choice>-1</choice>".into(), unparseable()),
                ("a label of 1,000 digits", || format!("<choice>{}</choice>", "1".repeat(1000)), unparseable()),
                ("an empty label", || "<choice></choice>".into(), unparseable()),
                ("both labels", || "<choice>1 or 2</choice>".into(), unparseable()),
                ("contradiction side by side", || "<choice>1</choice><choice>2</choice>".into(), unparseable()),
                (
                    "a change of mind",
                    || "<choice>1</choice> No, wait, the second has the right date. <choice>2</choice>".into(),
                    Verdict(2),
                ),
                ("a fraction", || "<choice>1.5</choice>".into(), unparseable()),
                ("another script's digit", || "<choice>\u{0661}</choice>".into(), unparseable()),
                ("JSON cut off", || "{\"choice\": ".into(), unparseable()),
                ("JSON with the key twice", || "{\"choice\": 1, \"choice\": 2}".into(), unparseable()),
                ("JSON NaN", || "{\"choice\": NaN}".into(), unparseable()),
                (
                    "JSON of 10,000 levels",
                    || format!("{{\"choice\": {}1{}}}", "{\"a\":".repeat(10_000), "}".repeat(10_000)),
                    unparseable(),
                ),
                ("100,000 opening tags", || "<choice>".repeat(100_000), unparseable()),
                ("100,000 verdicts that agree", || "<choice>2</choice>\n".repeat(100_000), Verdict(2)),
                ("100,000 reasoning tags", || "<think>".repeat(100_000), unparseable()),
                (
                    "100,000 reasoning blocks",
                    || format!("{}<choice>1</choice>", "<think>x</think>".repeat(100_000)),
                    Verdict(1),
                ),
                (
                    "100,000 evaluations",
                    || format!("{}<choice>1</choice>", "<evaluation>x</evaluation>".repeat(100_000)),
                    Verdict(1),
                ),
                (
                    "10 MB of words before it",
                    || format!("{}\n<choice>1</choice>", "so ".repeat(10 << 20 >> 1)),
                    Verdict(1),
                ),
                ("1 MB of opening brackets", || "[".repeat(1 << 20), unparseable()),
                ("1 MB of asterisks", || "*".repeat(1 << 20), unparseable()),
                ("100,000 boxes, none closed", || "\\boxed{".repeat(100_000), unparseable()),
                ("in capitals", || "<CHOICE> 2 </CHOICE>".into(), Verdict(2)),
            ],
        ),
        table(
            "rating",
            rating,
            [
                ("above the top", || "<rating>6</rating>".into(), unparseable()),
                ("NaN", || "<rating>NaN</rating>".into(), unparseable()),
                ("1e400", || "<rating>1e400</rating>".into(), unparseable()),
                ("out of another total", || "<rating>8/10</rating>".into(), unparseable()),
            ],
        ),
        table(
            "verdict",
            generation,
            [
                (
                    "cut off before it",
                    || (PromptKind::Pairwise, Generation::new("The first one").with_finish(Finish::Length)),
                    NoVerdict(ErrorKind::Truncated),
                ),
                (
                    "cut off inside it",
                    || (PromptKind::Pairwise, Generation::new("<choice>").with_finish(Finish::Length)),
                    NoVerdict(ErrorKind::Truncated),
                ),
                (
                    "refused",
                    || (PromptKind::Pairwise, Generation::new("<choice>1</choice>").with_finish(Finish::Refusal)),
                    NoVerdict(ErrorKind::Refused),
                ),
                (
                    "cancelled",
                    || (PromptKind::Pairwise, Generation::new("<choice>1</choice>").with_finish(Finish::Cancelled)),
                    NoVerdict(ErrorKind::Cancelled),
                ),
            ],
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}
