//! [`MutationReport`] as Markdown.

use std::fmt::{self, Display, Write as _};

use super::{Case, Effect, MutationReport, OperatorInfo, Verdict, Yield};
use crate::metrics::Measured;

impl MutationReport {
    /// The report as Markdown: what was noticed, the false alarms, and the cases that went wrong.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "# Mutation test of `{}`\n", self.judge.id)?;
        writeln!(
            out,
            "{} good examples, up to {} mutants of each by operator, seed {}.\n",
            self.examples, self.per_example, self.seed
        )?;
        writeln!(out, "- detected: {} (mean over operators)", Percent(self.detection))?;
        writeln!(out, "  - of what breaks a schema: {}", Percent(self.detection_schema))?;
        writeln!(out, "  - of what fits the schemas and means something else: {}", Percent(self.detection_meaning))?;
        writeln!(
            out,
            "- false alarms: {}; the original punished: {}",
            Percent(self.false_alarms),
            Percent(self.noticed)
        )?;
        if let Some(originals) = &self.originals {
            let (rate, weight) = (Percent(originals.rate), originals.finding_weight);
            writeln!(out, "- good originals with a finding of at least {weight}: {rate}")?;
        }
        for (kind, failure) in &self.failures {
            writeln!(out, "- failed ({kind}): {} items; the first: {}", failure.n, failure.message)?;
        }
        for note in &self.notes {
            writeln!(out, "- note: {note}")?;
        }
        self.write_corruptions(out)?;
        self.write_equivalents(out)?;
        self.write_cases(out)
    }

    fn write_corruptions(&self, out: &mut String) -> fmt::Result {
        for (effect, title) in [
            (Effect::BreaksSchema, "What breaks a schema"),
            (Effect::ChangesMeaning, "What fits the schemas and means something else"),
        ] {
            writeln!(out, "\n## {title}\n")?;
            writeln!(
                out,
                "| operator | stands for | examples | n | detected | tied | inconsistent | missed | abstained | failed | rate |"
            )?;
            writeln!(out, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
            for row in self.corruptions.iter().filter(|row| row.operator.effect == effect) {
                write_head(out, &row.operator, &row.of_examples, row.n)?;
                for count in [row.detected, row.tied, row.inconsistent, row.missed, row.abstained, row.failed] {
                    write!(out, " {count} |")?;
                }
                writeln!(out, " {} |", Percent(row.detection))?;
            }
        }
        Ok(())
    }

    fn write_equivalents(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\n## What changes nothing\n")?;
        writeln!(
            out,
            "| change | stands for | examples | n | tied | inconsistent | punished | favoured | abstained | failed | false alarms |"
        )?;
        writeln!(out, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for row in &self.equivalents {
            write_head(out, &row.operator, &row.of_examples, row.n)?;
            for count in [row.tied, row.inconsistent, row.punished, row.favoured, row.abstained, row.failed] {
                write!(out, " {count} |")?;
            }
            writeln!(out, " {} |", Percent(row.false_alarms))?;
        }
        Ok(())
    }

    fn write_cases(&self, out: &mut String) -> fmt::Result {
        let corruptions = self.corruptions.iter().map(|row| (&row.operator, &row.undetected));
        let equivalents = self.equivalents.iter().map(|row| (&row.operator, &row.alarms));
        let shown: Vec<_> = corruptions.chain(equivalents).filter(|(_, cases)| !cases.is_empty()).collect();
        if shown.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n## Where it went wrong\n")?;
        for (operator, cases) in shown {
            writeln!(out, "- {}: {}", operator.id, operator.summary)?;
            cases.iter().try_for_each(|case| write_case(out, case))?;
        }
        Ok(())
    }
}

fn write_head(out: &mut String, operator: &OperatorInfo, of_examples: &Yield, n: u64) -> fmt::Result {
    let stands_for = operator.bfcl.as_deref().unwrap_or("-");
    write!(out, "| {} | {stands_for} | {} | {n} |", operator.id, of_examples.applicable)
}

fn write_case(out: &mut String, case: &Case) -> fmt::Result {
    let verdict = match case.verdict {
        Verdict::Mutant => "prefers the mutant",
        Verdict::Original => "prefers the original",
        Verdict::Tied => "sees no difference",
        Verdict::Inconsistent => "changes its mind with the order",
        Verdict::Abstained | Verdict::Failed => "says nothing",
    };
    let at = if case.pointer.is_empty() { String::new() } else { format!(" at `{}`", case.pointer) };
    writeln!(out, "  - {}{at}: {}; the judge {verdict}", case.example, case.change)?;
    let findings = case
        .findings
        .iter()
        .flat_map(|f| f.original.iter().map(|f| ("the original", f)).chain(f.mutant.iter().map(|f| ("the mutant", f))));
    for (whose, finding) in findings {
        writeln!(out, "    - of {whose}: {finding}")?;
    }
    Ok(())
}

/// A share in percent, with its interval.
struct Percent(Measured);

impl Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(value) = self.0.value else { return f.write_str("-") };
        write!(f, "{:.1} %", 100.0 * value)?;
        match self.0.interval {
            Some(interval) => write!(f, " ({:.1} to {:.1})", 100.0 * interval.low, 100.0 * interval.high),
            None => Ok(()),
        }
    }
}
