//! How good is your judge? Measured on pairs, in both orders, beside judges that read nothing.
//!
//! ```text
//! polite-words   single  56 %  both  25 %
//! random         single  50 %  both  50 %
//! first          single  62 %  both   0 %
//! longer         single  50 %  both  38 %
//! shorter        single  50 %  both  38 %
//! more-calls     single  50 %  both  12 %
//! schema-only    single  69 %  both  38 %
//! the page: ..report.html
//! ```

use std::{error::Error, path::Path};

use toolrm_bench::{
    suite::{MeasureOptions, Suite, measure},
    trbench::Pair,
};
use toolrm_core::prelude::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let suite = Suite::of_pairs("examples", Pair::read_file(&here.join("data/pairs.jsonl"))?);
    // Anything that implements ToolCallJudge; here a scorer that counts arguments in lower case.
    let scorer = scorer_fn("polite-words", |_: &Task, candidate: &Candidate| {
        let arguments = candidate.action.calls().iter().filter_map(ToolCall::args).flatten();
        let quiet = arguments.filter(|(_, value)| !value.to_string().contains(char::is_uppercase)).count();
        Outcome::Judged(Score::new(quiet as f64))
    });
    let judge = FromScorer::new(scorer.with_scale(ScoreScale::Open));
    let out = here.join("../target/bench_your_judge");
    let report = measure(&suite, vec![Box::new(judge)], &MeasureOptions::into(&out), &|_| ()).await?;
    for judge in &report.judges {
        let percent = |figure: Option<f64>| 100.0 * figure.unwrap_or_default();
        let (single, both) = (percent(judge.overall.single.value), percent(judge.overall.both.value));
        println!("{:14} single {single:3.0} %  both {both:3.0} %", judge.card.id);
    }
    println!("the page: {}", out.join("report.html").display());
    Ok(())
}
