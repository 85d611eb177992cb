//! A document for people: sections of texts, tables and plots, written out as one HTML page or as Markdown. What stands in one stands
//! in the other, with the same figures.
//!
//! ```
//! use toolrm_data::document::{Block, Section, Table, markdown};
//! let mut table = Table::new("Pairs", &["source", "pairs"]);
//! table.row(vec!["xlam".into(), "12".into()]);
//! let section: Section = Section { id: "pairs", title: "Pairs".into(), blocks: vec![Block::Table(table)] };
//! assert!(markdown::write("A card", &[section], |_, _| ()).contains("| xlam | 12 |"));
//! ```

pub mod html;
pub mod markdown;
pub mod number;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;

use crate::plot::Figure;

/// A part of a document under one heading. `Own` is what only this kind of document has.
#[derive(Debug)]
#[allow(clippy::exhaustive_structs, reason = "a literal of whoever writes a document")]
pub struct Section<Own = Never> {
    /// Unique; ASCII letters, digits and hyphens.
    pub id: &'static str,
    /// Its heading.
    pub title: String,
    /// What it is made of.
    pub blocks: Vec<Block<Own>>,
}

/// What a section is made of. All texts are plain: whoever writes them out escapes them.
#[derive(Debug)]
#[non_exhaustive]
pub enum Block<Own = Never> {
    /// A paragraph.
    Text(String),
    /// Items with dots.
    List(Vec<String>),
    /// What to beware of.
    Warnings(Vec<String>),
    /// A table.
    Table(Table),
    /// A plot; in the page alone, so that what it shows stands in a table, too.
    Figure(Box<Figure>),
    /// Text of a machine, for whoever asks for it.
    Code {
        /// What it is.
        caption: String,
        /// Its lines.
        text: String,
    },
    /// What only this kind of document has.
    Own(Own),
}

/// Nothing: what a document has that has nothing of its own.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "there is none and never will be")]
pub enum Never {}

/// A table. The first cell of a row says what the row is of.
#[derive(Debug, Default, serde::Serialize)]
#[non_exhaustive]
pub struct Table {
    /// What it is of.
    pub caption: String,
    /// The heads of its columns.
    pub head: Vec<String>,
    /// Its rows.
    pub rows: Vec<TableRow>,
    /// Whether it is for whoever asks for it.
    pub folded: bool,
    /// The columns, counted from 0, that hold words rather than figures.
    pub words: Vec<usize>,
}

/// A row of a table.
#[derive(Debug, serde::Serialize)]
#[allow(clippy::exhaustive_structs, reason = "a literal of whoever writes a table")]
pub struct TableRow {
    /// As many as the table has heads.
    pub cells: Vec<String>,
    /// Whether it is there to hold others against.
    pub muted: bool,
}

impl Table {
    /// A table without rows.
    pub fn new(caption: impl Into<String>, head: &[&str]) -> Self {
        Self { caption: caption.into(), head: head.iter().map(|&h| h.into()).collect(), ..Self::default() }
    }

    /// For whoever asks for it.
    pub fn folded(mut self) -> Self {
        self.folded = true;
        self
    }

    /// These columns, counted from 0, hold words rather than figures.
    pub fn words(mut self, columns: &[usize]) -> Self {
        self.words = columns.to_vec();
        self
    }

    /// One more row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(TableRow { cells, muted: false });
    }
}
