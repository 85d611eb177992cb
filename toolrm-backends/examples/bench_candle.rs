//! How fast a safetensors model reads prompts and writes tokens: `bench_candle FOLDER THREADS PREFILL DECODE BATCH ROUNDS [DEVICE]`.
//!
//! Prints one JSON object of seconds, the fastest of the rounds each. `benches/peers/candle_vs_transformers.py` runs it beside
//! transformers.

use std::{env, error::Error, time::Instant};

use serde_json::json;
use toolrm_backends::{
    candle::{CandleModel, CandleOptions},
    engine::{Row, Token, TokenModel},
};

/// Tokens of one answer when many answers of one context are scored.
const ANSWER: usize = 40;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, threads, prefill, decode, batch, rounds, device @ ..] = arguments.as_slice() else {
        return Err("usage: bench_candle FOLDER THREADS PREFILL DECODE BATCH ROUNDS [DEVICE]".into());
    };
    let [threads, prefill, decode, batch, rounds] =
        [threads, prefill, decode, batch, rounds].map(|n| n.parse::<usize>());
    let (threads, prefill, decode, batch, rounds) = (threads?, prefill?, decode?, batch?, rounds?);

    let mut options = CandleOptions::default().with_threads(threads).with_kv_bytes(4 << 30).with_max_step_tokens(4096);
    if let Some(device) = device.first() {
        options = options.with_device(device.parse()?);
    }
    let start = Instant::now();
    let mut bench = Bench { model: CandleModel::load(folder, &options)? };
    let load = start.elapsed().as_secs_f64();
    let prompt: Vec<Token> = (0..prefill).map(|i| Token::try_from(i % 1000 + 100)).collect::<Result<_, _>>()?;
    bench.decode(&prompt, 2, batch)?; // buffers and threads are there from now on

    let mut best = [f64::INFINITY; 5];
    for _ in 0..rounds {
        let (read, write) = bench.decode(&prompt, decode, 1)?;
        let (_, write_batch) = bench.decode(&prompt, decode, batch)?;
        let found = [read, write, write_batch, bench.answers(&prompt, 1)?, bench.answers(&prompt, batch)?];
        best.iter_mut().zip(found).for_each(|(best, found)| *best = best.min(found));
    }
    let [read, write, write_batch, answer, answers] = best;
    println!(
        "{}",
        json!({
            "load": load, "prefill": read, "decode": write, "decode_batch": write_batch, "answer": answer, "answers": answers,
            "device": bench.model.spec().device, "dtype": bench.model.spec().dtype, "resident_kib": resident(),
        })
    );
    Ok(())
}

struct Bench {
    model: CandleModel,
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
        self.forget(batch);
        Ok((read, write))
    }

    /// Seconds to score so many answers behind one prompt, the prompt's reading included.
    fn answers(&mut self, prompt: &[Token], count: usize) -> Result<f64, Box<dyn Error>> {
        let start = Instant::now();
        self.model.step(&[Row { sequence: 0, tokens: prompt, wanted: false }])?;
        for copy in 1..count {
            self.model.fork(0, copy, prompt.len())?;
        }
        let answers: Vec<Vec<Token>> =
            (0..count).map(|n| vec![Token::try_from(n).unwrap_or(0) + 300; ANSWER]).collect();
        let rows: Vec<_> =
            answers.iter().enumerate().map(|(sequence, tokens)| Row { sequence, tokens, wanted: true }).collect();
        self.model.step(&rows)?;
        let seconds = start.elapsed().as_secs_f64();
        self.forget(count);
        Ok(seconds)
    }

    fn forget(&mut self, sequences: usize) {
        (0..sequences).for_each(|sequence| self.model.remove(sequence));
    }
}

/// Memory of this process in KiB, where the system tells it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().trim_end_matches(" kB").parse().ok()
}
