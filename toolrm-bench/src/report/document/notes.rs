//! What the figures rest on, how they are made, and what others have published.

use super::{
    super::number::{NOT_MEASURED, count, counted},
    Block, Cast, Section, Table, judge_row,
};

pub(super) fn sections(cast: &Cast<'_>) -> Vec<Section> {
    vec![
        Section { id: "reading", title: "How to read this".into(), blocks: vec![Block::List(reading())] },
        Section { id: "bench", title: "The bench".into(), blocks: bench(cast) },
        Section { id: "published", title: "What others have published".into(), blocks: published() },
    ]
}

fn reading() -> Vec<String> {
    [
        "One order: each pair is counted in one order, drawn by a coin. Right is 1, wrong is 0, no winner (a tie, an abstention, \
         a failure) is ½. A coin gets 50 %.",
        "Both orders: right only when the better answer wins in both orders; whatever is no win is none. A coin thrown for each \
         order gets 25 %; of a judge that scores each answer by itself both orders are one question, and a coin gets 50 %.",
        "Figures of one order and of both orders are not comparable with each other.",
        "W-Avg: all pairs weigh the same. Avg: all splits weigh the same. The call categories are the eight in which calls are \
         compared with calls.",
        "Intervals hold 95 % and come from resampling whole questions, for the pairs of a question stand and fall together. They \
         say how much the choice of questions matters, not whether the labels are right.",
        "Null judges do not read the question. What they win says how much of a bench can be won without judging; a judge is \
         worth what it adds to the best of them.",
        "Labels rest on the checker of the Berkeley Function Calling Leaderboard and its lists of possible answers. It is strict: \
         some answers it calls wrong would have served. Of dialogues (multi_turn_base) the labels are those of the recorded score \
         files.",
        "Pairs built from recorded answers are not the published TRBench-BFCL pairs. Compare figures only where the fingerprint \
         of the bench is the same.",
        "Where a table has –, it was not measured.",
    ]
    .map(Into::into)
    .into()
}

fn bench(cast: &Cast<'_>) -> Vec<Block> {
    let (bench, method) = (&cast.report.bench, &cast.report.method);
    let known = |text: &str| if text.is_empty() { NOT_MEASURED.into() } else { text.to_owned() };
    let mut facts = vec![
        format!("Fingerprint of its pairs: {}", known(&bench.fingerprint)),
        format!("Seed it was built with: {}", bench.seed.map_or("not known".into(), |seed| seed.to_string())),
        format!("{} of {}", counted(bench.pairs, "pair"), counted(bench.questions, "question")),
        format!("Seed of the figures: {}; {} for an interval", method.seed, counted(method.resamples, "resample")),
    ];
    if !cast.report.made_by.is_empty() {
        facts.push(format!("Made by {}", cast.report.made_by));
    }
    let mut blocks = vec![Block::List(facts)];
    let by = [("relation", &bench.by_relation), ("split", &bench.by_split), ("error type", &bench.by_error_type)];
    for (what, shares) in by.into_iter().filter(|(_, shares)| !shares.is_empty()) {
        let mut table = Table::new(format!("Pairs by {what}"), &[what, "pairs", "questions"]).folded();
        for share in shares {
            table.row(vec![share.name.clone(), count(share.pairs), count(share.questions)]);
        }
        blocks.push(Block::Table(table));
    }
    let mut judges =
        Table::new("Judges", &["judge", "scale", "both orders alike", "deterministic", "fingerprint"]).folded();
    for judge in &cast.report.judges {
        let card = &judge.card;
        let yes = |holds: bool| if holds { "yes" } else { "no" }.to_owned();
        let scale = card.scale.and_then(|scale| serde_json::to_value(scale).ok()?.as_str().map(str::to_owned));
        let scale = scale.unwrap_or_else(|| "compares only".into());
        judges
            .rows
            .push(judge_row(judge, [scale, yes(card.symmetric), yes(card.deterministic), card.fingerprint.clone()]));
    }
    if !judges.rows.is_empty() {
        blocks.push(Block::Table(judges));
    }
    blocks
}

/// W-Avg (Avg) of TRBench-BFCL as printed in arXiv 2510.26167.
const PUBLISHED: [(&str, &str, &str); 7] = [
    ("ToolRM-Disc-Qwen3-4B-Instruct", "77.61", "82.69"),
    ("Skywork-Reward-V2-Qwen3-4B", "73.25", "78.39"),
    ("ToolRM-Gen-Qwen3-4B-Thinking", "71.87", "79.77"),
    ("Claude-4-Sonnet", "64.23", "73.95"),
    ("o3", "59.40", "–"),
    ("GPT-4o", "59.00", "–"),
    ("Qwen3-4B-Thinking", "57.59", "–"),
];

fn published() -> Vec<Block> {
    let caption = "Published on TRBench-BFCL (arXiv 2510.26167): other pairs, not comparable";
    let mut table = Table::new(caption, &["model", "W-Avg", "Avg"]).folded();
    for (model, weighted, average) in PUBLISHED {
        table.row([model, weighted, average].map(Into::into).into());
    }
    let text = "For context only: other pairs. There, models that write their verdict are right only in both orders (a coin gets \
                25 %), and models that score in one (50 %), so that the two kinds are not comparable with each other either. The \
                paper gives no intervals.";
    vec![Block::Text(text.into()), Block::Table(table)]
}
