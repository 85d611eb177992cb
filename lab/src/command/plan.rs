//! Options that commands share: which pairs, and how weights are fitted to them.

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use toolrm_lab::{
    dataset,
    error::LabError,
    fitting::{Centre, Plan},
    severities::{Bench, Pooling, RuleLine},
};

/// The pairs to work on.
#[derive(Debug, Args)]
pub(crate) struct Pairs {
    /// Files of pairs (plain or zstd), or folders of them, as `pairs` writes them
    #[arg(value_name = "PAIRS", required = true)]
    files: Vec<PathBuf>,
}

impl Pairs {
    /// The pairs, seen by every rule.
    pub(crate) fn bench(&self) -> Result<Bench, LabError> {
        Bench::new(&dataset::read(&self.files)?)
    }
}

/// How much the sets count where the command line does not say: by how many questions, models and kinds of error they hold, and by how
/// far their labels are to be trusted.
const SETS: [(&str, f64); 7] = [
    ("bfcl", 3.0),
    ("complexfuncbench", 1.5),
    ("acebench", 1.0),
    ("hammerbench", 0.5),
    ("seal_tools", 0.25),
    ("toolalpaca", 0.5),
    ("glaive", 0.25),
];

/// How much each set counts.
#[derive(Debug, Args)]
pub(crate) struct SetWeights {
    /// How much a set counts as a whole, in place of bfcl=3, complexfuncbench=1.5, acebench=1, hammerbench=0.5, toolalpaca=0.5,
    /// seal_tools=0.25, glaive=0.25 and 1 for any other; may be repeated
    #[arg(long = "set-weight", value_name = "SET=W", value_parser = weight)]
    set_weights: Vec<(String, f64)>,
}

impl SetWeights {
    /// The weights by set, where there is one to say.
    pub(crate) fn by_set(&self) -> BTreeMap<String, f64> {
        let mut sets: BTreeMap<String, f64> = SETS.iter().map(|(set, w)| ((*set).to_owned(), *w)).collect();
        sets.extend(self.set_weights.iter().cloned());
        sets
    }
}

/// How weights are fitted.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// How several findings of one rule count together
    #[arg(long, value_enum, default_value_t = Pooling::Sum)]
    pub(crate) pooling: Pooling,
    #[command(flatten)]
    sets: SetWeights,
    /// A category counts as its number of pairs to this power: 0 = all categories of a set alike, 1 = all pairs alike
    #[arg(long, default_value_t = 0.5)]
    balance: f64,
    /// How much right calls against a refusal in words count, against 1 for the recorded pairs
    #[arg(long, default_value_t = 0.2)]
    refusals: f64,
    /// How much right calls against calls that another question should not have got count, against 1 for the recorded pairs
    #[arg(long, default_value_t = 0.2)]
    across: f64,
    /// Penalties to try, separated by commas; the one with the least log loss in cross-validation is taken. Without any:
    /// 0.001,0.003,0.01,0.03; towards a table, which knows more than a number does, 0.03,0.1,0.3,1
    #[arg(long, value_delimiter = ',')]
    l2: Vec<f64>,
    /// What the penalty draws every weight to: a number, `present` for the crate's table, or `prior` for the one people gave the
    /// rules when they wrote them (lab/data/prior.json)
    #[arg(long, default_value = "0.5", value_parser = centre)]
    centre: Centre,
    /// A rule that tells apart fewer pairs keeps its weight
    #[arg(long, default_value_t = 10)]
    least: usize,
    /// Leave a rule out; may be repeated
    #[arg(long, value_name = "RULE")]
    without: Vec<String>,
    /// Fit only this rule, the others keep their weights; may be repeated
    #[arg(long, value_name = "RULE")]
    only: Vec<String>,
    /// Hold the weight of a rule at a value: it is not fitted, nor dropped; may be repeated
    #[arg(long = "fix", value_name = "RULE=W", value_parser = weight)]
    fixed: Vec<(String, f64)>,
    /// Parts of the cross-validation, by question
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=50))]
    pub(crate) folds: u8,
    /// Seed of the parts
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

fn centre(text: &str) -> Result<Centre, String> {
    match text {
        "present" => Ok(Centre::Present),
        "prior" => Centre::prior().map_err(|e| e.to_string()),
        number => number.parse().map(Centre::At).map_err(|_| "write a number, `present` or `prior`".into()),
    }
}

/// `NAME=NUMBER`.
fn weight(text: &str) -> Result<(String, f64), String> {
    let fix = "write NAME=NUMBER, the number at least 0";
    let (name, weight) = text.split_once('=').ok_or(fix)?;
    let weight: f64 = weight.parse().map_err(|_| fix)?;
    if weight >= 0.0 && weight.is_finite() { Ok((name.to_owned(), weight)) } else { Err(fix.into()) }
}

impl PlanArgs {
    /// Why a rule that tells so many pairs apart keeps the weight it has, if it does.
    pub(crate) fn keeps(&self, rule: &str, told: usize) -> Option<&'static str> {
        let named = |list: &[String]| list.iter().any(|id| id == rule);
        if self.is_fixed(rule) {
            Some("fixed")
        } else if named(&self.without) {
            None
        } else if !self.only.is_empty() && !named(&self.only) {
            Some("kept: others are fitted")
        } else {
            (told < self.least).then_some("kept: too few pairs")
        }
    }

    fn is_fixed(&self, rule: &str) -> bool {
        self.fixed.iter().any(|(fixed, _)| fixed == rule)
    }

    /// The penalties to try.
    pub(crate) fn penalties(&self) -> &[f64] {
        match self.centre {
            _ if !self.l2.is_empty() => &self.l2,
            Centre::At(_) => &[0.001, 0.003, 0.01, 0.03],
            _ => &[0.03, 0.1, 0.3, 1.0],
        }
    }

    /// Whether some weight is held.
    pub(crate) fn fixes(&self) -> bool {
        !self.fixed.is_empty()
    }

    /// Every rule that is named must be there.
    pub(crate) fn check(&self, rules: &[RuleLine]) -> Result<(), LabError> {
        let mut named = self.without.iter().chain(&self.only).chain(self.fixed.iter().map(|(rule, _)| rule));
        if let Some(both) = self.without.iter().find(|rule| self.is_fixed(rule)) {
            return Err(LabError::Check(format!("{both} is given to --fix and to --without; leave one out")));
        }
        match named.find(|id| rules.iter().all(|rule| rule.id != **id)) {
            Some(stranger) => Err(LabError::NoRule(stranger.clone())),
            None => Ok(()),
        }
    }

    /// The plan with one of the penalties.
    pub(crate) fn plan(&self, l2: f64) -> Plan {
        Plan {
            pooling: self.pooling,
            sets: self.sets.by_set(),
            balance: self.balance,
            refusals: self.refusals,
            across: self.across,
            l2,
            centre: self.centre.clone(),
            least: self.least,
            without: self.without.clone(),
            only: self.only.clone(),
            fixed: self.fixed.iter().cloned().collect(),
        }
    }
}
