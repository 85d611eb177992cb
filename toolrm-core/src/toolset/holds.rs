//! [`Holds`]: what a parameter could hold, judged by its type and its words.

use super::{Param, Spelling, TypeSet};

/// What a parameter could hold. A parameter made of others holds what any of them does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
#[non_exhaustive]
pub struct Holds {
    /// Names and other short texts out of a request.
    pub names: bool,
    /// Numbers.
    pub numbers: bool,
    /// Dates and their parts.
    pub dates: bool,
    /// Times of the day.
    pub clocks: bool,
    /// Whole sentences: a message, a question, a command.
    pub prose: bool,
    /// An identifier that another call returns: nothing that a request says.
    pub handle: bool,
}

impl Holds {
    /// Judges a parameter whose parts have been judged already.
    pub(super) fn of(param: &Param) -> Self {
        let parts = param.properties.iter().chain(param.items.as_deref()).map(|p| p.hints.holds);
        let held = parts.reduce(Self::or).unwrap_or_default();
        let unsaid = param.types.contains(TypeSet::ANY)
            || (param.types.contains(TypeSet::OBJECT) && param.properties.is_empty())
            || (param.types.contains(TypeSet::ARRAY) && param.items.is_none());
        let own = if unsaid {
            Self { names: true, numbers: true, dates: true, clocks: true, prose: true, handle: false }
        } else {
            Self::of_leaf(param)
        };
        held.or(own)
    }

    fn of_leaf(param: &Param) -> Self {
        let says =
            |words: &[&str]| param.hints.name.iter().chain(param.hints.description.iter()).any(|w| words.contains(&w));
        let number = param.types.allows_numbers();
        let text = param.types.contains(TypeSet::STRING) && param.allowed.is_empty();
        let last = param.hints.name.iter().next_back().unwrap_or("");
        let identifier =
            matches!(last, "id" | "ids" | "token" | "key" | "slug" | "hash" | "cursor" | "uuid" | "guid" | "session");
        let handle = (text || number)
            && (says(&["retrieved", "obtained"])
                || (identifier && says(&["returned", "response", "endpoint", "result", "previous"])));
        if handle {
            return Self { handle: true, ..Self::default() };
        }
        let dates = says(DATE_WORDS);
        let spellings = &param.hints.spellings;
        let clocks = spellings.iter().any(Spelling::has_clock) || (spellings.is_empty() && says(CLOCK_WORDS));
        Self {
            names: text && !(dates && param.hints.name.iter().any(|w| DATE_WORDS.contains(&w))),
            numbers: number || (text && (dates || says(NUMBER_WORDS))),
            dates: (number || text) && (dates || !spellings.is_empty()),
            clocks: (number || text) && clocks,
            prose: text && says(PROSE_WORDS),
            handle: false,
        }
    }

    /// What either holds.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            names: self.names || other.names,
            numbers: self.numbers || other.numbers,
            dates: self.dates || other.dates,
            clocks: self.clocks || other.clocks,
            prose: self.prose || other.prose,
            handle: self.handle || other.handle,
        }
    }
}

const DATE_WORDS: &[&str] = &[
    "birthday",
    "date",
    "dates",
    "datetime",
    "day",
    "days",
    "dd",
    "duration",
    "end",
    "expiry",
    "hh",
    "hour",
    "hours",
    "minute",
    "minutes",
    "month",
    "months",
    "period",
    "schedule",
    "start",
    "time",
    "times",
    "timestamp",
    "year",
    "years",
    "yyyy",
];

const CLOCK_WORDS: &[&str] = &["clock", "datetime", "hour", "hours", "time", "times", "timestamp"];

const NUMBER_WORDS: &[&str] = &[
    "address",
    "age",
    "ages",
    "amount",
    "budget",
    "code",
    "coefficients",
    "coordinates",
    "cost",
    "count",
    "digits",
    "dimensions",
    "equation",
    "expression",
    "formula",
    "function",
    "id",
    "integer",
    "interval",
    "level",
    "number",
    "numbers",
    "numeric",
    "percentage",
    "phone",
    "polynomial",
    "price",
    "quantity",
    "range",
    "rate",
    "ratio",
    "size",
    "sum",
    "total",
    "value",
    "values",
    "version",
    "zip",
];

const PROSE_WORDS: &[&str] = &[
    "article",
    "body",
    "caption",
    "chat",
    "command",
    "comment",
    "content",
    "contents",
    "description",
    "document",
    "email",
    "expression",
    "input",
    "instruction",
    "instructions",
    "message",
    "note",
    "notes",
    "paragraph",
    "passage",
    "prompt",
    "query",
    "question",
    "sentence",
    "summary",
    "text",
];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn holds(property: &Value) -> Holds {
        let mut param = Param::root(&json!({"type": "object", "properties": {"x": {}}}));
        param = Param { name: "x".to_owned(), ..param };
        let schema = json!({"type": "object", "properties": property});
        param.properties = Param::root(&schema).properties;
        param.read_hints();
        param.hints.holds
    }

    #[test]
    fn types_and_words_say_what_fits() {
        let city = holds(&json!({"city": {"type": "string", "description": "Name of the city."}}));
        assert!(city.names && !city.numbers && !city.dates && !city.handle);
        let day = holds(&json!({"arrival_date": {"type": "string", "description": "YYYY-MM-DD"}}));
        assert!(day.dates && day.numbers && !day.names);
        let seats = holds(&json!({"seats": {"type": "integer"}}));
        assert!(seats.numbers && !seats.dates && !seats.names);
        let id = holds(&json!({"hotel_id": {"type": "string", "description": "Retrieved from the search."}}));
        assert_eq!(id, Holds { handle: true, ..Holds::default() });
        let parts = holds(&json!({"legs": {"type": "array", "items": {"type": "object", "properties": {
            "day": {"type": "string", "description": "Date"}, "to": {"type": "string"}}}}}));
        assert!(parts.dates && parts.names);
    }
}
