//! `toolrm-lab fit-relevance`: the weights of the terms of a fit, that is of whether a tool does what is asked.

use std::{io::Write, path::PathBuf};

use clap::Args;
use toolrm_core::context::FIT_WEIGHTS;
use toolrm_lab::{
    dataset,
    error::LabError,
    recorded,
    relevance::{fit, of_pairs, seen, taken},
    sources::{Census, glaive_calls, xlam_calls},
};

/// Fits `toolrm_core::context::FIT_WEIGHTS` and prints the table.
///
/// To BFCL's right calls and those made where no tool fits; to xLAM's right calls, with their own question and with another one; to
/// Glaive's calls, and the tools of its refusals. Of each set, right counts as much as wrong.
#[derive(Debug, Args)]
pub(crate) struct FitRelevanceArgs {
    /// Pairs of BFCL
    #[arg(long, value_name = "PAIRS", num_args = 1..)]
    pairs: Vec<PathBuf>,
    /// How strongly weights are drawn to 0
    #[arg(long, default_value_t = 0.003)]
    l2: f64,
    /// How much BFCL counts, against 1 for each other set: its calls where no tool fits are those of real models
    #[arg(long, default_value_t = 6.0)]
    bfcl: f64,
    /// Fail when the crate's table is not what the fit says, rounded
    #[arg(long)]
    check: bool,
}

/// Weights are rounded to tenths.
const TENTHS: f64 = 10.0;

impl FitRelevanceArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), LabError> {
        let mut census = Census::default();
        let read = |name, error| LabError::Source { name, error };
        let published = [recorded("eval/bfcl_pairs_visible.jsonl.zst")];
        let mut calls = of_pairs(dataset::read(if self.pairs.is_empty() { &published } else { &self.pairs })?);
        calls.extend(xlam_calls(&mut census).map_err(|e| read("xlam", e))?);
        calls.extend(glaive_calls(&mut census).map_err(|e| read("glaive", e))?);
        let seen = seen(&calls, &[("bfcl".to_owned(), self.bfcl)].into());
        let fitted = fit(&seen, self.l2)?;
        let rounded: Vec<f64> = fitted.iter().map(|w| (w * TENTHS).round() / TENTHS).collect();
        let now: Vec<f64> = FIT_WEIGHTS.iter().map(|(_, weight)| f64::from(*weight)).collect();

        for (reason, n) in census.reasons() {
            writeln!(out, "left out: {n} times {reason}")?;
        }
        writeln!(out, "{:<8}{:>7}{:>7}{:>24}{:>24}", "set", "right", "wrong", "taken, fitted", "taken, as it is")?;
        let as_it_is = taken(&seen, &now);
        for (set, [right, wrong]) in taken(&seen, &rounded) {
            let n = |side| seen.iter().filter(|s| s.set == set && s.right == side).count();
            let [before, before_wrong] = as_it_is.get(set).copied().unwrap_or_default();
            let shares = |right: f64, wrong: f64| format!("{right:.3} and {wrong:.3}");
            let (fitted, before) = (shares(right, wrong), shares(before, before_wrong));
            writeln!(out, "{set:<8}{:>7}{:>7}{fitted:>24}{before:>24}", n(true), n(false))?;
        }
        writeln!(out, "\npub const FIT_WEIGHTS: [(&str, f32); {}] = [", FIT_WEIGHTS.len())?;
        for ((name, _), weight) in FIT_WEIGHTS.iter().zip(&rounded) {
            // No negative zero.
            writeln!(out, "    ({name:?}, {:.1}),", weight + 0.0)?;
        }
        writeln!(out, "];")?;
        if !self.check {
            return Ok(());
        }
        let off = FIT_WEIGHTS.iter().zip(&rounded).find(|((_, now), fitted)| (f64::from(*now) - *fitted).abs() > 0.01);
        match off {
            None => Ok(writeln!(out, "FIT_WEIGHTS are what the fit says")?),
            Some(((name, now), fitted)) => Err(LabError::Check(format!(
                "FIT_WEIGHTS has {now} for {name:?}, and the fit says {fitted:.1}; copy the table, or fit with other --l2"
            ))),
        }
    }
}
