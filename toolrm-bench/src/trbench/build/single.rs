//! Pairs, ties, both-wrong pairs and groups of single-turn questions.

use std::{cmp::Ordering, collections::BTreeMap};

use toolrm_core::{
    call::{Action, Candidate},
    canonical::Fingerprint,
    rules::reference::{Counts, ReferenceScorer, reference_from_bfcl},
    score::Scorer,
    task::Task,
    toolset::Toolset,
};

use super::{
    answers::{Answer, Author, Contest, is_plain},
    pick::{Offer, Offers, Picked, Uses, at_most, draw, least, pick},
};
use crate::{
    bfcl::category::Category,
    trbench::{BuildOptions, ChosenFrom, Group, GroupEntry, Pair, Relation},
};

/// Said where no model declined in words of its own.
const TEMPLATE: &str = "None of the available tools can do this, so I am not calling any of them.";

/// What becomes of the distinct wrong answers of a split: each is in one of the counts.
pub(super) type Fate = BTreeMap<String, u64>;

/// A split's pairs and what was left out of them.
#[derive(Debug, Default)]
pub(super) struct Split {
    pub(super) pairs: Vec<Pair>,
    pub(super) ties: Vec<Pair>,
    pub(super) both_wrong: Vec<Pair>,
    pub(super) wrong: Fate,
}

/// Everything of one split but its groups. `barred` are authors that cannot be right on it by the way they were run.
pub(super) fn split(contests: &[Contest<'_>], options: &BuildOptions, barred: &[Author]) -> Split {
    let mut split = Split::default();
    let usable: Vec<Vec<Usable<'_>>> = contests.iter().map(|contest| usable(contest, barred)).collect();
    split.better(contests, &usable, options);
    for (contest, usable) in contests.iter().zip(&usable).filter(|(contest, _)| contest.compares_calls()) {
        split.ties.extend(ties(contest, usable, options));
    }
    split.both_wrong = both_wrong(contests, &usable, options);
    split
}

/// An answer with the authors who may stand for it.
struct Usable<'c> {
    answer: &'c Answer,
    authors: Vec<Author>,
    kind: Kind,
}

/// What an answer can be used for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// To be set against one on the other side.
    Example,
    /// Wrong in a way that is seen without reading: no call where one is due.
    Easy,
    /// For nothing, and why.
    Not(&'static str),
}

fn usable<'c>(contest: &'c Contest<'_>, barred: &[Author]) -> Vec<Usable<'c>> {
    // Sorted by key: those that do the same stand together.
    let before = std::iter::once(None).chain(contest.answers.iter().map(Some));
    let of = |(answer, before): (&'c Answer, Option<&Answer>)| {
        let authors: Vec<Author> = answer.authors.iter().filter(|author| !barred.contains(author)).cloned().collect();
        let kind = if before.is_some_and(|before| before.key == answer.key && before.right == answer.right) {
            Kind::Not("does the same as another, wrong in another form")
        } else if authors.is_empty() {
            Kind::Not("one call a turn by the way the model was run")
        } else {
            kind(contest, answer)
        };
        Usable { answer, authors, kind }
    };
    contest.answers.iter().zip(before).map(of).collect()
}

fn kind(contest: &Contest<'_>, answer: &Answer) -> Kind {
    if answer.pedantic {
        return Kind::Not("right but for the form of numbers or names");
    }
    let category = contest.question.category;
    match &answer.candidate.action {
        Action::Calls(calls) => {
            let known = calls.iter().all(|call| contest.tools.get(&call.name).is_some());
            let vague = category == Category::LiveRelevance && !known;
            if vague { Kind::Not("calls of unknown tools where any call passes") } else { Kind::Example }
        }
        Action::Text(text) if category.is_irrelevance() || category == Category::LiveRelevance => {
            if says_something(text, &contest.tools) {
                Kind::Example
            } else {
                Kind::Not("words that say nothing, or look like calls")
            }
        }
        Action::Text(_) => Kind::Easy,
        _ if contest.compares_calls() => Kind::Easy,
        _ => Kind::Not("undecodable"),
    }
}

/// Whether words are an answer one could show: a few of them, and no call in a syntax that was not understood.
fn says_something(text: &str, tools: &Toolset) -> bool {
    let looks_like_call = |name: &str| {
        let served = name.replace('.', "_");
        [name, &served].iter().any(|name| text.contains(&format!("{name}(")) || text.contains(&format!("\"{name}\"")))
    };
    let is_prose = text.split_whitespace().count() >= 3 && !text.starts_with(['[', '{', '<', '`']);
    is_prose && !text.contains("<tool_call>") && !tools.names().any(looks_like_call)
}

impl Split {
    fn better(&mut self, contests: &[Contest<'_>], usable: &[Vec<Usable<'_>>], options: &BuildOptions) {
        let mut chooser = Chooser { options, uses: Uses::default() };
        let mut wrong = Uses::default();
        let (mut hard, mut easy) = (Vec::new(), Vec::new());
        for (contest, usable) in contests.iter().zip(usable) {
            let opposed = Chooser::can_choose(contest, usable);
            let offers = |kind: Kind| {
                let list: Vec<_> =
                    usable.iter().filter(|u| !u.answer.right && u.kind == kind && opposed).map(offer).collect();
                Offers { question: contest.question.id.clone(), room: options.per_question, list }
            };
            hard.push(offers(Kind::Example));
            easy.push(offers(Kind::Easy));
            for unused in usable.iter().filter(|u| !u.answer.right) {
                match unused.kind {
                    Kind::Not(why) => self.leave_out(why, 1),
                    _ if !opposed => self.leave_out("no right answer to set against it", 1),
                    _ => {}
                }
            }
        }
        let mut picked = pick(&mut hard, usize::MAX, options.seed, &mut wrong);
        for (easy, hard) in easy.iter_mut().zip(&hard) {
            easy.room = hard.room.min(1);
        }
        picked.extend(pick(&mut easy, at_most(options.easy_share, picked.len()), options.seed, &mut wrong));
        let left = |offers: &[Offers<&Answer>]| offers.iter().map(|offers| offers.list.len() as u64).sum();
        self.leave_out("more than the pairs of one question", left(&hard));
        self.leave_out("no call where one is due, beyond the share of easy pairs", left(&easy));
        *self.wrong.entry("used".into()).or_default() += picked.len() as u64;
        for picked in picked {
            let (Some(contest), Some(usable)) = (contests.get(picked.question), usable.get(picked.question)) else {
                continue;
            };
            if let Some((chosen, from)) = chooser.choose(contest, usable, picked.what) {
                self.pairs.push(pair(contest, (chosen, &from), &picked));
            }
        }
        number(&mut self.pairs, "");
    }

    fn leave_out(&mut self, why: &str, count: u64) {
        if count > 0 {
            *self.wrong.entry(why.to_owned()).or_default() += count;
        }
    }
}

fn offer<'c>(usable: &Usable<'c>) -> Offer<&'c Answer> {
    Offer {
        key: usable.answer.key,
        error_type: usable.answer.error_type.clone().unwrap_or_default(),
        authors: usable.authors.clone(),
        what: usable.answer,
    }
}

fn pair(contest: &Contest<'_>, (chosen, from): (Candidate, &str), rejected: &Picked<&Answer>) -> Pair {
    let mut pair = Pair::new(contest.task.clone(), chosen, rejected.what.candidate.clone());
    pair.question_id.clone_from(&contest.question.id);
    pair.category = contest.question.category.to_string();
    pair.error_type.clone_from(&rejected.error_type);
    from.clone_into(&mut pair.chosen_from);
    pair.rejected_from = rejected.author.model.to_string();
    pair
}

/// Gives the pairs of each question numbers in the order in which they stand, after sorting by question.
pub(super) fn number(pairs: &mut [Pair], mark: &str) {
    pairs.sort_by(|a, b| a.question_id.cmp(&b.question_id));
    for of_question in pairs.chunk_by_mut(|a, b| a.question_id == b.question_id) {
        for (i, pair) in of_question.iter_mut().enumerate() {
            pair.id = format!("{}#{mark}{i}", pair.question_id);
        }
    }
}

/// Chooses right answers, evenly over sources and models.
struct Chooser<'o> {
    options: &'o BuildOptions,
    uses: Uses,
}

impl Chooser<'_> {
    /// Whether there is a right answer at all.
    fn can_choose(contest: &Contest<'_>, usable: &[Usable<'_>]) -> bool {
        contest.question.category.is_irrelevance() || right(usable).next().is_some() || contest.gold.is_some()
    }

    fn choose(
        &mut self,
        contest: &Contest<'_>,
        usable: &[Usable<'_>],
        rejected: &Answer,
    ) -> Option<(Candidate, String)> {
        let id = contest.question.id.as_str();
        let gold_first = match self.options.chosen {
            ChosenFrom::Gold => true,
            ChosenFrom::ModelRight => false,
            ChosenFrom::Mixed => is_heads(&draw(self.options.seed, ["gold", id, &rejected.key.to_string()])),
        };
        let gold = || contest.gold.clone().map(|gold| (gold, "gold".to_owned()));
        if gold_first && let Some(gold) = gold() {
            return Some(gold);
        }
        self.recorded(id, usable).or_else(gold).or_else(|| {
            contest.question.category.is_irrelevance().then(|| (Candidate::text(TEMPLATE), "template".to_owned()))
        })
    }

    fn recorded(&mut self, id: &str, usable: &[Usable<'_>]) -> Option<(Candidate, String)> {
        let answers = right(usable).map(|u| (&u.answer.key, u.authors.as_slice()));
        let (i, author) = least(answers, self.options.seed, id, &self.uses)?;
        self.uses.note("", &author);
        Some((right(usable).nth(i)?.answer.candidate.clone(), author.model.to_string()))
    }
}

pub(super) fn is_heads(draw: &Fingerprint) -> bool {
    draw.as_bytes().first().is_some_and(|byte| byte % 2 == 0)
}

/// The right answers one can show.
fn right<'u, 'c>(usable: &'u [Usable<'c>]) -> impl Iterator<Item = &'u Usable<'c>> {
    usable.iter().filter(|u| u.answer.right && u.kind == Kind::Example)
}

/// Pairs of right answers that differ in more than the order of their calls.
fn ties(contest: &Contest<'_>, usable: &[Usable<'_>], options: &BuildOptions) -> Vec<Pair> {
    let id = contest.question.id.as_str();
    let mut distinct: BTreeMap<Fingerprint, &Usable<'_>> = BTreeMap::new();
    for usable in right(usable) {
        distinct.entry(usable.answer.unordered).or_insert(usable);
    }
    let mut drawn: Vec<_> = distinct.into_iter().collect();
    drawn.sort_by_cached_key(|(key, _)| draw(options.seed, ["tie", id, &key.to_string()]));
    let sides = drawn.chunks_exact(2).take(options.ties_per_question);
    let mut pairs: Vec<Pair> = sides.filter_map(|sides| tie(contest, sides, options)).collect();
    number(&mut pairs, "tie");
    pairs
}

fn tie(contest: &Contest<'_>, sides: &[(Fingerprint, &Usable<'_>)], options: &BuildOptions) -> Option<Pair> {
    let [(_, one), (_, other)] = sides else { return None };
    let id = contest.question.id.as_str();
    let by = |usable: &Usable<'_>| {
        let drawn = usable.authors.iter().min_by_key(|author| draw(options.seed, ["tie", id, &*author.model]));
        drawn.map(|author| author.model.to_string())
    };
    let mut pair = Pair::new(contest.task.clone(), one.answer.candidate.clone(), other.answer.candidate.clone());
    pair.question_id.clone_from(&contest.question.id);
    pair.category = contest.question.category.to_string();
    pair.relation = Relation::Tie;
    "none".clone_into(&mut pair.error_type);
    (pair.chosen_from, pair.rejected_from) = (by(one)?, by(other)?);
    Some(pair)
}

/// Pairs of wrong answers of which one is better graded, by [`ReferenceScorer::bfcl`] with partial credit for a wrong number of calls.
fn both_wrong(contests: &[Contest<'_>], usable: &[Vec<Usable<'_>>], options: &BuildOptions) -> Vec<Pair> {
    let scorer = ReferenceScorer::bfcl().with_counts(Counts::Partial);
    let mut by_question: Vec<Vec<(f64, &Usable<'_>)>> = Vec::new();
    let mut questions = Vec::new();
    for (contest, usable) in contests.iter().zip(usable) {
        let grades = grades(contest, usable, &scorer);
        let best = grades.iter().map(|(grade, _)| *grade).fold(0.0, f64::max);
        let worse = grades.iter().filter(|(grade, _)| best - grade >= options.margin);
        let list = worse.map(|(grade, usable)| {
            let Offer { key, error_type, authors, what } = offer(usable);
            Offer { key, error_type, authors, what: (*grade, what) }
        });
        let (question, room) = (contest.question.id.clone(), options.both_wrong_per_question);
        questions.push(Offers { question, room, list: list.collect() });
        by_question.push(grades);
    }
    let picked = pick(&mut questions, usize::MAX, options.seed, &mut Uses::default());
    let (mut pairs, mut uses) = (Vec::new(), Uses::default());
    for Picked { question, author, error_type, what: (grade, answer) } in picked {
        let (Some(contest), Some(grades)) = (contests.get(question), by_question.get(question)) else { continue };
        let better: Vec<_> = grades.iter().filter(|(g, _)| g - grade >= options.margin).map(|(_, u)| u).collect();
        let offered = better.iter().map(|u| (&u.answer.key, u.authors.as_slice()));
        let Some((i, by)) = least(offered, options.seed, &contest.question.id, &uses) else { continue };
        let Some(chosen) = better.get(i) else { continue };
        uses.note("", &by);
        let rejected = Picked { question, author, error_type, what: answer };
        let mut pair = pair(contest, (chosen.answer.candidate.clone(), &by.model), &rejected);
        pair.relation = Relation::BothWrong;
        pairs.push(pair);
    }
    number(&mut pairs, "wrong");
    pairs
}

/// The grades, in \[0, 1), of a question's wrong calls; none where values are no plain JSON. A grade of 1 is a mistake only the checker
/// sees (a type): too fine to grade.
fn grades<'u, 'c>(
    contest: &Contest<'_>,
    usable: &'u [Usable<'c>],
    scorer: &ReferenceScorer,
) -> Vec<(f64, &'u Usable<'c>)> {
    if !contest.compares_calls() || !is_plain(contest.question.category) {
        return Vec::new();
    }
    let gold = contest.question.gold.as_ref().and_then(|gold| reference_from_bfcl(gold).ok());
    let task: Task = contest.task.clone().with_reference(gold.into_iter().collect());
    let wrong = usable.iter().filter(|u| !u.answer.right && u.kind == Kind::Example);
    let graded = wrong.filter_map(|u| Some((scorer.score(&task, &u.answer.candidate).judged()?.value, u)));
    graded.filter(|(grade, _)| grade.partial_cmp(&1.0) == Some(Ordering::Less)).collect()
}

/// The question with all answers, by model.
pub(super) fn group(contest: &Contest<'_>) -> Group {
    let mut entries = Vec::new();
    for answer in &contest.answers {
        entries.extend(answer.authors.iter().map(|author| {
            GroupEntry::new(author.model.to_string(), answer.candidate.clone(), answer.right)
                .with_error_type(answer.error_type.clone())
        }));
    }
    let question = contest.question;
    Group::new(question.id.clone(), question.category.name(), contest.task.clone()).with_entries(entries)
}
