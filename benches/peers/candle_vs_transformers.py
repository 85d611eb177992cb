"""toolrm's candle backend beside transformers: the same random weights, threads and tokens, taking turns in one run.

    candle_vs_transformers.py BENCH_MODEL FOLDER [--shape 0.6b] [--threads 2] [--prefill 512] [--decode 64] [--batch 8] [--device cpu]

BENCH_MODEL is the built example `bench_model` of toolrm-backends. FOLDER is made with random weights of the shape where it is not there
(f32, or bf16 for a GPU). Both sides ask for the logits of the last token only; each figure is the fastest of TURNS turns.
"""

import argparse
import json
import subprocess
import time
from pathlib import Path

import torch
import transformers

TURNS = 3
SHAPES = {
    "0.6b": dict(hidden_size=1024, intermediate_size=3072, num_hidden_layers=28, num_attention_heads=16, tie_word_embeddings=True),
    "4b": dict(hidden_size=2560, intermediate_size=9728, num_hidden_layers=36, num_attention_heads=32, tie_word_embeddings=True),
}


def make(folder, shape, dtype):
    """A Qwen3 of that shape with random weights."""
    config = transformers.Qwen3Config(
        vocab_size=151936, num_key_value_heads=8, head_dim=128, max_position_embeddings=40960, rope_theta=1e6, **SHAPES[shape]
    )
    torch.manual_seed(0)
    torch.set_default_dtype(dtype)
    transformers.Qwen3ForCausalLM(config).save_pretrained(folder)
    torch.set_default_dtype(torch.float32)


def ours(options):
    numbers = [options.threads, options.prefill, options.decode, options.batch, 1, options.device]
    done = subprocess.run([options.binary, f"candle:{options.folder}", *map(str, numbers)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


class Theirs:
    def __init__(self, options, dtype):
        torch.set_num_threads(options.threads)
        self.options = options
        self.model = transformers.AutoModelForCausalLM.from_pretrained(options.folder, dtype=dtype).eval().to(options.device)
        self.turn(2)

    @torch.inference_mode()
    def turn(self, decode):
        found = {}
        for name, batch in (("decode", 1), ("decode_batch", self.options.batch)):
            prompt = torch.arange(self.options.prefill, device=self.options.device).remainder(1000).add(100).unsqueeze(0)
            start = time.perf_counter()
            past = self.step(prompt, None)
            found["prefill"] = min(time.perf_counter() - start, found.get("prefill", float("inf")))
            past.batch_repeat_interleave(batch)
            start = time.perf_counter()
            for i in range(decode):
                past = self.step(torch.full((batch, 1), i + 200, device=self.options.device), past)
            found[name] = time.perf_counter() - start
        return found

    def step(self, tokens, past):
        out = self.model(input_ids=tokens, past_key_values=past, use_cache=True, logits_to_keep=1)
        out.logits[0, 0, 0].item()  # waits for the computation
        return out.past_key_values


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("folder")
    parser.add_argument("--shape", default="0.6b", choices=SHAPES)
    parser.add_argument("--device", default="cpu")
    for name, default in dict(threads=2, prefill=512, decode=64, batch=8).items():
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    dtype = torch.float32 if options.device == "cpu" else torch.bfloat16
    if not (Path(options.folder) / "config.json").exists():
        make(options.folder, options.shape, dtype)
    print(f"transformers {transformers.__version__}, torch {torch.__version__}, {options.threads} threads, {dtype} on {options.device}")
    theirs = Theirs(options, dtype)
    mine, peer = {}, {}
    for _ in range(TURNS):
        for times, found in ((mine, ours(options)), (peer, theirs.turn(options.decode))):
            for name, value in found.items():
                if isinstance(value, float):
                    times[name] = min(value, times.get(name, value))
    batch = options.batch
    for name, tokens in (("prefill", options.prefill), ("decode", options.decode), ("decode_batch", options.decode * batch)):
        a, b = tokens / mine[name], tokens / peer[name]
        print(f"  {name:13} toolrm {a:8.2f} tokens/s   transformers {b:8.2f}   ratio {a / b:.3f}")
    print(f"  batch {batch} decode against one alone, toolrm: {batch * mine['decode'] / mine['decode_batch']:.2f} times")


if __name__ == "__main__":
    main()
