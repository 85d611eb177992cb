//! [`Header`]: what stands before the weights in a GGUF file, read and checked without llama.cpp.
//!
//! llama.cpp says only that a file did not load, and some broken files end the process. So sizes, types and places are held against
//! the file here first. Layout: the GGUF specification, versions 2 and 3, little-endian.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use crate::LoadError;

/// Most numbers of an array that are kept: one for every layer, not one for every token.
const KEPT_NUMBERS: u64 = 4096;
/// The vocabulary.
const TOKENS: &str = "tokenizer.ggml.tokens";
/// Most dimensions of a tensor.
const MAX_DIMENSIONS: u32 = 4;

/// A value of the metadata.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Integer(i128),
    Float(f64),
    Bool(bool),
    Text(String),
    /// An array: how many there are, and, when they are few integers, which.
    Array {
        count: u64,
        integers: Vec<i128>,
    },
}

/// Where the weights of a tensor are, and of what type.
#[derive(Debug)]
pub(super) struct TensorInfo {
    pub(super) name: String,
    bytes: u64,
    kind: &'static str,
}

/// What stands before the weights.
#[derive(Debug)]
pub(super) struct Header {
    values: HashMap<String, Value>,
    pub(super) tensors: Vec<TensorInfo>,
    /// How many tokens of the vocabulary stand for single bytes (`<0x0A>`).
    pub(super) byte_tokens: usize,
}

impl Header {
    /// Reads the header of a file and checks that every tensor lies inside it.
    pub(super) fn read(path: &Path) -> Result<Self, LoadError> {
        let file = File::open(path).map_err(|e| LoadError::io(path, e))?;
        let metadata = file.metadata().map_err(|e| LoadError::io(path, e))?;
        if !metadata.is_file() {
            return Err(LoadError::file(path, "not a file: a GGUF file is asked for"));
        }
        let mut cursor = Cursor { reader: BufReader::new(file), at: 0, len: metadata.len(), byte_tokens: 0 };
        cursor.header().map_err(|e| match e {
            Broken::Io(source) => LoadError::io(path, source),
            Broken::Header(what) => LoadError::file(path, what),
        })
    }

    /// Whether there is such a value, of whatever type.
    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// A text.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A count: an integer that is not negative.
    pub(super) fn count(&self, key: &str) -> Option<u64> {
        match self.values.get(key) {
            Some(Value::Integer(n)) => u64::try_from(*n).ok(),
            _ => None,
        }
    }

    /// A truth value.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        match self.values.get(key) {
            Some(Value::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    /// A number with a fraction.
    pub(super) fn float(&self, key: &str) -> Option<f64> {
        match self.values.get(key) {
            Some(Value::Float(value)) => Some(*value),
            _ => None,
        }
    }

    /// How long an array is.
    pub(super) fn array_len(&self, key: &str) -> Option<u64> {
        match self.values.get(key) {
            Some(Value::Array { count, .. }) => Some(*count),
            _ => None,
        }
    }

    /// A count for each of `layers` layers: one number that holds for all of them, or an array.
    pub(super) fn per_layer(&self, key: &str, layers: usize) -> Option<Vec<u64>> {
        match self.values.get(key)? {
            Value::Integer(n) => Some(vec![u64::try_from(*n).ok()?; layers]),
            Value::Array { integers, .. } if integers.len() == layers => {
                integers.iter().map(|n| u64::try_from(*n).ok()).collect()
            }
            _ => None,
        }
    }

    /// The type that most bytes of the weights are in.
    pub(super) fn main_type(&self) -> &'static str {
        let mut bytes: HashMap<&'static str, u64> = HashMap::new();
        for tensor in &self.tensors {
            let sum = bytes.entry(tensor.kind).or_default();
            *sum = sum.saturating_add(tensor.bytes);
        }
        bytes.into_iter().max_by_key(|&(kind, sum)| (sum, kind)).map_or("none", |(kind, _)| kind)
    }
}

enum Broken {
    Io(io::Error),
    Header(String),
}

impl From<io::Error> for Broken {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

fn broken<T>(what: impl Into<String>) -> Result<T, Broken> {
    Err(Broken::Header(what.into()))
}

struct Cursor {
    reader: BufReader<File>,
    at: u64,
    len: u64,
    byte_tokens: usize,
}

impl Cursor {
    fn header(&mut self) -> Result<Header, Broken> {
        self.check_start()?;
        let tensors = self.u64("the number of tensors")?;
        let pairs = self.u64("the number of metadata values")?;
        let mut values = HashMap::new();
        for i in 0..pairs {
            let key = self.text(&format!("the name of metadata value {i}"))?;
            let kind = self.u32(&key)?;
            let value = self.value(kind, &key)?;
            if values.insert(key.clone(), value).is_some() {
                return broken(format!("the metadata has {key} twice: the file is damaged"));
            }
        }
        let mut header = Header { values, tensors: Vec::new(), byte_tokens: self.byte_tokens };
        self.tensors(&mut header, tensors)?;
        Ok(header)
    }

    fn check_start(&mut self) -> Result<(), Broken> {
        if self.len < 4 || self.bytes::<4>("the first four bytes")? != *b"GGUF" {
            return broken("this is no GGUF file: it does not begin with the letters GGUF");
        }
        match self.u32("the version")? {
            2 | 3 => Ok(()),
            1 => broken("GGUF version 1 is not read any more: convert the model anew"),
            version if version.trailing_zeros() >= 16 => broken("the file is big-endian: convert it for this machine"),
            version => broken(format!("GGUF version {version} is not known, versions 2 and 3 are")),
        }
    }

    /// The tensors' names, shapes and places, each checked to lie inside the file. Norms and biases are rows in F32: on others
    /// llama.cpp ends the process when it computes.
    fn tensors(&mut self, header: &mut Header, count: u64) -> Result<(), Broken> {
        let alignment = header.count("general.alignment").unwrap_or(32);
        if !alignment.is_power_of_two() {
            return broken(format!("general.alignment is {alignment}, and should be a power of two"));
        }
        let mut ends = Vec::new();
        for i in 0..count {
            let name = self.text(&format!("the name of tensor {i}"))?;
            let dimensions = self.shape(&name)?;
            let kind = self.u32(&name)?;
            let offset = self.u64(&name)?;
            let Some((label, block, block_bytes)) = tensor_type(kind) else {
                return broken(format!(
                    "tensor {name} is of type {kind}, in which no weights are read: the file is damaged or newer"
                ));
            };
            if dimensions.len() == 1 && label != "F32" {
                return broken(format!(
                    "tensor {name} is one row in {label}, and should be in F32: convert the model anew"
                ));
            }
            let bytes = size_of(&dimensions, block, block_bytes);
            let end = bytes.and_then(|bytes| offset.checked_add(bytes));
            let (Some(bytes), Some(end)) = (bytes, end) else {
                return broken(format!(
                    "tensor {name} cannot have shape {dimensions:?} in {label}: the file is damaged"
                ));
            };
            if !offset.is_multiple_of(alignment) {
                return broken(format!("tensor {name} is not aligned to {alignment} bytes: the file is damaged"));
            }
            ends.push(end);
            header.tensors.push(TensorInfo { name, bytes, kind: label });
        }
        let start = self.at.next_multiple_of(alignment);
        for (tensor, end) in header.tensors.iter().zip(ends) {
            if start.checked_add(end).is_none_or(|end| end > self.len) {
                let (name, len) = (&tensor.name, self.len);
                return broken(format!(
                    "the weights of tensor {name} end at byte {} and the file at byte {len}: it was cut short, fetch it again",
                    start.saturating_add(end)
                ));
            }
        }
        Ok(())
    }

    fn shape(&mut self, name: &str) -> Result<Vec<u64>, Broken> {
        let count = self.u32(name)?;
        if !(1..=MAX_DIMENSIONS).contains(&count) {
            return broken(format!("tensor {name} has {count} dimensions, and should have 1 to {MAX_DIMENSIONS}"));
        }
        (0..count).map(|_| self.u64(name)).collect()
    }

    fn value(&mut self, kind: u32, key: &str) -> Result<Value, Broken> {
        Ok(match kind {
            0..=5 | 10 | 11 => Value::Integer(self.integer(kind, key)?),
            6 => Value::Float(f64::from(f32::from_le_bytes(self.bytes(key)?))),
            12 => Value::Float(f64::from_le_bytes(self.bytes(key)?)),
            7 => Value::Bool(self.bytes::<1>(key)? != [0]),
            8 => Value::Text(self.text(key)?),
            9 => self.array(key)?,
            _ => return broken(format!("the value of {key} is of unknown type {kind}: the file is damaged or newer")),
        })
    }

    fn integer(&mut self, kind: u32, key: &str) -> Result<i128, Broken> {
        Ok(match kind {
            0 => u8::from_le_bytes(self.bytes(key)?).into(),
            1 => i8::from_le_bytes(self.bytes(key)?).into(),
            2 => u16::from_le_bytes(self.bytes(key)?).into(),
            3 => i16::from_le_bytes(self.bytes(key)?).into(),
            4 => u32::from_le_bytes(self.bytes(key)?).into(),
            5 => i32::from_le_bytes(self.bytes(key)?).into(),
            10 => u64::from_le_bytes(self.bytes(key)?).into(),
            _ => i64::from_le_bytes(self.bytes(key)?).into(),
        })
    }

    fn array(&mut self, key: &str) -> Result<Value, Broken> {
        let kind = self.u32(key)?;
        let count = self.u64(key)?;
        let mut integers = Vec::new();
        let width = match kind {
            8 if key == TOKENS => {
                self.distinct_tokens(count)?;
                return Ok(Value::Array { count, integers });
            }
            8 => {
                for _ in 0..count {
                    let len = self.u64(key)?;
                    self.skip(len, key)?;
                }
                return Ok(Value::Array { count, integers });
            }
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            _ => return broken(format!("{key} is an array of type {kind}, which is not known: the file is damaged")),
        };
        if count <= KEPT_NUMBERS && !matches!(kind, 6 | 7 | 12) {
            for _ in 0..count {
                integers.push(self.integer(kind, key)?);
            }
        } else {
            let Some(bytes) = count.checked_mul(width) else { return self.cut(key) };
            self.skip(bytes, key)?;
        }
        Ok(Value::Array { count, integers })
    }

    /// Goes through the vocabulary: llama.cpp ends the process when a token stands in it twice.
    fn distinct_tokens(&mut self, count: u64) -> Result<(), Broken> {
        let mut seen = HashSet::new();
        for i in 0..count {
            let token = self.text(TOKENS)?;
            self.byte_tokens += usize::from(token.len() == 6 && token.starts_with("<0x") && token.ends_with('>'));
            // llama.cpp gives tokens without text names of their own.
            if let Some(token) = Some(token).filter(|token| !token.is_empty()).and_then(|token| seen.replace(token)) {
                return broken(format!(
                    "token {i} of the vocabulary, {token:?}, stands in it twice: the file is damaged"
                ));
            }
        }
        Ok(())
    }

    fn u32(&mut self, what: &str) -> Result<u32, Broken> {
        Ok(u32::from_le_bytes(self.bytes(what)?))
    }

    fn u64(&mut self, what: &str) -> Result<u64, Broken> {
        Ok(u64::from_le_bytes(self.bytes(what)?))
    }

    fn text(&mut self, what: &str) -> Result<String, Broken> {
        let len = self.u64(what)?;
        // Checked first: nothing larger than the file is asked for.
        let size = usize::try_from(len).ok().filter(|_| len <= self.len.saturating_sub(self.at));
        let Some(size) = size else { return self.cut(what) };
        let mut bytes = vec![0; size];
        self.reader.read_exact(&mut bytes)?;
        self.at += len;
        String::from_utf8(bytes).or_else(|_| broken(format!("{what} is not UTF-8: the file is damaged")))
    }

    fn bytes<const N: usize>(&mut self, what: &str) -> Result<[u8; N], Broken> {
        if self.len.saturating_sub(self.at) < N as u64 {
            return self.cut(what);
        }
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn skip(&mut self, mut len: u64, what: &str) -> Result<(), Broken> {
        if len > self.len.saturating_sub(self.at) {
            return self.cut(what);
        }
        self.at += len;
        while len > 0 {
            let held = self.reader.fill_buf()?.len() as u64;
            if held == 0 {
                return self.cut(what);
            }
            let step = held.min(len);
            self.reader.consume(usize::try_from(step).unwrap_or(usize::MAX));
            len -= step;
        }
        Ok(())
    }

    fn cut<T>(&self, what: &str) -> Result<T, Broken> {
        broken(format!("the file ends at byte {} in the middle of {what}: it was cut short or is damaged", self.len))
    }
}

/// Bytes of a tensor whose rows are stored in blocks.
fn size_of(dimensions: &[u64], block: u64, block_bytes: u64) -> Option<u64> {
    let row = dimensions.first()?;
    if !row.is_multiple_of(block) {
        return None;
    }
    dimensions.iter().skip(1).try_fold((row / block).checked_mul(block_bytes)?, |bytes, n| bytes.checked_mul(*n))
}

/// Name of a tensor type, numbers in a block, bytes of a block. Left out are those that GGML withdrew, and those (integers, F64, Q8_1,
/// Q8_K) that it ends the process on when weights are in them.
fn tensor_type(kind: u32) -> Option<(&'static str, u64, u64)> {
    Some(match kind {
        0 => ("F32", 1, 4),
        1 => ("F16", 1, 2),
        2 => ("Q4_0", 32, 18),
        3 => ("Q4_1", 32, 20),
        6 => ("Q5_0", 32, 22),
        7 => ("Q5_1", 32, 24),
        8 => ("Q8_0", 32, 34),
        10 => ("Q2_K", 256, 84),
        11 => ("Q3_K", 256, 110),
        12 => ("Q4_K", 256, 144),
        13 => ("Q5_K", 256, 176),
        14 => ("Q6_K", 256, 210),
        16 => ("IQ2_XXS", 256, 66),
        17 => ("IQ2_XS", 256, 74),
        18 => ("IQ3_XXS", 256, 98),
        19 => ("IQ1_S", 256, 50),
        20 => ("IQ4_NL", 32, 18),
        21 => ("IQ3_S", 256, 110),
        22 => ("IQ2_S", 256, 82),
        23 => ("IQ4_XS", 256, 136),
        29 => ("IQ1_M", 256, 56),
        30 => ("BF16", 1, 2),
        34 => ("TQ1_0", 256, 54),
        35 => ("TQ2_0", 256, 66),
        39 => ("MXFP4", 32, 17),
        40 => ("NVFP4", 64, 36),
        41 => ("Q1_0", 128, 18),
        42 => ("Q2_0", 64, 18),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_no_whole_number_of_blocks_has_no_size() {
        assert_eq!(size_of(&[64, 3], 32, 34), Some(204));
        assert_eq!(size_of(&[40, 3], 32, 34), None);
        assert_eq!(size_of(&[1 << 40, 1 << 40], 1, 4), None);
        assert_eq!(size_of(&[], 1, 4), None);
    }
}
