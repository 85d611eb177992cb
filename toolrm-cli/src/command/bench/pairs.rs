//! `toolrm bench pairs`: how good a judge is on files of pairs.

use std::{io::Write, path::PathBuf, slice, sync::Arc};

use clap::Args;
use serde_json::json;
use toolrm_bench::{
    metrics::{Questions, Tally},
    null::Null,
};
use toolrm_core::{judge::ToolCallJudge, measure::Bootstrap, observe::CallOptions};

use crate::{
    Answer,
    bench::{Standing, dump::Dump, read::PairReader, report::Report},
    error::CliError,
    judge::{JUDGE_HELP, JudgeArgs, JudgeName, block_on},
    output::{BOLD, json_line, paint},
};

/// Accuracy of a judge on preference pairs, beside judges that do not read the question.
///
/// Each pair is judged once, in one order (drawn by --seed). A pair whose better answer wins counts 1, a tie 1/2, and so do an
/// abstention and a failure, which are reported besides. Accuracy of a category = points / pairs; micro = mean over all
/// pairs; macro = mean over the categories, each weighing the same.
///
/// `±` is half of a 95 % interval: 1,000 bootstrap resamples of whole questions ("question_id"), for pairs of one question
/// are no independent witnesses. It has no width where all pairs agree, and is left out of a row with one question.
///
/// Null judges, always shown: random (a seeded coin), longer and shorter (characters of the text, or of the calls as
/// JSON), more-calls (number of calls), schema-only (known tools and arguments their schemas allow beat the rest).
///
/// Does a tool fit? Told by scores alone, where the pairs have BFCL's categories irrelevance or live_irrelevance: the chosen
/// calls of all other categories but live_relevance are right, the rejected calls of those two are not; each pair counts
/// once. auc: the probability that a right call scores higher than another, equal scores half. Rejected: the share of the
/// others below the highest threshold that keeps 90 % of the right calls or more (what scores as much as it is kept).
#[derive(Debug, Args)]
#[command(after_help = PAIRS_HELP)]
pub(crate) struct PairsArgs {
    /// Files of pairs, one JSON object a line, plain, zstd or gzip; `-` is standard input. Several are read as one,
    /// unless --separate
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Judge to measure; may be repeated
    #[arg(long, value_name = "JUDGE", default_value = "rules", long_help = format!("Judge to measure; may be repeated. {JUDGE_HELP}"))]
    judge: Vec<JudgeName>,
    /// Print JSON: {"judges":[{"name","micro","micro_ci","macro","macro_ci","macro_calls",..,
    /// "categories":{CAT:{"n","accuracy","ci",..}},"fit":{"auc","rejected_at_90"},..}]}
    #[arg(long)]
    json: bool,
    /// Group by a further field of the pairs
    #[arg(long, value_name = "FIELD", value_enum)]
    by: Option<GroupBy>,
    /// Only pairs of this category; may be repeated, or a list with commas
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    category: Vec<String>,
    /// Measure each file by itself; in JSON {"files":[{"file","judges":[..]}]}
    #[arg(long)]
    separate: bool,
    /// Also show the N worst verdicts of each category and error type: what was asked, what differs between the answers,
    /// what the judge found in only one of them
    #[arg(long, value_name = "N", default_value_t = 0)]
    errors: usize,
    /// Also write every verdict to FILE, one JSON line per pair, with scores and findings of both answers
    #[arg(long, value_name = "FILE")]
    dump: Option<PathBuf>,
    /// Seed of the order in which the two answers are shown, of the random judge and of the intervals
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    setup: JudgeArgs,
}

const PAIRS_HELP: &str = r#"A pair:
  {"id": "w1", "question_id": "w", "category": "weather", "error_type": "wrong_value",
   "messages": [{"role": "user", "content": "Weather in Paris?"}], "tools": [..],
   "chosen": [{"get_weather": {"city": "Paris"}}],
   "rejected": [{"get_weather": {"city": "London"}}]}
  messages          OpenAI's, roles system, user, assistant, tool;
                    tool_calls in OpenAI's shape or as {NAME: {ARGUMENTS}}
  tools             BFCL function docs, OpenAI tools or plain JSON Schema functions
  chosen, rejected  a list of calls {NAME: {ARGUMENTS}}, or a text for an answer in words
  id, question_id (without it, pairs with the same conversation and tools are one question),
  category ("all") and error_type ("unknown") may be missing.

Examples:
  toolrm bench pairs examples/data/pairs.jsonl
  toolrm bench pairs examples/data/pairs.jsonl --errors 3 --by error-type
  toolrm bench pairs examples/data/pairs.jsonl --dump target/verdicts.jsonl
  toolrm bench pairs examples/data/pairs.jsonl --json --category single,parallel"#;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum GroupBy {
    /// The pair's "error_type": what is wrong with the rejected answer
    ErrorType,
}

/// Pairs read and judged at a time: bounds memory, and how long the progress bar stands still.
const CHUNK: usize = 256;

impl PairsArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let mut names = self.judge.clone();
        names.dedup();
        let judges = names.iter().map(|name| self.setup.judge(name)).collect::<Result<Vec<_>, _>>()?;
        block_on(self.run_async(&judges, out))
    }

    async fn run_async(&self, judges: &[Arc<dyn ToolCallJudge>], out: &mut dyn Write) -> Result<Answer, CliError> {
        let mut dump = self.dump.as_deref().map(Dump::create).transpose()?;
        if self.separate {
            let mut reports = Vec::new();
            for file in &self.files {
                let (standings, bootstrap) = self.measure(judges, slice::from_ref(file), dump.as_mut()).await?;
                reports.push((file.display().to_string(), standings, bootstrap));
            }
            self.print_separate(out, &reports)?;
        } else {
            let (standings, bootstrap) = self.measure(judges, &self.files, dump.as_mut()).await?;
            let report = self.report(&standings, &bootstrap);
            if self.json { json_line(out, &report.to_json())? } else { report.print(out)? }
        }
        dump.map_or(Ok(()), Dump::finish)?;
        Ok(Answer::Yes)
    }

    /// Judges all pairs of some files.
    async fn measure(
        &self,
        judges: &[Arc<dyn ToolCallJudge>],
        files: &[PathBuf],
        mut dump: Option<&mut Dump>,
    ) -> Result<(Vec<Standing>, Bootstrap), CliError> {
        let mut standings = self.standings(judges);
        let mut pairs = PairReader::new(files, &self.category);
        let mut questions = Questions::default();
        let options = CallOptions::default().with_seed(self.seed);
        loop {
            let chunk = pairs.chunk(CHUNK)?;
            if chunk.is_empty() {
                break;
            }
            let numbers: Vec<usize> = chunk.iter().map(|(_, pair)| questions.number(&pair.question_id)).collect();
            for standing in &mut standings {
                let verdicts = standing.judge(&chunk, &numbers, &options).await?;
                if let Some(dump) = dump.as_deref_mut().filter(|_| !standing.null) {
                    dump.write(standing.name(), &chunk, &verdicts, self.seed)?;
                }
            }
        }
        pairs.finish()?;
        Ok((standings, Bootstrap::new(questions.len(), self.seed)))
    }

    fn standings(&self, judges: &[Arc<dyn ToolCallJudge>]) -> Vec<Standing> {
        let tally = || Tally::new(self.seed);
        let judges = judges.iter().map(|j| Standing::new(Box::new(j.clone()), false, tally().keeping(self.errors)));
        // Where each pair is shown in one order only, to prefer what is shown first is one more coin.
        let nulls = Null::ALL.iter().filter(|null| null.scores());
        let nulls = nulls.map(|null| Standing::new(null.judge(self.seed), true, tally()));
        judges.chain(nulls).collect()
    }

    fn report<'r>(&self, standings: &'r [Standing], bootstrap: &'r Bootstrap) -> Report<'r> {
        Report { standings, bootstrap, by_error_type: self.by.is_some() }
    }

    fn print_separate(
        &self,
        out: &mut dyn Write,
        measured: &[(String, Vec<Standing>, Bootstrap)],
    ) -> Result<(), CliError> {
        if self.json {
            let files = measured.iter().map(|(file, standings, bootstrap)| {
                let mut report = self.report(standings, bootstrap).to_json();
                if let Some(fields) = report.as_object_mut() {
                    fields.shift_insert(0, "file".into(), json!(file));
                }
                report
            });
            return json_line(out, &json!({"files": files.collect::<Vec<_>>()}));
        }
        let mut gap = "";
        for (file, standings, bootstrap) in measured {
            writeln!(out, "{gap}{}", paint(BOLD, file))?;
            self.report(standings, bootstrap).print(out)?;
            gap = "\n";
        }
        Ok(())
    }
}
