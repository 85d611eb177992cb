//! The page: one file that asks for nothing from outside, and can be read without scripts.
//!
//! Every text is escaped by the template; what is put in as it is are the pictures, which their library escapes, and our own style
//! sheet and script. A policy in the page's head lets nothing else run or load, whatever a model may have written.

mod wrong;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, value::Serde};
use serde::Serialize;
use toolrm_core::canonical::Fingerprint;

use self::wrong::Wrong;
pub(super) use self::wrong::{in_short, place};
use super::{
    ReportError,
    document::{self, Answer, Block, Section, Table},
    model::Report,
    plot::{self, Figure, Panel, Shown},
};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("filter.js");

#[derive(Serialize)]
struct Page<'a> {
    question: String,
    /// Marks the page's own style and script: a digest of all it shows, which a text inside it cannot know.
    nonce: String,
    style: &'a str,
    script: &'a str,
    sections: Vec<SectionView<'a>>,
}

#[derive(Serialize)]
struct SectionView<'a> {
    id: &'a str,
    title: &'a str,
    blocks: Vec<BlockView<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum BlockView<'a> {
    Text { text: &'a str },
    List { items: &'a [String] },
    Warnings { items: &'a [String] },
    Answers { answers: &'a [Answer] },
    Table { table: &'a Table },
    Figure { figure: FigureView<'a> },
    Wrong { wrong: Wrong },
}

#[derive(Serialize)]
struct FigureView<'a> {
    id: &'a str,
    title: &'a str,
    summary: &'a str,
    keys: Vec<KeyView<'a>>,
    /// What the colours of a heat map mean, lightest first.
    steps: Vec<String>,
    panels: Vec<Panel>,
}

#[derive(Serialize)]
struct KeyView<'a> {
    name: &'a str,
    style: String,
    glyph: &'static str,
}

/// The report as a page.
pub(super) fn page(report: &Report, json: &str) -> Result<String, ReportError> {
    let sections = document::sections(report);
    let page = Page {
        question: document::question(report),
        nonce: Fingerprint::of([json]).to_string(),
        style: STYLE,
        script: SCRIPT,
        sections: sections.iter().map(|section| section_view(section, report)).collect(),
    };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let rendered = environment.render_str(PAGE, Serde(page));
    let rendered = rendered.map_err(|error| ReportError::Page { message: format!("{error:#}") })?;
    Ok(if rendered.contains(is_no_text) { rendered.chars().map(visible).collect() } else { rendered })
}

/// Whether a character is a control that HTML does not allow.
fn is_no_text(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t' | '\r')
}

/// The picture of such a character: `␀`.
fn visible(c: char) -> char {
    match u32::from(c) {
        code @ ..0x20 if is_no_text(c) => char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER),
        0x7f => '␡',
        _ if is_no_text(c) => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

fn section_view<'a>(section: &'a Section, report: &Report) -> SectionView<'a> {
    let blocks = section.blocks.iter().map(|block| match block {
        Block::Text(text) => BlockView::Text { text },
        Block::List(items) => BlockView::List { items },
        Block::Warnings(items) => BlockView::Warnings { items },
        Block::Answers(answers) => BlockView::Answers { answers },
        Block::Table(table) => BlockView::Table { table },
        Block::Figure(figure) => BlockView::Figure { figure: figure_view(figure) },
        Block::Wrong => BlockView::Wrong { wrong: Wrong::of(report) },
    });
    SectionView { id: section.id, title: &section.title, blocks: blocks.collect() }
}

/// What a colour of a heat map means: `12.5–25 %`.
fn step(step: usize) -> String {
    let end = |step: usize| 100.0 * step as f64 / plot::STEPS as f64;
    format!("{}–{} %", end(step), end(step + 1))
}

fn figure_view(figure: &Figure) -> FigureView<'_> {
    let keys =
        figure.keys.iter().map(|key| KeyView { name: &key.name, style: key.style.name(), glyph: key.style.glyph() });
    let steps = match figure.shown {
        Shown::Heat(_) => (0..plot::STEPS).map(step).collect(),
        _ => Vec::new(),
    };
    FigureView {
        id: &figure.id,
        title: &figure.title,
        summary: &figure.summary,
        keys: keys.collect(),
        steps,
        panels: figure.panels(),
    }
}
