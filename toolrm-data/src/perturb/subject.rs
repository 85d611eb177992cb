//! [`Subject`]: a good answer laid out for operators; [`Place`]: one value in it.

use serde_json::Value;
use toolrm_core::{
    call::{Action, Candidate, ToolCall},
    canonical::canonical_value,
    score::pointer_token,
    toolset::{Param, ToolSpec, Toolset, ViolationKind},
};

use super::{Mutant, heard::Heard, operator::Effect, pool::Pool};

/// A good answer: calls that fit the tools' schemas.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Subject<'a> {
    /// The tools.
    pub tools: &'a Toolset,
    /// The right calls, at least one.
    pub calls: &'a [ToolCall],
    /// What the other examples call and say.
    pub pool: &'a Pool,
    /// The only call that is to be changed, and the only argument there; none: all.
    focus: Option<(usize, Option<&'a str>)>,
    /// The place of the answer in the conversation that the pool is of.
    at: usize,
}

/// One value of a call, with the parameter that describes it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Place<'a> {
    /// Index of its call.
    pub call: usize,
    /// RFC 6901 pointer to it, in the arguments of its call.
    pub pointer: String,
    /// Name of the property it is, or whose list it stands in.
    pub name: &'a str,
    /// What describes it.
    pub param: &'a Param,
    /// The value.
    pub value: &'a Value,
    /// Whether it is an item of a list.
    pub is_item: bool,
}

impl Place<'_> {
    /// How deep it is: 1 for an argument itself.
    pub fn depth(&self) -> usize {
        self.pointer.matches('/').count()
    }

    /// Its pointer in the list of calls.
    pub fn in_calls(&self) -> String {
        format!("/{}/arguments{}", self.call, self.pointer)
    }
}

/// The values of a call that have a parameter, outer ones before those inside.
pub(super) fn places_of<'a>(call: usize, called: &'a ToolCall, spec: &'a ToolSpec) -> Vec<Place<'a>> {
    let mut places = Vec::new();
    add_parts(call, "", "", spec.params(), &called.arguments, &mut places);
    places
}

/// The values of one argument of a call.
fn places_of_argument<'a>(call: usize, called: &'a ToolCall, spec: &'a ToolSpec, name: &str) -> Vec<Place<'a>> {
    let mut places = Vec::new();
    let given = called.args().and_then(|args| args.get(name)).zip(spec.params().property(name));
    if let Some((value, param)) = given {
        let (name, pointer) = (param.name.as_str(), format!("/{}", pointer_token(name)));
        places.push(Place { call, pointer: pointer.clone(), name, param, value, is_item: false });
        add_parts(call, &pointer, name, param, value, &mut places);
    }
    places
}

fn add_parts<'a>(
    call: usize,
    pointer: &str,
    name: &'a str,
    param: &'a Param,
    value: &'a Value,
    places: &mut Vec<Place<'a>>,
) {
    let mut add = |token: &str, name: &'a str, param: &'a Param, value: &'a Value, is_item| {
        let pointer = format!("{pointer}/{}", pointer_token(token));
        places.push(Place { call, pointer: pointer.clone(), name, param, value, is_item });
        add_parts(call, &pointer, name, param, value, places);
    };
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                if let Some(property) = param.property(key) {
                    add(key, key, property, inner, false);
                }
            }
        }
        Value::Array(items) => {
            for (i, inner) in items.iter().enumerate() {
                if let Some(of_items) = param.items.as_deref() {
                    add(&i.to_string(), name, of_items, inner, true);
                }
            }
        }
        _ => {}
    }
}

impl<'a> Subject<'a> {
    /// The right calls of these tools; what other calls say comes from the pool.
    pub fn new(tools: &'a Toolset, calls: &'a [ToolCall], pool: &'a Pool) -> Self {
        Self { tools, calls, pool, focus: None, at: usize::MAX }
    }

    /// The answer at this place of the conversation that the pool is of: what is said later is not known there.
    pub(super) fn at(self, at: usize) -> Self {
        Self { at, ..self }
    }

    /// The same answer, of which one call, or one of its arguments, is to be changed: it has no other places.
    pub(super) fn focused(self, call: usize, argument: Option<&'a str>) -> Self {
        Self { focus: Some((call, argument)), ..self }
    }

    /// The calls with their tools.
    pub fn specs(&self) -> impl Iterator<Item = (usize, &'a ToolCall, &'a ToolSpec)> {
        let focus = self.focus.map(|(call, _)| call);
        self.all_specs().filter(move |(i, ..)| focus.is_none_or(|call| call == *i))
    }

    fn all_specs(&self) -> impl Iterator<Item = (usize, &'a ToolCall, &'a ToolSpec)> + use<'a> {
        let tools = self.tools;
        self.calls.iter().enumerate().filter_map(move |(i, call)| Some((i, call, tools.get(&call.name)?)))
    }

    /// Every value of every call, outer ones before those inside.
    pub fn places(&self) -> Vec<Place<'a>> {
        let Some((_, Some(argument))) = self.focus else {
            return self.specs().flat_map(|(i, call, spec)| places_of(i, call, spec)).collect();
        };
        self.specs().flat_map(|(i, call, spec)| places_of_argument(i, call, spec, argument)).collect()
    }

    /// [`Subject::places`] of the whole answer, whatever part of it is to be changed.
    pub(super) fn all_places(&self) -> Vec<Place<'a>> {
        self.all_specs().flat_map(|(i, call, spec)| places_of(i, call, spec)).collect()
    }

    /// The same question with these calls in place of the right ones.
    pub(super) fn of_calls<'b>(&self, calls: &'b [ToolCall]) -> Subject<'b>
    where
        'a: 'b,
    {
        Subject { calls, ..*self }
    }

    /// Whether the conversation makes a call after this answer.
    pub(super) fn is_made_later(&self, call: &ToolCall) -> bool {
        self.pool.is_made_after(self.at, call)
    }

    /// What the conversation says before the answer.
    pub(super) fn heard(&self) -> impl Iterator<Item = &'a Heard> {
        self.pool.heard(self.at)
    }

    /// What the assistant says at other steps of the conversation.
    pub(super) fn words(&self) -> impl Iterator<Item = &'a str> {
        self.pool.words(self.at)
    }

    /// The tool of a place's call.
    pub fn tool(&self, place: &Place<'_>) -> &'a str {
        self.calls.get(place.call).map_or("", |call| &call.name)
    }

    /// The calls with another value in this place.
    pub fn replaced(&self, place: &Place<'_>, value: Value) -> Option<Mutant> {
        let change = format!("{} became {}", shown(place.value), shown(&value));
        let arguments = set(&self.calls.get(place.call)?.arguments, &place.pointer, value)?;
        self.with_arguments(place.call, arguments, &place.pointer, change)
    }

    /// The calls without this place: an argument or a property left out, an item taken from its list.
    pub fn without(&self, place: &Place<'_>) -> Option<Mutant> {
        let mut arguments = self.calls.get(place.call)?.arguments.clone();
        let (parent, token) = place.pointer.rsplit_once('/')?;
        match arguments.pointer_mut(parent)? {
            Value::Object(map) => {
                map.shift_remove(place.name)?;
            }
            Value::Array(items) => {
                let index = token.parse().ok().filter(|i: &usize| *i < items.len())?;
                items.remove(index);
            }
            _ => return None,
        }
        self.with_arguments(place.call, arguments, &place.pointer, format!("{} was left out", shown(place.value)))
    }

    /// The calls with other arguments in one of them, changed at `pointer` there.
    pub fn with_arguments(&self, call: usize, arguments: Value, pointer: &str, change: String) -> Option<Mutant> {
        self.with_call(call, format!("/{call}/arguments{pointer}"), change, |call| call.arguments = arguments)
    }

    /// The calls, one of them edited.
    pub fn with_call(
        &self,
        call: usize,
        pointer: String,
        change: String,
        edit: impl FnOnce(&mut ToolCall),
    ) -> Option<Mutant> {
        let mut calls = self.calls.to_vec();
        edit(calls.get_mut(call)?);
        Some(Mutant::calls(calls, pointer, change))
    }

    /// Whether a mutant is what an operator of this effect claims.
    pub fn keeps(&self, mutant: &Mutant, effect: Effect) -> bool {
        let fits = match &mutant.candidate.action {
            Action::Calls(calls) => calls.iter().all(|c| self.tools.violations(c).is_some_and(|v| v.is_empty())),
            Action::Text(_) => true,
            _ => false,
        };
        match effect {
            Effect::BreaksSchema => !fits,
            Effect::ChangesMeaning => fits && !self.is_equivalent(&mutant.candidate),
            Effect::Nothing => fits && self.is_equivalent(&mutant.candidate),
        }
    }

    /// Whether the tools' schemas have something of this kind against a mutant, at the place where it was changed.
    pub fn violates(&self, mutant: &Mutant, kind: ViolationKind) -> bool {
        let calls = mutant.candidate.action.calls().iter().enumerate();
        calls.filter_map(|(i, call)| Some((i, self.tools.violations(call)?))).any(|(i, violations)| {
            violations.iter().any(|v| v.kind == kind && format!("/{i}/arguments{}", v.pointer) == mutant.pointer)
        })
    }

    /// Whether a candidate does what the good answer does: the same calls by their canonical form, an argument that says its documented
    /// default being as good as one left out.
    pub fn is_equivalent(&self, candidate: &Candidate) -> bool {
        let Action::Calls(calls) = &candidate.action else { return false };
        calls.len() == self.calls.len()
            && calls.iter().zip(self.calls).all(|(a, b)| a.name == b.name && self.meant(a) == self.meant(b))
    }

    /// The canonical arguments, without those that say their default.
    fn meant(&self, call: &ToolCall) -> Value {
        let mut arguments = canonical_value(&call.arguments);
        if let (Value::Object(map), Some(spec)) = (&mut arguments, self.tools.get(&call.name)) {
            map.retain(|name, value| spec.params().property(name).is_none_or(|param| !is_default(param, value)));
        }
        arguments
    }
}

/// Whether a value says what leaving out an optional parameter says.
pub(super) fn is_default(param: &Param, value: &Value) -> bool {
    !param.required && param.default.as_ref().is_some_and(|d| canonical_value(d) == canonical_value(value))
}

/// The JSON with another value at a pointer.
fn set(json: &Value, pointer: &str, value: Value) -> Option<Value> {
    let mut json = json.clone();
    *json.pointer_mut(pointer)? = value;
    Some(json)
}

/// A value for a sentence, cut when it is long.
pub(super) fn shown(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}..", text.get(..at).unwrap_or_default()),
        None => text,
    }
}
