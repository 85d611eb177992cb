//! Objects, compared key by key with those accepted.

use serde_json::Value;
use toolrm_core::score::pointer_token;

use super::{
    ErrorType, Part, Unchecked,
    accepted::Element,
    python::{Dict, List, Py},
    repr::Repr,
    stop::{Check, Notes, Stop, wrong},
};

/// An accepted object.
#[derive(Debug)]
pub(super) enum DictAnswer {
    /// `""`: no object is described.
    Absent,
    /// By key, what is accepted there.
    Keys(Vec<Key>),
    /// What is no object.
    Unchecked(Unchecked),
}

#[derive(Debug)]
pub(super) struct Key {
    name: String,
    accepted: Result<Vec<Element>, Unchecked>,
    /// Whether it must be there: no `""` is among what is accepted.
    is_needed: Result<bool, Unchecked>,
}

impl DictAnswer {
    /// Reads `{key: [accepted values]}`; `at` points to it.
    pub(super) fn new(answer: &Value, at: &str) -> Self {
        match answer {
            Value::String(text) if text.is_empty() => Self::Absent,
            Value::Object(keys) => Self::Keys(
                keys.iter()
                    .map(|(name, accepted)| Key::new(name, accepted, &format!("{at}/{}", pointer_token(name))))
                    .collect(),
            ),
            _ => Self::Unchecked(Unchecked::new(Part::GroundTruth, at, "expected an object of accepted values by key")),
        }
    }

    /// Reads a list of such objects. Python takes a string for the list of its characters.
    pub(super) fn list(answer: &Value, at: &str) -> Result<Vec<Self>, Unchecked> {
        let expected = || Unchecked::new(Part::GroundTruth, at, "expected a list of objects");
        match answer {
            Value::Array(items) => {
                Ok(items.iter().enumerate().map(|(i, item)| Self::new(item, &format!("{at}/{i}"))).collect())
            }
            Value::String(text) => Ok(text.chars().map(|_| Self::Unchecked(expected())).collect()),
            Value::Object(entries) => Ok(entries.iter().map(|_| Self::Unchecked(expected())).collect()),
            _ => Err(expected()),
        }
    }
}

impl Key {
    fn new(name: &str, accepted: &Value, at: &str) -> Self {
        let is_needed = match accepted {
            Value::Array(values) => Ok(!values.iter().any(|value| value.as_str() == Some(""))),
            Value::String(_) => Ok(false),
            Value::Object(entries) => Ok(!entries.contains_key("")),
            _ => Err(Unchecked::new(Part::GroundTruth, at, "expected a list of accepted values")),
        };
        Self { name: name.to_owned(), accepted: Element::list(accepted, at), is_needed }
    }
}

/// Whether an object is one of those accepted. What is wrong is said of the last.
pub(super) fn check_dict(answers: &[DictAnswer], value: Py<'_>, notes: &mut impl Notes) -> Check {
    let mut last = wrong(ErrorType::DictUnclear);
    for answer in answers {
        let keys = match answer {
            DictAnswer::Absent => continue,
            DictAnswer::Keys(keys) => keys,
            DictAnswer::Unchecked(unchecked) => return Err(unchecked.clone().into()),
        };
        let Py::Dict(dict) = value else {
            return Err(Unchecked::new(Part::Calls, "", format!("{} where an object is due", Repr(value))).into());
        };
        notes.forget();
        last = check_keys(keys, dict, notes);
        if !matches!(last, Err(Stop::Wrong(_))) {
            return last;
        }
    }
    last
}

/// Both what is there and what is missing is looked at, and a missing key counts for more than a wrong value.
fn check_keys(keys: &[Key], dict: Dict<'_>, notes: &mut impl Notes) -> Check {
    let present = check_entries(keys, dict, notes);
    if matches!(present, Err(Stop::Unchecked(_))) {
        return present;
    }
    for key in keys {
        if dict.get(&key.name).is_none() && *key.is_needed.as_ref().map_err(Unchecked::clone)? {
            notes.note(|| format!("Missing dict key parameter: '{}'.", key.name));
            return wrong(ErrorType::DictKey);
        }
    }
    present
}

fn check_entries(keys: &[Key], dict: Dict<'_>, notes: &mut impl Notes) -> Check {
    for (name, value) in dict.iter() {
        let Some(key) = keys.iter().find(|key| key.name == name) else {
            notes.note(|| format!("Unexpected dict key parameter: '{name}'."));
            return wrong(ErrorType::DictKey);
        };
        let accepted = key.accepted.as_ref().map_err(Unchecked::clone)?;
        if !accepted.iter().any(|accepted| accepted.is(value)) {
            notes.note(|| {
                let values: Vec<Value> = accepted.iter().map(Element::to_value).collect();
                let (name, value, accepted) = (Repr(name), Repr(value), Repr(values.as_slice()));
                format!("Invalid value for parameter {name}: {value}. Expected one of {accepted}.")
            });
            return wrong(ErrorType::DictValue);
        }
    }
    Ok(())
}

/// Whether a list of objects is one of those accepted, in their order. What is wrong is said of the last.
pub(super) fn check_dicts(
    answers: &[Result<Vec<DictAnswer>, Unchecked>],
    items: List<'_>,
    notes: &mut impl Notes,
) -> Check {
    // No list at all is accepted only where nothing is, and that is a matter of types.
    let mut last = wrong(ErrorType::DictCount);
    for answer in answers {
        let answer = answer.as_ref().map_err(Unchecked::clone)?;
        notes.forget();
        if answer.len() != items.len() {
            notes.note(|| "Wrong number of dictionaries in the list.".to_owned());
            last = wrong(ErrorType::DictCount);
            continue;
        }
        let each = answer.iter().zip(items.iter());
        last = each.into_iter().try_for_each(|(answer, item)| check_dict(std::slice::from_ref(answer), item, notes));
        if !matches!(last, Err(Stop::Wrong(_))) {
            return last;
        }
    }
    last
}
