//! Names and codes of the same thing: facts of the world that tools ask for in one form and people say in another.

use std::{collections::HashMap, sync::LazyLock};

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
    &["da", "danish"],
    &["nl", "dutch"],
    &["pl", "polish"],
    &["sv", "swedish"],
    &["tr", "turkish"],
    &["vi", "vietnamese"],
    &["th", "thai"],
    &["el", "greek"],
    &["he", "hebrew"],
    &["uk", "ukrainian"],
    // countries and cities people abbreviate
    &["us", "usa", "united states", "united states of america", "america", "american"],
    &["uk", "gb", "united kingdom", "great britain", "britain", "england", "british", "english"],
    &["uae", "ae", "united arab emirates"],
    &["ar", "argentina", "argentine", "argentinian"],
    &["au", "australia", "australian"],
    &["at", "austria", "austrian"],
    &["be", "belgium", "belgian"],
    &["br", "brazil", "brazilian"],
    &["ca", "canada", "canadian"],
    &["ch", "switzerland", "swiss"],
    &["cl", "chile", "chilean"],
    &["cn", "china", "chinese"],
    &["co", "colombia", "colombian"],
    &["cz", "czech republic", "czechia", "czech"],
    &["de", "germany", "german"],
    &["dk", "denmark", "danish"],
    &["eg", "egypt", "egyptian"],
    &["es", "spain", "spanish"],
    &["fi", "finland", "finnish"],
    &["fr", "france", "french"],
    &["gr", "greece", "greek"],
    &["hk", "hong kong"],
    &["hu", "hungary", "hungarian"],
    &["id", "indonesia", "indonesian"],
    &["ie", "ireland", "irish"],
    &["il", "israel", "israeli"],
    &["in", "india", "indian"],
    &["it", "italy", "italian"],
    &["jp", "japan", "japanese"],
    &["ke", "kenya", "kenyan"],
    &["kr", "south korea", "korea", "korean"],
    &["mx", "mexico", "mexican"],
    &["my", "malaysia", "malaysian"],
    &["ng", "nigeria", "nigerian"],
    &["nl", "netherlands", "dutch", "holland"],
    &["no", "norway", "norwegian"],
    &["nz", "new zealand"],
    &["pe", "peru", "peruvian"],
    &["ph", "philippines", "filipino"],
    &["pk", "pakistan", "pakistani"],
    &["pl", "poland", "polish"],
    &["pt", "portugal", "portuguese"],
    &["ro", "romania", "romanian"],
    &["ru", "russia", "russian"],
    &["sa", "saudi arabia", "saudi"],
    &["se", "sweden", "swedish"],
    &["sg", "singapore"],
    &["th", "thailand", "thai"],
    &["tr", "turkey", "turkish"],
    &["tw", "taiwan", "taiwanese"],
    &["ua", "ukraine", "ukrainian"],
    &["vn", "vietnam", "vietnamese"],
    &["za", "south africa", "south african"],
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
    // what things are called in tools and by people
    &["animation", "animated", "cartoon", "cartoons"],
    &["sci fi", "science fiction"],
    &["thriller", "suspense", "suspenseful"],
    &["movie", "film"],
    &["nba", "national basketball association"],
    &["mlb", "major league baseball"],
    &["nfl", "national football league"],
    &["nhl", "national hockey league"],
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
    let units = DIMENSIONS.iter().find(|units| units.iter().any(names)).copied().unwrap_or(&[]);
    let rows = units.iter().filter_map(|short| ROWS.iter().find(|row| row.contains(short)));
    rows.flat_map(|row| row.iter().copied()).map(Words::new)
}

/// The rows each spelling stands in.
static INDEX: LazyLock<HashMap<&str, Vec<usize>>> = LazyLock::new(|| {
    let mut index: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, row) in ROWS.iter().enumerate() {
        row.iter().for_each(|spelling| index.entry(spelling).or_default().push(at));
    }
    index
});

/// The other spellings of a phrase.
pub(crate) fn aliases(phrase: &Words) -> impl Iterator<Item = Words> + '_ {
    others(phrase.joined().trim())
}

/// The other spellings of a name; of a company's, also those of the name without its legal form (`AAPL` for "Apple Inc.").
pub(crate) fn aliases_of_name(name: &Words) -> impl Iterator<Item = Words> + '_ {
    const FORMS: [&str; 7] = [" inc", " corp", " corporation", " ltd", " llc", " co", " company"];
    let whole = name.joined().trim();
    let bare = FORMS.iter().find_map(|form| whole.strip_suffix(form));
    others(whole).chain(bare.into_iter().flat_map(others))
}

fn others(key: &str) -> impl Iterator<Item = Words> + '_ {
    let rows = INDEX.get(key).map_or(&[][..], Vec::as_slice).iter().filter_map(|at| ROWS.get(*at));
    rows.flat_map(|row| row.iter().copied()).filter(move |s| *s != key).map(Words::new)
}
