//! A document as a page: one file that asks for nothing from outside, and can be read without scripts.
//!
//! Every text is escaped by the template; what is put in as it is are the pictures, which their library escapes, and style sheets and
//! scripts of our own. A policy in the page's head lets nothing else run or load, whatever a text may say.

use minijinja::{AutoEscape, Environment, UndefinedBehavior, value::Serde};
use serde::Serialize;
use toolrm_core::canonical::Fingerprint;

use super::{Block, Section, Table};
use crate::plot::{Colour, Figure, Panel};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");

/// What a page is made of beside its sections.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "a literal of whoever writes a page")]
pub struct Page<'a> {
    /// Its title and heading.
    pub title: &'a str,
    /// What the link says that skips the list of sections.
    pub skip: &'a str,
    /// Of all that it shows: the page's own style and script are marked by a digest of it, which a text inside it cannot know.
    pub content: &'a str,
    /// A style sheet on top of the common one. It must be our own.
    pub style: &'a str,
    /// A script, which the page can do without. It must be our own.
    pub script: &'a str,
}

/// Why a page does not come out: a fault of its template.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct PageError {
    /// What the template engine says.
    pub message: String,
}

/// Markup that a template of our own made of texts that it escaped.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Markup(String);

impl Markup {
    /// Fills a template, which must be our own: every text of `values` is escaped, and a value it does not have is an error.
    ///
    /// # Errors
    /// A template that does not fit the values.
    pub fn of(template: &str, values: impl Serialize) -> Result<Self, PageError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        let rendered = environment.render_str(template, Serde(values));
        rendered.map(Self).map_err(|error| PageError { message: format!("{error:#}") })
    }
}

#[derive(Serialize)]
struct PageView<'a> {
    title: &'a str,
    skip: &'a str,
    nonce: String,
    style: &'a str,
    own_style: &'a str,
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
    Table { table: &'a Table },
    Figure { figure: FigureView<'a> },
    Code { caption: &'a str, text: &'a str },
    Own { markup: Markup },
}

#[derive(Serialize)]
struct FigureView<'a> {
    id: &'a str,
    title: &'a str,
    summary: &'a str,
    keys: Vec<KeyView<'a>>,
    colours: Vec<Colour>,
    panels: Vec<Panel>,
}

#[derive(Serialize)]
struct KeyView<'a> {
    name: &'a str,
    style: String,
    glyph: &'static str,
}

/// A document as a page; `own` writes what only this kind of document has.
///
/// # Errors
/// A fault of a template.
pub fn write<Own>(
    page: Page<'_>,
    sections: &[Section<Own>],
    own: impl Fn(&Own) -> Result<Markup, PageError>,
) -> Result<String, PageError> {
    let view = PageView {
        title: page.title,
        skip: page.skip,
        nonce: Fingerprint::of([page.content]).to_string(),
        style: STYLE,
        own_style: page.style,
        script: page.script,
        sections: sections.iter().map(|section| section_view(section, &own)).collect::<Result<_, _>>()?,
    };
    let Markup(rendered) = Markup::of(PAGE, view)?;
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

fn section_view<'a, Own>(
    section: &'a Section<Own>,
    own: &impl Fn(&Own) -> Result<Markup, PageError>,
) -> Result<SectionView<'a>, PageError> {
    let block = |block: &'a Block<Own>| {
        Ok(match block {
            Block::Text(text) => BlockView::Text { text },
            Block::List(items) => BlockView::List { items },
            Block::Warnings(items) => BlockView::Warnings { items },
            Block::Table(table) => BlockView::Table { table },
            Block::Figure(figure) => BlockView::Figure { figure: figure_view(figure) },
            Block::Code { caption, text } => BlockView::Code { caption, text },
            Block::Own(block) => BlockView::Own { markup: own(block)? },
        })
    };
    let blocks = section.blocks.iter().map(block).collect::<Result<_, _>>()?;
    Ok(SectionView { id: section.id, title: &section.title, blocks })
}

fn figure_view(figure: &Figure) -> FigureView<'_> {
    let keys =
        figure.keys.iter().map(|key| KeyView { name: &key.name, style: key.style.name(), glyph: key.style.glyph() });
    FigureView {
        id: &figure.id,
        title: &figure.title,
        summary: &figure.summary,
        keys: keys.collect(),
        colours: figure.shown.colours(),
        panels: figure.panels(),
    }
}
