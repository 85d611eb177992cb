"""Writes tiny Hugging Face folders with random weights: one for each architecture that toolrm-backends runs.

The configurations are in the form published models have, so that what reads them is tested as well. The weights are large
(deviation 0.2, not 0.02), norms are not one and biases not zero: a mistake anywhere shows in the output.
"""

import collections
import json
import re
import string

import torch
import transformers
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers import Regex

from common import FIXTURES, HERE, write_json

CORPUS = (HERE / "corpus.txt").read_text(encoding="utf-8").splitlines()
VOCABULARY = 416  # of the models; the tokenizers have a few less, as published models do

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MARKS = ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>"]
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHATML = """\
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' + (message.content or '') }}
    {%- for call in message.tool_calls or [] %}
        {{- '\\n<tool_call>\\n' + ({'name': call.function.name, 'arguments': call.function.arguments} | tojson) + '\\n</tool_call>' }}
    {%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""

DECODER = dict(
    vocab_size=VOCABULARY,
    hidden_size=32,
    intermediate_size=64,
    num_attention_heads=4,
    num_key_value_heads=2,
    hidden_act="silu",
    max_position_embeddings=256,
    rms_norm_eps=1e-6,
    initializer_range=0.02,
    attention_dropout=0.0,
    use_cache=True,
    torch_dtype="float32",
)
QWEN3 = DECODER | dict(
    model_type="qwen3",
    head_dim=16,
    num_hidden_layers=3,
    attention_bias=False,
    rope_theta=1000000,
    rope_scaling=None,
    sliding_window=None,
    use_sliding_window=False,
    max_window_layers=3,
    tie_word_embeddings=True,
)
QWEN2 = DECODER | dict(
    model_type="qwen2",
    architectures=["Qwen2ForCausalLM"],
    num_hidden_layers=2,
    rope_theta=1000000.0,
    sliding_window=8,
    use_sliding_window=False,
    max_window_layers=1,
    tie_word_embeddings=False,
)
LLAMA = DECODER | dict(
    model_type="llama",
    architectures=["LlamaForCausalLM"],
    num_hidden_layers=2,
    head_dim=16,
    attention_bias=False,
    mlp_bias=False,
    pretraining_tp=1,
    rms_norm_eps=1e-5,
    rope_theta=500000.0,
    rope_scaling=dict(
        factor=8.0, high_freq_factor=4.0, low_freq_factor=1.0, original_max_position_embeddings=16, rope_type="llama3"
    ),
    tie_word_embeddings=False,
)
BERT = dict(
    model_type="bert",
    architectures=["BertForSequenceClassification"],
    vocab_size=256,
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=4,
    hidden_act="gelu",
    hidden_dropout_prob=0.1,
    attention_probs_dropout_prob=0.1,
    initializer_range=0.02,
    layer_norm_eps=1e-12,
    max_position_embeddings=128,
    position_embedding_type="absolute",
    type_vocab_size=2,
    pad_token_id=0,
    classifier_dropout=None,
    id2label={"0": "LABEL_0"},
    label2id={"LABEL_0": 0},
    torch_dtype="float32",
)
MODERNBERT = dict(
    model_type="modernbert",
    architectures=["ModernBertForSequenceClassification"],
    vocab_size=256,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=4,
    num_attention_heads=4,
    hidden_activation="gelu",
    max_position_embeddings=256,
    norm_eps=1e-5,
    norm_bias=False,
    attention_bias=False,
    attention_dropout=0.0,
    mlp_bias=False,
    mlp_dropout=0.0,
    embedding_dropout=0.0,
    decoder_bias=True,
    global_attn_every_n_layers=3,
    local_attention=8,
    global_rope_theta=160000.0,
    local_rope_theta=10000.0,
    classifier_pooling="cls",
    classifier_bias=False,
    classifier_activation="gelu",
    classifier_dropout=0.0,
    position_embedding_type="absolute",
    pad_token_id=0,
    cls_token_id=2,
    sep_token_id=3,
    bos_token_id=2,
    eos_token_id=3,
    id2label={"0": "LABEL_0"},
    label2id={"LABEL_0": 0},
    torch_dtype="float32",
)


def byte_level_tokenizer():
    """Byte-level BPE with the marks of the Qwen family, and its tokenizer_config.json."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in SPECIAL])
    tokenizer.add_tokens([AddedToken(text, normalized=False, special=False) for text in MARKS])
    for label in ("0", "1", "2"):
        assert len(tokenizer.encode(label).ids) == 1
    added = {
        str(tokenizer.token_to_id(text)): dict(
            content=text, lstrip=False, normalized=False, rstrip=False, single_word=False, special=text in SPECIAL
        )
        for text in SPECIAL + MARKS
    }
    config = dict(
        add_bos_token=False,
        add_prefix_space=False,
        added_tokens_decoder=added,
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        bos_token=None,
        chat_template=CHATML,
        clean_up_tokenization_spaces=False,
        eos_token="<|im_end|>",
        errors="replace",
        model_max_length=256,
        pad_token="<|endoftext|>",
        split_special_tokens=False,
        tokenizer_class="PreTrainedTokenizerFast",
        unk_token=None,
    )
    return tokenizer, config


def word_piece_tokenizer():
    """WordPiece as BERT has it, and its tokenizer_config.json. Its words are counted here: the trainer's own order changes from run to run."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = collections.Counter(re.findall(r"[a-z]{2,}", "\n".join(CORPUS).lower()))
    ends = collections.Counter("##" + word[cut:] for word in words for cut in range(1, len(word) - 1))
    ranked = lambda counts, most: [text for text, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]]
    letters = sorted(set("abcdefghijklmnopqrstuvwxyz0123456789"))
    marks = sorted(set(string.punctuation))
    vocabulary = special + marks + letters + ["##" + letter for letter in letters] + ranked(words, 100) + ranked(ends, 40)
    assert len(set(vocabulary)) == len(vocabulary) <= 256
    tokenizer = Tokenizer(models.WordPiece({text: i for i, text in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.add_special_tokens(special)
    cls, sep = (tokenizer.token_to_id(text) for text in ("[CLS]", "[SEP]"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", cls), ("[SEP]", sep)],
    )
    config = dict(
        cls_token="[CLS]",
        do_lower_case=True,
        mask_token="[MASK]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        model_max_length=128,
        pad_token="[PAD]",
        sep_token="[SEP]",
        tokenizer_class="PreTrainedTokenizerFast",
        unk_token="[UNK]",
    )
    return tokenizer, config


def randomise(model, seed):
    """Random weights that bf16 holds exactly, so that a folder in bf16 is the same model."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in model.named_parameters():
        noise = torch.randn(tensor.shape, generator=generator)
        is_norm = "norm" in name.lower() and name.endswith("weight")
        value = 1 + 0.2 * noise if is_norm else (0.3 if "embed" in name else 0.2) * noise
        tensor.data.copy_(value.bfloat16().float())


def tensors_of(model):
    """The tensors a published folder holds: a tied head is not written twice."""
    state = dict(model.state_dict())
    if getattr(model.config, "tie_word_embeddings", False):
        state.pop("lm_head.weight", None)
    return {name: tensor.contiguous() for name, tensor in state.items()}


def write_tensors(path, tensors):
    save_file(tensors, path, metadata={"format": "pt"})
    path.chmod(0o644)


def write_folder(name, config, architecture, seed, tokenizer, tokenizer_config, generation=None):
    folder = FIXTURES / name
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", config, indent=2)
    model = getattr(transformers, architecture)(transformers.AutoConfig.from_pretrained(folder))
    randomise(model, seed)
    write_tensors(folder / "model.safetensors", tensors_of(model))
    write_tokenizer(folder, tokenizer, tokenizer_config)
    if generation is not None:
        write_json(folder / "generation_config.json", generation, indent=2)
    return model


def write_tokenizer(folder, tokenizer, config):
    """tokenizer.json without line breaks: half the size."""
    text = json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(text + "\n", encoding="utf-8")
    write_json(folder / "tokenizer_config.json", config, indent=2)
    special = {key: value for key, value in config.items() if key.endswith("_token") and isinstance(value, str)}
    write_json(folder / "special_tokens_map.json", special, indent=2)


def write_sharded(model, config, tokenizer, tokenizer_config, generation):
    """The same model in bf16, in two files with an index, and its configuration as newer versions of transformers write it."""
    folder = FIXTURES / "qwen3-sharded"
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.bfloat16() for name, tensor in tensors_of(model).items()}
    names = list(tensors)
    halves = {"model-00001-of-00002.safetensors": names[: len(names) // 2], "model-00002-of-00002.safetensors": names[len(names) // 2 :]}
    for file, part in halves.items():
        write_tensors(folder / file, {name: tensors[name] for name in part})
    size = sum(tensor.numel() * 2 for tensor in tensors.values())
    weight_map = {name: file for file, part in halves.items() for name in part}
    write_json(folder / "model.safetensors.index.json", dict(metadata=dict(total_size=size), weight_map=weight_map), indent=2)
    new_form = {key: value for key, value in config.items() if key not in ("rope_theta", "rope_scaling", "torch_dtype")}
    new_form |= dict(
        dtype="bfloat16",
        layer_types=["full_attention"] * config["num_hidden_layers"],
        rope_parameters=dict(rope_theta=config["rope_theta"], rope_type="default"),
    )
    write_json(folder / "config.json", new_form, indent=2)
    write_tokenizer(folder, tokenizer, tokenizer_config)
    write_json(folder / "generation_config.json", generation, indent=2)


def main():
    bpe, bpe_config = byte_level_tokenizer()
    end, turn_end = (bpe.token_to_id(text) for text in ("<|endoftext|>", "<|im_end|>"))
    ends = dict(eos_token_id=turn_end, pad_token_id=end)
    generation = dict(eos_token_id=[turn_end, end], pad_token_id=end, do_sample=True, temperature=0.6, top_k=20, top_p=0.95)
    decoder = dict(tokenizer=bpe, tokenizer_config=bpe_config, generation=generation)
    qwen3 = QWEN3 | ends | dict(architectures=["Qwen3ForCausalLM"])
    model = write_folder("qwen3", qwen3, "Qwen3ForCausalLM", 1, **decoder)
    write_sharded(model, qwen3, bpe, bpe_config, generation)
    labels = dict(id2label={"0": "LABEL_0"}, label2id={"LABEL_0": 0})
    classifier = QWEN3 | ends | labels | dict(architectures=["Qwen3ForSequenceClassification"])
    write_folder("qwen3-classifier", classifier, "Qwen3ForSequenceClassification", 2, **decoder | dict(generation=None))
    write_folder("qwen2", QWEN2 | ends, "Qwen2ForCausalLM", 3, **decoder)
    write_folder("qwen2-sliding", QWEN2 | ends | dict(use_sliding_window=True), "Qwen2ForCausalLM", 4, **decoder)
    write_folder("llama", LLAMA | ends, "LlamaForCausalLM", 35, **decoder)
    pieces, pieces_config = word_piece_tokenizer()
    encoder = dict(tokenizer=pieces, tokenizer_config=pieces_config)
    write_folder("bert", BERT, "BertForSequenceClassification", 6, **encoder)
    names = dict(model_input_names=["input_ids", "attention_mask"])
    encoder["tokenizer_config"] = pieces_config | names
    write_folder("modernbert", MODERNBERT, "ModernBertForSequenceClassification", 7, **encoder)
    mean = MODERNBERT | dict(classifier_pooling="mean")
    write_folder("modernbert-mean", mean, "ModernBertForSequenceClassification", 8, **encoder)


if __name__ == "__main__":
    main()
