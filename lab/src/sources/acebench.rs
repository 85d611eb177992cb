//! ACEBench: 16 models on 500 questions. An answer that a model's score file lists is wrong, one it does not list is right.

use std::{io, sync::Arc};

use toolrm_bench::{
    acebench::{self, UNREAD},
    trbench::Group,
};
use toolrm_core::call::Message;
use toolrm_data::{DataError, tree::Tree};

use super::{Answer, Census, Question};
use crate::recorded;

pub(super) const FILE: &str = "eval/acebench.tar.zst";

pub(super) fn read(census: &mut Census) -> io::Result<Vec<Question>> {
    let questions = published()?;
    Ok(questions.into_iter().map(|published| question(published, census).distinct(census)).collect())
}

/// Every answer of every model, right or wrong by the benchmark's own word; what it could not read is wrong.
pub(super) fn groups(_: &mut Census) -> io::Result<Vec<Group>> {
    Ok(published()?.into_iter().map(|published| published.group).collect())
}

fn published() -> io::Result<Vec<acebench::Question>> {
    let read = || -> Result<_, DataError> { acebench::read(&Tree::open(&recorded(FILE))?) };
    read().map_err(io::Error::other)
}

fn question(published: acebench::Question, census: &mut Census) -> Question {
    let group = published.group;
    let messages: Arc<[Message]> = group.task.messages().into();
    let mut question = Question::new(group.id.clone(), group.id, &group.category, published.tools);
    for entry in group.entries {
        if entry.error_type.as_deref() == Some(UNREAD) {
            census.leave_out("an answer that its benchmark could not read");
            continue;
        }
        let Some(mut answer) = census.keep(Answer::decoded(entry.candidate, &entry.model, &messages)) else {
            continue;
        };
        answer.error_type = entry.error_type;
        if entry.right { question.right.push(answer) } else { question.wrong.push(answer) }
    }
    question
}
