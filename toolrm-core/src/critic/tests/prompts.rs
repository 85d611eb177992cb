use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    call::{Tool, ToolCall},
    toolset::Toolset,
};

fn show(messages: &[Message]) -> String {
    messages.iter().map(|m| format!("[{}]\n{}", m.role.as_str(), m.text())).collect::<Vec<_>>().join("\n")
}

#[test]
fn prompts_are_as_they_were() {
    let refund = case("refund");
    let shown: Vec<&Candidate> = refund.samples.iter().map(|s| &s.candidate).collect();
    let sets = [("think", PromptSet::think()), ("no_think", PromptSet::no_think()), ("direct", PromptSet::direct())];
    for (name, prompts) in sets {
        for (kind, n) in [(PromptKind::Pairwise, 2), (PromptKind::Pointwise, 1), (PromptKind::Listwise, 5)] {
            let prompt = prompts.render(kind, &refund.task, &shown[..n]).unwrap();
            insta::assert_snapshot!(format!("{name}_{}", kind.file().trim_end_matches(".jinja")), show(&prompt));
        }
    }
    let (no_tools, weather) = (case("no tools"), case("weather"));
    let of = |case: &Case, i: usize| {
        let prompt = PromptSet::default().render(PromptKind::Pointwise, &case.task, &[&case.samples[i].candidate]);
        show(&prompt.unwrap())
    };
    insta::assert_snapshot!("without_tools", of(&no_tools, 1));
    insta::assert_snapshot!("malformed_response", of(&weather, 7));
}

/// The part of the prompt before the first response.
fn before_responses(prompt: &[Message]) -> String {
    let text = show(prompt);
    text.split_once("\n<response_").unwrap().0.to_owned()
}

fn task(user: &str, description: &str) -> Task {
    let tool = Tool::new("f", json!({"type": "object", "properties": {"x": {"type": "string"}}}));
    Task::new(vec![Message::user(user)], Toolset::new(vec![tool.with_description(description)]).unwrap())
}

proptest! {
    #[test]
    fn all_orders_and_all_candidates_share_everything_before_the_candidates(
        user in any::<String>(), description in any::<String>(), a in any::<String>(), b in any::<String>(), c in any::<String>(),
    ) {
        let task = task(&user, &description);
        let (a, b) = (Candidate::text(a), Candidate::calls(vec![ToolCall::new("f", json!({"x": b}))]));
        let c = Candidate::new(crate::call::Action::malformed(c, "why"));
        for prompts in [PromptSet::think(), PromptSet::no_think(), PromptSet::direct()] {
            let render = |kind, shown: &[&Candidate]| prompts.render(kind, &task, shown).unwrap();
            let pair = before_responses(&render(PromptKind::Pairwise, &[&a, &b]));
            prop_assert_eq!(&before_responses(&render(PromptKind::Pairwise, &[&b, &a])), &pair);
            prop_assert_eq!(&before_responses(&render(PromptKind::Pairwise, &[&c, &b])), &pair);
            let one = before_responses(&render(PromptKind::Pointwise, &[&a]));
            prop_assert_eq!(&before_responses(&render(PromptKind::Pointwise, &[&c])), &one);
            let list = before_responses(&render(PromptKind::Listwise, &[&a, &b, &c]));
            prop_assert_eq!(&before_responses(&render(PromptKind::Listwise, &[&c, &a, &b])), &list);
            // And the three kinds share what is longest: system, tools and conversation.
            let material = |prompt: &str| prompt.rsplit_once("</conversation_").unwrap().0.to_owned();
            prop_assert_eq!(material(&pair), material(&one));
            prop_assert_eq!(material(&pair), material(&list));
        }
    }

    #[test]
    fn a_candidate_looks_the_same_in_every_place(a in any::<String>(), b in any::<String>()) {
        let task = task("x", "y");
        let (a, b) = (Candidate::text(a), Candidate::text(b));
        let shown = |shown: &[&Candidate]| responses(&PromptSet::default().render(PromptKind::Pairwise, &task, shown).unwrap());
        let (ab, ba) = (shown(&[&a, &b]), shown(&[&b, &a]));
        prop_assert_eq!(&ab[0], &ba[1]);
        prop_assert_eq!(&ab[1], &ba[0]);
    }
}

#[test]
fn templates_of_ones_own_see_every_variable() {
    let prompts = PromptSet::empty()
        .with_template(
            PromptKind::Pairwise,
            "{{ criteria | join('|') }} {{ think }} {{ labels | join }} {{ fence | length }}\n{{ tools }}\n{{ conversation }}\n\
             {% for m in messages %}\n{{ m.role }}: {{ m.content }}{% for c in m.tool_calls %} {{ c }}{% endfor %}\n\n{% endfor %}\n\
             {% for c in candidates %}\n{{ c.label }} {{ c.fence | length }}\n{{ c.json }}\n{{ c.hermes }}\n\n{% endfor %}",
        )
        .unwrap()
        .with_system("{{ criteria | length }} criteria")
        .unwrap()
        .with_criteria(["only this"])
        .with_think(true)
        .with_format(VerdictFormat::default().with_labels(Labels::Letters));
    let case = case("refund");
    let talkative = case.samples[0].candidate.clone().with_content("One moment.");
    let prompt = prompts.render(PromptKind::Pairwise, &case.task, &[&talkative, &case.samples[4].candidate]).unwrap();
    insta::assert_snapshot!("own_template", show(&prompt));
    assert_eq!(
        show(&prompts.clone().without_system().render(PromptKind::Pairwise, &case.task, &[&talkative; 2]).unwrap())
            .matches("[system]")
            .count(),
        0
    );
}

#[test]
fn letters_end_at_z() {
    let prompts = PromptSet::default().with_format(VerdictFormat::default().with_labels(Labels::Letters));
    let case = case("alarms");
    let candidate = &case.samples[0].candidate;
    assert!(prompts.render(PromptKind::Listwise, &case.task, &[candidate; 26]).is_ok());
    let error = prompts.render(PromptKind::Listwise, &case.task, &[candidate; 27]).unwrap_err();
    assert!(matches!(error, PromptError::Labels { asked: 27, most: 26 }), "{error}");
}

#[test]
fn mistakes_in_templates_are_found_when_they_are_added_with_their_line() {
    let shows = "{% for c in candidates %}{{ c.json }}{% endfor %}";
    for (source, line, message) in [
        (format!("{shows}\n{{% if %}}"), 2, "syntax error"),
        (format!("{shows}\n\n{{{{ convresation }}}}"), 3, "undefined value"),
        (format!("{shows}{{{{ tools | shout }}}}"), 1, "unknown filter"),
        (format!("{shows}\n{{% if think %}}\n{{{{ nothing }}}}\n{{% endif %}}"), 3, "undefined value"),
        (format!("{shows}\n{{% if not think %}}\n{{{{ candidates[0].hermse }}}}\n{{% endif %}}"), 3, "undefined value"),
    ] {
        let error = PromptSet::empty().with_template(PromptKind::Listwise, &*source).unwrap_err();
        let PromptError::Template { name, line: at, message: said } = &error else { panic!("{source}: {error}") };
        assert_eq!((name.as_str(), *at), ("listwise.jinja", line), "{source}: {error}");
        assert!(said.contains(message), "{source}: {error}");
        assert_eq!(JudgeError::from(error).kind(), ErrorKind::InvalidInput);
    }
    let error = PromptSet::empty().with_system("{{ candidate }}").unwrap_err();
    assert!(matches!(&error, PromptError::Template { name, line: 1, .. } if name == "system.jinja"), "{error}");
}

#[test]
fn a_template_that_hides_a_candidate_is_refused() {
    let error = PromptSet::default().with_template(PromptKind::Pairwise, "{{ candidates[0].json }}").unwrap_err();
    assert!(matches!(&error, PromptError::MissingCandidate { candidate: 2, .. }), "{error}");
    assert!(PromptSet::default().with_template(PromptKind::Pointwise, "{{ candidates[0].hermes }}").is_ok());
}

/// A folder for one test, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("toolrm-prompts-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        for (file, text) in files {
            std::fs::write(path.join(file), text).unwrap();
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const BOTH: &str = "{% for c in candidates %}{{ c.hermes }}\n{% endfor %}";

#[test]
fn a_folder_holds_what_the_judge_can_do() {
    let folder = Folder::new("ok", &[("pairwise.jinja", BOTH), ("system.jinja", "be fair"), ("README.md", "{% notes")]);
    let judge = GenerativeCritic::new(model()).with_prompts(PromptSet::from_dir(&folder.0).unwrap());
    assert!(judge.card().pairwise);
    assert_eq!(judge.card().pointwise, None);
    let case = case("alarms");
    let [a, b] = [&case.samples[0].candidate, &case.samples[1].candidate];
    let prompt = judge.prompts().render(PromptKind::Pairwise, &case.task, &[a, b]).unwrap();
    assert!(
        show(&prompt).starts_with("[system]\nbe fair\n[user]\n<tool_call>\n{\"name\":\"list_alarms\""),
        "{}",
        show(&prompt)
    );
    let error = judge.prompts().render(PromptKind::Listwise, &case.task, &[a, b]).unwrap_err();
    assert_eq!(JudgeError::from(error).kind(), ErrorKind::Unsupported);
}

#[test]
fn folders_that_cannot_be_used_say_why() {
    let missing = PromptSet::from_dir("/no/such/folder").unwrap_err();
    assert!(matches!(&missing, PromptError::Io { path, .. } if path == "/no/such/folder"), "{missing}");
    let empty = Folder::new("empty", &[("system.jinja", "be fair")]);
    assert!(matches!(PromptSet::from_dir(&empty.0).unwrap_err(), PromptError::Empty { .. }));
    let unknown = Folder::new("unknown", &[("pairwise.jinja", BOTH), ("pair.jinja", BOTH)]);
    let error = PromptSet::from_dir(&unknown.0).unwrap_err();
    assert!(matches!(&error, PromptError::UnknownFile { path } if path.ends_with("pair.jinja")), "{error}");
    let broken = Folder::new("broken", &[("pairwise.jinja", "\n\n{{ candidates[0].json")]);
    let error = PromptSet::from_dir(&broken.0).unwrap_err();
    assert!(matches!(&error, PromptError::Template { line: 3, .. }), "{error}");
    let latin1 = Folder::new("latin1", &[]);
    std::fs::write(latin1.0.join("pairwise.jinja"), b"\xe9").unwrap();
    assert!(matches!(PromptSet::from_dir(&latin1.0).unwrap_err(), PromptError::Io { .. }));
}

#[test]
fn the_fingerprint_follows_everything_a_prompt_depends_on() {
    let base = PromptSet::default();
    let prints = [
        base.fingerprint(),
        base.clone().with_think(true).fingerprint(),
        base.clone().without_system().fingerprint(),
        base.clone().with_criteria(["another"]).fingerprint(),
        base.clone().with_format(VerdictFormat::default().with_labels(Labels::Letters)).fingerprint(),
        base.clone().with_template(PromptKind::Pairwise, BOTH).unwrap().fingerprint(),
        base.clone().with_template(PromptKind::Listwise, BOTH).unwrap().fingerprint(),
    ];
    let distinct: std::collections::HashSet<_> = prints.iter().collect();
    assert_eq!(distinct.len(), prints.len());
    assert_eq!(PromptSet::no_think().fingerprint(), base.fingerprint());
}
