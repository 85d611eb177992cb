"""toolrm's llama backend beside llama-cpp-python: the same GGUF, threads and tokens, taking turns in one run.

    llama_vs_llama_cpp_python.py BENCH_MODEL FILE.gguf [FILE.gguf ..] [--threads 2] [--prefill 512] [--decode 64] [--batch 8]

BENCH_MODEL is the built example `bench_model` of toolrm-backends. Both sides ask for the logits of the last token and for flash
attention; each figure is the fastest of TURNS turns. Both llama.cpp should be compiled for the same processor: the bindings of toolrm
take the target of rustc (AVX2 on plain x86), llama-cpp-python by default what the machine has (GGML_NATIVE), which is printed.
"""

import argparse
import json
import subprocess
import time

import llama_cpp

TURNS = 5


def ours(binary, file, options):
    numbers = [options.threads, options.prefill, options.decode, options.batch, 1]
    done = subprocess.run([binary, f"llama:{file}", *map(str, numbers)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


class Theirs:
    """llama-cpp-python's `Llama`, fed as its own completion loop does."""

    def __init__(self, file, options):
        self.options = options
        self.model = llama_cpp.Llama(
            file, n_ctx=max(1024, options.prefill + options.decode), n_batch=2048, n_ubatch=512,
            n_threads=options.threads, n_threads_batch=options.threads, flash_attn=True, verbose=False,
        )
        self.prompt = [i % 1000 + 100 for i in range(options.prefill)]
        self.turn(2)

    def turn(self, decode):
        self.model.reset()
        start = time.perf_counter()
        self.eval(self.prompt)
        read = time.perf_counter() - start
        start = time.perf_counter()
        for i in range(decode):
            self.eval([i + 200])
        return dict(prefill=read, decode=time.perf_counter() - start)

    def eval(self, tokens):
        self.model.eval(tokens)
        self.model._ctx.get_logits()  # waits for the computation


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("files", nargs="+")
    for name, default in dict(threads=2, prefill=512, decode=64, batch=8).items():
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    print("llama-cpp-python", llama_cpp.__version__, llama_cpp.llama_print_system_info().decode())
    for file in options.files:
        theirs = Theirs(file, options)
        mine, peer = {}, {}
        for _ in range(TURNS):
            for times, found in ((mine, ours(options.binary, file, options)), (peer, theirs.turn(options.decode))):
                for name in ("prefill", "decode", "decode_batch"):
                    if name in found:
                        times[name] = min(found[name], times.get(name, found[name]))
        del theirs
        print(file)
        for name, tokens in (("prefill", options.prefill), ("decode", options.decode)):
            a, b = tokens / mine[name], tokens / peer[name]
            print(f"  {name:8} toolrm {a:8.2f} tokens/s   llama-cpp-python {b:8.2f}   ratio {a / b:.3f}")
        together = options.batch * options.decode / mine["decode_batch"]
        alone = options.decode / mine["decode"]
        print(f"  batch {options.batch} decode, toolrm: {together:.2f} tokens/s, {together / alone:.2f} times one alone")


if __name__ == "__main__":
    main()
