//! How fast a model reads prompts and writes tokens: `bench_model candle:FOLDER|llama:FILE THREADS PREFILL DECODE BATCH ROUNDS [DEVICE]`.
//!
//! Prints one JSON object of seconds, the fastest of the rounds each. `benches/peers/models` runs it beside transformers and llama-cpp-python.

use std::{env, error::Error, time::Instant};

use serde_json::json;
use toolrm_backends::{
    Device,
    engine::{Row, Token, TokenModel},
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [model, threads, prefill, decode, batch, rounds, device @ ..] = arguments.as_slice() else {
        return Err("usage: bench_model candle:FOLDER|llama:FILE THREADS PREFILL DECODE BATCH ROUNDS [DEVICE]".into());
    };
    let sizes = Sizes { prefill: prefill.parse()?, decode: decode.parse()?, batch: batch.parse()? };
    let device: Device = device.first().map_or(Ok(Device::Cpu), |d| d.parse())?;
    let start = Instant::now();
    let mut bench = Bench { model: open(model, threads.parse()?, device, &sizes)? };
    let load = start.elapsed().as_secs_f64();
    let prompt: Vec<Token> = (0..sizes.prefill).map(|i| Token::try_from(i % 1000 + 100)).collect::<Result<_, _>>()?;
    bench.decode(&prompt, 2, sizes.batch)?; // buffers, threads and weights are there from now on

    let [mut reads, mut writes, mut writes_batch] = [f64::INFINITY; 3];
    for _ in 0..rounds.parse::<usize>()? {
        let (read, write) = bench.decode(&prompt, sizes.decode, 1)?;
        reads = reads.min(read);
        writes = writes.min(write);
        writes_batch = writes_batch.min(bench.decode(&prompt, sizes.decode, sizes.batch)?.1);
    }
    let spec = bench.model.spec();
    println!(
        "{}",
        json!({
            "load": load, "prefill": reads, "decode": writes, "decode_batch": writes_batch,
            "device": spec.device, "dtype": spec.dtype, "resident_kib": resident(),
        })
    );
    Ok(())
}

struct Sizes {
    prefill: usize,
    decode: usize,
    batch: usize,
}

#[allow(unused_variables, reason = "some are for backends that may not be built")]
fn open(model: &str, threads: usize, device: Device, sizes: &Sizes) -> Result<Box<dyn TokenModel>, Box<dyn Error>> {
    match model.split_once(':') {
        #[cfg(feature = "candle")]
        Some(("candle", folder)) => {
            let options = toolrm_backends::candle::CandleOptions::default()
                .with_threads(threads)
                .with_device(device)
                .with_kv_bytes(4 << 30)
                .with_max_step_tokens(4096);
            Ok(Box::new(toolrm_backends::candle::CandleModel::load(folder, &options)?))
        }
        #[cfg(feature = "llama")]
        Some(("llama", file)) => {
            let options = toolrm_backends::llama::LlamaOptions::default()
                .with_threads(threads)
                .with_context(sizes.prefill + sizes.decode)
                .with_kv_tokens((sizes.prefill + sizes.batch * sizes.decode).max(1024))
                .with_max_sequences(sizes.batch.max(1));
            Ok(Box::new(toolrm_backends::llama::LlamaModel::load(file, &options)?))
        }
        _ => Err(format!("{model}: give candle:FOLDER or llama:FILE, of a backend that is built").into()),
    }
}

struct Bench {
    model: Box<dyn TokenModel>,
}

impl Bench {
    /// Seconds to read a prompt, and to write tokens behind `batch` copies of it.
    fn decode(&mut self, prompt: &[Token], tokens: usize, batch: usize) -> Result<(f64, f64), Box<dyn Error>> {
        let start = Instant::now();
        self.model.step(&[Row { sequence: 0, tokens: prompt, wanted: true }])?;
        let read = start.elapsed().as_secs_f64();
        for copy in 1..batch {
            self.model.fork(0, copy, prompt.len())?;
        }
        let start = Instant::now();
        for i in 0..tokens {
            let token = [Token::try_from(i)? + 200];
            let rows: Vec<_> = (0..batch).map(|sequence| Row { sequence, tokens: &token, wanted: true }).collect();
            self.model.step(&rows)?;
        }
        let write = start.elapsed().as_secs_f64();
        (0..batch).for_each(|sequence| self.model.remove(sequence));
        Ok((read, write))
    }
}

/// Memory of this process in KiB, where the system tells it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().trim_end_matches(" kB").parse().ok()
}
