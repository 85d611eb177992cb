"""Exports the tiny `bert` classifier and the tiny `qwen3` as ONNX graphs, in the layout and with the names that optimum gives them.

Each is run by onnxruntime and held against transformers to 1e-5, the causal one also token by token through its key-value cache.
"""

import shutil
import warnings

import numpy
import onnx
import onnxruntime
import torch
import transformers

from common import FIXTURES
from logits import PAIRS, PROMPTS, load

FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json")


def additive(allowed):
    """A mask of what may be attended to, as what is added to the attention's scores. Made here, of operations that can be traced."""
    return torch.where(allowed, 0.0, torch.finfo(torch.float32).min)


class Classifier(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        mask = additive(attention_mask[:, None, None, :].bool()).expand(-1, -1, input_ids.shape[1], -1)
        return self.model(input_ids=input_ids, attention_mask=mask, token_type_ids=token_type_ids).logits


class Causal(torch.nn.Module):
    """A causal model whose cache goes in and comes out as tensors."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, position_ids, *past):
        cache = transformers.DynamicCache()
        for layer in range(len(past) // 2):
            cache.update(past[2 * layer], past[2 * layer + 1], layer)
        queries, keys = input_ids.shape[1], attention_mask.shape[1]
        places = torch.arange(keys)
        causal = places[None, :] <= places[keys - queries :, None]
        allowed = causal[None, None] & attention_mask[:, None, None, :].bool()
        out = self.model(input_ids, attention_mask=additive(allowed), position_ids=position_ids, cache=cache, use_cache=True)
        present = [part for layer in out.cache.layers for part in (layer.keys, layer.values)]
        return out.logits, *present


def shorten(graph):
    """Short names for what is inside the graph, none for nodes: a third of so small a file."""
    outside = {value.name for value in (*graph.input, *graph.output)}
    made = [name for node in graph.node for name in node.output] + [tensor.name for tensor in graph.initializer]
    short = {name: f"t{number}" for number, name in enumerate(made) if name not in outside}
    for node in graph.node:
        node.ClearField("name")
        node.ClearField("doc_string")
        node.input[:] = [short.get(name, name) for name in node.input]
        node.output[:] = [short.get(name, name) for name in node.output]
    for tensor in graph.initializer:
        tensor.name = short.get(tensor.name, tensor.name)
    graph.ClearField("value_info")


def export(module, inputs, names, outputs, axes, name, source):
    folder = FIXTURES / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, inputs, path, input_names=names, output_names=outputs, dynamic_axes=axes, opset_version=17, dynamo=False
        )
    model = onnx.load(path)
    shorten(model.graph)
    model.ir_version = min(model.ir_version, 9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    for file in FILES:
        if (FIXTURES / source / file).exists():
            shutil.copy(FIXTURES / source / file, folder / file)
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def classifier():
    model, tokenizer = load("bert")
    names = ["input_ids", "attention_mask", "token_type_ids"]
    example = tokenizer(*map(list, zip(*PAIRS)), padding=True, return_tensors="pt")
    axes = {name: {0: "batch_size", 1: "sequence_length"} for name in names} | {"logits": {0: "batch_size"}}
    inputs = tuple(example[name] for name in names)
    session = export(Classifier(model).eval(), inputs, names, ["logits"], axes, "onnx-classifier", "bert")
    together = {name: example[name].numpy() for name in names}
    compare(session.run(None, together)[0], model(**example).logits)
    for pair in PAIRS:
        one = tokenizer(*pair, return_tensors="pt")
        compare(session.run(None, {name: one[name].numpy() for name in names})[0], model(**one).logits)


def causal():
    model, tokenizer = load("qwen3")
    config = model.config
    layers, heads, size = config.num_hidden_layers, config.num_key_value_heads, config.head_dim
    parts = [f"{layer}.{part}" for layer in range(layers) for part in ("key", "value")]
    past, present = [f"past_key_values.{part}" for part in parts], [f"present.{part}" for part in parts]
    names = ["input_ids", "attention_mask", "position_ids", *past]
    axes = {"attention_mask": {0: "batch_size", 1: "past_sequence_length + sequence_length"}}
    axes |= {name: {0: "batch_size", 1: "sequence_length"} for name in ("input_ids", "position_ids", "logits")}
    axes |= {name: {0: "batch_size", 2: "past_sequence_length"} for name in past}
    axes |= {name: {0: "batch_size", 2: "past_sequence_length + sequence_length"} for name in present}
    example = (
        torch.randint(0, 400, (2, 3)),
        torch.ones(2, 8, dtype=torch.int64),
        torch.arange(5, 8).repeat(2, 1),
        *(torch.randn(2, heads, 5, size) for _ in past),
    )
    session = export(Causal(model).eval(), example, names, ["logits", *present], axes, "onnx-causal", "qwen3")
    for text in PROMPTS:
        tokens = tokenizer.encode(text, add_special_tokens=False)
        wanted = model(torch.tensor([tokens])).logits
        for pieces in (1, 2, len(tokens)):
            cache = [numpy.zeros((1, heads, 0, size), numpy.float32) for _ in past]
            compare(run_in_pieces(session, tokens, pieces, names, cache), wanted)


def run_in_pieces(session, tokens, pieces, names, cache):
    """The logits of all tokens, fed in so many pieces through the cache."""
    logits, done = [], 0
    for piece in numpy.array_split(numpy.array([tokens]), pieces, axis=1):
        total = done + piece.shape[1]
        mask, places = numpy.ones((1, total), numpy.int64), numpy.arange(done, total)[None]
        out, *cache = session.run(None, dict(zip(names, [piece, mask, places, *cache])))
        logits.append(out)
        done = total
    return numpy.concatenate(logits, axis=1)


def compare(found, wanted):
    worst = numpy.abs(found - wanted.numpy()).max()
    assert worst < 1e-5, f"onnxruntime and transformers differ by {worst}"


@torch.no_grad()
def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    classifier()
    causal()


if __name__ == "__main__":
    main()
