//! The conformance macros as another crate uses them: without a runtime, and with nothing imported but their paths.
#![cfg(feature = "testkit")]

struct Judges;

impl Judges {
    fn rules() -> impl toolrm_core::judge::ToolCallJudge {
        toolrm_core::judge::FromScorer::new(toolrm_core::rules::RuleScorer::default())
    }
}

toolrm_core::judge_conformance!(rule_judge, Judges::rules());
toolrm_core::judge_conformance!(shared_judge, std::sync::Arc::new(Judges::rules()), except = [CompareFollowsScore]);
toolrm_core::scorer_conformance!(rule_scorer, toolrm_core::rules::RuleScorer::default());

#[test]
fn a_broken_judge_is_caught_from_outside() {
    use toolrm_core::{prelude::*, testkit::conformance::Law};
    let broken = FromScorer::new(scorer_fn("broken", |_: &Task, c: &Candidate| {
        Outcome::Judged(Score::new(if c.action.is_malformed() { -1.0 } else { 1.0 }))
    }));
    let breaches: Vec<_> = Law::ALL
        .iter()
        .copied()
        .filter_map(|law| toolrm_core::testkit::conformance::check_judge(&broken, law).err())
        .collect();
    assert_eq!(breaches.len(), 1, "{breaches:?}");
    assert_eq!(breaches[0].law, Law::ScoresOnScale);
}
