//! Weights from pairs: which rows the regression sees, and how much each counts.

use std::collections::BTreeMap;

use crate::{
    error::LabError,
    figures::counts,
    logistic::{self, Bounds, Row},
    severities::{Bench, Pooling, RuleLine, Seen, Side},
};

/// How weights are fitted.
#[derive(Debug, Clone)]
#[allow(clippy::exhaustive_structs, reason = "the options of a command")]
pub struct Plan {
    /// How findings of one rule count together.
    pub pooling: Pooling,
    /// How much each set counts as a whole; 1 where it is not named.
    pub sets: BTreeMap<String, f64>,
    /// A category of a set counts as its number of pairs to this power: 0 = all categories the same, 1 = all pairs the same.
    pub balance: f64,
    /// How much right calls against a refusal in words count, against 1 for the recorded pairs.
    pub refusals: f64,
    /// How much right calls of one question against calls of another that should not have been made count.
    pub across: f64,
    /// Strength of the penalty.
    pub l2: f64,
    /// Where the penalty draws weights to.
    pub centre: Centre,
    /// A rule that tells apart fewer pairs than this keeps its weight: there is too little to go by.
    pub least: usize,
    /// Rules that are left out whatever the pairs say.
    pub without: Vec<String>,
    /// The only rules that are fitted, unless there are none: the others keep their weights.
    pub only: Vec<String>,
    /// Rules whose weight is given and not fitted.
    pub fixed: BTreeMap<String, f64>,
}

/// What the penalty draws every weight to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Centre {
    /// The same number for every rule.
    At(f64),
    /// The weights the rules have.
    Present,
    /// A table of weights by rule; what is not in it has its present weight.
    Prior(BTreeMap<String, f64>),
}

impl Centre {
    /// The weights that people gave the rules when they wrote them (`data/prior.json`): a fit from there gives the same table each time.
    pub fn prior() -> Result<Self, LabError> {
        let table = serde_json::from_str(include_str!("../data/prior.json"));
        table.map(Self::Prior).map_err(|e| LabError::Check(format!("lab/data/prior.json: {e}")))
    }

    fn of(&self, rule: &RuleLine) -> f64 {
        match self {
            Self::At(value) => *value,
            _ => self.kept(rule),
        }
    }

    /// The weight of a rule about which the pairs say nothing.
    fn kept(&self, rule: &RuleLine) -> f64 {
        match self {
            Self::Prior(table) => table.get(&rule.id).copied().unwrap_or(rule.weight),
            _ => rule.weight,
        }
    }
}

impl Plan {
    /// How much a set counts as a whole.
    pub fn set_weight(&self, set: &str) -> f64 {
        self.sets.get(set).copied().unwrap_or(1.0)
    }

    /// The weights that fit some of the pairs best.
    pub fn fit(&self, bench: &Bench, pairs: &[&Seen]) -> Result<Vec<f64>, LabError> {
        let rows = merged(self.rows(pairs, bench.rules.len()));
        logistic::fit(&rows, &self.bounds(&bench.rules, pairs))
    }

    fn bounds(&self, rules: &[RuleLine], pairs: &[&Seen]) -> Vec<Bounds> {
        let told = tells_apart(pairs, rules.len());
        let bound = |(rule, told): (&RuleLine, usize)| {
            let left_alone = !self.only.is_empty() && !self.only.contains(&rule.id);
            if let Some(weight) = self.fixed.get(&rule.id) {
                Bounds::fixed(*weight)
            } else if self.without.contains(&rule.id) {
                Bounds::fixed(0.0)
            } else if left_alone {
                Bounds::fixed(rule.weight)
            } else if told < self.least {
                Bounds::fixed(self.centre.kept(rule))
            } else {
                Bounds::at_least_zero(self.centre.of(rule), self.l2)
            }
        };
        rules.iter().zip(told).map(bound).collect()
    }

    fn rows(&self, pairs: &[&Seen], rules: usize) -> Vec<Row> {
        let mut sizes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for pair in pairs.iter().filter(|p| counts(p)) {
            *sizes.entry((&pair.set, &pair.category)).or_default() += 1;
        }
        let mut totals: BTreeMap<&str, f64> = BTreeMap::new();
        for ((set, _), n) in &sizes {
            *totals.entry(set).or_default() += (*n as f64).powf(self.balance);
        }
        let weight = |pair: &Seen| {
            let n = sizes.get(&(&*pair.set, pair.category.as_str())).map_or(1.0, |n| *n as f64);
            let set = self.set_weight(&pair.set);
            set * n.powf(self.balance - 1.0) / totals.get(&*pair.set).copied().unwrap_or(1.0)
        };
        let row = |better: &Side, worse: &Side, weight: f64| {
            (better.findings.is_some() && worse.findings.is_some())
                .then(|| Row { x: self.difference(better, worse, rules), weight })
        };
        let counted = || pairs.iter().copied().filter(|p| counts(p));
        let mut rows: Vec<Row> = counted().filter_map(|p| row(&p.chosen, &p.rejected, weight(p))).collect();
        if self.refusals > 0.0 {
            let refused = |p: &Seen| row(&p.chosen, p.refusal.as_ref()?, self.refusals * weight(p));
            rows.extend(counted().filter_map(refused));
        }
        if self.across > 0.0 {
            rows.extend(self.across(pairs, rules));
        }
        rows
    }

    /// Right calls of BFCL against calls of its irrelevance questions: each of the latter against some of the former, in turn, the
    /// whole counting `across` times what the recorded pairs of BFCL do.
    fn across(&self, pairs: &[&Seen], rules: usize) -> Vec<Row> {
        const EACH: usize = 4;
        let bfcl = || pairs.iter().copied().filter(|p| &*p.set == "bfcl");
        let right: Vec<&Side> =
            bfcl().filter(|p| p.chosen.calls && !p.category.ends_with("relevance")).map(|p| &p.chosen).collect();
        let wrong: Vec<&Side> =
            bfcl().filter(|p| p.rejected.calls && p.category.ends_with("irrelevance")).map(|p| &p.rejected).collect();
        let share = self.set_weight("bfcl") / (wrong.len() * EACH).max(1) as f64;
        // A step that shares no factor with most lengths walks over all right ones before it repeats.
        let partners = (0..wrong.len() * EACH).map(|i| (i * 7919) % right.len().max(1));
        let meet = |(worse, partner): (&&Side, usize)| {
            let better = right.get(partner)?;
            Some(Row { x: self.difference(better, worse, rules), weight: self.across * share })
        };
        wrong.iter().flat_map(|side| std::iter::repeat_n(side, EACH)).zip(partners).filter_map(meet).collect()
    }

    /// What more the rules have against the worse one.
    fn difference(&self, better: &Side, worse: &Side, rules: usize) -> Vec<(usize, f64)> {
        let sides = self.pooling.against(worse, rules).into_iter().zip(self.pooling.against(better, rules));
        sides.enumerate().map(|(rule, (w, b))| (rule, w - b)).filter(|(_, x)| *x != 0.0).collect()
    }
}

/// How many pairs each rule tells apart, rightly or wrongly.
pub fn tells_apart(pairs: &[&Seen], rules: usize) -> Vec<usize> {
    let mut told = vec![0; rules];
    for pair in pairs.iter().filter(|p| counts(p)) {
        let (chosen, rejected) =
            (Pooling::Sum.against(&pair.chosen, rules), Pooling::Sum.against(&pair.rejected, rules));
        for (told, (a, b)) in told.iter_mut().zip(chosen.iter().zip(&rejected)) {
            *told += usize::from((a - b).abs() > 1e-9);
        }
    }
    told
}

/// Rows that say the same as one: fewer to go through at every step. Rows without any difference say nothing.
fn merged(rows: Vec<Row>) -> Vec<Row> {
    let mut distinct: BTreeMap<Vec<(usize, u64)>, Row> = BTreeMap::new();
    for row in rows.into_iter().filter(|row| !row.x.is_empty()) {
        let key = row.x.iter().map(|(feature, x)| (*feature, x.to_bits())).collect();
        distinct.entry(key).and_modify(|known| known.weight += row.weight).or_insert(row);
    }
    distinct.into_values().collect()
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by construction")]
mod tests {
    use toolrm_core::{call::Candidate, canonical::Fingerprint};

    use super::*;

    fn side(findings: &[(usize, f64)]) -> Side {
        let meaning = Fingerprint::of_action(&Candidate::text(format!("{findings:?}")).action);
        Side { findings: Some(findings.to_vec()), calls: true, meaning }
    }

    fn seen(set: &str, category: &str, rejected: &[(usize, f64)]) -> Seen {
        Seen {
            set: set.into(),
            question: "q".into(),
            category: category.into(),
            error_type: String::new(),
            chosen: side(&[]),
            rejected: side(rejected),
            refusal: Some(side(&[(1, 1.0)])),
        }
    }

    fn plan() -> Plan {
        Plan {
            pooling: Pooling::Sum,
            sets: BTreeMap::from([("a".into(), 3.0)]),
            balance: 0.0,
            refusals: 0.5,
            across: 0.5,
            l2: 0.01,
            centre: Centre::At(0.5),
            least: 2,
            without: vec!["r.off".into()],
            only: Vec::new(),
            fixed: BTreeMap::new(),
        }
    }

    fn rules() -> Vec<RuleLine> {
        let line = |id: &str| RuleLine { id: id.into(), summary: String::new(), weight: 7.0 };
        ["r.told", "r.words", "r.off", "r.rare"].map(line).to_vec()
    }

    #[test]
    fn sets_and_categories_count_as_they_should() {
        let mut pairs: Vec<Seen> = (0..4).map(|_| seen("a", "many", &[(0, 1.0)])).collect();
        pairs.extend([seen("a", "few", &[(0, 1.0)]), seen("b", "x", &[(0, 1.0)]), seen("b", "y-open", &[(0, 1.0)])]);
        let rows = plan().rows(&pairs.iter().collect::<Vec<_>>(), 4);
        let recorded: Vec<f64> = rows.iter().take(6).map(|r| r.weight).collect();
        // Set a counts 3, half of it by each category; set b counts 1, and nothing of it is of the open kind.
        assert_eq!(recorded, [0.375, 0.375, 0.375, 0.375, 1.5, 1.0]);
        // Half as much again for calls against a refusal; no set here is BFCL, so nothing goes across.
        assert_eq!(rows.iter().skip(6).map(|r| r.weight).sum::<f64>(), 2.0);
    }

    #[test]
    fn what_is_rare_is_kept_and_what_is_off_stays_off() {
        let pairs = [seen("a", "c", &[(0, 1.0), (3, 1.0)]), seen("a", "c", &[(0, 0.5), (2, 1.0)])];
        let bench = Bench { rules: rules(), pairs: pairs.to_vec() };
        let weights = plan().fit(&bench, &bench.pairs.iter().collect::<Vec<_>>()).unwrap();
        assert!(weights[0] > 0.5, "{weights:?}");
        // No pair tells the second apart: refusals alone do not make it known.
        assert_eq!(weights[1..], [7.0, 0.0, 7.0]);
    }

    #[test]
    fn what_is_not_asked_for_is_left_alone() {
        let pairs = vec![seen("a", "c", &[(0, 1.0), (1, 1.0)]); 3];
        let bench = Bench { rules: rules(), pairs };
        let plan = Plan { only: vec!["r.words".into()], ..plan() };
        let weights = plan.fit(&bench, &bench.pairs.iter().collect::<Vec<_>>()).unwrap();
        assert!(weights[0] == 7.0 && weights[1] != 7.0, "{weights:?}");
    }

    #[test]
    fn a_given_weight_is_taken_whatever_the_pairs_say() {
        let bench = Bench { rules: rules(), pairs: vec![seen("a", "c", &[(0, 1.0), (1, 1.0)]); 3] };
        let fixed = [("r.told".into(), 2.5), ("r.off".into(), 4.0)].into();
        let plan = Plan { fixed, ..plan() };
        let weights = plan.fit(&bench, &bench.pairs.iter().collect::<Vec<_>>()).unwrap();
        assert!(weights[0] == 2.5 && weights[2] == 4.0 && weights[1] != 7.0, "{weights:?}");
    }

    #[test]
    fn right_calls_meet_calls_that_should_not_have_been_made() {
        let mut irrelevant = seen("bfcl", "irrelevance", &[(0, 1.0)]);
        irrelevant.chosen.calls = false;
        let pairs = [seen("bfcl", "simple_python", &[(3, 1.0)]), irrelevant];
        let across = plan().across(&pairs.iter().collect::<Vec<_>>(), 4);
        assert!(across.iter().all(|row| row.x == [(0, 1.0)]) && across.len() == 4);
        assert_eq!(across.iter().map(|row| row.weight).sum::<f64>(), 0.5);
    }

    #[test]
    fn equal_rows_become_one() {
        let row = |x: f64| Row { x: vec![(0, x)], weight: 1.0 };
        let rows = merged(vec![row(1.0), row(2.0), row(1.0), Row { x: Vec::new(), weight: 9.0 }]);
        assert_eq!(rows.iter().map(|r| r.weight).collect::<Vec<_>>(), [2.0, 1.0]);
    }

    #[test]
    fn findings_are_pooled() {
        let many = side(&[(0, 0.5), (0, 1.0), (0, 1.0)]);
        let pooled = [Pooling::Sum, Pooling::Capped, Pooling::Max].map(|p| p.against(&many, 1)[0]);
        assert_eq!(pooled, [2.5, 2.0, 1.0]);
    }
}
