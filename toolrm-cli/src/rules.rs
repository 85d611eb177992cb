//! The rules as they are set up on the command line.

use clap::Args;
use toolrm_core::rules::RuleScorer;

use crate::error::CliError;

/// Rules that say something about a call by itself, without the conversation it belongs to; the whole family `schema` does too.
const WITHOUT_CONVERSATION: [&str; 3] = ["grounding.placeholder", "grounding.empty", "coverage.repeated"];

/// Which rules count, and how much.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Rules (see `toolrm explain`)")]
pub(crate) struct RuleArgs {
    /// Switch a rule off; may be repeated
    #[arg(long, value_name = "RULE")]
    off: Vec<String>,
    /// Set the weight of a rule, in log-odds; may be repeated
    #[arg(long, value_name = "RULE=WEIGHT", value_parser = weight)]
    weight: Vec<(String, f32)>,
}

fn weight(text: &str) -> Result<(String, f32), String> {
    let fix = || format!("\"{text}\" is not RULE=WEIGHT, such as schema.type=2.5");
    let (rule, number) = text.split_once('=').ok_or_else(fix)?;
    match number.trim().parse::<f32>() {
        Ok(weight) if weight.is_finite() && weight >= 0.0 => Ok((rule.trim().to_owned(), weight)),
        Ok(_) => Err(format!("the weight of {rule} must be 0 or more")),
        Err(_) => Err(fix()),
    }
}

impl RuleArgs {
    /// The scorer these arguments describe.
    pub(crate) fn scorer(&self) -> Result<RuleScorer, CliError> {
        let unknown = |e: toolrm_core::error::JudgeError| CliError::Usage(e.message().to_owned());
        let set = |scorer: RuleScorer, rule: &str, weight| scorer.with_weight(rule, weight).map_err(unknown);
        let weighed = self.weight.iter().try_fold(RuleScorer::default(), |s, (rule, weight)| set(s, rule, *weight))?;
        self.off.iter().try_fold(weighed, |scorer, rule| set(scorer, rule, 0.0))
    }

    /// The same for calls without a conversation: rules that need one are switched off.
    pub(crate) fn scorer_without_conversation(&self) -> Result<RuleScorer, CliError> {
        let scorer = self.scorer()?;
        let needless = |id: &&str| !id.starts_with("schema.") && !WITHOUT_CONVERSATION.contains(id);
        let off: Vec<String> = scorer.rules().map(|r| r.id).filter(needless).map(str::to_owned).collect();
        Ok(off.iter().try_fold(scorer, |scorer, id| scorer.without(id))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_named_here_exists() {
        for id in WITHOUT_CONVERSATION {
            RuleScorer::default().without(id).unwrap();
        }
    }

    #[test]
    fn rules_that_need_a_conversation_are_off_without_one() {
        let scorer = RuleArgs::default().scorer_without_conversation().unwrap();
        let on: Vec<&str> = scorer.rules().filter(|r| r.weight > 0.0).map(|r| r.id).collect();
        assert!(on.contains(&"schema.required") && on.contains(&"grounding.empty"));
        assert!(!on.contains(&"grounding.required") && !on.contains(&"relevance.no-call"));
    }
}
