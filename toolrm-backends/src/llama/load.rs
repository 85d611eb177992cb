//! [`LlamaModel::load`]: from a file to a model, or to the reason why not.

use std::{
    io,
    num::NonZeroU32,
    path::Path,
    sync::{Arc, OnceLock},
    thread,
};

use llama_cpp_2::{
    LlamaCppError, LogOptions,
    context::params::LlamaContextParams,
    llama_backend::LlamaBackend,
    llama_batch::LlamaBatch,
    model::{LlamaModel as Weights, params::LlamaModelParams},
    send_logs_to_tracing,
};
use sha2::{Digest, Sha256};

use super::{
    codec::LlamaCodec,
    describe::{Head, Shape, shape},
    gguf::Header,
    log,
    model::{LlamaModel, Session},
    options::LlamaOptions,
};
use crate::{LoadError, digest::feed, engine::ModelSpec};

/// Most sequences llama.cpp keeps (`LLAMA_MAX_SEQ`).
const MAX_SEQUENCES: usize = 256;
/// Most tokens that can be asked for: more than any model has use for, and few enough to count in llama.cpp.
const MAX_TOKENS: usize = 1 << 22;
/// The cache has a multiple of so many tokens.
const KV_BLOCK: usize = 256;
/// Tokens that llama.cpp computes at once of a longer step: its default.
const MICRO_BATCH: usize = 512;

impl LlamaModel {
    /// Loads a GGUF file. Its weights are read into memory: they take about what the file does.
    ///
    /// The header is checked before llama.cpp sees the file, and the whole file is read once for [`LlamaModel::revision`].
    /// llama.cpp's log goes to `tracing`, with the target `llama-cpp-2`.
    ///
    /// # Errors
    /// [`LoadError::Io`] and [`LoadError::File`] for a file that cannot be read, is no GGUF, is cut short or damaged, has no
    /// vocabulary, or that llama.cpp refuses (with its reason); [`LoadError::Unsupported`] for a kind of model that is not run and
    /// for options out of range; [`LoadError::Device`] for a GPU that is not there; [`LoadError::Runtime`] when there is no memory
    /// for the cache.
    pub fn load(path: impl AsRef<Path>, options: &LlamaOptions) -> Result<Self, LoadError> {
        let path = path.as_ref();
        check_options(options)?;
        let header = Header::read(path)?;
        let shape = shape(path, &header)?;
        let backend = backend()?;
        if options.gpu_layers > 0 && !backend.supports_gpu_offload() {
            return Err(LoadError::Device {
                device: "a GPU for llama.cpp".into(),
                why: "llama.cpp was built for the CPU alone: set gpu_layers to 0".into(),
            });
        }
        let revision = sha256(path).map_err(|e| LoadError::io(path, e))?;
        let weights = Arc::new(load_weights(path, backend, options)?);
        if weights.is_recurrent() || weights.is_hybrid() {
            return Err(LoadError::unsupported(format!(
                "{}: {} keeps a state that cannot be cut back to a shared prefix: attention-only models are run",
                path.display(),
                shape.architecture
            )));
        }
        let sizes = Sizes::new(options, &shape);
        let codec = LlamaCodec::new(Arc::clone(&weights), &header);
        let vocabulary = usize::try_from(weights.n_vocab()).unwrap_or(0);
        let session = open_session(path, weights, backend, context_params(options, &sizes, shape.head))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let spec = ModelSpec {
            id: format!("{name}@{}", revision.get(..12).unwrap_or(&revision)),
            output: shape.head.output(vocabulary),
            context: sizes.context,
            max_sequences: options.max_sequences,
            kv_tokens: sizes.kv_tokens,
            max_step_tokens: sizes.step,
            incremental: shape.head == Head::Logits,
            kv_bytes_per_token: shape.kv_bytes_per_token(options.precision),
            device: device(options),
            dtype: header.main_type().to_owned(),
        };
        Ok(Self {
            session,
            batch: LlamaBatch::new(sizes.step, 1),
            lengths: vec![0; options.max_sequences],
            spec,
            vocabulary,
            codec,
            chat_template: header.text("tokenizer.chat_template").map(str::to_owned),
            revision,
        })
    }
}

/// How many tokens fit where.
struct Sizes {
    context: usize,
    kv_tokens: usize,
    step: usize,
    micro_batch: usize,
}

impl Sizes {
    fn new(options: &LlamaOptions, shape: &Shape) -> Self {
        let context = options.context.min(shape.context);
        if shape.head == Head::Logits {
            let kv_tokens = options.kv_tokens.next_multiple_of(KV_BLOCK);
            let step = options.max_step_tokens.min(kv_tokens);
            return Self { context: context.min(kv_tokens), kv_tokens, step, micro_batch: step.min(MICRO_BATCH) };
        }
        // A sequence that is scored is read in one piece, of which nothing is kept.
        let step = options.max_step_tokens.max(context);
        Self { context, kv_tokens: step.next_multiple_of(KV_BLOCK), step, micro_batch: step }
    }
}

fn context_params(options: &LlamaOptions, sizes: &Sizes, head: Head) -> LlamaContextParams {
    let threads = i32::try_from(threads(options)).unwrap_or(i32::MAX);
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(count(sizes.kv_tokens)))
        // llama.cpp wants room for an output of every sequence.
        .with_n_batch(count(sizes.step.max(options.max_sequences)))
        .with_n_ubatch(count(sizes.micro_batch))
        .with_n_seq_max(count(options.max_sequences))
        .with_kv_unified(true)
        .with_embeddings(head != Head::Logits)
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    options.precision.apply(params)
}

fn threads(options: &LlamaOptions) -> usize {
    options.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, Into::into))
}

/// Numbers that `check_options` has seen to fit.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn check_options(options: &LlamaOptions) -> Result<(), LoadError> {
    let in_range = |name: &str, value: usize, most: usize| {
        if (1..=most).contains(&value) {
            return Ok(());
        }
        Err(LoadError::unsupported(format!("the option {name} is {value}, and should be between 1 and {most}")))
    };
    in_range("context", options.context, MAX_TOKENS)?;
    in_range("kv_tokens", options.kv_tokens, MAX_TOKENS)?;
    in_range("max_step_tokens", options.max_step_tokens, MAX_TOKENS)?;
    in_range("max_sequences", options.max_sequences, MAX_SEQUENCES)?;
    in_range("threads", options.threads.unwrap_or(1), 512)
}

/// llama.cpp, started once in a process.
fn backend() -> Result<&'static LlamaBackend, LoadError> {
    static BACKEND: OnceLock<Result<LlamaBackend, LlamaCppError>> = OnceLock::new();
    let started = BACKEND.get_or_init(|| {
        send_logs_to_tracing(LogOptions::default());
        LlamaBackend::init()
    });
    started.as_ref().map_err(|e| LoadError::Runtime {
        what: format!("llama.cpp did not start ({e}): does another library of this process run it too?"),
        source: None,
    })
}

fn load_weights(path: &Path, backend: &LlamaBackend, options: &LlamaOptions) -> Result<Weights, LoadError> {
    // Mapped into memory the file would stay there beside the copies that llama.cpp packs for the processor.
    let params = LlamaModelParams::default().with_n_gpu_layers(options.gpu_layers).with_use_mmap(false);
    let (weights, errors) = log::with_errors(|| Weights::load_from_file(backend, path, &params));
    weights.map_err(|e| {
        // The first line names the reason behind the functions that it went through.
        let reason = errors.first().map_or_else(|| e.to_string(), |line| line.replace("error loading model: ", ""));
        LoadError::file(path, format!("llama.cpp cannot load it: {reason}"))
    })
}

fn open_session(
    path: &Path,
    weights: Arc<Weights>,
    backend: &LlamaBackend,
    params: LlamaContextParams,
) -> Result<Session, LoadError> {
    let cells = params.n_ctx().map_or(0, NonZeroU32::get);
    let (session, errors) =
        log::with_errors(|| Session::try_new(weights, |weights| weights.new_context(backend, params)));
    session.map_err(|e| LoadError::Runtime {
        what: format!(
            "{}: llama.cpp has no room for a cache of {cells} tokens, ask for fewer kv_tokens: {}",
            path.display(),
            errors.first().map_or("its log does not say why", String::as_str)
        ),
        source: Some(e.into()),
    })
}

fn device(options: &LlamaOptions) -> String {
    let threads = threads(options);
    match options.gpu_layers {
        0 => format!("cpu ({threads} threads)"),
        layers => format!("gpu ({layers} layers) and cpu ({threads} threads)"),
    }
}

/// SHA-256 of a file in hexadecimal.
fn sha256(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    feed(path, &mut hash)?;
    Ok(hash.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")))
}
