//! The page of a report: a page of [`toolrm_data::document`], with what only a report has.

mod wrong;

use std::collections::BTreeMap;

use toolrm_data::document::html::{self, Markup, Page};

use self::wrong::Wrong;
pub(super) use self::wrong::{in_short, place};
use super::{
    ReportError,
    document::{self, Own},
    model::Report,
};

const ANSWERS: &str = include_str!("answers.html");
const WRONG: &str = include_str!("wrong.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("filter.js");

/// The report as a page.
pub(super) fn page(report: &Report, json: &str) -> Result<String, ReportError> {
    let title = document::question(report);
    let page = Page { title: &title, skip: "To the answer", content: json, style: STYLE, script: SCRIPT };
    let written = html::write(page, &document::sections(report), |own| match own {
        Own::Answers(answers) => Markup::of(ANSWERS, BTreeMap::from([("answers", answers)])),
        Own::Wrong => Markup::of(WRONG, Wrong::of(report)),
    });
    written.map_err(|error| ReportError::Page { message: error.message })
}
