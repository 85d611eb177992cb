//! The curves of the rules over ACEBench's recorded answers, where they are at hand (`TOOLRM_DATA`).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use toolrm_bench::{
    acebench,
    best_of_n::{Curves, Options, Select, Strategy, curves},
    trbench::Group,
};
use toolrm_core::{judge::FromScorer, observe::CallOptions, rules::RuleScorer};
use toolrm_data::tree::Tree;

/// The recorded answers, read once; a line about it, and `None`, where there are none.
fn groups(test: &str) -> Option<&'static [Group]> {
    static GROUPS: OnceLock<Vec<Group>> = OnceLock::new();
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let path = std::env::var_os("TOOLRM_DATA").map_or_else(beside, PathBuf::from).join("eval/acebench.tar.zst");
    if !path.is_file() {
        println!("skipped: {test}: no data at {}", path.display());
        return None;
    }
    Some(GROUPS.get_or_init(|| {
        let questions = acebench::read(&Tree::open(&path).unwrap()).unwrap();
        questions.into_iter().map(|question| question.group).collect()
    }))
}

async fn measured(groups: &[Group], select: Select) -> Curves {
    let judge = FromScorer::new(RuleScorer::default());
    let options = Options::default().with_select(select);
    curves("acebench", groups, &judge, &options, &CallOptions::default(), &|_| ()).await.unwrap()
}

/// In percent.
fn row(found: &Curves, strategy: Strategy) -> Vec<f64> {
    let points = &found.curve(strategy).unwrap().points;
    points.iter().map(|point| 100.0 * point.accuracy.value.unwrap()).collect()
}

fn print(found: &Curves) {
    println!("{}: {} questions, {:?}, {} judgements", found.source, found.questions, found.select, found.judged);
    for curve in &found.curves {
        let points = curve.points.iter().map(|point| {
            let around = point.accuracy.interval.map_or(0.0, |interval| interval.half_width());
            format!("{:>6.1} ±{:.1}", 100.0 * point.accuracy.value.unwrap(), 100.0 * around)
        });
        println!("{:28}{}", curve.strategy.name(&found.judge), points.collect::<String>());
    }
}

#[test]
fn the_answers_of_sixteen_models_are_read_whole() {
    let Some(groups) = groups("the_answers_of_sixteen_models_are_read_whole") else { return };
    let models: BTreeSet<&str> = groups.iter().flat_map(|g| &g.entries).map(|e| e.model.as_str()).collect();
    assert_eq!((groups.len(), models.len()), (500, 16));
    assert!(groups.iter().all(|group| group.entries.len() == 16));
    let right = groups.iter().flat_map(|g| &g.entries).filter(|entry| entry.right).count();
    // What the summaries of the score files add up to.
    assert_eq!(right, 6429);
    assert!(groups.iter().flat_map(|g| &g.entries).all(|entry| entry.right == entry.error_type.is_none()));
}

/// What does not depend on the judge is what trying every way to draw, answer by answer, gave.
#[tokio::test]
async fn votes_and_oracle_are_what_trying_every_draw_gave() {
    let Some(groups) = groups("votes_and_oracle_are_what_trying_every_draw_gave") else { return };
    let found = measured(groups, Select::Auto).await;
    print(&found);
    assert_eq!((found.questions, found.left_out, found.failed, found.categories.len()), (500, 0, 0, 8));
    for (strategy, expected) in [
        (Strategy::Mean, [80.4, 80.4, 80.4, 80.4, 80.4]),
        (Strategy::Vote, [80.4, 80.4, 84.3, 85.3, 85.4]),
        (Strategy::Oracle, [80.4, 85.9, 88.5, 90.0, 91.0]),
    ] {
        let near = row(&found, strategy).iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.05 + 1e-9);
        assert!(near, "{strategy:?}: {:?} is not {expected:?}", row(&found, strategy));
    }
    // The rules change; they must stay better than a random pick.
    let (mean, rules) = (row(&found, Strategy::Mean), row(&found, Strategy::Judge));
    assert!((rules[0] - mean[0]).abs() < 1e-9 && rules[1] > mean[1] + 2.0 && rules[4] > mean[4] + 1.0, "{rules:?}");
}

/// A judge that scores, made to play tournaments, picks what its scores say: the draws are near the exact figures.
#[tokio::test]
async fn tournaments_of_a_judge_that_scores_are_near_its_scores() {
    let Some(groups) = groups("tournaments_of_a_judge_that_scores_are_near_its_scores") else { return };
    let fifth: Vec<Group> = groups.iter().step_by(5).cloned().collect();
    let exact = measured(&fifth, Select::Pointwise).await;
    for select in [Select::Knockout, Select::RoundRobin] {
        let drawn = measured(&fifth, select).await;
        print(&drawn);
        for strategy in Strategy::ALL {
            let near = row(&drawn, strategy).iter().zip(row(&exact, strategy)).all(|(a, b)| (a - b).abs() < 1.5);
            assert!(near, "{strategy:?}: {:?} is not {:?}", row(&drawn, strategy), row(&exact, strategy));
        }
    }
}
