//! A session of ONNX Runtime: opened on a device, run with named arrays.

use std::{borrow::Cow, path::Path};

use ort::{
    environment::Environment,
    ep,
    session::{Session, SessionInputValue, SessionOutputs},
    value::{DynValue, Tensor},
};

use super::OnnxOptions;
use crate::{LoadError, device::Device, engine::ModelError};

/// The inputs of a run, by name.
pub(super) type Inputs<'a> = Vec<(Cow<'static, str>, SessionInputValue<'a>)>;

#[derive(Debug)]
pub(super) struct Network {
    session: Session,
    token_types: bool,
    positions: bool,
}

/// Rectangles of numbers, `rows` by `columns`, row after row: what is said about tokens.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// The tokens of this step.
    pub(super) ids: Vec<i64>,
    /// 1 for a token, kept ones first, 0 for padding.
    pub(super) mask: Vec<i64>,
    /// Which text of a pair a token is of, where the model asks.
    pub(super) types: Vec<i64>,
    /// Where a token stands in its sequence.
    pub(super) positions: Vec<i64>,
}

impl Network {
    pub(super) fn open(environment: &Environment, model: &Path, options: &OnnxOptions) -> Result<Self, LoadError> {
        let builder = Session::builder(environment)
            .and_then(|b| Ok(b.with_intra_threads(options.threads.max(1))?.with_memory_pattern(false)?));
        let builder = builder.map_err(|e| LoadError::Runtime {
            what: format!("ONNX Runtime opens no session: {e}"),
            source: Some(e.into()),
        })?;
        // Named, because a session that names none lets the runtime choose.
        let provider = match options.device {
            Device::Cpu => ep::CPU::default().with_arena_allocator(true).build(),
            Device::Cuda(device) => {
                ep::CUDA::default().with_device_id(i32::try_from(device).unwrap_or(i32::MAX)).build()
            }
        };
        let absent = |why: String| LoadError::Device {
            device: options.device(),
            why: format!(
                "{why}; it needs an ONNX Runtime built for CUDA (`pip install onnxruntime-gpu`), the libraries of CUDA \
                 and cuDNN, and a driver"
            ),
        };
        let mut builder =
            builder.with_execution_providers([provider.error_on_failure()]).map_err(|e| absent(e.to_string()))?;
        let session = builder.commit_from_file(model).map_err(|e| match (options.device, e.to_string()) {
            (Device::Cuda(_), why) if why.to_lowercase().contains("cuda") => absent(why),
            (_, why) => LoadError::file(model, format!("ONNX Runtime does not load it: {why}")),
        })?;
        let asks = |name: &str| session.inputs().iter().any(|input| input.name() == name);
        Ok(Self { token_types: asks("token_type_ids"), positions: asks("position_ids"), session })
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// Whether the model is told which text of a pair a token is of.
    pub(super) fn asks_types(&self) -> bool {
        self.token_types
    }

    /// Runs the model on `rows` rows of tokens, and on `more` inputs.
    pub(super) fn run<'v>(
        &mut self,
        rows: usize,
        tokens: Tokens,
        more: Inputs<'v>,
    ) -> Result<SessionOutputs<'_>, ModelError> {
        let mut inputs: Inputs<'v> = vec![
            ("input_ids".into(), rectangle(rows, tokens.ids)?.into()),
            ("attention_mask".into(), rectangle(rows, tokens.mask)?.into()),
        ];
        if self.token_types {
            inputs.push(("token_type_ids".into(), rectangle(rows, tokens.types)?.into()));
        }
        if self.positions {
            inputs.push(("position_ids".into(), rectangle(rows, tokens.positions)?.into()));
        }
        inputs.extend(more);
        self.session.run(inputs).map_err(|e| ModelError::caused(format!("ONNX Runtime: {e}"), e))
    }
}

fn rectangle(rows: usize, numbers: Vec<i64>) -> Result<DynValue, ModelError> {
    let columns = numbers.len().checked_div(rows).unwrap_or(0);
    let tensor = Tensor::from_array(([rows, columns], numbers));
    Ok(tensor.map_err(|e| ModelError::caused(format!("ONNX Runtime: {e}"), e))?.into_dyn())
}

/// The shape and the numbers of an output.
pub(super) fn floats<'a>(outputs: &'a SessionOutputs<'_>, name: &str) -> Result<(&'a [i64], &'a [f32]), ModelError> {
    let value = outputs.get(name).ok_or_else(|| ModelError::failed(format!("the model gave no output {name}")))?;
    floats_of(value, name)
}

/// The shape and the numbers of an array.
pub(super) fn floats_of<'a>(value: &'a DynValue, name: &str) -> Result<(&'a [i64], &'a [f32]), ModelError> {
    let (shape, numbers) =
        value.try_extract_tensor::<f32>().map_err(|e| ModelError::caused(format!("{name}: {e}"), e))?;
    Ok((shape, numbers))
}
