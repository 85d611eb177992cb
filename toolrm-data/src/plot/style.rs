//! How series are told apart.

use kuva::plot::{line::LineStyle, scatter::MarkerShape};

/// The entry of a series in the legend.
#[derive(Debug, Clone)]
#[allow(clippy::exhaustive_structs, reason = "a literal of whoever draws")]
pub struct Key {
    /// What it is called.
    pub name: String,
    /// How it looks.
    pub style: Style,
}

/// How a series looks: by colour and by shape, for not everyone tells colours apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Style {
    /// One of equals, by its place among those drawn.
    Series(usize),
    /// What the others are measured by: a null judge.
    Null,
    /// What they are held against: chance, the mean, the oracle.
    Dashed(usize),
}

impl Style {
    /// How many of equals can be told apart in one plot.
    pub const SERIES: usize = 6;

    /// The name of its colour in the style sheet.
    pub fn name(self) -> String {
        match self {
            Self::Series(i) => format!("series-{}", i % Self::SERIES),
            Self::Null => "null".into(),
            Self::Dashed(i) => format!("dashed-{}", i % 3),
        }
    }

    /// Its colour, as the pictures name it.
    pub fn color(self) -> String {
        format!("var(--{})", self.name())
    }

    /// How its lines are broken.
    pub fn dashes(self) -> LineStyle {
        match self {
            Self::Series(_) | Self::Null => LineStyle::Solid,
            Self::Dashed(i) => {
                [LineStyle::Dotted, LineStyle::DashDot, LineStyle::Dashed].into_iter().nth(i % 3).unwrap_or_default()
            }
        }
    }

    /// The shape of its marks.
    pub fn marker(self) -> MarkerShape {
        self.marker_and_glyph().0
    }

    /// The same shape as text, for the legend.
    pub fn glyph(self) -> &'static str {
        self.marker_and_glyph().1
    }

    fn marker_and_glyph(self) -> (MarkerShape, &'static str) {
        match self {
            Self::Series(i) => match i % Self::SERIES {
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
