//! One call against one accepted call.

use indexmap::IndexMap;
use serde_json::{Map, Value};
use toolrm_core::score::pointer_token;

use super::{
    AcceptedCall, Docs, ErrorType, Part, Unchecked,
    accepted::Accepted,
    answer::Item,
    params::Declared,
    repr::Repr,
    stop::{Check, Notes, wrong},
};
use crate::bfcl::category::Language;

/// A call that is due: a documented function and the values accepted for its parameters.
#[derive(Debug)]
pub(super) struct Goal {
    /// The name the call must have.
    name: String,
    /// Every parameter that is documented, required or accepted; the documented ones first, in their order.
    params: Vec<Param>,
    /// Places of the required ones, in the order of the docs.
    required: Vec<usize>,
    /// Places of those whose absence is not accepted, in the order of the accepted answer.
    owed: Vec<usize>,
    /// The accepted call as it came.
    accepted: Value,
}

#[derive(Debug)]
struct Param {
    name: String,
    /// What its value must be; `None` if it is not documented, or nothing is accepted for it.
    due: Option<Result<(Declared, Accepted), Unchecked>>,
}

impl Goal {
    /// Reads a function's docs and the accepted arguments of its call.
    pub(super) fn new(
        docs: &Docs<'_>,
        accepted: &AcceptedCall<'_>,
        language: Language,
        underscore_to_dot: bool,
    ) -> Result<Self, Unchecked> {
        let broken = |pointer: &str, expected: &str| {
            Unchecked::new(Part::Functions, format!("{}{pointer}", docs.at), format!("expected {expected}"))
        };
        let name = docs.of.get("name").and_then(Value::as_str).ok_or_else(|| broken("/name", "a function's name"))?;
        let parameters = docs.of.get("parameters").unwrap_or(&Value::Null);
        let properties = parameters.get("properties").and_then(Value::as_object);
        let properties = properties.ok_or_else(|| broken("/parameters/properties", "an object: parameters by name"))?;
        let names = || broken("/parameters/required", "a list of parameters' names");
        let required = parameters.get("required").and_then(Value::as_array).ok_or_else(names)?;
        let required = required.iter().map(Value::as_str).collect::<Option<Vec<_>>>().ok_or_else(names)?;
        let accepted_by_name = accepted.arguments.as_object().ok_or_else(|| {
            Unchecked::new(Part::GroundTruth, &accepted.at, "expected an object: accepted values by parameter")
        })?;

        let mut params: IndexMap<&str, Option<_>> = IndexMap::new();
        for (name, details) in properties {
            let at = format!("{}/parameters/properties/{}", docs.at, pointer_token(name));
            params.insert(name, Some(Declared::new(details, language, &at)));
        }
        let mut due = IndexMap::new();
        for (name, values) in accepted_by_name {
            let at = format!("{}/{}", accepted.at, pointer_token(name));
            let values = values
                .as_array()
                .ok_or_else(|| Unchecked::new(Part::GroundTruth, &at, "expected a list of accepted values"))?;
            if let Some(Some(declared)) = params.insert(name, None) {
                due.insert(
                    name.as_str(),
                    declared.map(|declared| {
                        let accepted = Accepted::new(values, &declared, &at);
                        (declared, accepted)
                    }),
                );
            }
        }
        for name in &required {
            params.entry(name).or_default();
        }
        let place = |name: &str| params.get_index_of(name);
        let may_be_absent = |values: &Value| values.as_array().is_some_and(|values| values.contains(&Value::from("")));
        let owed = accepted_by_name.iter().filter(|(_, values)| !may_be_absent(values));
        Ok(Self {
            name: if underscore_to_dot { name.replace('.', "_") } else { name.to_owned() },
            required: required.iter().filter_map(|name| place(name)).collect(),
            owed: owed.filter_map(|(name, _)| place(name)).collect(),
            accepted: Value::Object([(accepted.name.to_owned(), accepted.arguments.clone())].into_iter().collect()),
            params: params.keys().map(|name| Param { name: (*name).to_owned(), due: due.swap_remove(name) }).collect(),
        })
    }

    /// The accepted call as it came: `{name: {parameter: [accepted values]}}`.
    pub(super) const fn accepted(&self) -> &Value {
        &self.accepted
    }

    /// Whether a call is this one.
    pub(super) fn check(&self, item: Item<'_>, notes: &mut impl Notes) -> Check {
        let Some(arguments) = item.arguments(&self.name)? else {
            notes.note(|| format!("Function name {} not found in model output.", Repr(self.name.as_str())));
            return wrong(ErrorType::WrongName);
        };
        let Value::Object(arguments) = arguments else {
            return self.check_no_object(arguments, notes);
        };
        let given = self.given(arguments);
        let is_absent = |place: &&usize| !self.is_given(**place, &given, arguments);
        if let Some(missing) = self.required.iter().find(is_absent) {
            return self.missing_required(*missing, notes);
        }
        for (i, (name, value)) in arguments.iter().enumerate() {
            let place = given.place(i).or_else(|| self.place(name, i));
            let Some(due) = place.and_then(|place| self.params.get(place)?.due.as_ref()) else {
                notes.note(|| format!("Unexpected parameter: {}.", Repr(name.as_str())));
                return wrong(ErrorType::UnexpectedParam);
            };
            let (declared, accepted) = due.as_ref().map_err(Unchecked::clone)?;
            let read = declared.read(name, value, notes)?;
            accepted.check(name, declared, read.value(), notes)?;
        }
        let Some(missing) = self.owed.iter().find(is_absent) else {
            return Ok(());
        };
        let name = self.params.get(*missing).map_or("", |param| &param.name);
        notes.note(|| format!("Optional parameter {} not provided and not marked as optional.", Repr(name)));
        wrong(ErrorType::MissingOptional)
    }

    /// The place of a parameter, looked for first at `guess`: models give arguments in the order of the docs.
    fn place(&self, name: &str, guess: usize) -> Option<usize> {
        match self.params.get(guess) {
            Some(param) if param.name == name => Some(guess),
            _ => self.params.iter().position(|param| param.name == name),
        }
    }

    /// Which parameters are given.
    fn given(&self, arguments: &Map<String, Value>) -> Given {
        let mut given = Given { bits: 0, places: [u8::MAX; 16] };
        let mut next = 0;
        for (i, name) in arguments.keys().enumerate() {
            if let Some(place) = self.place(name, next) {
                next = place + 1;
                given.bits |= bit(place);
                if let (Some(slot), Ok(place)) = (given.places.get_mut(i), u8::try_from(place)) {
                    *slot = place;
                }
            }
        }
        given
    }

    fn is_given(&self, place: usize, given: &Given, arguments: &Map<String, Value>) -> bool {
        match bit(place) {
            0 => self.params.get(place).is_some_and(|param| arguments.contains_key(&param.name)),
            bit => given.bits & bit != 0,
        }
    }

    fn missing_required(&self, place: usize, notes: &mut impl Notes) -> Check {
        let name = self.params.get(place).map_or("", |param| &param.name);
        notes.note(|| format!("Missing required parameter: {}.", Repr(name)));
        wrong(ErrorType::MissingRequired)
    }

    /// Arguments that are no object: Python looks for the required names in a string or a list too, and gives up after that.
    fn check_no_object(&self, arguments: &Value, notes: &mut impl Notes) -> Check {
        let holds = |name: &str| match arguments {
            Value::String(text) => Some(text.contains(name)),
            Value::Array(items) => Some(items.iter().any(|item| item.as_str() == Some(name))),
            _ => None,
        };
        let name_of = |place: &&usize| self.params.get(**place).map_or("", |param| &param.name);
        match self.required.iter().find(|place| holds(name_of(place)) == Some(false)) {
            Some(missing) => self.missing_required(*missing, notes),
            None => Err(Unchecked::new(Part::Calls, "", "the arguments are no object").into()),
        }
    }
}

/// What of a call's arguments is kept in passing, so that their names are compared once.
struct Given {
    /// A bit for each of the first 64 parameters.
    bits: u64,
    /// The places of the parameters that the first arguments are; the largest number where it is to be looked up.
    places: [u8; 16],
}

impl Given {
    fn place(&self, argument: usize) -> Option<usize> {
        self.places.get(argument).filter(|place| **place != u8::MAX).map(|place| usize::from(*place))
    }
}

/// The bit of one of the first 64 places; none for those behind.
pub(super) fn bit(place: usize) -> u64 {
    u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or(0)
}
