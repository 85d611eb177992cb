"""Shapes of published Qwen3 models, and random numbers to fill them with: for measurements, where only the shape counts."""

import numpy

VOCABULARY = 151936
SHAPES = {
    "0.6b": dict(hidden_size=1024, intermediate_size=3072, num_hidden_layers=28, num_attention_heads=16),
    "4b": dict(hidden_size=2560, intermediate_size=9728, num_hidden_layers=36, num_attention_heads=32),
}
REST = dict(
    architectures=["Qwen3ForCausalLM"],
    attention_bias=False,
    attention_dropout=0.0,
    head_dim=128,
    hidden_act="silu",
    max_position_embeddings=40960,
    model_type="qwen3",
    num_key_value_heads=8,
    rms_norm_eps=1e-6,
    rope_scaling=None,
    rope_theta=1000000,
    sliding_window=None,
    tie_word_embeddings=True,
    use_cache=True,
    use_sliding_window=False,
    vocab_size=VOCABULARY,
)


def config_of(shape):
    """The config.json of a shape."""
    return SHAPES[shape] | dict(max_window_layers=SHAPES[shape]["num_hidden_layers"]) | REST


def tensors_of(config):
    """Name and shape of every tensor."""
    hidden, inner, head = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    queries, keys = config["num_attention_heads"] * head, config["num_key_value_heads"] * head
    layer = {
        "input_layernorm": [hidden],
        "self_attn.q_proj": [queries, hidden],
        "self_attn.k_proj": [keys, hidden],
        "self_attn.v_proj": [keys, hidden],
        "self_attn.o_proj": [hidden, queries],
        "self_attn.q_norm": [head],
        "self_attn.k_norm": [head],
        "post_attention_layernorm": [hidden],
        "mlp.gate_proj": [inner, hidden],
        "mlp.up_proj": [inner, hidden],
        "mlp.down_proj": [hidden, inner],
    }
    tensors = {"model.embed_tokens.weight": [config["vocab_size"], hidden]}
    for number in range(config["num_hidden_layers"]):
        tensors |= {f"model.layers.{number}.{name}.weight": shape for name, shape in layer.items()}
    return tensors | {"model.norm.weight": [hidden]}


class Pool:
    """A few million random elements that tensors of any size are cut out of, each from another place: as fast as copying."""

    def __init__(self, draw, seed=0, size=(1 << 22) + 15):
        self.random = numpy.random.default_rng(seed)
        self.elements = draw(self.random, size)

    def take(self, count):
        """The next `count` elements."""
        start = int(self.random.integers(len(self.elements)))
        return numpy.resize(numpy.roll(self.elements, -start, axis=0), (count, *self.elements.shape[1:]))
