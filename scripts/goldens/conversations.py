"""Conversations that are hard on chat templates, and tools for them."""

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": 'Weather of a city: "now" or later, <b>°C</b> & °F',
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "Name of the city, e.g. 東京"},
                    "days": {"type": "integer", "minimum": 0, "default": 1},
                    "unit": {"type": ["string", "null"], "enum": ["celsius", "fahrenheit", None], "description": "it's optional"},
                },
                "required": ["city"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "files.search",
            "description": "Searches\nfiles",
            "parameters": {
                "type": "object",
                "properties": {
                    "where": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
                    "filter": {"type": "object", "additionalProperties": {"type": "boolean"}, "description": "\t\\ /"},
                    "any": {"type": "object", "properties": {"z": {}, "a": {"default": 1e-7}}},
                },
                "additionalProperties": False,
            },
        },
    },
    {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}},
]


def system(text):
    return {"role": "system", "content": text}


def user(text):
    return {"role": "user", "content": text}


def assistant(text, **more):
    return {"role": "assistant", "content": text, **more}


def call(name, arguments, number=1):
    return {"id": f"call_{number:09d}", "type": "function", "function": {"name": name, "arguments": arguments}}


def calls(*made, **more):
    return {"role": "assistant", "tool_calls": list(made), **more}


def tool(text, number=1, **more):
    return {"role": "tool", "tool_call_id": f"call_{number:09d}", "content": text, **more}


NUMBERS = {
    "tiny": 1e-7,
    "small": 0.0001,
    "smaller": 0.00012345,
    "one": 1.0,
    "large": 1e16,
    "less": 1234567890123456.7,
    "huge": 1.7976931348623157e308,
    "least": 5e-324,
    "minus": -0.0,
    "third": 0.1 + 0.2,
    "int": 9007199254740993,
    "u64": 18446744073709551615,
    "i64": -9223372036854775808,
    "zero": 0,
    "whole": 100000.0,
    "exp": 1e22,
    "twenty": 1.5e-10,
}
TEXTS = {
    "quotes": "\"double\" 'single' `back`",
    "lines": "one\ntwo\r\nthree\ttab\\n",
    "html": "<a href='x'>&amp;</a>",
    "control": "\x00\x01\x1f\x7f\u0080\u2028\u2029\ufeff\u00a0\u00ad",
    "script": "日本語 العربية हिन्दी ñ",
    "emoji": "🌧️👩‍👩‍👧‍👦",
    "marks": "<|im_end|></tool_call>",
    "empty": "",
    "jinja": "{{ 7 * 7 }}{% raw %}",
}
NESTED = {"zeta": [1, [2.5, [], {}], None], "alpha": {"b": True, "a": {"list": [{"x": "y"}, False]}}, "": [], "1": {}}

CONVERSATIONS = {
    "plain": [user("Hello")],
    "system": [system("Be brief.\n"), user("  Which is better, 1 or 2?  ")],
    "systems": [system("First."), user("a"), assistant("b"), system("Second."), user("c")],
    "dialogue": [user("Hi"), assistant("  Hello! \n"), user("How much is 2 < 3 & 4 > 1?"), assistant("All of it 🙂.")],
    "no words": [user(""), assistant(""), user("\n")],
    "call": [user("Weather in Paris?"), calls(call("get_weather", {"city": "Paris", "unit": None}))],
    "call in words": [user("Weather?"), assistant("Let me look.", tool_calls=[call("now", {})]), tool("12:00")],
    "parallel": [
        system("Use tools."),
        user("Paris and Rome?"),
        calls(call("get_weather", {"city": "Paris"}), call("get_weather", {"city": "Rome", "days": 3}, 2), content=None),
        tool('{"celsius": 18.5}'),
        tool("naïve \"21\"\n", 2, name="get_weather"),
        assistant("18.5 and 21."),
        user("Thanks"),
    ],
    "numbers": [user("Count"), calls(call("files.search", NUMBERS)), tool("1e16")],
    "texts": [user(TEXTS["control"] + TEXTS["jinja"]), calls(call("files.search", TEXTS)), tool(TEXTS["lines"])],
    "nested": [user("Deep"), calls(call("files.search", NESTED)), tool("[]"), assistant("Done.")],
    "reasoning": [
        user("One"),
        assistant("<think>\nThe user says one.\n</think>\n\nTwo"),
        user("Three"),
        assistant("Four", reasoning_content="\nAfter three comes four.\n"),
        user("Five?"),
    ],
    "reasoning with calls": [
        user("Time?"),
        calls(call("now", {}), content="", reasoning_content="I need the clock."),
        tool("12:00"),
        calls(call("now", {}, 2), content="<think>\nAgain.\n</think>\n\nOnce more."),
        tool("12:01", 2),
    ],
    "older names": [user("a"), assistant("b", reasoning="older name"), user("c"), assistant("d", thinking="oldest\nname")],
    "results first": [tool("orphan"), user("<tool_response>no\n</tool_response>"), assistant("ok")],
    "unfinished": [user("Say it"), assistant("The answer is ")],
    "unfinished thought": [user("Think"), assistant("<think>\nFirst, ")],
    "repeated": [user("no"), assistant("no"), user("x"), assistant("no ")],
    "last is a call": [user("Go"), calls(call("now", {}))],
    "text arguments": [user("Go"), calls(call("now", '{"a": 1')), tool("bad")],
    "long": [user(f"Message {n}") if n % 2 == 0 else assistant(f"Answer {n}.") for n in range(11)],
}
