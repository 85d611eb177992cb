//! The plots: what they show, as data, and how they are drawn, as SVG inside the page. One file a plot.
//!
//! Colours are variables of the page's style sheet, so that a plot follows the reader's light or dark mode. Every plot is drawn
//! twice, for a desktop's width and for a phone's: text scaled down with its picture cannot be read.

mod best_of_n;
mod heat;
mod reliability;
mod rows;

use kuva::{
    backend::svg::SvgBackend,
    plot::{line::LineStyle, scatter::MarkerShape},
    render::{layout::Layout, plots::Plot, render::render_multiple, theme::Theme},
};

pub(super) use self::{
    best_of_n::Curves,
    heat::{FEW as FEW_PAIRS, Heat, STEPS},
    reliability::{FEW as FEW_PROBABILITIES, Reliability},
    rows::{Rows, RowsPanel},
};

/// What a plot shows.
#[derive(Debug, Clone)]
pub(super) enum Shown {
    Rows(Rows),
    Heat(Heat),
    Reliability(Reliability),
    Curves(Curves),
}

/// A plot with what is said of it.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    /// Unique in the page; ASCII letters and hyphens.
    pub(super) id: String,
    pub(super) title: String,
    /// What it shows, in words, for whoever does not see it and for whoever does.
    pub(super) summary: String,
    /// The series, in the order of their styles.
    pub(super) keys: Vec<Key>,
    pub(super) shown: Shown,
}

/// The entry of a series in the legend.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) style: Style,
}

/// How a series looks: by colour and by shape, for not everyone tells colours apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// A judge, by its place among those drawn.
    Judge(usize),
    /// A null judge.
    Null,
    /// What a judge is held against: chance, the mean, the oracle.
    Dashed(usize),
}

impl Style {
    /// How many judges can be told apart in one plot.
    pub(super) const JUDGES: usize = 6;

    /// The name of its colour in the style sheet.
    pub(super) fn name(self) -> String {
        match self {
            Self::Judge(i) => format!("judge-{}", i % Self::JUDGES),
            Self::Null => "null".into(),
            Self::Dashed(i) => format!("dashed-{}", i % 3),
        }
    }

    fn color(self) -> String {
        format!("var(--{})", self.name())
    }

    /// How its lines are broken.
    fn dashes(self) -> LineStyle {
        match self {
            Self::Judge(_) | Self::Null => LineStyle::Solid,
            Self::Dashed(i) => {
                [LineStyle::Dotted, LineStyle::DashDot, LineStyle::Dashed].into_iter().nth(i % 3).unwrap_or_default()
            }
        }
    }

    fn marker(self) -> MarkerShape {
        self.marker_and_glyph().0
    }

    /// The same shape as text, for the legend.
    pub(super) fn glyph(self) -> &'static str {
        self.marker_and_glyph().1
    }

    fn marker_and_glyph(self) -> (MarkerShape, &'static str) {
        match self {
            Self::Judge(i) => match i % Self::JUDGES {
                0 => (MarkerShape::Circle, "●"),
                1 => (MarkerShape::Square, "■"),
                2 => (MarkerShape::Triangle, "▲"),
                3 => (MarkerShape::Diamond, "◆"),
                4 => (MarkerShape::TriangleDown, "▼"),
                _ => (MarkerShape::Star, "★"),
            },
            Self::Null => (MarkerShape::Cross, "✕"),
            Self::Dashed(i) => match i % 3 {
                0 => (MarkerShape::Plus, "····"),
                1 => (MarkerShape::Plus, "–·–"),
                _ => (MarkerShape::Plus, "– –"),
            },
        }
    }
}

/// One of the pictures a figure is made of, in both widths.
#[derive(Debug, Clone, serde::Serialize)]
pub(super) struct Panel {
    /// Empty where the figure's own title says it all.
    pub(super) title: String,
    /// Pictures for a wide window, one below the other.
    pub(super) wide: Vec<String>,
    /// Pictures for a phone, one below the other.
    pub(super) narrow: Vec<String>,
}

/// The size of things in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Canvas {
    /// Width in pixels.
    width: f64,
    /// Size of the text, in pixels.
    text: u32,
    /// How many characters of a label fit on a line.
    label: usize,
}

impl Canvas {
    /// Half the page: two beside each other.
    const HALF: Self = Self { width: 520.0, text: 12, label: 30 };
    /// The whole page.
    const FULL: Self = Self { width: 1060.0, text: 12, label: 44 };
    /// A phone.
    const PHONE: Self = Self { width: 326.0, text: 11, label: 20 };

    fn is_phone(self) -> bool {
        self == Self::PHONE
    }

    /// Height of a line of a label, in pixels.
    fn line(self) -> f64 {
        f64::from(self.text) + 1.5
    }

    fn sized(self, layout: Layout, height: f64) -> Layout {
        layout
            .with_width(self.width)
            .with_height(height)
            .with_theme(theme())
            .with_tick_size(self.text)
            .with_label_size(self.text + 1)
            .with_body_size(self.text)
    }
}

impl Figure {
    /// Draws it.
    pub(super) fn panels(&self) -> Vec<Panel> {
        let draw = Draw { figure: self, drawn: 0 };
        match &self.shown {
            Shown::Rows(rows) => rows.panels(&self.keys, draw),
            Shown::Heat(heat) => heat.panels(draw),
            Shown::Reliability(reliability) => reliability.panels(draw),
            Shown::Curves(curves) => curves.panels(&self.keys, draw),
        }
    }
}

/// Turns plots into pictures, and gives each a number of its own within its figure.
#[derive(Debug)]
struct Draw<'a> {
    figure: &'a Figure,
    drawn: usize,
}

impl Draw<'_> {
    /// A picture that names the figure's caption as its text.
    fn svg(&mut self, plots: Vec<Plot>, layout: Layout) -> String {
        let (width, height) = (layout.width.unwrap_or_default(), layout.height.unwrap_or_default());
        let drawn = SvgBackend::new().render_scene(&render_multiple(plots, layout));
        // Of the library's root element only what it holds is kept: the page sets the font, the colours and the size, and its stamp
        // would change the bytes with every release.
        let inner = drawn.split_once('>').map_or("", |(_, rest)| rest);
        let inner = match inner.trim_start().strip_prefix("<!--").and_then(|rest| rest.split_once("-->")) {
            Some((_, rest)) => rest,
            None => inner,
        };
        let id = &self.figure.id;
        self.drawn += 1;
        let inner = numbered_clips(inner, &format!("{id}-{}", self.drawn));
        format!(
            "<svg viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" \
             aria-labelledby=\"{id}-title {id}-summary\">{inner}"
        )
    }
}

/// The library counts its clip paths through the whole process; in the page each needs a name that is its own and always the same.
fn numbered_clips(svg: &str, name: &str) -> String {
    const LIBRARY: &str = "kuva-clip-";
    let mut pieces = svg.split(LIBRARY);
    let mut renamed = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        renamed.push_str("clip-");
        renamed.push_str(name);
        renamed.push_str(piece.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    renamed
}

/// The library's colours, as variables of the page.
fn theme() -> Theme {
    let ink = || "var(--ink)".to_owned();
    Theme {
        background: "none".into(),
        axis_color: "var(--axis)".into(),
        grid_color: "var(--grid)".into(),
        tick_color: "var(--axis)".into(),
        text_color: ink(),
        legend_bg: "none".into(),
        legend_border: "none".into(),
        pie_leader: ink(),
        box_median: ink(),
        violin_border: ink(),
        colorbar_border: ink(),
        font_family: None,
        show_grid: true,
    }
}

/// `25 %`.
fn percent_tick(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// How many lines a label may have.
const LINES: usize = 3;

/// A label on as few lines as it fits on, broken where its words are; what does not fit on [`LINES`] loses its middle.
fn lines(label: &str, most: usize) -> Vec<String> {
    let label: String = label.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut lines: Vec<Vec<char>> = vec![Vec::new()];
    for word in label.split_inclusive(['_', ':', '-', '.', '/', ' ']) {
        let word: Vec<char> = word.chars().collect();
        let full = lines.len() == LINES;
        match lines.last_mut() {
            Some(line) if full || line.is_empty() || line.len() + word.len() <= most => line.extend(word),
            _ => lines.push(word),
        }
    }
    lines.iter().map(|line| without_middle(line, most)).collect()
}

/// The labels of rows with their places, each label at its row's place, its lines `apart` from each other around it.
fn stacked<'a>(labels: impl Iterator<Item = (f64, &'a str)>, most: usize, apart: f64) -> (Vec<String>, Vec<f64>) {
    let (mut texts, mut places) = (Vec::new(), Vec::new());
    for (y, label) in labels {
        let written = lines(label, most);
        let first = y + apart * (written.len() as f64 - 1.0) / 2.0;
        places.extend((0..written.len()).map(|line| first - apart * line as f64));
        texts.extend(written);
    }
    (texts, places)
}

/// The height of rows whose labels are these, in pixels, no less than `least`.
fn row_height<'a>(labels: impl Iterator<Item = &'a str>, canvas: Canvas, least: f64) -> f64 {
    let most = labels.map(|label| lines(label, canvas.label).len()).max().unwrap_or(1);
    (most as f64 * canvas.line() + 4.0).max(least)
}

/// A label on one line.
fn without_middle(chars: &[char], most: usize) -> String {
    if chars.len() <= most {
        return chars.iter().collect();
    }
    let (head, tail) = (most / 2, most.saturating_sub(most / 2 + 1));
    let kept = chars.iter().take(head).chain(&['…']).chain(chars.iter().skip(chars.len() - tail));
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_break_where_words_do() {
        assert_eq!(lines("simple_python", 20), ["simple_python"]);
        assert_eq!(lines("multi_turn:execution_response_mismatch", 21), ["multi_turn:execution_", "response_mismatch"]);
        assert_eq!(lines("parallel_checker:cannot_find_match", 12), ["parallel_", "checker:", "cannot…match"]);
        assert_eq!(lines("abcdefghij", 4), ["ab…j"]);
        assert_eq!(lines("a\nb", 4), ["a b"]);
        assert_eq!(lines("", 4), [""]);
    }

    #[test]
    fn clip_paths_are_named_after_their_figure() {
        let named = numbered_clips(r#"<clipPath id="kuva-clip-17"/><g clip-path="url(#kuva-clip-17)">"#, "splits-1");
        assert_eq!(named, r#"<clipPath id="clip-splits-1"/><g clip-path="url(#clip-splits-1)">"#);
    }
}
