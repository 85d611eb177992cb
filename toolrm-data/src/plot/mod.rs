//! Plots: what they show, as data, and how they are drawn, as SVG inside a page of [`crate::document`]. One file a plot.
//!
//! Colours are variables of the page's style sheet, so that a plot follows the reader's light or dark mode. Every plot is drawn
//! twice, for a desktop's width and for a phone's: text scaled down with its picture cannot be read.

mod bars;
mod frame;
mod heat;
mod labels;
mod ranges;
mod style;
mod tick;

use std::fmt::Debug;

use kuva::{
    backend::svg::SvgBackend,
    render::{layout::Layout, plots::Plot, render::render_multiple, theme::Theme},
};

pub use self::{
    bars::Bars,
    frame::Frame,
    heat::{Heat, HeatCell, Palette},
    labels::{row_height, stacked, without_middle},
    ranges::{Range, Ranges},
    style::{Key, Style},
    tick::{count_tick, percent_tick, power_tick, round_step},
};

/// What a plot shows: whoever has another kind of plot implements this.
pub trait Shown: Debug {
    /// Draws it, a picture for each panel and width.
    fn panels(&self, keys: &[Key], draw: Draw<'_>) -> Vec<Panel>;

    /// What its colours mean, where they mean something by themselves.
    fn colours(&self) -> Vec<Colour> {
        Vec::new()
    }
}

/// What a colour means.
#[derive(Debug, Clone, serde::Serialize)]
#[allow(clippy::exhaustive_structs, reason = "a literal of whoever draws")]
pub struct Colour {
    /// The class of the style sheet that has it.
    pub class: String,
    /// In words.
    pub text: String,
}

/// A plot with what is said of it.
#[derive(Debug)]
#[allow(clippy::exhaustive_structs, reason = "a literal of whoever draws")]
pub struct Figure {
    /// Unique in the page; ASCII letters, digits and hyphens.
    pub id: String,
    /// What it is of.
    pub title: String,
    /// What it shows, in words, for whoever does not see it and for whoever does.
    pub summary: String,
    /// The series, in the order of their styles.
    pub keys: Vec<Key>,
    /// The plot.
    pub shown: Box<dyn Shown>,
}

/// One of the pictures a figure is made of, in both widths.
#[derive(Debug, Clone, serde::Serialize)]
#[allow(clippy::exhaustive_structs, reason = "a literal of whoever draws")]
pub struct Panel {
    /// Empty where the figure's own title says it all.
    pub title: String,
    /// Pictures for a wide window, one below the other.
    pub wide: Vec<String>,
    /// Pictures for a phone, one below the other.
    pub narrow: Vec<String>,
}

/// The size of things in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "a literal of whoever draws")]
pub struct Canvas {
    /// Width in pixels.
    pub width: f64,
    /// Size of the text, in pixels.
    pub text: u32,
    /// How many characters of a label fit on a line.
    pub label: usize,
}

impl Canvas {
    /// Half the page: two beside each other.
    pub const HALF: Self = Self { width: 520.0, text: 12, label: 30 };
    /// The whole page.
    pub const FULL: Self = Self { width: 1060.0, text: 12, label: 44 };
    /// A phone.
    pub const PHONE: Self = Self { width: 326.0, text: 11, label: 20 };

    /// Whether it is the narrow one.
    pub fn is_phone(self) -> bool {
        self == Self::PHONE
    }

    /// Height of a line of a label, in pixels.
    pub fn line(self) -> f64 {
        f64::from(self.text) + 1.5
    }

    /// A layout of this width, with the page's colours; `height` in pixels.
    pub fn sized(self, layout: Layout, height: f64) -> Layout {
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
    pub fn panels(&self) -> Vec<Panel> {
        self.shown.panels(&self.keys, Draw { id: &self.id, drawn: 0 })
    }
}

/// Turns plots into pictures, and gives each a number of its own within its figure.
#[derive(Debug)]
pub struct Draw<'a> {
    /// The id of the figure.
    id: &'a str,
    drawn: usize,
}

impl Draw<'_> {
    /// A picture that names the figure's caption as its text.
    pub fn svg(&mut self, plots: Vec<Plot>, layout: Layout) -> String {
        let (width, height) = (layout.width.unwrap_or_default(), layout.height.unwrap_or_default());
        let drawn = SvgBackend::new().render_scene(&render_multiple(plots, layout));
        // Of the library's root element only what it holds is kept: the page sets the font, the colours and the size, and its stamp
        // would change the bytes with every release.
        let inner = drawn.split_once('>').map_or("", |(_, rest)| rest);
        let inner = match inner.trim_start().strip_prefix("<!--").and_then(|rest| rest.split_once("-->")) {
            Some((_, rest)) => rest,
            None => inner,
        };
        let id = self.id;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clip_paths_are_named_after_their_figure() {
        let named = numbered_clips(r#"<clipPath id="kuva-clip-17"/><g clip-path="url(#kuva-clip-17)">"#, "splits-1");
        assert_eq!(named, r#"<clipPath id="clip-splits-1"/><g clip-path="url(#clip-splits-1)">"#);
    }
}
