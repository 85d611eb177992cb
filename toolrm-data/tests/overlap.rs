//! A published benchmark against published training data. Skipped aloud where the data is not there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::data;
use toolrm_core::call::Role;
use toolrm_data::{
    overlap::{Index, Options, clusters, normalised, questions_of},
    source::{Record, by_name},
    tree::Tree,
};

#[test]
fn bfcl_has_its_questions() {
    let Some(path) = data("bfcl_has_its_questions", "../eval/bfcl_v4_visible_half.tar.zst") else { return };
    let questions = questions_of(&path).unwrap();
    let (multi, single): (Vec<_>, Vec<_>) =
        questions.iter().filter(|(id, _)| !id.contains('#')).partition(|(id, _)| id.starts_with("multi_turn"));
    let turns = questions.iter().filter(|(id, _)| id.contains('#')).count();
    println!("{} questions of one turn, {} of several, {turns} turns", single.len(), multi.len());
    assert_eq!((single.len(), multi.len()), (1844, 285));
    assert!(questions.iter().all(|(id, _)| !id.contains('#') || id.starts_with("multi_turn")));
    let index = Index::new(questions.clone(), Options::default()).unwrap();
    for (id, text) in &questions {
        let hit = index.nearest(&format!("{}!", text.to_uppercase()));
        assert_eq!(hit.is_some_and(|hit| hit.exact), !normalised(text).is_empty(), "{id}");
    }
}

#[test]
fn xlam_against_bfcl() {
    let Some(benchmark) = data("xlam_against_bfcl", "../eval/bfcl_v4_visible_half.tar.zst") else { return };
    let Some(path) = data("xlam_against_bfcl", "xlam_function_calling_1000.jsonl.zst") else { return };
    let index = Index::new(questions_of(&benchmark).unwrap(), Options::default()).unwrap();
    let mut questions = Vec::new();
    let read = by_name("xlam").unwrap().read(&Tree::open_any(&path).unwrap(), &mut |record| {
        if let Record::Trajectory(trajectory) = record {
            let asked = trajectory.messages.iter().find(|message| message.role == Role::User).unwrap();
            questions.push(asked.text().into_owned());
        }
        Ok(())
    });
    read.unwrap();
    let hits: Vec<_> = questions.iter().filter_map(|q| Some((q, index.nearest(q)?))).collect();
    for (question, hit) in &hits {
        println!(
            "{} containment {:.2} jaccard {:.2} exact {}: {question}",
            hit.id, hit.containment, hit.jaccard, hit.exact
        );
    }
    let groups = clusters(&questions, 0.7);
    let alone = groups.iter().enumerate().filter(|(at, first)| at == *first).count();
    println!("{} of {} too near to BFCL; {alone} groups of near-duplicates", hits.len(), questions.len());
    assert!(hits.len() < 50, "not everything is near");
}
