//! [`Weights`]: the safetensors files of a Hugging Face folder, read tensor by tensor.
//!
//! Headers are read and checked when the folder is opened, tensors when they are asked for: straight into the numbers the model
//! computes in, through a buffer of fixed size, so that loading needs no more memory than the loaded model. Files are not mapped into
//! memory: a file that shrinks under a mapping kills the process.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, HashSet},
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use candle_core::{DType, Device, Tensor, WithDType};
use half::{bf16, f16};
use rayon::prelude::*;
use safetensors::{Dtype, tensor::Metadata};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::layers::{TensorSource, runtime};
use crate::error::LoadError;

/// Longest header that is believed, as the format's own reader has it.
const LONGEST_HEADER: u64 = 100_000_000;
/// Bytes that are hashed at a time, each piece on its own thread.
const PIECE: usize = 4 << 20;
/// Bytes that are read at a time.
const BUFFER: usize = 8 * PIECE;

/// The tensors of a folder.
#[derive(Debug)]
pub(super) struct Weights {
    folder: PathBuf,
    files: Vec<(PathBuf, File)>,
    places: HashMap<String, Place>,
    dtype: DType,
    device: Device,
    /// Digests of the tensors that were read, by name.
    digests: RefCell<BTreeMap<String, [u8; 32]>>,
}

/// Where a tensor is.
#[derive(Debug)]
struct Place {
    file: usize,
    dtype: Dtype,
    shape: Vec<usize>,
    offset: u64,
    bytes: usize,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Weights {
    /// Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names.
    pub(super) fn open(folder: &Path, dtype: DType, device: &Device) -> Result<Self, LoadError> {
        let mut weights = Self {
            folder: folder.to_owned(),
            files: Vec::new(),
            places: HashMap::new(),
            dtype,
            device: device.clone(),
            digests: RefCell::default(),
        };
        let (whole, index) = (folder.join("model.safetensors"), folder.join("model.safetensors.index.json"));
        if whole.exists() {
            weights.add(&whole, |_| true)?;
        } else if index.exists() {
            weights.add_shards(&index)?;
        } else {
            let hint = if folder.join("pytorch_model.bin").exists() {
                "; pytorch_model.bin is not read: save the model with save_pretrained(.., safe_serialization=True)"
            } else {
                ""
            };
            return Err(LoadError::file(folder, format!("there is no model.safetensors and no index of shards{hint}")));
        }
        Ok(weights)
    }

    fn add_shards(&mut self, index: &Path) -> Result<(), LoadError> {
        let text = std::fs::read(index).map_err(|e| LoadError::io(index, e))?;
        let map = serde_json::from_slice::<Index>(&text)
            .map_err(|e| LoadError::file(index, format!("not an index of shards: {e}")))?
            .weight_map;
        let mut shards: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
        for (name, file) in &map {
            shards.entry(file).or_default().insert(name);
        }
        for (file, names) in shards {
            // a name, not a way out of the folder
            if Path::new(file).file_name().is_none_or(|name| name != file) {
                return Err(LoadError::file(
                    index,
                    format!("names the shard {file:?}, which is not a file of this folder"),
                ));
            }
            self.add(&self.folder.join(file), |name| names.contains(name))?;
            if let Some(name) = names.iter().find(|name| !self.places.contains_key(**name)) {
                return Err(LoadError::file(index, format!("says that {file} holds {name}, and it does not")));
            }
        }
        Ok(())
    }

    /// Reads a file's header.
    fn add(&mut self, path: &Path, wanted: impl Fn(&str) -> bool) -> Result<(), LoadError> {
        let io = |e| LoadError::io(path, e);
        let mut file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let mut length = [0; 8];
        if size >= 8 {
            file.read_exact(&mut length).map_err(io)?;
        }
        let length = u64::from_le_bytes(length);
        if length == 0 || length > LONGEST_HEADER || length.saturating_add(8) > size {
            let what = format!("not a safetensors file, or cut short: of {size} bytes, {length} should be its header");
            return Err(LoadError::file(path, what));
        }
        let mut header = Vec::new();
        (&mut file).take(length).read_to_end(&mut header).map_err(io)?;
        let header: Metadata = serde_json::from_slice(&header)
            .map_err(|e| LoadError::file(path, format!("its header is damaged: {e}; download it again")))?;
        let (data, there) = (header.data_len() as u64, size - 8 - length);
        if data != there {
            let what = format!("holds {there} bytes of tensors where its header says {data}: download it again");
            return Err(LoadError::file(path, what));
        }
        let number = self.files.len();
        for (name, info) in header.tensors() {
            if wanted(&name) {
                let (start, end) = info.data_offsets;
                let offset = 8 + length + start as u64;
                let (dtype, shape) = (info.dtype, info.shape.clone());
                self.places.insert(name, Place { file: number, dtype, shape, offset, bytes: end - start });
            }
        }
        self.files.push((path.to_owned(), file));
        Ok(())
    }

    /// Whether all tensors of a model are there, in the shapes it needs, as numbers that can be converted.
    pub(super) fn check(&self, wanted: &[(String, Vec<usize>)]) -> Result<(), LoadError> {
        let missing: Vec<_> = wanted.iter().filter(|(name, _)| !self.places.contains_key(name)).collect();
        if !missing.is_empty() {
            let names = missing.into_iter().map(|(name, _)| name.clone()).collect();
            return Err(LoadError::MissingTensors { path: self.folder.clone(), names });
        }
        for (name, shape) in wanted {
            self.place(name, shape)?;
        }
        let wanted: HashSet<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
        let extra: Vec<_> = self.places.keys().filter(|name| !wanted.contains(name.as_str())).collect();
        if !extra.is_empty() {
            tracing::debug!(folder = %self.folder.display(), ?extra, "tensors that the model does not use");
        }
        Ok(())
    }

    /// A hash of the configuration and of every tensor that was read, with names, shapes and types: how they are spread over files
    /// does not change it.
    pub(super) fn revision(&self, config: &[u8]) -> String {
        let mut hash = Sha256::new();
        hash.update(Sha256::digest(config));
        for (name, digest) in &*self.digests.borrow() {
            hash.update(Sha256::digest(name));
            hash.update(digest);
        }
        hash.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    }

    fn path(&self, place: &Place) -> &Path {
        self.files.get(place.file).map_or(&self.folder, |(path, _)| path)
    }

    fn place(&self, name: &str, shape: &[usize]) -> Result<&Place, LoadError> {
        let place = self
            .places
            .get(name)
            .ok_or_else(|| LoadError::MissingTensors { path: self.folder.clone(), names: vec![name.to_owned()] })?;
        let wrong = |found: String, expected: String| LoadError::Tensor {
            path: self.path(place).to_owned(),
            name: name.to_owned(),
            found,
            expected,
        };
        if place.shape != shape {
            return Err(wrong(
                format!("of shape {:?}", place.shape),
                format!("of shape {shape:?}, as config.json has it"),
            ));
        }
        match place.dtype {
            Dtype::F32 | Dtype::BF16 | Dtype::F16 | Dtype::F64 => Ok(place),
            other => Err(wrong(format!("of type {other}"), "F32, BF16, F16 or F64".to_owned())),
        }
    }

    /// Reads and hashes a tensor's bytes and makes numbers of them.
    fn read<T: WithDType + Number>(&self, name: &str, place: &Place) -> Result<Tensor, LoadError> {
        let Some((path, file)) = self.files.get(place.file) else {
            return Err(LoadError::file(&self.folder, "a file was not opened"));
        };
        let io = |e| LoadError::io(path, e);
        let mut file = file;
        file.seek(SeekFrom::Start(place.offset)).map_err(io)?;
        let mut hash = Sha256::new();
        hash.update(format!("{} {:?}", place.dtype, place.shape));
        let mut numbers: Vec<T> = Vec::with_capacity(place.shape.iter().product());
        let mut buffer = vec![0; BUFFER.min(place.bytes)];
        let mut left = place.bytes;
        while left > 0 {
            let take = left.min(buffer.len());
            let Some(bytes) = buffer.get_mut(..take) else { break };
            file.read_exact(bytes).map_err(io)?;
            let digests: Vec<_> = bytes.par_chunks(PIECE).map(Sha256::digest).collect();
            for digest in digests {
                hash.update(digest);
            }
            convert(bytes, place.dtype, &mut numbers);
            left -= take;
        }
        self.digests.borrow_mut().insert(name.to_owned(), hash.finalize().into());
        Tensor::from_vec(numbers, place.shape.as_slice(), &self.device).map_err(runtime)
    }
}

impl TensorSource for Weights {
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, LoadError> {
        let place = self.place(name, shape)?;
        match self.dtype {
            DType::BF16 => self.read::<bf16>(name, place),
            DType::F16 => self.read::<f16>(name, place),
            _ => self.read::<f32>(name, place),
        }
    }
}

/// A number that weights can be kept in.
trait Number {
    fn of(value: f32) -> Self;
}

impl Number for f32 {
    fn of(value: f32) -> Self {
        value
    }
}

impl Number for bf16 {
    fn of(value: f32) -> Self {
        Self::from_f32(value)
    }
}

impl Number for f16 {
    fn of(value: f32) -> Self {
        Self::from_f32(value)
    }
}

/// Appends the numbers that little-endian bytes of a type are. Every type's numbers are also `f32`, save those of `F64`, which are
/// rounded.
fn convert<T: Number>(bytes: &[u8], dtype: Dtype, numbers: &mut Vec<T>) {
    #[allow(clippy::cast_possible_truncation, reason = "that is the conversion")]
    match dtype {
        Dtype::F64 => numbers.extend(bytes.as_chunks().0.iter().map(|b| T::of(f64::from_le_bytes(*b) as f32))),
        Dtype::F32 => numbers.extend(bytes.as_chunks().0.iter().map(|b| T::of(f32::from_le_bytes(*b)))),
        Dtype::BF16 => numbers.extend(bytes.as_chunks().0.iter().map(|b| T::of(bf16::from_le_bytes(*b).to_f32()))),
        Dtype::F16 => numbers.extend(bytes.as_chunks().0.iter().map(|b| T::of(f16::from_le_bytes(*b).to_f32()))),
        // `Weights::place` lets no other through
        _ => {}
    }
}
