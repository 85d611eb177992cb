"""GGUFs with classifier heads (pooling type RANK) of the tiny models, and their scores by transformers.

Writes tests/fixtures/bert.gguf, one label, tests/fixtures/qwen3-rank.gguf, two labels with a softmax behind them as llama.cpp computes
it, and tests/goldens/llama_classifier.json. llama.cpp gives all tokens of BERT the first token type, so the scores are those of texts
without a second part.
"""

import json

import gguf
import numpy
import torch
import transformers
from safetensors.numpy import load_file

import make_gguf
from common import FIXTURES, GOLDENS, digits, write_rows

HEAD = {"pooler.dense": "cls", "classifier": "cls.output"}
SPECIAL = {"[PAD]", "[CLS]", "[SEP]", "[MASK]"}
TEXTS = ["Book a flight", "x", "What is the weather in Paris tomorrow? I will take two seats by the window."]


def pieces(size):
    """The vocabulary as llama.cpp spells it: a mark where a word begins, none inside it; unused numbers are filled up."""
    vocabulary = json.loads((FIXTURES / "bert" / "tokenizer.json").read_text())["model"]["vocab"]
    texts, kinds = [f"[unused{i}]" for i in range(size)], [gguf.TokenType.UNUSED] * size
    for text, number in vocabulary.items():
        special = text in SPECIAL
        kinds[number] = gguf.TokenType.CONTROL if special else gguf.TokenType.UNKNOWN if text == "[UNK]" else gguf.TokenType.NORMAL
        bare = special or text == "[UNK]"
        texts[number] = text if bare else text[2:] if text.startswith("##") else "\u2581" + text
    return texts, kinds


def write_bert():
    config = json.loads((FIXTURES / "bert" / "config.json").read_text())
    writer = gguf.GGUFWriter(FIXTURES / "bert.gguf", "bert")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.RANK)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    texts, kinds = pieces(config["vocab_size"])
    writer.add_tokenizer_model("bert")
    writer.add_token_list(texts)
    writer.add_token_types(kinds)
    writer.add_token_type_count(config["type_vocab_size"])
    for name, number in dict(pad=0, unk=1, bos=2, eos=3, sep=3, mask=4).items():
        getattr(writer, f"add_{name}_token_id")(number)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, config["num_hidden_layers"])
    for name, numbers in load_file(FIXTURES / "bert" / "model.safetensors").items():
        stem, part = name.removeprefix("bert.").rsplit(".", 1)
        writer.add_tensor(f"{HEAD.get(stem) or names.get_name(stem)}.{part}", numbers.astype(numpy.float32))
    finish(writer)


def write_qwen3(head):
    folder = FIXTURES / "qwen3"
    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(FIXTURES / "qwen3-rank.gguf", "qwen3")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    make_gguf.add_model(writer, config)
    make_gguf.add_tokenizer(writer, config)
    writer.add_pooling_type(gguf.PoolingType.RANK)
    writer.add_classifier_output_labels(["yes", "no"])
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3, config["num_hidden_layers"])
    for name, _, _, values in make_gguf.folder_tensors(folder):
        writer.add_tensor(f"{names.get_name(name.removesuffix('.weight'))}.weight", values())
    writer.add_tensor("cls.output.weight", head.numpy())
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def bert_scores():
    folder = FIXTURES / "bert"
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.BertForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    for text in TEXTS:
        tokens = tokenizer.encode(text)
        yield dict(text=text, tokens=tokens, score=digits(model(torch.tensor([tokens])).logits.item()))


def qwen3_scores(head):
    """The probability of the first label, from the last token's state."""
    folder = FIXTURES / "qwen3"
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    for text in TEXTS:
        tokens = tokenizer.encode(text, add_special_tokens=False)
        state = model(torch.tensor([tokens])).last_hidden_state[0, -1]
        yield dict(text=text, tokens=tokens, score=digits(torch.softmax(head @ state, 0)[0].item()))


@torch.no_grad()
def main():
    torch.manual_seed(0)
    head = 0.2 * torch.randn(2, 32)
    write_bert()
    write_qwen3(head)
    write_rows(GOLDENS / "llama_classifier.json", dict(bert=list(bert_scores()), qwen3=list(qwen3_scores(head))))


if __name__ == "__main__":
    main()
