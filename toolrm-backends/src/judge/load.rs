//! Judges in process: which runtime a path is for, and what it needs from the files beside it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use toolrm_core::judge::ToolCallJudge;

use super::{JudgeOptions, JudgeSpec, OpenError};
use crate::error::LoadError;

/// What a path holds.
pub(super) fn kind_of(path: &Path) -> Result<JudgeSpec, LoadError> {
    let is = |path: &Path, extension: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension));
    let metadata = fs::metadata(path).map_err(|e| LoadError::io(path, e))?;
    if metadata.is_file() {
        return match () {
            () if is(path, "gguf") => Ok(JudgeSpec::Llama(path.to_owned())),
            () if is(path, "onnx") => Ok(JudgeSpec::Onnx(path.to_owned())),
            () => Err(LoadError::file(path, "not a model: give a .gguf, a .onnx, or a folder")),
        };
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(path).map_err(|e| LoadError::io(path, e))? {
        files.push(entry.map_err(|e| LoadError::io(path, e))?.path());
    }
    if files.iter().any(|f| is(f, "safetensors")) {
        return Ok(JudgeSpec::Candle(path.to_owned()));
    }
    if files.iter().any(|f| is(f, "onnx")) || path.join("onnx").is_dir() {
        return Ok(JudgeSpec::Onnx(path.to_owned()));
    }
    let mut ggufs = files.iter().filter(|f| is(f, "gguf"));
    match (ggufs.next(), ggufs.next()) {
        (Some(one), None) => Ok(JudgeSpec::Llama(one.clone())),
        (Some(_), Some(_)) => Err(LoadError::file(path, "several .gguf files: give the path of one of them")),
        _ => Err(LoadError::file(path, "no *.safetensors, *.onnx or *.gguf in this folder")),
    }
}

/// The error of a backend that was left out.
#[allow(dead_code, reason = "not needed where everything is built")]
pub(super) fn not_built(feature: &str) -> LoadError {
    LoadError::unsupported(format!("this program was built without `{feature}`: build it with --features {feature}"))
}

/// The folder of a model: `hf:OWNER/NAME` is one of the hub.
#[allow(dead_code, reason = "for backends that may not be built")]
fn on_disk(path: &Path) -> Result<PathBuf, LoadError> {
    let Some(name) = path.to_str().and_then(|p| p.strip_prefix("hf:")) else { return Ok(path.to_owned()) };
    #[cfg(feature = "hub")]
    return crate::hub::snapshot(name);
    #[cfg(not(feature = "hub"))]
    return Err(LoadError::unsupported(format!(
        "the model {name}: this program was built without `hub`: build it with --features hub"
    )));
}

#[allow(unused_variables, reason = "some are for backends that may not be built")]
pub(super) fn open(spec: &JudgeSpec, options: &JudgeOptions) -> Result<Arc<dyn ToolCallJudge>, OpenError> {
    match spec {
        #[cfg(feature = "candle")]
        JudgeSpec::Candle(path) => candle(&on_disk(path)?, options),
        #[cfg(feature = "onnx")]
        JudgeSpec::Onnx(path) => onnx(&on_disk(path)?, options),
        #[cfg(feature = "llama")]
        JudgeSpec::Llama(path) => llama(path, options),
        #[cfg(not(feature = "candle"))]
        JudgeSpec::Candle(_) => Err(not_built("candle").into()),
        #[cfg(not(feature = "onnx"))]
        JudgeSpec::Onnx(_) => Err(not_built("onnx").into()),
        #[cfg(not(feature = "llama"))]
        JudgeSpec::Llama(_) => Err(not_built("llama").into()),
        served => Err(LoadError::unsupported(format!("{served} is no model on disk")).into()),
    }
}

#[cfg(feature = "candle")]
fn candle(path: &Path, options: &JudgeOptions) -> Result<Arc<dyn ToolCallJudge>, OpenError> {
    use super::Dtype;
    use crate::candle::{CandleModel, CandleOptions, Precision};

    let mut how = CandleOptions::default().with_device(options.device);
    if let Some(dtype) = options.dtype {
        how = how.with_precision(match dtype {
            Dtype::F32 => Precision::F32,
            Dtype::Bf16 => Precision::Bf16,
            Dtype::F16 => Precision::F16,
        });
    }
    how = options.context.into_iter().fold(how, CandleOptions::with_context);
    how = options.threads.into_iter().fold(how, CandleOptions::with_threads);
    how = options.kv_bytes.into_iter().fold(how, CandleOptions::with_kv_bytes);
    let files = super::assemble::Files::of_folder(path)?;
    super::assemble::judge(CandleModel::load(path, &how)?, files, options)
}

#[cfg(feature = "onnx")]
fn onnx(path: &Path, options: &JudgeOptions) -> Result<Arc<dyn ToolCallJudge>, OpenError> {
    use crate::onnx::{OnnxModel, OnnxOptions};

    let mut how = OnnxOptions::default().with_device(options.device);
    how = options.threads.into_iter().fold(how, OnnxOptions::with_threads);
    how = options.kv_bytes.into_iter().fold(how, OnnxOptions::with_kv_bytes);
    how = options.onnx_library.iter().fold(how, OnnxOptions::with_library);
    let model = OnnxModel::load(path, &how)?;
    let folder = if path.is_file() { path.parent().unwrap_or(Path::new(".")) } else { path };
    super::assemble::judge(model, super::assemble::Files::of_folder(folder)?, options)
}

#[cfg(feature = "llama")]
fn llama(path: &Path, options: &JudgeOptions) -> Result<Arc<dyn ToolCallJudge>, OpenError> {
    use crate::llama::{LlamaModel, LlamaOptions};

    let mut how = LlamaOptions::default();
    how = options.context.into_iter().fold(how, LlamaOptions::with_context);
    how = options.threads.into_iter().fold(how, LlamaOptions::with_threads);
    if options.device != crate::device::Device::Cpu {
        let why = "llama.cpp is built for the CPU here: leave the device out, or use candle or onnx";
        return Err(LoadError::Device { device: options.device.to_string(), why: why.into() }.into());
    }
    let model = LlamaModel::load(path, &how)?;
    let files = super::assemble::Files::of_gguf(path, &model)?;
    super::assemble::judge(model, files, options)
}
