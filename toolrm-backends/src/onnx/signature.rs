//! What kind of model a graph is, by its inputs and outputs.

use std::path::Path;

use ort::{
    session::Session,
    value::{Outlet, TensorElementType},
};

use super::causal::Layer;
use crate::LoadError;

#[derive(Debug)]
pub(super) enum Signature {
    /// One score for a sequence.
    Classifier,
    /// Logits of the next token, and a cache: its arrays, keys and values alike.
    Causal { layers: Vec<Layer> },
}

const PAST: &str = "past_key_values.";

const NEEDED: &str = "A sequence classifier or a causal model with past key-values is needed, with dynamic batch and \
                      length, int64 tokens and float32 numbers (optimum's tasks text-classification and \
                      text-generation-with-past)";

pub(super) fn read(session: &Session, model: &Path) -> Result<Signature, LoadError> {
    kind(session).map_err(|why| {
        let (inputs, outputs) = (list(session.inputs()), list(session.outputs()));
        LoadError::unsupported(format!(
            "{}: {why}. Its inputs: {inputs}. Its outputs: {outputs}. {NEEDED}",
            model.display()
        ))
    })
}

fn list(ports: &[Outlet]) -> String {
    ports.iter().map(|port| format!("{} {}", port.name(), port.dtype())).collect::<Vec<_>>().join(", ")
}

fn kind(session: &Session) -> Result<Signature, String> {
    let (past, others): (Vec<&Outlet>, Vec<&Outlet>) =
        session.inputs().iter().partition(|p| p.name().starts_with(PAST));
    for name in ["input_ids", "attention_mask"] {
        if !others.iter().any(|p| p.name() == name) {
            return Err(format!("there is no input {name}"));
        }
    }
    for port in others {
        if !["input_ids", "attention_mask", "token_type_ids", "position_ids"].contains(&port.name()) {
            return Err(format!("the input {} is not known", port.name()));
        }
        expect(port, TensorElementType::Int64, &[-1, -1])?;
    }
    let logits = output(session, "logits")?;
    if past.is_empty() {
        expect(logits, TensorElementType::Float32, &[-1, 1])?;
        return Ok(Signature::Classifier);
    }
    expect(logits, TensorElementType::Float32, &[-1, -1, -1])?;
    let layers = past.into_iter().map(|port| layer(session, port)).collect::<Result<_, _>>()?;
    Ok(Signature::Causal { layers })
}

/// An array of the cache, \[batch, heads, tokens, width\], and the output that continues it.
fn layer(session: &Session, past: &Outlet) -> Result<Layer, String> {
    const MOST: usize = 1 << 16;
    let present = format!("present.{}", past.name().strip_prefix(PAST).unwrap_or_default());
    expect(past, TensorElementType::Float32, &[-1, -1, -1, -1])?;
    expect(output(session, &present)?, TensorElementType::Float32, &[-1, -1, -1, -1])?;
    let dimension =
        |at: usize| past.dtype().tensor_shape().and_then(|s| s.get(at)).and_then(|d| usize::try_from(*d).ok());
    match (dimension(0), dimension(1), dimension(2), dimension(3)) {
        (None, Some(heads @ 1..=MOST), None, Some(width @ 1..=MOST)) => {
            Ok(Layer { past: past.name().to_owned(), present, heads, width })
        }
        _ => Err(format!("{} must have dynamic batch and tokens, and a fixed number of heads and width", past.name())),
    }
}

fn output<'a>(session: &'a Session, name: &str) -> Result<&'a Outlet, String> {
    session.outputs().iter().find(|p| p.name() == name).ok_or_else(|| format!("there is no output {name}"))
}

/// The type and the shape; -1 in `shape` stands for any size. A size the graph leaves open is right for any; inputs of
/// tokens must leave theirs open.
fn expect(port: &Outlet, element: TensorElementType, shape: &[i64]) -> Result<(), String> {
    let found = port.dtype();
    let sizes = found.tensor_shape().map(|s| s.to_vec()).unwrap_or_default();
    let open = element == TensorElementType::Int64;
    let fits = |(found, wanted): (&i64, &i64)| *found == -1 || found == wanted || (*wanted == -1 && !open);
    if found.tensor_type() == Some(element) && sizes.len() == shape.len() && sizes.iter().zip(shape).all(fits) {
        return Ok(());
    }
    let wanted =
        shape.iter().map(|d| if *d == -1 { "dyn".to_owned() } else { d.to_string() }).collect::<Vec<_>>().join(", ");
    Err(format!("{} is {found}, and should be Tensor<{element}>({wanted})", port.name()))
}
