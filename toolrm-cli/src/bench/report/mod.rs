//! The two faces of a bench: a table for people, JSON for programs.

use std::io::{self, Write};

use anstyle::Style;
use serde_json::{Value, json};
use toolrm_bench::{
    metrics::{Counts, Group, Groups, Measured},
    report::model::Fit,
};
use toolrm_core::measure::Bootstrap;

use super::Standing;
use crate::output::{BAD, BEST, BOLD, DIM, PLAIN, Table, WARN, left, one_line, paint, right};

mod mistakes;

/// What was measured, and what is to be shown of it.
pub(crate) struct Report<'r> {
    pub(crate) standings: &'r [Standing],
    pub(crate) bootstrap: &'r Bootstrap,
    pub(crate) by_error_type: bool,
}

impl Report<'_> {
    /// `{"judges":[{"name","micro","macro","categories":{CAT:{"n","accuracy",..}},"fit":{..}}]}`, with `error_types` and `errors` where
    /// asked.
    pub(crate) fn to_json(&self) -> Value {
        json!({"judges": self.standings.iter().map(|s| self.judge_json(s)).collect::<Vec<_>>()})
    }

    fn judge_json(&self, standing: &Standing) -> Value {
        let Standing { tally, .. } = standing;
        let micro = tally.splits.all.single.measured(self.bootstrap);
        let mean = tally.splits.mean(|g| &g.single, self.bootstrap);
        let calls = tally.splits.mean_of_calls(|g| &g.single, self.bootstrap);
        let mut judge = json!({
            "name": standing.name(),
            "micro": micro.value,
            "micro_ci": micro.interval,
            "macro": mean.value,
            "macro_ci": mean.interval,
            "macro_calls": calls.and_then(|c| c.value),
            "macro_calls_ci": calls.and_then(|c| c.interval),
            "categories": self.groups_json(&tally.splits),
            "fit": null,
        });
        let Some(fields) = judge.as_object_mut() else { return judge };
        let mut add = |name: &str, value| fields.insert(name.to_owned(), value);
        if let Some(Fit { auc, rejected_at_90, right, irrelevant, .. }) = tally.fit.measured(self.bootstrap) {
            add("fit", json!({"auc": auc.value, "rejected_at_90": rejected_at_90.value}));
            add("fit_ci", json!({"auc": auc.interval, "rejected_at_90": rejected_at_90.interval}));
            add("fit_calls", json!({"right": right, "irrelevant": irrelevant}));
        }
        if let Some(ties) = tally.ties.measured(self.bootstrap) {
            add("tie_pairs", json!(ties));
        }
        if tally.both_wrong.counts.n() > 0 {
            add("both_wrong", self.group_json(&tally.both_wrong));
        }
        if self.by_error_type {
            add("error_types", self.groups_json(&tally.error_types));
        }
        if tally.mistakes.kept() {
            add("error_groups", mistakes::groups_json(&tally.mistakes));
            add("errors", mistakes::to_json(&tally.mistakes));
        }
        judge
    }

    fn groups_json(&self, groups: &Groups) -> Value {
        Value::Object(groups.iter().map(|(name, group)| (name.to_owned(), self.group_json(group))).collect())
    }

    fn group_json(&self, group: &Group) -> Value {
        let Measured { value, interval } = group.single.measured(self.bootstrap);
        let Counts { ties, abstained, failed, .. } = group.counts;
        json!({
            "n": group.counts.n(),
            "questions": group.single.questions(),
            "accuracy": value,
            "ci": interval,
            "ties": ties,
            "abstained": abstained,
            "failed": failed,
        })
    }

    /// Groups as rows, judges as columns.
    pub(crate) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        self.print_groups(out, "category", |s| &s.tally.splits)?;
        self.print_fit(out)?;
        if self.by_error_type {
            writeln!(out)?;
            self.print_groups(out, "error type", |s| &s.tally.error_types)?;
        }
        self.print_other_pairs(out)?;
        for standing in self.standings {
            print_undecided(out, standing)?;
        }
        for standing in self.standings.iter().filter(|s| s.tally.mistakes.kept()) {
            mistakes::print(out, standing.name(), &standing.tally.mistakes)?;
        }
        Ok(())
    }

    fn print_groups(&self, out: &mut dyn Write, title: &str, groups: impl Fn(&Standing) -> &Groups) -> io::Result<()> {
        let Some(first) = self.standings.first().map(&groups) else { return Ok(()) };
        let mut table = Table::default();
        let names = self.standings.iter().map(|s| right(if s.null { DIM } else { BOLD }, s.name()));
        table.row([left(BOLD, title), right(BOLD, "pairs")].into_iter().chain(names).collect());
        let all = || self.standings.iter().map(&groups);
        for (name, group) in first.iter() {
            let figures = all().map(|g| g.get(name).map(|group| group.single.measured(self.bootstrap)));
            self.row(&mut table, PLAIN, (&one_line(name, 60), Some(group.counts.n())), figures);
        }
        let means = all().map(|g| Some(g.mean(|g| &g.single, self.bootstrap)));
        self.row(&mut table, BOLD, ("macro (mean of rows)", None), means);
        if first.has_calls() {
            let means = all().map(|g| g.mean_of_calls(|g| &g.single, self.bootstrap));
            self.row(&mut table, BOLD, ("macro of the 8 call rows", None), means);
        }
        let means = all().map(|g| Some(g.all.single.measured(self.bootstrap)));
        self.row(&mut table, BOLD, ("micro (mean of pairs)", Some(first.all.counts.n())), means);
        table.print(out)
    }

    /// Whether a tool fits, by scores; nothing when there are no pairs that tell.
    fn print_fit(&self, out: &mut dyn Write) -> io::Result<()> {
        let fits: Vec<Option<Fit>> = self.standings.iter().map(|s| s.tally.fit.measured(self.bootstrap)).collect();
        if fits.iter().all(Option::is_none) {
            return Ok(());
        }
        let mut table = Table::default();
        let names = self.standings.iter().map(|s| right(if s.null { DIM } else { BOLD }, s.name()));
        table.row([left(BOLD, "does a tool fit?"), left(PLAIN, "")].into_iter().chain(names).collect());
        let mut row = |name, of: &dyn Fn(&Fit) -> Measured| {
            self.row(&mut table, PLAIN, (name, None), fits.iter().map(|f| f.as_ref().map(of)));
        };
        row("auc, right calls over others", &|f| f.auc);
        row("rejected, 90 % of right kept", &|f| f.rejected_at_90);
        writeln!(out)?;
        table.print(out)
    }

    /// Pairs of which no answer is right, or both are; nothing when there are none.
    fn print_other_pairs(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(first) = self.standings.first().map(|s| &s.tally) else { return Ok(()) };
        let ties: Vec<_> = self.standings.iter().map(|s| s.tally.ties.measured(self.bootstrap)).collect();
        let n = (first.both_wrong.counts.n(), ties.iter().flatten().map(|t| t.n).next().unwrap_or_default());
        if n == (0, 0) {
            return Ok(());
        }
        let mut table = Table::default();
        let names = self.standings.iter().map(|s| right(if s.null { DIM } else { BOLD }, s.name()));
        table.row([left(BOLD, "other pairs"), right(BOLD, "pairs")].into_iter().chain(names).collect());
        let both_wrong = self.standings.iter().map(|s| Some(s.tally.both_wrong.single.measured(self.bootstrap)));
        self.row(&mut table, PLAIN, ("both wrong: the less wrong one wins", Some(n.0)), both_wrong);
        // Here less is better, so the colours of the other rows would mislead.
        let decided = ties.iter().map(|t| right(PLAIN, t.as_ref().map_or_else(|| "-".into(), |t| percent(&t.decided))));
        let head = [left(PLAIN, "both right: a winner is named"), right(DIM, n.1.to_string())];
        table.row(head.into_iter().chain(decided).collect());
        writeln!(out)?;
        table.print(out)
    }

    /// One row of figures, one for each judge.
    fn row(
        &self,
        table: &mut Table,
        style: Style,
        (name, n): (&str, Option<u64>),
        figures: impl Iterator<Item = Option<Measured>>,
    ) {
        let measured: Vec<(bool, Measured)> =
            self.standings.iter().zip(figures).map(|(s, m)| (s.null, m.unwrap_or_default())).collect();
        let best_null = measured.iter().filter(|(null, _)| *null).filter_map(|(_, m)| m.value).fold(0.0, f64::max);
        let cells =
            measured.iter().map(|(null, m)| right(if *null { DIM } else { against(m.value, best_null) }, percent(m)));
        let n = n.map_or_else(String::new, |n| n.to_string());
        table.row([left(style, name), right(DIM, n)].into_iter().chain(cells).collect());
    }
}

/// Green above every null judge, red below the best of them.
fn against(accuracy: Option<f64>, best_null: f64) -> Style {
    match accuracy {
        Some(a) if a > best_null => BEST,
        Some(a) if a < best_null => BAD,
        _ => PLAIN,
    }
}

/// `87.1 ±3.0`: in percent, with half of the 95 % interval.
fn percent(measured: &Measured) -> String {
    let Some(value) = measured.value else { return "-".into() };
    match measured.interval {
        Some(interval) => format!("{:.1} ±{:.1}", 100.0 * value, 100.0 * interval.half_width()),
        None => format!("{:.1}", 100.0 * value),
    }
}

/// Says how many pairs had no winner, for judges that are no null judges.
fn print_undecided(out: &mut dyn Write, standing: &Standing) -> io::Result<()> {
    let counts = standing.tally.splits.all.counts;
    if standing.null || counts.undecided() == 0 {
        return Ok(());
    }
    let Counts { ties, abstained, failed, .. } = counts;
    let style = if failed > 0 { WARN } else { DIM };
    let name = standing.name();
    let text = format!("{name}: {ties} ties, {abstained} abstained, {failed} failed; each counts half");
    writeln!(out, "{}", paint(style, &text))
}
