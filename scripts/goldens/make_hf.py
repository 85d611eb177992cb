"""Writes a Hugging Face folder of a published Qwen3's shape with random weights, for measurements. One tensor at a time in memory.

    make_hf.py --shape 0.6b --type bf16 OUT
"""

import argparse
import json
import math
import pathlib
import shutil

import ml_dtypes
import numpy

from common import FIXTURES, write_json
from shapes import SHAPES, Pool, config_of, tensors_of

TYPES = {"f32": ("F32", numpy.float32, "float32"), "bf16": ("BF16", ml_dtypes.bfloat16, "bfloat16")}


def write_weights(path, tensors, kind):
    """model.safetensors: a length, a JSON header, the bytes."""
    name_of, dtype, _ = TYPES[kind]
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in tensors.items():
        start, end = end, end + math.prod(shape) * numpy.dtype(dtype).itemsize
        header[name] = dict(dtype=name_of, shape=shape, data_offsets=[start, end])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pool = Pool(lambda random, size: (0.02 * random.standard_normal(size, numpy.float32)).astype(dtype))
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in tensors.items():
            values = numpy.ones(shape, dtype) if "norm" in name else pool.take(math.prod(shape))
            file.write(values.tobytes())


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--shape", choices=SHAPES, default="0.6b")
    arguments.add_argument("--type", choices=TYPES, default="bf16")
    arguments.add_argument("out", type=pathlib.Path)
    given = arguments.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    config = config_of(given.shape)
    tiny = json.loads((FIXTURES / "qwen3" / "config.json").read_text())
    ends = {key: tiny[key] for key in ("eos_token_id", "pad_token_id")}
    write_json(given.out / "config.json", config | ends | dict(torch_dtype=TYPES[given.type][2]), indent=2)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json"):
        shutil.copy(FIXTURES / "qwen3" / name, given.out / name)
    write_weights(given.out / "model.safetensors", tensors_of(config), given.type)


if __name__ == "__main__":
    main()
