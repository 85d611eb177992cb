//! The two faces of a bench: a table for people, JSON for programs.

use std::io::{self, Write};

use anstyle::Style;
use serde_json::{Value, json};
use toolrm_core::measure::Bootstrap;

use super::{
    Standing,
    fit::Fitness,
    metrics::{Counts, Groups, Measured},
};
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
        let Standing { categories, .. } = standing;
        let (micro, mean) = (categories.all.measured(self.bootstrap), categories.macro_mean(self.bootstrap));
        let calls = categories.macro_calls(self.bootstrap);
        let mut judge = json!({
            "name": standing.name(),
            "micro": micro.value,
            "micro_ci": micro.interval,
            "macro": mean.value,
            "macro_ci": mean.interval,
            "macro_calls": calls.and_then(|c| c.value),
            "macro_calls_ci": calls.and_then(|c| c.interval),
            "categories": categories.to_json(self.bootstrap),
            "fit": null,
        });
        let Some(fields) = judge.as_object_mut() else { return judge };
        let fit = standing.fit.measured(self.bootstrap).map(Fitness::to_json);
        fields.extend(fit.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)));
        if self.by_error_type {
            fields.insert("error_types".into(), standing.error_types.to_json(self.bootstrap));
        }
        if standing.mistakes.kept() {
            fields.insert("error_groups".into(), mistakes::groups_json(&standing.mistakes));
            fields.insert("errors".into(), mistakes::to_json(&standing.mistakes));
        }
        judge
    }

    /// Groups as rows, judges as columns.
    pub(crate) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        self.print_groups(out, "category", |s| &s.categories)?;
        self.print_fit(out)?;
        if self.by_error_type {
            writeln!(out)?;
            self.print_groups(out, "error type", |s| &s.error_types)?;
        }
        for standing in self.standings {
            print_undecided(out, standing)?;
        }
        for standing in self.standings.iter().filter(|s| s.mistakes.kept()) {
            mistakes::print(out, standing.name(), &standing.mistakes)?;
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
            let figures = all().map(|g| g.get(name).map(|group| group.measured(self.bootstrap)));
            self.row(&mut table, PLAIN, (&one_line(name, 60), Some(group.counts.n())), figures);
        }
        let means = all().map(|g| Some(g.macro_mean(self.bootstrap)));
        self.row(&mut table, BOLD, ("macro (mean of rows)", None), means);
        if first.macro_calls(self.bootstrap).is_some() {
            let means = all().map(|g| g.macro_calls(self.bootstrap));
            self.row(&mut table, BOLD, ("macro of the 8 call rows", None), means);
        }
        let means = all().map(|g| Some(g.all.measured(self.bootstrap)));
        self.row(&mut table, BOLD, ("micro (mean of pairs)", Some(first.all.counts.n())), means);
        table.print(out)
    }

    /// Whether a tool fits, by scores; nothing when there are no pairs that tell.
    fn print_fit(&self, out: &mut dyn Write) -> io::Result<()> {
        let fits: Vec<Option<Fitness>> = self.standings.iter().map(|s| s.fit.measured(self.bootstrap)).collect();
        if fits.iter().all(Option::is_none) {
            return Ok(());
        }
        let mut table = Table::default();
        let names = self.standings.iter().map(|s| right(if s.null { DIM } else { BOLD }, s.name()));
        table.row([left(BOLD, "does a tool fit?"), left(PLAIN, "")].into_iter().chain(names).collect());
        let mut row = |name, of: &dyn Fn(&Fitness) -> Measured| {
            self.row(&mut table, PLAIN, (name, None), fits.iter().map(|f| f.as_ref().map(of)));
        };
        row("auc, right calls over others", &|f| f.auc);
        row("rejected, 90 % of right kept", &|f| f.rejected_at_90);
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
    let counts = standing.categories.all.counts;
    if standing.null || counts.undecided() == 0 {
        return Ok(());
    }
    let Counts { ties, abstained, failed, .. } = counts;
    let style = if failed > 0 { WARN } else { DIM };
    let name = standing.name();
    let text = format!("{name}: {ties} ties, {abstained} abstained, {failed} failed; each counts half");
    writeln!(out, "{}", paint(style, &text))
}
