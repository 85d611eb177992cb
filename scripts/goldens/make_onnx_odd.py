"""Writes ONNX graphs that must not be taken for models, or that break a promise when they run. Each is a few hundred bytes.

Those that load compute nothing of sense: a score is the sum of the tokens that the mask leaves, logits are the token itself.
"""

from onnx import TensorProto, checker, helper

from common import FIXTURES, write_json

FOLDER = FIXTURES / "onnx-odd"
VOCABULARY = 8
IDS = ["batch", "tokens"]
PAST = ["batch", 2, "past", 4]
PRESENT = ["batch", 2, "all", 4]
INT, FLOAT, HALF = TensorProto.INT64, TensorProto.FLOAT, TensorProto.FLOAT16


def constant(name, kind, values):
    return helper.make_node("Constant", [], [name], value=helper.make_tensor(name, kind, [len(values)], values))


def sums(columns=1, scale=1.0):
    """Nodes from input_ids and attention_mask to logits [batch, columns]."""
    return [
        helper.make_node("Mul", ["input_ids", "attention_mask"], ["kept"]),
        helper.make_node("Cast", ["kept"], ["numbers"], to=FLOAT),
        constant("one", INT, [1]),
        helper.make_node("ReduceSum", ["numbers", "one"], ["sum"], keepdims=1),
        constant("scale", FLOAT, [scale] * columns),
        helper.make_node("Mul", ["sum", "scale"], ["logits"]),
    ]


def logits(width):
    """Nodes from input_ids to logits [batch, tokens, width]."""
    return [
        helper.make_node("Cast", ["input_ids"], ["numbers"], to=FLOAT),
        constant("two", INT, [2]),
        helper.make_node("Unsqueeze", ["numbers", "two"], ["column"]),
        constant("ones", FLOAT, [1.0] * width),
        helper.make_node("Mul", ["column", "ones"], ["logits"]),
    ]


def write(name, nodes, inputs, outputs):
    values = lambda ports: [helper.make_tensor_value_info(port, kind, shape) for port, (kind, shape) in ports.items()]
    graph = helper.make_graph(nodes, name, values(inputs), values(outputs))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9, producer_name="toolrm")
    checker.check_model(model)
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())


def main():
    tokens = {"input_ids": (INT, IDS), "attention_mask": (INT, IDS)}
    score = {"logits": (FLOAT, ["batch", 1])}
    write_json(FOLDER / "config.json", {"model_type": "odd", "vocab_size": VOCABULARY, "max_position_embeddings": 16})

    write("sum", sums(), tokens, score)
    write("unknown-input", sums(), tokens | {"pixel_values": (FLOAT, ["batch", 3])}, score)
    write("no-mask", sums()[1:], {"kept": (INT, IDS)}, score)
    write("fixed-length", sums(), {name: (INT, [1, 16]) for name in tokens}, {"logits": (FLOAT, [1, 1])})
    write("int32-tokens", sums(), {name: (TensorProto.INT32, IDS) for name in tokens}, score)
    write("other-output", sums() + [helper.make_node("Identity", ["logits"], ["pooled"])], tokens, {"pooled": score["logits"]})
    write("two-labels", sums(columns=2), tokens, {"logits": (FLOAT, ["batch", 2])})
    each = helper.make_node("Cast", ["kept"], ["logits"], to=FLOAT)
    write("score-per-token", [sums()[0], each], tokens, {"logits": (FLOAT, ["batch", "labels"])})
    write("infinite", sums(scale=float("inf")), tokens, score)

    causal = {"logits": (FLOAT, [*IDS, VOCABULARY])}
    write("no-cache", logits(VOCABULARY), tokens, causal)

    past, present = "past_key_values.0.key", "present.0.key"
    cached = tokens | {past: (FLOAT, PAST)}
    keep = helper.make_node("Identity", [past], [present])
    write("no-present", logits(VOCABULARY), cached, causal)
    write("half-cache", [*logits(VOCABULARY), keep], tokens | {past: (HALF, PAST)}, causal | {present: (HALF, PAST)})
    write("open-heads", [*logits(VOCABULARY), keep], tokens | {past: (FLOAT, ["b", "h", "p", 4])}, causal | {present: (FLOAT, ["b", "h", "p", 4])})
    write("cache-stays", [*logits(VOCABULARY), keep], cached, causal | {present: (FLOAT, PRESENT)})
    append = [
        constant("size", INT, [0]),
        helper.make_node("Shape", ["input_ids"], ["batch_tokens"]),
        helper.make_node("Gather", ["batch_tokens", "size"], ["batch"]),
        constant("first", INT, [1]),
        helper.make_node("Gather", ["batch_tokens", "first"], ["new"]),
        constant("heads", INT, [2]),
        constant("width", INT, [4]),
        helper.make_node("Concat", ["batch", "heads", "new", "width"], ["shape"], axis=0),
        helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
        helper.make_node("Concat", [past, "zeros"], [present], axis=2),
    ]
    write("other-vocabulary", [*logits(5), *append], cached, {"logits": (FLOAT, [*IDS, 5]), present: (FLOAT, PRESENT)})


if __name__ == "__main__":
    main()
