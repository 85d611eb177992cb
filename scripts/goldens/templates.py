"""What transformers' apply_chat_template makes of conversations. Writes tests/goldens/templates.json.

The clock stands still at the time that is written into the file.
"""

import datetime
import json

import jinja2
import transformers
from tokenizers import Tokenizer, models
from transformers.utils import chat_template_utils

from common import FIXTURES, GOLDENS, write_rows
from conversations import CONVERSATIONS, TOOLS

NOW = datetime.datetime(2026, 3, 4, 9, 6, 53)
BOTH = [{}, {"add_generation_prompt": True}]
TEMPLATES = {
    "qwen3": [*BOTH, {"add_generation_prompt": True, "enable_thinking": False}, {"add_generation_prompt": True, "enable_thinking": True}],
    "qwen2.5": BOTH,
    "llama3": [*BOTH, {"tools_in_user_message": False}, {"date_string": "1 Jan 2000"}],
    "mistral": [{}],
    "hermes": BOTH,
    "python": BOTH,
}
WITH_TOOLS = ["plain", "systems", "no words", "parallel", "reasoning with calls", "results first"]
CONTINUED = ["unfinished", "unfinished thought", "repeated", "dialogue", "last is a call", "older names", "call in words"]


class Clock(datetime.datetime):
    @classmethod
    def now(cls):
        return NOW


def tokenizer(template):
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.BPE()), chat_template=template, bos_token="<s>", eos_token="</s>"
    )


def outcome(made, conversation, tools, options):
    """The text, or what was raised by the template itself, or the kind of any other error."""
    try:
        text = made.apply_chat_template(conversation, tools=tools, tokenize=False, **options)
        return dict(text=text)
    except jinja2.exceptions.TemplateError as error:
        by_template = type(error) is jinja2.exceptions.TemplateError
        return dict(raised=error.message) if by_template else dict(error=type(error).__name__)
    except (ValueError, TypeError, AttributeError) as error:
        return dict(error=type(error).__name__)


def cases():
    for name, settings in TEMPLATES.items():
        made = tokenizer((FIXTURES / "templates" / f"{name}.jinja").read_text(encoding="utf-8"))
        for title, conversation in CONVERSATIONS.items():
            continued = [{"continue_final_message": True}] if title in CONTINUED and name in ("qwen3", "llama3", "mistral") else []
            for options in [*settings, *continued]:
                for tools in [None, TOOLS] if title in WITH_TOOLS else [None]:
                    row = dict(template=name, conversation=title, tools=tools is not None, options=options)
                    yield row | outcome(made, conversation, tools, options)


def main():
    chat_template_utils.datetime = Clock
    rows = list(cases())
    conversations = [dict(name=name, messages=messages) for name, messages in CONVERSATIONS.items()]
    write_rows(GOLDENS / "templates.json", dict(now=[NOW.isoformat()], tools=TOOLS, conversations=conversations, cases=rows))
    print(len(rows), "cases,", sum("text" in row for row in rows), "texts")


if __name__ == "__main__":
    main()
