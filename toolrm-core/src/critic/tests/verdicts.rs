use std::time::Instant;

use proptest::prelude::*;

use super::*;

fn pairwise() -> VerdictParser {
    VerdictFormat::default().parser(PromptKind::Pairwise, 2).unwrap()
}

fn read(text: &str) -> Result<(usize, ParseMode), VerdictFault> {
    pairwise().parse(text).map(|v| (v.label + 1, v.mode))
}

#[test]
fn the_form_asked_for_is_strict() {
    for text in [
        "<evaluation>\ngood\n</evaluation>\n<choice>2</choice>",
        "<evaluation>good</evaluation><choice>2</choice>",
        "  <evaluation>\n\n</evaluation>\n\n<choice> 2 </choice>\n",
        "<think>\nhm, <choice>1</choice>\n</think>\n<evaluation>quotes <choice>1</choice></evaluation>\n<choice>2</choice>",
        "reasoning whose tag stood in the prompt <choice>1</choice></think><evaluation>x</evaluation>\n<choice>2</choice>",
    ] {
        assert_eq!(read(text), Ok((2, ParseMode::Strict)), "{text}");
    }
}

#[test]
fn other_forms_with_one_clear_verdict_are_lenient() {
    for text in [
        "<choice>2</choice>",
        "<CHOICE>2</Choice>",
        "<choice >\n2\n</choice >",
        "<choice>Response 2</choice>",
        "<choice>**2**</choice>",
        "<choice>2.</choice>",
        "<choice>2.0</choice>",
        "<choice>2",
        "<evaluation>never closed\n<choice>2</choice>",
        "<evaluation>a</evaluation> so: <choice>2</choice>",
        "<evaluation>a</evaluation>\n<choice>2</choice>\nHope this helps!",
        "**Choice:** 2",
        "**Choice: 2**",
        "Evaluation: the first lacks a unit.\n\n### Final choice: Response 2.\n",
        "Verdict: [[2]]",
        "The answer is \\boxed{2}.",
        "[[2]]",
        "{\"choice\": 2}",
        "{\"evaluation\": \"it says <choice>1</choice> and \\\"choice\\\": 1\", \"choice\": \"2\"}",
        "```json\n{\"evaluation\": \"ok\", \"choice\": 2}\n```",
        "My verdict is {\"choice\": 2} as explained.",
        "<choice>1</choice>\nWait, the first one invents a value.\n<choice>2</choice>",
        "<choice>2</choice>\n<choice>2</choice>",
        "<choice>2</choice> \\boxed{2}",
        "I put it in <choice> tags: <choice>2</choice>",
        "<think>a</think><think>b <choice>1</choice></think><choice>2</choice>",
        "<thinking>1 is better: <choice>1</choice></thinking>\n<choice>2</choice>",
        "[THINK]<choice>1</choice>[/THINK]<choice>2</choice>",
        "<choice>2</choice><think>after the fact <choice>1</choice></think>",
    ] {
        assert_eq!(read(text), Ok((2, ParseMode::Lenient)), "{text}");
    }
}

#[test]
fn answers_without_a_clear_verdict_are_faults() {
    let missing = |text: &str| assert_eq!(read(text), Err(VerdictFault::Missing), "{text}");
    for text in [
        "",
        "I cannot decide.",
        "<think>It is <choice>1</choice></think>",
        "<think>It is <choice>1</choice>",
        "<choice>1</choice></think>",
        "<evaluation>Response 1 says <choice>1</choice></evaluation>",
        "Response 1 is better than response 2.",
        "1",
        "Choice: see above",
        "Answer: 1 of the values is wrong in the first response",
        "A [[link]] and \\boxed{x}",
        "<choices>1</choices>",
    ] {
        missing(text);
    }
    for text in [
        "<choice>1</choice><choice>2</choice>",
        "<choice>1</choice>\n\n<choice>2</choice>",
        "<choice>1</choice>, \\boxed{2}",
        "<choice>1 or 2</choice>",
        "<choice>1</choice>\n**Choice:** 2",
        "{\"choice\": 1, \"choice\": 2}",
        "{\"choice\": [1, 2, 3]}",
        "<choice>1/2</choice> [[1]] [[2]]",
    ] {
        assert!(matches!(read(text), Err(VerdictFault::Contradictory(_))), "{text}: {:?}", read(text));
    }
    for text in [
        "<choice>3</choice>",
        "<choice>0</choice>",
        "<choice>-1</choice>",
        "<choice>1.5</choice>",
        "<choice>both</choice>",
        "<choice></choice>",
        "<choice>1</choice> no wait <choice>3</choice>",
        "{\"choice\": null}",
        "Choice: 3",
        "<evaluation>x</evaluation>\n<choice>３</choice>",
    ] {
        assert!(matches!(read(text), Err(VerdictFault::UnknownLabel { .. })), "{text}: {:?}", read(text));
    }
}

#[test]
fn ratings_letters_and_long_lists_have_their_own_labels() {
    let rating = VerdictFormat::default().parser(PromptKind::Pointwise, 1).unwrap();
    for (text, expected) in [
        ("<evaluation>ok</evaluation>\n<rating>4</rating>", 4),
        ("<rating>4/5</rating>", 4),
        ("<rating>4 out of 5</rating>", 4),
        ("Rating: 4/5", 4),
        ("**Score:** 1", 1),
        ("{\"rating\": 5.0}", 5),
    ] {
        assert_eq!(rating.parse(text).map(|v| v.label + 1), Ok(expected), "{text}");
    }
    assert!(rating.parse("<rating>4.5</rating>").is_err());
    assert!(rating.parse("<rating>6</rating>").is_err());
    let letters = VerdictFormat::default().with_labels(Labels::Letters).with_choice_tag("answer");
    let letters = letters.parser(PromptKind::Pairwise, 2).unwrap();
    assert_eq!(letters.parse("<answer>[[B]]</answer>").map(|v| v.label), Ok(1));
    assert_eq!(letters.parse("[[a]]").map(|v| v.label), Ok(0));
    assert!(letters.parse("[[C]]").is_err() && letters.parse("<answer>A B</answer>").is_err());
    let list = VerdictFormat::default().parser(PromptKind::Listwise, 12).unwrap();
    assert_eq!(list.parse("<choice>12</choice>").map(|v| v.label), Ok(11));
    assert_eq!(list.parse("<choice>1</choice>").map(|v| v.label), Ok(0));
    assert!(list.parse("<choice>13</choice>").is_err());
}

#[test]
fn the_critique_is_the_evaluation_or_the_whole_answer() {
    let critique = |text: &str| pairwise().parse(text).unwrap().critique;
    assert_eq!(
        critique("<think>t</think><evaluation>\n good \n</evaluation><choice>1</choice>").as_deref(),
        Some("good")
    );
    assert_eq!(critique("<Evaluation>good</Evaluation>\nChoice: 1").as_deref(), Some("good"));
    assert_eq!(critique("{\"evaluation\": \"good\", \"choice\": 1}").as_deref(), Some("good"));
    assert_eq!(critique("It is good. Choice:\nchoice: 1").as_deref(), Some("It is good. Choice:\nchoice: 1"));
    assert_eq!(critique("<evaluation></evaluation><choice>1</choice>"), None);
}

#[test]
fn how_a_generation_ended_decides_what_a_missing_verdict_is() {
    let read = |text: &str, finish| pairwise().parse_generation(&Generation::new(text).with_finish(finish));
    let kind = |text: &str, finish| {
        let error = read(text, finish).unwrap_err();
        assert_eq!(error.raw_output(), Some(text));
        error.kind()
    };
    assert_eq!(kind("no verdict", Finish::Stop), ErrorKind::Unparseable);
    assert_eq!(kind("<think>still thinking", Finish::Length), ErrorKind::Truncated);
    assert_eq!(kind("<evaluation>Response 1 says <choice>1</choice> and", Finish::Length), ErrorKind::Truncated);
    assert_eq!(kind("<choice>1</choice>", Finish::Refusal), ErrorKind::Refused);
    assert_eq!(kind("<choice>1</choice>", Finish::Cancelled), ErrorKind::Cancelled);
    // A label that may go on: 1 of 12?
    assert_eq!(kind("<choice>1", Finish::Length), ErrorKind::Truncated);
    assert_eq!(read("<choice>1", Finish::Stop).unwrap().label, 0);
    // A verdict that is there counts, whatever came after.
    assert_eq!(read("<choice>1</choice> and so", Finish::Length).unwrap().label, 0);
    let error = pairwise().parse_generation(&Generation::new("hm").with_reasoning("<choice>1</choice>")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unparseable);
    assert_eq!(error.raw_output(), Some("<think>\n<choice>1</choice>\n</think>\nhm"));
}

#[test]
fn hostile_lengths_take_bounded_time() {
    let started = Instant::now();
    for piece in [
        "<choice>",
        "<choice>1</choice>",
        "<evaluation>",
        "<think>",
        "</think>",
        "<think></think>",
        "[[",
        "\\boxed{",
        "\"choice\":",
        "choice: 1\n",
        "choice:",
        "{\"choice\":",
        "<evaluation></evaluation>",
    ] {
        let _ = pairwise().parse(&piece.repeat(500_000 / piece.len()));
    }
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

fn answers() -> impl Strategy<Value = String> {
    let pieces = [
        "<choice>",
        "</choice>",
        "<Choice>1</choice>",
        "1",
        "2",
        "3",
        " ",
        "\n",
        "<evaluation>",
        "</evaluation>",
        "<think>",
        "</think>",
        "[THINK]",
        "\\boxed{",
        "}",
        "[[",
        "]]",
        "{\"choice\": ",
        "\"",
        "Choice:",
        "**",
        "word",
        "İ",
        "é",
        "1e400",
        "-",
        ".",
        "/",
        "out of",
        "```json",
        "```",
        "\u{0}",
    ];
    prop_oneof![
        any::<String>(),
        proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..30).prop_map(|p| p.concat())
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_parser_never_panics_and_never_leaves_its_labels(text in answers()) {
        for n in [1, 2, 12] {
            let parser = VerdictFormat::default().parser(PromptKind::Listwise, n).unwrap();
            for finish in [Finish::Stop, Finish::Length, Finish::Refusal] {
                if let Ok(verdict) = parser.parse_generation(&Generation::new(&*text).with_finish(finish)) {
                    prop_assert!(verdict.label < n);
                }
            }
        }
    }

    #[test]
    fn reasoning_never_decides(reasoning in answers(), label in 1_usize..=2) {
        // Reasoning ends at its closing tag: it may hold anything but that.
        let reasoning = reasoning.to_ascii_lowercase().replace("think", "thunk");
        let text = format!("<think>{reasoning}</think><evaluation>e</evaluation><choice>{label}</choice>");
        prop_assert_eq!(read(&text), Ok((label, ParseMode::Strict)));
        prop_assert_eq!(read(&format!("<think>{reasoning}</think>")), Err(VerdictFault::Missing));
    }
}
