//! Units of measure: what `5 km` is in metres.

use std::{collections::HashMap, sync::LazyLock};

/// A unit of a dimension, by how many of the dimension's smallest usual units it holds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Unit {
    /// What it measures.
    pub dimension: Dimension,
    /// How many metres, kilograms, seconds or litres one of it is.
    pub factor: f64,
}

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the dimensions that units here are converted in")]
pub enum Dimension {
    /// In metres.
    Length,
    /// In kilograms.
    Mass,
    /// In seconds.
    Time,
    /// In litres.
    Volume,
}

use Dimension::{Length, Mass, Time, Volume};

/// Names of the units, their singulars, and their size.
const UNITS: [(&[&str], Dimension, f64); 25] = [
    (&["mm", "millimeter", "millimetre"], Length, 0.001),
    (&["cm", "centimeter", "centimetre"], Length, 0.01),
    (&["m", "meter", "metre"], Length, 1.0),
    (&["km", "kilometer", "kilometre"], Length, 1000.0),
    (&["in", "inch", "inche"], Length, 0.0254),
    (&["ft", "foot", "feet"], Length, 0.3048),
    (&["yd", "yard"], Length, 0.9144),
    (&["mi", "mile"], Length, 1609.344),
    (&["mg", "milligram"], Mass, 1e-6),
    (&["g", "gram", "gramme"], Mass, 0.001),
    (&["kg", "kilogram", "kilo"], Mass, 1.0),
    (&["lb", "lbs", "pound"], Mass, 0.453_592_37),
    (&["oz", "ounce"], Mass, 0.028_349_523_125),
    (&["ms", "millisecond"], Time, 0.001),
    (&["s", "sec", "second"], Time, 1.0),
    (&["min", "minute"], Time, 60.0),
    (&["h", "hr", "hour"], Time, 3600.0),
    (&["day", "night"], Time, 86_400.0),
    (&["week", "wk"], Time, 604_800.0),
    (&["fortnight"], Time, 1_209_600.0),
    (&["month"], Time, 2_592_000.0),
    (&["year", "yr"], Time, 31_536_000.0),
    (&["ml", "milliliter", "millilitre"], Volume, 0.001),
    (&["l", "liter", "litre"], Volume, 1.0),
    (&["gallon"], Volume, 3.785_411_784),
];

/// The place of each name in [`UNITS`].
static INDEX: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
    UNITS.iter().enumerate().flat_map(|(at, (names, ..))| names.iter().map(move |n| (*n, at))).collect()
});

/// Letters of the longest name.
const LONGEST: usize = "millilitres".len();

impl Unit {
    /// The unit with this (folded) name, singular or plural.
    pub(crate) fn named(word: &str) -> Option<Self> {
        // Asked of every token of every text: most are no unit by their looks.
        if word.len() > LONGEST || !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let singular = word.strip_suffix('s').filter(|s| s.len() > 1).unwrap_or(word);
        let at = [word, singular].iter().filter_map(|name| INDEX.get(name)).min()?;
        UNITS.get(*at).map(|&(_, dimension, factor)| Self { dimension, factor })
    }

    /// All units of a dimension.
    pub(crate) fn of(dimension: Dimension) -> impl Iterator<Item = Self> {
        UNITS.iter().filter(move |u| u.1 == dimension).map(|&(_, dimension, factor)| Self { dimension, factor })
    }

    /// Whether two units are one.
    pub(crate) fn is(self, other: Self) -> bool {
        self.dimension == other.dimension && (self.factor - other.factor).abs() < 1e-9 * self.factor
    }
}

/// A measured quantity of the text: a number with its unit, or both parts of `5 ft 10 in`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Measure {
    /// In metres, kilograms, seconds or litres.
    pub base: f64,
    /// The unit it was given in (the smaller one of two).
    pub unit: Unit,
    /// The number of the larger unit, where it has two parts.
    pub(crate) part: Option<f64>,
}

impl Measure {
    /// Its value in another unit of its dimension.
    pub(crate) fn in_unit(&self, unit: Unit) -> Option<f64> {
        (self.unit.dimension == unit.dimension).then(|| self.base / unit.factor)
    }
}

/// Equal as people convert: a month has 28 to 31 days, a year 365 or 366, other units to one part in a hundred.
pub(crate) fn converts(measure: f64, value: f64) -> bool {
    let months = value / measure;
    (measure - value).abs() <= 0.006 * measure.abs()
        || ((value - value.round()).abs() < 1e-9 && (measure - value).abs() < 0.5 && measure.abs() > 30.0)
        || ((measure - 30.0).abs() < 1e-9 && (0.93..=1.04).contains(&months))
        || ((measure - 365.0 / 30.0).abs() < 1e-9 && (value - 12.0).abs() < 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_convert() {
        let unit = |w: &str| Unit::named(w).unwrap();
        let measure = |value: f64, w: &str| Measure { base: value * unit(w).factor, unit: unit(w), part: None };
        assert_eq!(measure(5.0, "km").in_unit(unit("meters")), Some(5000.0));
        assert_eq!(measure(5.0, "km").in_unit(unit("hours")), None);
        assert!(converts(measure(1.0, "month").in_unit(unit("days")).unwrap(), 31.0));
        assert!(converts(measure(1.0, "year").in_unit(unit("months")).unwrap(), 12.0));
        assert!(converts(measure(150.0, "lbs").in_unit(unit("kg")).unwrap(), 68.0));
        assert!(!converts(measure(2.0, "hours").in_unit(unit("minutes")).unwrap(), 121.0));
        assert!(Unit::named("cat").is_none());
    }
}
