//! `toolrm doctor`: what this program and this machine can run, and whether a judge is there.

use std::io::Write;

use clap::Args;
use serde_json::json;
use toolrm_backends::doctor::{Check, Health, checks};
use toolrm_core::judge::ToolCallJudge;

use crate::{
    Answer,
    error::CliError,
    judge::{JUDGE_HELP, JudgeArgs, JudgeName},
    output::{BAD, BEST, DIM, json_line, paint},
};

/// Tell which judges this program and this machine can run.
///
/// With --judge, each judge is opened as any other command would open it: a server is asked for its model and for one token, a model in process is
/// loaded.
#[derive(Debug, Args)]
#[command(after_help = DOCTOR_HELP)]
pub(crate) struct DoctorArgs {
    /// Judge to try; may be repeated
    #[arg(long, value_name = "JUDGE", long_help = format!("Judge to try; may be repeated. {JUDGE_HELP}"))]
    judge: Vec<JudgeName>,
    /// Print one JSON object {"backends":[{"name","ready","built","detail"}],"judges":[{"judge","card"|"error"}]}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    setup: JudgeArgs,
}

const DOCTOR_HELP: &str = "\
Exit codes: 0 all judges asked for can judge, 1 one of them cannot, 2 wrong arguments.

Examples:
  toolrm doctor
  toolrm doctor --judge http://localhost:8000#qwen3-4b
  toolrm doctor --judge candle:models/judge --judge-device cuda";

impl DoctorArgs {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Answer, CliError> {
        let backends = checks();
        if !self.json {
            for check in &backends {
                show(out, check)?;
            }
        }
        let mut answer = Answer::Yes;
        let mut judges = Vec::new();
        for name in &self.judge {
            let opened = self.setup.judge(name).map_err(why);
            if opened.is_err() {
                answer = Answer::No;
            }
            match opened {
                Ok(judge) if self.json => judges.push(json!({"judge": name.to_string(), "card": judge.card()})),
                Err(error) if self.json => judges.push(json!({"judge": name.to_string(), "error": error})),
                Ok(judge) => card(out, name, judge.as_ref())?,
                Err(error) => writeln!(out, "\n{name}: {}\n  {error}", paint(BAD.bold(), "cannot judge"))?,
            }
        }
        if self.json {
            let backends: Vec<_> = backends.iter().map(backend_json).collect();
            json_line(out, &json!({"backends": backends, "judges": judges}))?;
        }
        Ok(answer)
    }
}

fn show(out: &mut dyn Write, check: &Check) -> Result<(), CliError> {
    let style = match check.health {
        Health::Ready => BEST,
        Health::Missing => BAD,
        _ => DIM,
    };
    Ok(writeln!(out, "{}", paint(style, &check.to_string()))?)
}

fn backend_json(check: &Check) -> serde_json::Value {
    let (ready, built) = (check.health == Health::Ready, check.health != Health::NotBuilt);
    json!({"name": check.name, "ready": ready, "built": built, "detail": check.detail})
}

/// Why there is no judge; which one was asked for stands before it.
fn why(error: CliError) -> String {
    match error {
        CliError::Open { error, .. } => error.to_string(),
        other => other.to_string(),
    }
}

/// What a judge says of itself.
fn card(out: &mut dyn Write, name: &JudgeName, judge: &dyn ToolCallJudge) -> Result<(), CliError> {
    let card = judge.card();
    writeln!(out, "\n{name}: {}", paint(BEST, "can judge"))?;
    let scale = card.pointwise.map_or("none".to_owned(), |scale| format!("{scale:?}").to_lowercase());
    let mut lines = vec![("scores", scale), ("compares", if card.pairwise { "yes" } else { "no" }.to_owned())];
    if let Some(model) = &card.model {
        lines.push(("model", model.name.clone()));
        lines.extend(model.revision.clone().map(|r| ("revision", r)));
        lines.extend(model.device.clone().map(|d| ("device", d)));
        lines.extend(model.dtype.clone().map(|d| ("numbers", d)));
    }
    lines.push(("fingerprint", card.fingerprint.clone()));
    for (what, value) in lines {
        writeln!(out, "  {what:<12} {value}")?;
    }
    Ok(())
}
