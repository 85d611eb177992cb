//! Place rules: a city with the state or country its parameter asks for, and without one that it does not.

use serde_json::Value;

use crate::rules::{Case, Report, Rule, convention::texts};
use crate::{
    context::{Context, Words, is_region_code, state_code, state_of_city},
    toolset::Param,
};

/// A state behind a city that is written out, wrong, or no state.
#[derive(Debug)]
pub(in crate::rules) struct State;

impl Rule for State {
    fn id(&self) -> &'static str {
        "convention.state"
    }
    fn summary(&self) -> &'static str {
        "The state behind a city is the one it lies in, as the two letters that the description shows."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param, text) in texts(case).filter(|(_, _, param, _)| param.hints.place.state) {
            let Some((city, region)) = text.rsplit_once(',').map(|(c, r)| (c.trim(), r.trim())) else { continue };
            if let Some((message, fix, severity)) = fault(city, region, param, case.context) {
                let pointer = slot.pointer(index);
                match fix {
                    Some(fix) => report.find_with_fix(pointer, message, severity, Value::from(fix)),
                    None => report.find(pointer, message, severity),
                }
            }
        }
    }
}

/// What is wrong with a city and its region: the message, the right value where it is known, how bad it is.
fn fault(city: &str, region: &str, param: &Param, context: &Context) -> Option<(String, Option<String>, f32)> {
    let form = param.hints.place;
    let (city_words, region_words) = (Words::new(city), Words::new(region));
    let written = |code: &str| format!("{city}, {}", code.to_ascii_uppercase());
    let Some(code) = state_code(&region_words) else {
        let two_letters = region.len() == 2 && region.bytes().all(|b| b.is_ascii_uppercase());
        // "London, UK" is how people write it.
        let two_letters = two_letters && !matches!(region, "UK" | "US");
        let unknown = two_letters && !is_region_code(&region.to_ascii_lowercase()) && !context.contains(&region_words);
        return unknown.then(|| (format!("\"{region}\" is no state"), None, 0.7));
    };
    let said = context.said.state_after(&city_words);
    let known = said.or_else(|| state_of_city(&city_words).filter(|_| !context.contains(&region_words)));
    if let Some(right) = known.filter(|right| *right != code) {
        return Some((
            format!("\"{city}\" lies in {}, not in {region}", right.to_ascii_uppercase()),
            Some(written(right)),
            1.0,
        ));
    }
    (form.short_state && region.len() > 2)
        .then(|| (format!("the state is written in two letters: {}", written(code)), Some(written(code)), 0.8))
}

/// A state or country behind a city where the city alone is asked.
#[derive(Debug)]
pub(in crate::rules) struct AddedRegion;

impl Rule for AddedRegion {
    fn id(&self) -> &'static str {
        "convention.added-region"
    }
    fn summary(&self) -> &'static str {
        "A parameter that asks for a city alone gets it without a state or country that nobody asked for."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, _, text) in texts(case).filter(|(_, _, param, _)| asks_city_alone(param)) {
            let Some((city, region)) = text.split_once(", ") else { continue };
            let severity = if case.context.contains(&Words::new(region)) { 0.5 } else { 1.0 };
            let message = format!("\"{city}\" is all that is asked for");
            report.find_with_fix(slot.pointer(index), message, severity, Value::from(city));
        }
    }
}

fn asks_city_alone(param: &Param) -> bool {
    let hints = &param.hints;
    let city = |words: &Words| words.iter().any(|w| matches!(w, "city" | "town"));
    let other =
        hints.description.iter().any(|w| matches!(w, "state" | "country" | "address" | "region" | "province" | "code"));
    city(&hints.name) && !other && !hints.place.state && !hints.place.country && !param.description.contains(", ")
}

/// A city without the state that the user named behind it, where states are asked for.
#[derive(Debug)]
pub(in crate::rules) struct LostState;

impl Rule for LostState {
    fn id(&self) -> &'static str {
        "convention.lost-state"
    }
    fn summary(&self) -> &'static str {
        "A city keeps the state that the request names behind it, or that the description's examples show, where the parameter has room for it."
    }
    fn check(&self, case: &Case<'_>, report: &mut Report<'_>) {
        for (index, slot, param, text) in texts(case) {
            let is_name = text.starts_with(char::is_uppercase) && !text.contains(',');
            if !is_name || !param.hints.place.state {
                continue;
            }
            let city = &slot.words;
            let said = case.context.said.state_after(city);
            // Where the description asks in words, `convention.parts` has the matter already.
            let shown_only = !param.hints.place.state_in_words;
            if let Some(code) = said.or_else(|| state_of_city(city).filter(|_| shown_only)) {
                let full = format!("{text}, {}", code.to_ascii_uppercase());
                let message = format!("\"{text}\" lacks the state that belongs behind it");
                report.find_with_fix(
                    slot.pointer(index),
                    message,
                    if said.is_some() { 1.0 } else { 0.6 },
                    Value::from(full),
                );
            }
        }
    }
}
