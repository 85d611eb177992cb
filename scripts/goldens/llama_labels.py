"""Log-probabilities of labels behind prompts, by llama-cpp-python on the tiny GGUF. Writes tests/goldens/llama_labels.json.

Needs tests/fixtures/qwen3.gguf (make_gguf.py) and the pip package llama-cpp-python.
"""

import math

import llama_cpp
import numpy

from common import FIXTURES, GOLDENS, digits, write_rows

LABELS = ["1", "2", "A", "B", "<tool_call>"]
PRECISIONS = dict(
    fast=dict(type_k=llama_cpp.GGML_TYPE_F16, type_v=llama_cpp.GGML_TYPE_F16, flash_attn=True),
    exact=dict(type_k=llama_cpp.GGML_TYPE_F32, type_v=llama_cpp.GGML_TYPE_F32, flash_attn=False),
)
PROMPTS = [
    "Hello",
    "<|im_start|>user\nWhich answer is better, 1 or 2?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nA: get_weather(city='Paris')\nB: get_time()\nAnswer A or B.<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
    "The judge compares both calls: are the names right, are the required arguments there? Lisbon, 14 °C, naïve. ",
]


def piece(model, token):
    return model.detokenize([token], special=False).decode("utf-8", errors="replace")


def labels(**settings):
    """Every prompt with the log-probability of every label: of all tokens that read as the label, white space aside."""
    model = llama_cpp.Llama(str(FIXTURES / "qwen3.gguf"), n_ctx=256, n_threads=1, n_threads_batch=1, verbose=False, **settings)
    vocabulary = {}
    for token in range(model.n_vocab()):
        vocabulary.setdefault(piece(model, token).strip(), []).append(token)
    for text in PROMPTS:
        tokens = model.tokenize(text.encode(), add_bos=False, special=True)
        model.reset()
        model.eval(tokens)
        logits = numpy.ctypeslib.as_array(model._ctx.get_logits(), shape=(model.n_vocab(),)).astype(numpy.float64)
        logprobs = logits - logits.max()
        logprobs -= math.log(numpy.exp(logprobs).sum())
        found = {
            label: dict(tokens=vocabulary[label], logprob=digits(float(numpy.logaddexp.reduce(logprobs[vocabulary[label]]))))
            for label in LABELS
        }
        yield dict(text=text, tokens=tokens, labels=found)


def main():
    rows = {name: list(labels(**settings)) for name, settings in PRECISIONS.items()}
    write_rows(GOLDENS / "llama_labels.json", rows)


if __name__ == "__main__":
    main()
