//! What is measured: which pairs make a figure, and how. A column is made once for some pairs; its value is of their scores under some
//! table of weights, with questions counted as often as one likes.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use toolrm_bench::bfcl::category::Category;
use toolrm_core::measure::{Bootstrap, Interval, Separation};

use crate::{
    figures::{Scores, counts, points},
    severities::Seen,
};

/// A figure to be measured.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Column {
    /// What it is of.
    pub name: String,
    /// How it is written at the head of a table.
    pub short: String,
    /// Its set.
    pub set: Arc<str>,
    /// Whether the mean of the sets holds it.
    pub headline: bool,
    of: What,
}

#[derive(Debug, Clone)]
enum What {
    /// The mean of the accuracies of groups of pairs, against the rejected answer or a refusal.
    Accuracy { groups: Vec<Vec<usize>>, score: fn(&Scores) -> f64 },
    /// How well right calls are told from calls that should not have been made, by score alone.
    Telling { right: Vec<usize>, wrong: Vec<usize>, figure: Telling },
}

#[derive(Debug, Clone, Copy)]
enum Telling {
    Area,
    Rejected,
}

/// The questions of the pairs, numbered from 0 within each set: what intervals are drawn over.
#[derive(Debug)]
pub struct Questions {
    /// By pair.
    numbers: Vec<usize>,
    bootstraps: HashMap<Arc<str>, Bootstrap>,
}

impl Questions {
    /// Numbers the questions. `seed` is that of the intervals.
    pub fn new(pairs: &[Seen], seed: u64) -> Self {
        let mut known: HashMap<&Arc<str>, HashMap<&str, usize>> = HashMap::new();
        let mut numbers = Vec::with_capacity(pairs.len());
        for Seen { set, question, .. } in pairs {
            let of_set = known.entry(set).or_default();
            let next = of_set.len();
            numbers.push(*of_set.entry(question.as_str()).or_insert(next));
        }
        let bootstraps = known.iter().map(|(set, of_set)| (Arc::clone(set), Bootstrap::new(of_set.len(), seed)));
        Self { numbers, bootstraps: bootstraps.collect() }
    }

    fn of(&self, pair: usize) -> usize {
        self.numbers.get(pair).copied().unwrap_or_default()
    }
}

impl Column {
    /// How many answers or pairs it is of.
    pub fn len(&self) -> usize {
        match &self.of {
            What::Accuracy { groups, .. } => groups.iter().map(Vec::len).sum(),
            What::Telling { right, wrong, .. } => right.len() + wrong.len(),
        }
    }

    /// Whether there is nothing to measure.
    pub fn is_empty(&self) -> bool {
        match &self.of {
            What::Accuracy { .. } => self.len() == 0,
            What::Telling { right, wrong, .. } => right.is_empty() || wrong.is_empty(),
        }
    }

    /// The share, in \[0, 1\]; NaN of nothing.
    pub fn value(&self, scores: &[Scores]) -> f64 {
        match &self.of {
            What::Accuracy { groups, score } => {
                let won = |pair: &usize| scores.get(*pair).map_or(0.0, |s| points(score(s)));
                let shares = groups.iter().map(|group| group.iter().map(won).sum::<f64>() / group.len() as f64);
                shares.sum::<f64>() / groups.len() as f64
            }
            What::Telling { figure, .. } => {
                let scores = self.separation(scores, |_| 0);
                let value = match figure {
                    Telling::Area => scores.auc(),
                    Telling::Rejected => scores.rejected_keeping(90),
                };
                value.unwrap_or(f64::NAN)
            }
        }
    }

    /// The interval of the difference between its value under some scores and under others, drawn over questions: both are always
    /// of the same ones.
    pub fn paired(&self, on: &[Scores], off: &[Scores], questions: &Questions) -> Option<Interval> {
        let bootstrap = questions.bootstraps.get(&self.set)?;
        match &self.of {
            What::Accuracy { groups, score } => {
                let of = |scores: &[Scores], pair: usize| scores.get(pair).map_or(0.0, |s| points(score(s)));
                let gained = |pair: &usize| (questions.of(*pair), of(on, *pair) - of(off, *pair));
                let gained: Vec<Vec<(usize, f64)>> = groups.iter().map(|g| g.iter().map(gained).collect()).collect();
                bootstrap.interval(|weights| mean_of_means(&gained, weights))
            }
            What::Telling { figure, .. } => {
                let [on, off] = [on, off].map(|scores| self.separation(scores, |pair| questions.of(pair)));
                bootstrap.interval(|weights| {
                    let value = |scores: &Separation| match figure {
                        Telling::Area => scores.weighted_auc(weights),
                        Telling::Rejected => scores.weighted_rejected_keeping(90, weights),
                    };
                    Some(value(&on)? - value(&off)?)
                })
            }
        }
    }

    fn separation(&self, scores: &[Scores], cluster: impl Fn(usize) -> usize) -> Separation {
        let What::Telling { right, wrong, .. } = &self.of else { return Separation::new(&[], &[]) };
        let of = |pairs: &[usize], side: fn(&Scores) -> Option<f64>| -> Vec<(f64, usize)> {
            pairs.iter().filter_map(|pair| Some((side(scores.get(*pair)?)?, cluster(*pair)))).collect()
        };
        Separation::new(&of(right, |s| s.chosen), &of(wrong, |s| s.rejected))
    }
}

/// The mean of the means of groups, each value counted as often as its question was drawn; a group none of whose questions was drawn
/// does not count.
fn mean_of_means(groups: &[Vec<(usize, f64)>], weights: &[u16]) -> Option<f64> {
    let mean = |group: &Vec<(usize, f64)>| {
        let (mut sum, mut n) = (0.0, 0.0);
        for (question, value) in group {
            let weight = weights.get(*question).copied().map_or(0.0, f64::from);
            sum += weight * value;
            n += weight;
        }
        (n > 0.0).then(|| sum / n)
    };
    let means: Vec<f64> = groups.iter().filter_map(mean).collect();
    (!means.is_empty()).then(|| means.iter().sum::<f64>() / means.len() as f64)
}

/// All columns: of each set its accuracy (of BFCL the mean of [`Category::CALLS`], and the rest apart), how well right calls are told from
/// needless ones, and how often right calls are liked better than a refusal.
pub fn columns(pairs: &[Seen]) -> Vec<Column> {
    let mut categories: BTreeMap<(&Arc<str>, &str), Vec<usize>> = BTreeMap::new();
    for (i, pair) in pairs.iter().enumerate().filter(|(_, pair)| counts(pair)) {
        categories.entry((&pair.set, &pair.category)).or_default().push(i);
    }
    let sets: BTreeSet<&Arc<str>> = categories.keys().map(|(set, _)| *set).collect();
    let mut columns = Vec::new();
    for set in &sets {
        let of = |wanted: &dyn Fn(&str) -> bool| -> Vec<Vec<usize>> {
            categories.iter().filter(|((s, c), _)| s == set && wanted(c)).map(|(_, pairs)| pairs.clone()).collect()
        };
        let accuracy = |name: String, short: &str, groups, headline| Column {
            name,
            short: short.into(),
            set: Arc::clone(set),
            headline,
            of: What::Accuracy { groups, score: Scores::difference },
        };
        let call_categories = || Category::CALLS.iter().map(|category| category.name());
        let calls = of(&|c| call_categories().any(|name| name == c));
        if calls.is_empty() {
            columns.push(accuracy(set.to_string(), set, vec![of(&|_| true).concat()], true));
            continue;
        }
        columns.push(accuracy(format!("{set}: mean of {} call categories", calls.len()), set, calls, true));
        for category in call_categories().chain(["simple_java", "simple_javascript", "live_relevance"]) {
            let groups = vec![of(&|c| c == category).concat()];
            columns.push(accuracy(format!("{set}: {category}"), category, groups, false));
        }
        let irrelevance = vec![of(&|c| c.ends_with("irrelevance")).concat()];
        columns.push(accuracy(format!("{set}: irrelevance, both"), "irrelevance", irrelevance, false));
    }
    columns.extend(sets.iter().filter(|set| &****set == "bfcl").flat_map(|set| telling(pairs, set)));
    columns.extend(sets.iter().map(|set| over_a_refusal(pairs, set)));
    columns.retain(|column| !column.is_empty());
    columns
}

/// Right calls against calls made where none should be: area under the curve, and the share of the latter that is rejected when 90 % of
/// the right calls are kept.
fn telling(pairs: &[Seen], set: &Arc<str>) -> [Column; 2] {
    let of_set = |wanted: &dyn Fn(&Seen) -> bool| -> Vec<usize> {
        pairs.iter().enumerate().filter(|(_, p)| p.set == *set && wanted(p)).map(|(i, _)| i).collect()
    };
    let right = of_set(&|p| !p.category.ends_with("relevance") && p.chosen.calls);
    let wrong = of_set(&|p| p.category.ends_with("irrelevance") && p.rejected.calls);
    let column = |name: &str, short: &str, figure| Column {
        name: format!("{set}: {name}"),
        short: short.into(),
        set: Arc::clone(set),
        headline: false,
        of: What::Telling { right: right.clone(), wrong: wrong.clone(), figure },
    };
    [
        column("auc right calls / irrelevance calls", "auc", Telling::Area),
        column("rejected at 90", "rejected", Telling::Rejected),
    ]
}

fn over_a_refusal(pairs: &[Seen], set: &Arc<str>) -> Column {
    let refused = |p: &Seen| p.set == *set && counts(p) && p.refusal.is_some();
    Column {
        name: format!("{set}: right calls over a refusal"),
        short: "refusal".into(),
        set: Arc::clone(set),
        headline: false,
        of: What::Accuracy {
            groups: vec![pairs.iter().enumerate().filter(|(_, p)| refused(p)).map(|(i, _)| i).collect()],
            score: Scores::over_refusal,
        },
    }
}
