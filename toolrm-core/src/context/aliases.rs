//! Names and codes of the same thing: facts of the world that tools ask for in one form and people say in another.

use super::Words;

/// Each row is one thing; every spelling is a folded word (see [`super::Words`]) or a phrase of them.
const ROWS: &[&[&str]] = &[
    // units
    &["m", "meter", "meters", "metre", "metres"],
    &["km", "kilometer", "kilometers", "kilometre", "kilometres"],
    &["cm", "centimeter", "centimeters", "centimetre", "centimetres"],
    &["mm", "millimeter", "millimeters"],
    &["in", "inch", "inches"],
    &["ft", "foot", "feet"],
    &["yd", "yard", "yards"],
    &["mi", "mile", "miles"],
    &["kg", "kilogram", "kilograms", "kilo", "kilos"],
    &["g", "gram", "grams"],
    &["lb", "lbs", "pound", "pounds"],
    &["oz", "ounce", "ounces"],
    &["l", "liter", "liters", "litre", "litres"],
    &["ml", "milliliter", "milliliters"],
    &["s", "sec", "second", "seconds"],
    &["min", "mins", "minute", "minutes"],
    &["h", "hr", "hrs", "hour", "hours"],
    &["km h", "kmh", "kph", "kilometers per hour", "kilometres per hour"],
    &["mph", "miles per hour"],
    &["m s", "meters per second", "metres per second"],
    &["celsius", "c", "metric"],
    &["fahrenheit", "f", "imperial"],
    &["annually", "annual", "yearly", "year", "years"],
    &["daily", "day", "days"],
    &["weekly", "week", "weeks"],
    &["monthly", "month", "months"],
    // currencies
    &["usd", "us dollar", "us dollars", "dollar", "dollars", "american dollars", "united states dollars"],
    &["cad", "canadian dollar", "canadian dollars"],
    &["aud", "australian dollar", "australian dollars"],
    &["eur", "euro", "euros"],
    &["gbp", "british pound", "british pounds", "pound", "pounds", "pound sterling"],
    &["jpy", "yen", "japanese yen"],
    &["cny", "rmb", "yuan", "chinese yuan"],
    &["inr", "rupee", "rupees", "indian rupees"],
    &["chf", "swiss franc", "swiss francs"],
    &["mxn", "mexican peso", "mexican pesos"],
    &["krw", "korean won"],
    // languages
    &["en", "eng", "english"],
    &["es", "spanish"],
    &["fr", "french"],
    &["de", "german"],
    &["it", "italian"],
    &["pt", "portuguese"],
    &["zh", "chinese", "mandarin"],
    &["ja", "japanese"],
    &["ko", "korean"],
    &["ru", "russian"],
    &["ar", "arabic"],
    &["hi", "hindi"],
    // countries and cities people abbreviate
    &["us", "usa", "united states", "united states of america", "america"],
    &["uk", "gb", "united kingdom", "great britain", "britain", "england"],
    &["uae", "united arab emirates"],
    &["nyc", "ny", "new york city", "new york"],
    &["la", "los angeles"],
    &["sf", "san francisco"],
    &["dc", "washington dc", "washington"],
    // companies by their exchange symbol
    &["aapl", "apple"],
    &["msft", "microsoft"],
    &["goog", "googl", "google", "alphabet"],
    &["amzn", "amazon"],
    &["tsla", "tesla"],
    &["nvda", "nvidia"],
    &["nflx", "netflix"],
    &["meta", "fb", "facebook"],
    // months
    &["january", "jan"],
    &["february", "feb"],
    &["march", "mar"],
    &["april", "apr"],
    &["june", "jun"],
    &["july", "jul"],
    &["august", "aug"],
    &["september", "sep", "sept"],
    &["october", "oct"],
    &["november", "nov"],
    &["december", "dec"],
];

/// Units that measure the same thing, each by one of its spellings in [`ROWS`].
const DIMENSIONS: &[&[&str]] = &[
    &["m", "km", "cm", "mm", "in", "ft", "yd", "mi"],
    &["kg", "g", "lb", "oz"],
    &["l", "ml"],
    &["km h", "mph", "m s"],
    &["celsius", "fahrenheit"],
];

/// All spellings of the units that measure what `unit` does; nothing when it is no unit.
pub(crate) fn same_dimension(unit: &Words) -> impl Iterator<Item = Words> {
    let key = unit.joined().trim();
    let names = |short: &&str| *short == key || ROWS.iter().any(|row| row.contains(short) && row.contains(&key));
    let units = DIMENSIONS.iter().find(|units| units.iter().any(|short| names(&short))).copied().unwrap_or(&[]);
    let rows = units.iter().filter_map(|short| ROWS.iter().find(|row| row.contains(short)));
    rows.flat_map(|row| row.iter().copied()).map(Words::new)
}

/// The other spellings of a phrase.
pub(crate) fn aliases(phrase: &Words) -> impl Iterator<Item = Words> + '_ {
    let key = phrase.joined().trim();
    let rows = ROWS.iter().filter(move |row| row.contains(&key));
    rows.flat_map(|row| row.iter().copied()).filter(move |s| *s != key).map(Words::new)
}
