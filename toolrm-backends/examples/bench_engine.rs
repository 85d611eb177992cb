//! What sharing is worth, through the whole engine: `bench_engine candle:FOLDER|llama:FILE THREADS [CONTEXT] [ANSWER] [ROUNDS]`.
//!
//! Three questions, each as a ratio of times on one model, the fastest of the rounds each; nothing is cached when a round begins:
//! - eight answers of one context, judged by the probabilities of one token, against one answer;
//! - both orders of a pair against one order;
//! - eight texts written together against the same eight one after the other.

use std::{env, error::Error, sync::Arc, time::Instant};

use futures_util::future::join_all;
use serde_json::json;
use toolrm_backends::engine::{Codec, Engine, EngineOptions, ModelError, Sampling, Token, TokenModel, Writing};
use toolrm_core::{error::JudgeError, observe::CallOptions, port::GenParams, testkit::block_on};

/// Tokens alone matter here.
struct Numbers;

impl Codec for Numbers {
    fn encode(&self, text: &str) -> Result<Vec<Token>, ModelError> {
        Ok(text.bytes().map(Token::from).collect())
    }
    fn decode(&self, tokens: &[Token]) -> Result<String, ModelError> {
        Ok(tokens.iter().map(|t| format!("{t} ")).collect::<Vec<_>>().concat())
    }
    fn end_tokens(&self) -> &[Token] {
        &[]
    }
    fn tokens_of_label(&self, _: &str) -> Vec<Token> {
        vec![16]
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [model, threads, rest @ ..] = arguments.as_slice() else {
        return Err("usage: bench_engine candle:FOLDER|llama:FILE THREADS [CONTEXT] [ANSWER] [ROUNDS]".into());
    };
    let number = |at: usize, default: usize| rest.get(at).map_or(Ok(default), |n| n.parse());
    let (context, answer, rounds) = (number(0, 1500)?, number(1, 48)?, number(2, 3)?);
    let engine = open(model, threads.parse()?)?;
    let mut bench = Bench { engine, context, answer, salt: 0 };
    bench.judge(&[0])?; // buffers and threads are there from now on

    let mut best = [f64::INFINITY; 6];
    for _ in 0..rounds {
        let eight: Vec<usize> = (0..8).collect();
        let found = [
            bench.judge(&[0])?,
            bench.judge(&eight)?,
            bench.orders(1)?,
            bench.orders(2)?,
            bench.write(true)?,
            bench.write(false)?,
        ];
        best.iter_mut().zip(found).for_each(|(best, found)| *best = best.min(found));
    }
    let [one, eight, order, orders, together, apart] = best;
    let spec = bench.engine.spec();
    println!(
        "{}",
        json!({
            "model": spec.id, "device": spec.device, "dtype": spec.dtype, "context": context, "answer": answer,
            "one_answer_s": one, "eight_answers_s": eight, "eight_answers_ratio": eight / one,
            "one_order_s": order, "both_orders_s": orders, "both_orders_ratio": orders / order,
            "eight_texts_together_s": together, "eight_texts_apart_s": apart, "batch_speedup": apart / together,
        })
    );
    Ok(())
}

fn open(model: &str, threads: usize) -> Result<Engine, Box<dyn Error>> {
    match model.split_once(':') {
        #[cfg(feature = "candle")]
        Some(("candle", folder)) => {
            let options = toolrm_backends::candle::CandleOptions::default().with_threads(threads);
            start(toolrm_backends::candle::CandleModel::load(folder, &options)?)
        }
        #[cfg(feature = "llama")]
        Some(("llama", file)) => {
            let options = toolrm_backends::llama::LlamaOptions::default().with_threads(threads).with_context(8192);
            start(toolrm_backends::llama::LlamaModel::load(file, &options)?)
        }
        _ => {
            Err(format!("{model} with {threads} threads: give candle:FOLDER or llama:FILE, of a backend that is built")
                .into())
        }
    }
}

#[allow(dead_code, reason = "for backends that may not be built")]
fn start(model: impl TokenModel + 'static) -> Result<Engine, Box<dyn Error>> {
    Ok(Engine::start(model, &EngineOptions::default())?)
}

struct Bench {
    engine: Engine,
    context: usize,
    answer: usize,
    /// Makes every round's context a new one.
    salt: Token,
}

impl Bench {
    fn fresh_context(&mut self) -> Vec<Token> {
        self.salt += 1;
        let salt = self.salt;
        (0..self.context).map(|i| (Token::try_from(i).unwrap_or(0) * 7 + salt * 131) % 1000 + 100).collect()
    }

    fn candidate(&self, n: usize) -> Vec<Token> {
        let n = Token::try_from(n).unwrap_or(0);
        (0..self.answer).map(|i| 2000 + n * 50 + Token::try_from(i).unwrap_or(0)).collect()
    }

    /// Seconds until all prompts are answered with so many tokens.
    fn run(&self, prompts: Vec<Vec<Token>>, tokens: usize, together: bool) -> Result<f64, JudgeError> {
        let options = CallOptions::default();
        let writing = || {
            let sampling = Sampling::of(&GenParams::greedy(1), 0);
            let mut writing = Writing::new(Arc::new(Numbers), sampling, tokens);
            (writing.labels, writing.label_first) = (vec![vec![16], vec![17]], true);
            writing
        };
        let start = Instant::now();
        let jobs = prompts.into_iter().map(|p| self.engine.write(p, writing(), 0, &options));
        if together {
            block_on(join_all(jobs)).into_iter().try_for_each(|r| r.map(drop))?;
        } else {
            jobs.into_iter().try_for_each(|job| block_on(job).map(drop))?;
        }
        Ok(start.elapsed().as_secs_f64())
    }

    /// Answers of one context.
    fn judge(&mut self, answers: &[usize]) -> Result<f64, JudgeError> {
        let context = self.fresh_context();
        let prompts = answers.iter().map(|n| [context.clone(), self.candidate(*n)].concat()).collect();
        self.run(prompts, 1, true)
    }

    /// A pair, in one order or both, with what is asked behind it.
    fn orders(&mut self, orders: usize) -> Result<f64, JudgeError> {
        let context = self.fresh_context();
        let (a, b) = (self.candidate(0), self.candidate(1));
        let question: Vec<Token> = (0..16).map(|i| 3000 + i).collect();
        let both = [[&a, &b], [&b, &a]];
        let prompts = both.iter().take(orders).map(|[x, y]| [&context, *x, *y, &question].map(Vec::as_slice).concat());
        let prompts = prompts.collect();
        self.run(prompts, 1, true)
    }

    /// Eight texts of 32 tokens behind prompts of 64.
    fn write(&mut self, together: bool) -> Result<f64, JudgeError> {
        let prompts = (0..8).map(|_| self.fresh_context().into_iter().take(64).collect::<Vec<_>>()).collect();
        self.run(prompts, 32, together)
    }
}
