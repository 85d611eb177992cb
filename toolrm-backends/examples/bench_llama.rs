//! How fast a GGUF reads prompts and writes tokens: `bench_llama FILE THREADS PREFILL DECODE BATCH ROUNDS`.
//!
//! Prints one JSON object of seconds, the fastest of the rounds each. `benches/peers/llama_vs_llama_cpp_python.py` runs it beside
//! llama-cpp-python.

use std::{env, error::Error, time::Instant};

use serde_json::json;
use toolrm_backends::{
    engine::{Row, Token, TokenModel},
    llama::{LlamaModel, LlamaOptions},
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [file, numbers @ ..] = arguments.as_slice() else {
        return Err("usage: bench_llama FILE THREADS PREFILL DECODE BATCH ROUNDS".into());
    };
    let numbers = numbers.iter().map(|n| n.parse()).collect::<Result<Vec<usize>, _>>()?;
    let [threads, prefill, decode, batch, rounds] = numbers[..] else {
        return Err("five numbers behind the file".into());
    };

    let options = LlamaOptions::default()
        .with_threads(threads)
        .with_context(prefill + decode)
        .with_kv_tokens((prefill + batch * decode).max(1024))
        .with_max_sequences(batch.max(1));
    let mut bench = Bench { model: LlamaModel::load(file, &options)? };
    let prompt: Vec<Token> = (0..prefill).map(|i| Token::try_from(i % 1000 + 100)).collect::<Result<_, _>>()?;
    bench.decode(&prompt, 2, batch)?; // weights are read from disk once

    let [mut reads, mut writes, mut writes_batch] = [f64::INFINITY; 3];
    for _ in 0..rounds {
        let (read, write) = bench.decode(&prompt, decode, 1)?;
        reads = reads.min(read);
        writes = writes.min(write);
        writes_batch = writes_batch.min(bench.decode(&prompt, decode, batch)?.1);
    }
    println!(
        "{}",
        json!({ "prefill": reads, "decode": writes, "decode_batch": writes_batch, "device": bench.model.spec().device })
    );
    Ok(())
}

struct Bench {
    model: LlamaModel,
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
        for copy in 0..batch {
            self.model.remove(copy);
        }
        Ok((read, write))
    }
}
