//! The structural check: required, unknown, type and enum, on the [`Param`] tree. The one place that decides these four.

use std::ops::ControlFlow;

use serde_json::Value;

use super::{
    json::{push_token, same_value},
    param::Param,
};

/// Where a value is in the arguments; lives on the stack, and is written out only when something is wrong there.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// As an RFC 6901 pointer.
    pub(super) fn pointer(&self) -> String {
        let mut pointer = String::new();
        self.write(&mut pointer);
        pointer
    }

    fn write(&self, pointer: &mut String) {
        match self {
            Self::Root => {}
            Self::Key(parent, key) => {
                parent.write(pointer);
                push_token(pointer, key);
            }
            Self::Index(parent, index) => {
                parent.write(pointer);
                push_token(pointer, &index.to_string());
            }
        }
    }
}

/// What is wrong with a value, with all that a message needs.
pub(super) enum Problem<'a> {
    /// `param` is missing from the object `given`, which `parent` describes.
    Missing { parent: &'a Param, param: &'a Param, given: &'a Value },
    /// `name` is not a property of `parent`.
    Unknown { parent: &'a Param, name: &'a str, given: &'a Value },
    /// The value's type is none of the parameter's.
    Type { param: &'a Param, value: &'a Value },
    /// The value is none of the allowed ones.
    NotAllowed { param: &'a Param, value: &'a Value },
}

/// Tells `sink` every problem, until it breaks.
pub(super) fn check<'a>(
    param: &'a Param,
    value: &'a Value,
    path: &Path<'_>,
    sink: &mut impl FnMut(&Path<'_>, Problem<'a>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    if !param.types.allows(value) {
        return sink(path, Problem::Type { param, value });
    }
    if !param.allowed.is_empty() && !param.allowed.iter().any(|a| same_value(a, value)) {
        return sink(path, Problem::NotAllowed { param, value });
    }
    match value {
        Value::Object(map) => {
            let (mut given, mut next) = (0, 0);
            for (name, inner) in map {
                let path = Path::Key(path, name);
                match property_from(param, next, name) {
                    Some((at, property)) => {
                        next = at + 1;
                        given += usize::from(property.required);
                        check(property, inner, &path, sink)?;
                    }
                    None if param.open => {}
                    None => sink(&path, Problem::Unknown { parent: param, name, given: value })?,
                }
            }
            // Counted first: looking each name up costs more than all the rest.
            let required = || param.properties.iter().filter(|p| p.required);
            let missing = if given < required().count() { Some(required()) } else { None };
            for property in missing.into_iter().flatten().filter(|p| !map.contains_key(&p.name)) {
                let path = Path::Key(path, &property.name);
                sink(&path, Problem::Missing { parent: param, param: property, given: value })?;
            }
        }
        Value::Array(items) => {
            if let Some(item) = &param.items {
                for (i, inner) in items.iter().enumerate() {
                    check(item, inner, &Path::Index(path, i), sink)?;
                }
            }
        }
        _ => {}
    }
    ControlFlow::Continue(())
}

/// The property with this name and its place. Looked for from `next` on: most calls give their arguments in the schema's order.
fn property_from<'a>(param: &'a Param, next: usize, name: &str) -> Option<(usize, &'a Param)> {
    let properties = || param.properties.iter().enumerate();
    properties().skip(next).chain(properties().take(next)).find(|(_, property)| property.name == name)
}

/// Whether the value satisfies the parameter, as far as this check goes.
pub(super) fn fits(param: &Param, value: &Value) -> bool {
    check(param, value, &Path::Root, &mut |_, _| ControlFlow::Break(())).is_continue()
}
