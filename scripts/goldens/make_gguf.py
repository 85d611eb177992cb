"""Writes GGUF files under llama.cpp's names of the Qwen3 architecture.

    make_gguf.py                                     the tiny `qwen3` folder as tests/fixtures/qwen3.gguf, in f32
    make_gguf.py --shape 0.6b --type q4_k OUT.gguf   a published shape with random weights, for measurements

Random quantised tensors are drawn block by block in their quantised form: every bit pattern is a valid block.
"""

import argparse
import json
import math
import pathlib

import gguf
import numpy
from safetensors.numpy import load_file

from common import FIXTURES
from shapes import SHAPES, Pool, config_of, tensors_of

Kind = gguf.GGMLQuantizationType
DEVIATION = 0.02


def normal(dtype):
    return lambda random, size: (DEVIATION * random.standard_normal(size, numpy.float32)).astype(dtype)


def halves(random, size, value):
    """A block's scale: f16 near `value`, as bytes."""
    return (value * random.uniform(0.9, 1.1, (size, 1))).astype(numpy.float16).view(numpy.uint8)


def q8_0(random, size):
    """Blocks of 32: a scale, then 32 signed bytes, of deviation 74."""
    numbers = random.integers(-127, 128, (size // 32, 32), numpy.int8).view(numpy.uint8)
    return numpy.concatenate([halves(random, size // 32, DEVIATION / 74), numbers], axis=1)


def q4_k(random, size):
    """Blocks of 256: a scale and a least value, eight pairs of 6-bit factors for them in 12 bytes, 256 numbers of 4 bits."""
    count, scale = size // 256, DEVIATION / 240
    rest = random.integers(0, 256, (count, 12 + 128), numpy.uint8)
    return numpy.concatenate([halves(random, count, scale), halves(random, count, 7.5 * scale), rest], axis=1)


# Type in the file, type of the file, elements a block, how blocks are drawn.
TYPES = {
    "f32": (Kind.F32, gguf.LlamaFileType.ALL_F32, 1, normal(numpy.float32)),
    "f16": (Kind.F16, gguf.LlamaFileType.MOSTLY_F16, 1, normal(numpy.float16)),
    "q8_0": (Kind.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0, 32, q8_0),
    "q4_k": (Kind.Q4_K, gguf.LlamaFileType.MOSTLY_Q4_K_S, 256, q4_k),
}


def add_model(writer, config):
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])


def add_tokenizer(writer, config):
    """The tiny folder's tokenizer; numbers of the model that it does not use are filled up."""
    folder = FIXTURES / "qwen3"
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    size = config["vocab_size"]
    texts, kinds = [f"[PAD{number}]" for number in range(size)], [gguf.TokenType.UNUSED] * size
    for text, number in tokenizer["model"]["vocab"].items():
        texts[number], kinds[number] = text, gguf.TokenType.NORMAL
    for added in tokenizer["added_tokens"]:
        kind = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
        texts[added["id"]], kinds[added["id"]] = added["content"], kind
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(texts)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(merge) for merge in tokenizer["model"]["merges"]])
    writer.add_eos_token_id(texts.index(settings["eos_token"]))
    writer.add_eot_token_id(texts.index(settings["eos_token"]))
    writer.add_pad_token_id(texts.index(settings["pad_token"]))
    writer.add_bos_token_id(texts.index(settings["pad_token"]))
    writer.add_add_bos_token(False)
    writer.add_chat_template(settings["chat_template"])


def random_tensors(config, kind):
    """Name, shape, type and a function that gives the bytes, of every tensor. Norms are one, in f32."""
    quantised, _, block, draw = TYPES[kind]
    pool = Pool(draw, size=1 << 22)
    for name, shape in tensors_of(config).items():
        if "norm" in name:
            yield name, shape, Kind.F32, lambda shape=shape: numpy.ones(shape, numpy.float32)
        else:
            yield name, shape, quantised, lambda shape=shape: pool.take(math.prod(shape) // block)


def folder_tensors(folder):
    for name, values in load_file(folder / "model.safetensors").items():
        yield name, list(values.shape), Kind.F32, lambda values=values: values


def write(path, config, file_type, tensors):
    """The header, then one tensor after another."""
    writer = gguf.GGUFWriter(path, "qwen3")
    writer.add_file_type(file_type)
    add_model(writer, config)
    add_tokenizer(writer, config)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3, config["num_hidden_layers"])
    tensors = list(tensors)
    for name, shape, kind, _ in tensors:
        block, size = gguf.GGML_QUANT_SIZES[kind]
        bytes_ = math.prod(shape) // block * size
        stem = names.get_name(name.removesuffix(".weight"))
        writer.add_tensor_info(f"{stem}.weight", shape, numpy.dtype(numpy.float32), bytes_, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for *_, values in tensors:
        writer.write_tensor_data(values())
    writer.close()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--shape", choices=SHAPES)
    arguments.add_argument("--type", choices=TYPES, default="q8_0")
    arguments.add_argument("out", type=pathlib.Path, nargs="?")
    given = arguments.parse_args()
    if given.shape is None:
        folder = FIXTURES / "qwen3"
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        write(given.out or FIXTURES / "qwen3.gguf", config, gguf.LlamaFileType.ALL_F32, folder_tensors(folder))
    elif given.out is None:
        arguments.error("a random model needs a file to be written to")
    else:
        config = config_of(given.shape)
        write(given.out, config, TYPES[given.type][1], random_tensors(config, given.type))


if __name__ == "__main__":
    main()
