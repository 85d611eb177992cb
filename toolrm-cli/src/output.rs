//! What is common to everything printed: colours, tables, texts made safe for a terminal, JSON lines.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::error::CliError;

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
pub(crate) const BEST: Style = AnsiColor::Green.on_default().bold();

/// The text in a style; nothing of the style is left when the stream strips colours.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A text on one line, fit for a terminal: control characters are written out, and what is longer than `most` characters is cut.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let mut line = String::with_capacity(text.len().min(most));
    for (i, c) in text.trim().chars().enumerate() {
        if i == most {
            line.push('…');
            break;
        }
        match c {
            '\n' | '\t' | '\r' => line.push(' '),
            c if c.is_control() => line.extend(c.escape_debug()),
            c => line.push(c),
        }
    }
    line
}

/// One cell of a [`Table`].
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    style: Style,
    right: bool,
}

/// A cell that leans left.
pub(crate) fn left(style: Style, text: impl Into<String>) -> Cell {
    Cell { text: text.into(), style, right: false }
}

/// A cell that leans right, as numbers do.
pub(crate) fn right(style: Style, text: impl Into<String>) -> Cell {
    Cell { text: text.into(), style, right: true }
}

/// Rows of cells, printed in aligned columns two spaces apart.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table(Vec<Vec<Cell>>);

impl Table {
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.0.push(cells);
    }

    pub(crate) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let width_of = |column| self.0.iter().filter_map(|row| row.get(column)).map(width).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width_of).collect();
        for row in &self.0 {
            let mut gap = "";
            for (i, (cell, most)) in row.iter().zip(&widths).enumerate() {
                let padding = " ".repeat(most - width(cell));
                let text = paint(cell.style, &cell.text);
                match (cell.right, i + 1 == row.len()) {
                    (true, _) => write!(out, "{gap}{padding}{text}")?,
                    (false, true) => write!(out, "{gap}{text}")?,
                    (false, false) => write!(out, "{gap}{text}{padding}")?,
                }
                gap = "  ";
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

fn width(cell: &Cell) -> usize {
    cell.text.chars().count()
}

/// Prints one JSON document on one line.
pub(crate) fn json_line(out: &mut dyn Write, value: &impl Serialize) -> Result<(), CliError> {
    // Not through a `Value`, which would widen single-precision numbers: 1.45 stays 1.45, as in the files.
    writeln!(out, "{}", serde_json::to_string(value).map_err(io::Error::from)?)?;
    Ok(())
}
