"""Golden numbers of the tiny models, by transformers: logits, greedy texts, scores. Writes tests/goldens/models.json."""

import torch
import transformers

from common import FIXTURES, GOLDENS, digits, write_rows

CAUSAL = ["qwen3", "qwen2", "qwen2-sliding", "llama"]
DECODED = 24
PROMPTS = [
    "Hello",
    "<|im_start|>user\nWhich answer is better, 1 or 2?<|im_end|>\n<|im_start|>assistant\n",
    '{"name": "get_weather", "arguments": {"city": "Paris", "unit": "celsius"}}',
    "The judge compares both calls: are the names right, are the required arguments there? Lisbon, 14 °C, naïve 🌧. " * 2,
]
PAIRS = [
    ("Book a flight", "book_flight"),
    ("What is the weather in Paris tomorrow?", '{"name": "get_weather", "arguments": {"city": "Paris"}}'),
    ("x", "y"),
    (
        "The user asks for two seats by the window from Porto to Lisbon.",
        "The first answer calls the right tool, the second one asks a question that was answered already. No tool fits.",
    ),
]


def load(name, architecture=None):
    """A fixture in f32 with eager attention, every tensor of it used and none made up."""
    folder = FIXTURES / name
    config = transformers.AutoConfig.from_pretrained(folder)
    architecture = architecture or config.architectures[0]
    model, info = getattr(transformers, architecture).from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
    return model.eval(), transformers.AutoTokenizer.from_pretrained(folder)


def greedy(model, tokens):
    """The likeliest next token, DECODED times over, each from a full forward pass; a near tie would prove nothing."""
    tokens = list(tokens)
    for _ in range(DECODED):
        logits = model(torch.tensor([tokens]), use_cache=False).logits[0, -1]
        best, second = logits.topk(2).values.tolist()
        assert best - second > 1e-3, f"the two best tokens differ by {best - second}: take another seed"
        tokens.append(int(logits.argmax()))
    return tokens[-DECODED:]


def causal(name):
    model, tokenizer = load(name)
    for number, text in enumerate(PROMPTS):
        tokens = tokenizer.encode(text, add_special_tokens=False)
        logits = model(torch.tensor([tokens])).logits[0]
        row = dict(model=name, text=text, tokens=tokens, last=digits(logits[-1].tolist()), greedy=greedy(model, tokens))
        if number == 0:
            row["each"] = digits(logits.tolist())
        yield row


def classifier(name):
    model, tokenizer = load(name)
    tokenizer.padding_side = "right"
    batch = tokenizer(PROMPTS, padding=True, return_tensors="pt", add_special_tokens=False)
    batched = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits[:, 0].tolist()
    for text, together in zip(PROMPTS, batched):
        tokens = tokenizer.encode(text, add_special_tokens=False)
        score = model(torch.tensor([tokens])).logits[0, 0].item()
        yield dict(model=name, text=text, tokens=tokens, score=digits(score), batched=digits(together))


def encoder(name):
    model, tokenizer = load(name)
    texts = list(zip(*PAIRS))
    batched = model(**tokenizer(*map(list, texts), padding=True, return_tensors="pt")).logits[:, 0].tolist()
    for (first, second), together in zip(PAIRS, batched):
        one = tokenizer(first, second, return_tensors="pt")
        row = dict(model=name, first=first, second=second, tokens=one.input_ids[0].tolist())
        if "token_type_ids" in one:
            row["types"] = one.token_type_ids[0].tolist()
        yield row | dict(score=digits(model(**one).logits[0, 0].item()), batched=digits(together))


def check_sharded():
    """The sharded folder is the same model: its numbers need no rows of their own."""
    tokens = torch.tensor([[1, 2, 3, 4, 5]])
    whole, shards = (load(name)[0](tokens).logits for name in ("qwen3", "qwen3-sharded"))
    assert torch.equal(whole, shards)


@torch.no_grad()
def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    check_sharded()
    rows = dict(
        causal=[row for name in CAUSAL for row in causal(name)],
        classifier=list(classifier("qwen3-classifier")),
        encoder=[row for name in ("bert", "modernbert", "modernbert-mean") for row in encoder(name)],
    )
    write_rows(GOLDENS / "models.json", rows)


if __name__ == "__main__":
    main()
