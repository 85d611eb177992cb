"""Writes what the official checker says about invented questions and answers: checker.json and source_text.json, beside this file.

    pip install --no-deps bfcl-eval==2026.3.23 && python make_checker_golden.py [--seed N] [--scale N] [--out FOLDER]

Other seeds and a larger scale, into another folder, look for what the committed files do not hold; the tests read the folder named by
TOOLRM_CHECKER_GOLDEN, if it is set.

checker.json: one question a line, {category, function, ground_truth, underscore_to_dot, answers: [[calls, verdict], ..]} where the verdict
is true, the error type, or {"raised": exception}.
source_text.json: one value a line, [language, type, type of the items, text, value], where the value is written as Python's repr writes
it, or null where the official reader raised.
"""

import argparse
import contextlib
import io
import json
import random
import sys
import types
from pathlib import Path

# The table of models imports a hundred packages for calling them; the checker asks it only whether a model was shown underscores for dots.
models = types.ModuleType("bfcl_eval.constants.model_config")
models.MODEL_CONFIG_MAPPING = {
    "dots": types.SimpleNamespace(underscore_to_dot=False),
    "underscores": types.SimpleNamespace(underscore_to_dot=True),
}
sys.modules[models.__name__] = models

from bfcl_eval.constants.enums import Language
from bfcl_eval.constants.type_mappings import JAVA_TYPE_CONVERSION, JS_TYPE_CONVERSION
from bfcl_eval.eval_checker.ast_eval import ast_checker as official
from bfcl_eval.eval_checker.ast_eval.type_convertor.java_type_converter import java_type_converter
from bfcl_eval.eval_checker.ast_eval.type_convertor.js_type_converter import js_type_converter
from bfcl_eval.utils import is_empty_output

PYTHON = ["string", "integer", "float", "boolean", "array", "tuple", "dict", "any"]
JAVA = ["byte", "short", "integer", "float", "double", "long", "boolean", "char", "Array", "ArrayList", "HashMap", "String", "any"]
JAVA_UNREAD = ["Set", "Hashtable", "Queue", "Stack"]
JS = ["String", "integer", "float", "Bigint", "Boolean", "dict", "array", "any"]
LANGUAGES = {"simple_java": Language.JAVA, "simple_javascript": Language.JAVASCRIPT}

TEXTS = [
    "Paris", "New York, NY", "it's 5 o'clock", 'say "hi"', "a-b_c.d/e*f^g", "", " ", "ΟΔΟΣ", "ΑΣ.Α", "İstanbul", "straße", "ǅ", "日本", "K",
    "true", "1", "1.0", "None", "x\ny", "\u00a0", "é", "e\u0301", "[1, 2]", "variable_name", "ﬁ", "ΣΣ", "a,b",
]
NUMBERS = [0, 1, -1, 2, 5, 10, 100, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1, 0.0, 1.0, 0.5, -2.5, 5.0, 1e16, 1e300, 1e-7, float(2**53), -0.0]
KEYS = ["a", "b", "name", "id", "", "key one"]


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)

    # values

    def text(self):
        r = self.r
        if r.random() < 0.8:
            return r.choice(TEXTS)
        return "".join(r.choice("ab AB,./-_*^'\"Σσé\n1") for _ in range(r.randint(1, 8)))

    def value(self, kind, depth=0):
        """A value of a Python type."""
        r = self.r
        if kind in ("string", "any"):
            return self.text()
        if kind == "integer":
            return r.choice([n for n in NUMBERS if isinstance(n, int)])
        if kind == "float":
            return r.choice([n for n in NUMBERS if isinstance(n, float)])
        if kind == "boolean":
            return r.random() < 0.5
        if kind in ("array", "tuple"):
            inner = r.choice(PYTHON) if depth < 2 else "integer"
            return [self.value(inner, depth + 1) for _ in range(r.randint(0, 3))]
        if kind == "dict":
            return {r.choice(KEYS): self.value(r.choice(PYTHON), depth + 1) for _ in range(r.randint(0, 3))} if depth < 2 else {}
        return None

    def anything(self):
        return self.value(self.r.choice(PYTHON + ["null"]))

    def disturbed(self, value):
        """A value that may or may not mean the same."""
        r = self.r
        if r.random() < 0.12:
            return self.anything()
        if isinstance(value, bool):
            return r.choice([value, not value, int(value), float(value), str(value)])
        if isinstance(value, int):
            return r.choice([value, float(value), value + 1, str(value), bool(value), -value]) if abs(value) < 2**62 else value
        if isinstance(value, float):
            return r.choice([value, int(value) if abs(value) < 2**60 else value, value + 0.5, str(value), None])
        if isinstance(value, str):
            other = r.choice([str.upper, str.lower, str.title, lambda s: s.replace(" ", ""), lambda s: s + ".", lambda s: s[1:], lambda s: s.replace("'", '"'), lambda s: list(s)])
            return other(value)
        if isinstance(value, list):
            items = [self.disturbed(i) if r.random() < 0.3 else i for i in value]
            return r.choice([items, items[::-1], items[1:], items + items[:1], value, value])
        if isinstance(value, dict):
            entries = [(k, self.disturbed(v) if r.random() < 0.3 else v) for k, v in value.items() if r.random() < 0.9]
            if r.random() < 0.15:
                entries.append((r.choice(KEYS), self.anything()))
            r.shuffle(entries)
            return dict(entries)
        return r.choice([None, value, 0, ""])

    # questions

    def details(self, kind, item):
        details = {"type": kind}
        if item:
            details["items"] = {"type": item}
        return details

    def accepted_dict(self):
        """An accepted object: accepted values by key, sometimes of a form that the checker was not made for."""
        r = self.r
        out = {}
        for _ in range(r.randint(0, 3)):
            roll = r.random()
            key = r.choice(KEYS)
            if roll < 0.85:
                out[key] = [self.value(r.choice(PYTHON), 1) for _ in range(r.randint(1, 2))] + ([""] if r.random() < 0.3 else [])
            else:
                out[key] = r.choice(["abc", "", [], {}, {"": 1}, {"k": [1]}, 5, None, True])
        return out

    def accepted(self, kind, item):
        """Accepted values of a parameter of a Python type."""
        r = self.r
        out = []
        for _ in range(r.choice([0, 1, 1, 1, 2, 3])):
            roll = r.random()
            if roll < 0.06:
                out.append(self.anything())
            elif kind == "dict":
                out.append(self.accepted_dict())
            elif kind in ("array", "tuple") and item == "dict":
                out.append([self.accepted_dict() for _ in range(r.randint(0, 2))])
            elif kind in ("array", "tuple"):
                out.append([self.value(item or "string", 1) for _ in range(r.randint(0, 3))])
            else:
                out.append(self.value(kind))
        if r.random() < 0.05:
            out.append(r.choice(["variable", {"a": 1}, {}, None, 5, [], ["", ""], [[""]], "ab"]))
            r.shuffle(out)
        if r.random() < 0.35:
            out.insert(r.randint(0, len(out)), "")
        return out

    def answer_for(self, accepted):
        """What a model may give where these values are accepted."""
        r = self.r
        if not accepted or r.random() < 0.05:
            return self.anything()
        chosen = r.choice(accepted)
        if isinstance(chosen, dict):
            chosen = {k: (r.choice(v) if isinstance(v, list) and v else v) for k, v in chosen.items()}
        elif isinstance(chosen, list):
            chosen = [{k: (r.choice(v) if isinstance(v, list) and v else v) for k, v in c.items()} if isinstance(c, dict) else c for c in chosen]
        return chosen if r.random() < 0.5 else self.disturbed(chosen)

    def function(self, name, language):
        """A function's docs, accepted values of a call of it, and how to answer."""
        r = self.r
        properties, accepted, answers = {}, {}, {}
        for p in r.sample(["x", "y", "city", "opts", "items", "päram"], r.choice([0, 1, 1, 1, 2, 2, 3])):
            if language is None:
                kind = r.choice(PYTHON + ["array", "array", "dict", "dict", "string"]) if r.random() < 0.97 else r.choice(["number", "object", "list", ""])
                item = None
                if kind in ("array", "tuple"):
                    item = r.choice(PYTHON + ["dict", "string", "integer"]) if r.random() < 0.95 else r.choice(["number", None])
                properties[p] = self.details(kind, item)
                accepted[p] = self.accepted(kind, item)
                answers[p] = lambda values=accepted[p]: self.answer_for(values)
            else:
                java = language is Language.JAVA
                kind = r.choice(JAVA if java else JS)
                if java and r.random() < 0.04:
                    kind = r.choice(JAVA_UNREAD)
                if r.random() < 0.02:
                    kind = r.choice(["number", "int", "Object"])
                item = None
                if kind in ("Array", "ArrayList", "array"):
                    item = r.choice(JAVA if java else JS) if r.random() < 0.95 else r.choice(["Set", "object", None])
                properties[p] = self.details(kind, item)
                texts = [self.source(java, kind, item) for _ in range(r.randint(1, 3))]
                accepted[p] = [self.converted(java, kind, item, t) for t in texts[: r.choice([1, 1, 2])]]
                accepted[p] = [a for a in accepted[p] if is_plain(a)]
                if r.random() < 0.3:
                    accepted[p].insert(r.randint(0, len(accepted[p])), "")
                if r.random() < 0.06:
                    accepted[p].insert(0, "variable")
                    texts.append("variable")
                answers[p] = lambda texts=texts: self.disturbed(r.choice(texts)) if r.random() < 0.2 else r.choice(texts)
        required = [p for p in properties if r.random() < 0.5]
        if r.random() < 0.05 and accepted:
            accepted.pop(r.choice(list(accepted)))
        if r.random() < 0.05:
            accepted["undocumented"] = r.choice([["a"], ["a", ""], []])
        if r.random() < 0.02:
            required.append("undocumented")
        docs = {"name": name, "description": "", "parameters": {"type": "dict", "properties": properties, "required": required}}
        return docs, accepted, answers

    def call(self, docs, answers, required_only=0.1):
        r = self.r
        arguments = {}
        for p, answer in answers.items():
            given = 0.98 if p in docs["parameters"]["required"] else 0.85
            if r.random() < given:
                arguments[p] = answer()
        if r.random() < 0.04:
            arguments[r.choice(["extra", "undocumented", "x"])] = self.anything()
        entries = list(arguments.items())
        if r.random() < 0.3:
            r.shuffle(entries)
        name = docs["name"]
        roll = r.random()
        if roll < 0.04:
            name = r.choice(["other", name.replace(".", "_"), name.upper()])
        elif "." in name and roll < (0.95 if self.underscores else 0.1):
            name = name.replace(".", "_")
        call = {name: dict(entries)}
        if r.random() < 0.02:
            call = r.choice([{}, {**call, "g": {}}, name, "xx" + name, [name], ["z"], None, 5, {name: None}, {name: "text"}, {name: []}, {name: list(arguments)}])
        return call

    def question(self, category, underscores):
        r = self.r
        self.underscores = underscores
        language = LANGUAGES.get(category)
        names = r.sample(["f", "math.area", "get.x.y", "book_hotel", "naïve"], r.randint(1, 3))
        functions = [self.function(name, language) for name in names]
        parallel = "parallel" in category
        goals = [r.choice(functions) if parallel or "multiple" in category else functions[0] for _ in range(r.randint(1, 4) if parallel else 1)]
        if "multiple" in category and not parallel and r.random() < 0.05:
            goals.append(functions[0])
        truth = []
        for n, (docs, accepted, _) in enumerate(goals):
            varied = dict(accepted)
            if parallel and varied and r.random() < 0.6:
                p = r.choice(list(varied))
                varied[p] = varied[p][::-1] + [n]
            truth.append({docs["name"]: varied})
        answers = []
        for _ in range(r.randint(3, 7)):
            calls = [self.call(docs, answers) for docs, _, answers in goals]
            if r.random() < 0.5:
                r.shuffle(calls)
            roll = r.random()
            if roll < 0.05:
                calls = calls[1:]
            elif roll < 0.1:
                calls = calls + calls[:1]
            elif roll < 0.14:
                calls = r.choice([{}, "", "abcdef", {"f": {}}, {"f": {}, "g": {}, "h": {}, "i": {}, "j": {}}, 5, True])
            answers.append(calls)
        return [docs for docs, _, _ in functions], truth, answers

    # source text

    def scalar(self, java, kind):
        r = self.r
        n = r.choice(["0", "7", "-12", "+5", "007", "1_000", "٣", "99999999999999999999", "-" + "9" * 45, "2.5", "-0.5", ".5", "1.", "1e3", "2E-3", "inf", "nan", "-Infinity", "1__0", "--1", "", "0x1F", "½", "1e999", "٣.٤"])
        suffix = r.choice(["", "", "", "L", "l", "f", "F", "n", "d", "Lf", "\n", "n\n", "L\n", "f\n", " "])
        text = r.choice(['"a"', "'b'", '"', "'", '"x, y"', "plain", '"It\'s"', "'a\"", '"New York"', "é", '""', "''", '"a\nb"', "null"])
        truth = r.choice(["true", "false", "True", "true ", " false", "TRUE"])
        if kind in ("String", "any", "char"):
            return r.choice([text, text, n, truth])
        if kind in ("boolean", "Boolean"):
            return r.choice([truth, truth, text, n])
        if kind is None:
            return r.choice([n, n + suffix, text, truth])
        fitting = {"integer": "", "byte": "", "short": "", "double": "", "long": "L", "Bigint": "n"}.get(kind, "f" if java else "")
        return r.choice([n + fitting, n + fitting, n + fitting, n + suffix, text, truth])

    def source(self, java, kind, item):
        r = self.r
        space = lambda: r.choice(["", "", "", " ", "  ", "\n", "\t", "\x1f", "\u00a0"])
        item_of = lambda: self.scalar(java, r.choice([item, item, item, None]))
        items = [item_of() for _ in range(r.choice([0, 1, 1, 2, 2, 3]))]
        listed = (space() + ",").join(space() + i for i in items)
        element = r.choice(["", "String", "Integer", "Object", "Map<String>", "é", "a b"])
        if r.random() < 0.08:
            return self.soup(java)
        if kind == "ArrayList":
            adds = r.choice(["; ", " ", "\n"]).join(f"add({space()}{i}{space()});" for i in items)
            return r.choice([
                f"new ArrayList<{element}>(Arrays.asList({listed}))", f"new ArrayList<{element}>(Arrays.asList({listed}))",
                f"new ArrayList<{element}>(){space()}{{{{{space()}{adds}{space()}}}}}", f"new{space()} ArrayList<{element}>()", f"{space()}new ArrayList<{element}>();",
                f"Arrays.asList({listed})", f"new ArrayList<{element}>({listed})", "myList", f"new int[]{{{listed}}}",
            ])
        if kind == "Array":
            return r.choice([f"new {element or 'int'}[]{space()}{{{listed}}}"] * 3 + [f"new int[{len(items)}]", f"{{{listed}}}", f"[{listed}]", "items", f"new int[][]{{{{{listed}}}}}", f"x = new int[] {{{listed}}};"])
        if kind == "HashMap":
            puts = r.choice([" ", "", "\n"]).join(f'put("{r.choice(KEYS)}",{space()}{self.scalar(java, None)}{space()});' for _ in range(r.choice([0, 1, 1, 2, 3])))
            generic = r.choice(["", "String, Object", "String, List<Integer>", "String,\nInteger"])
            return r.choice([
                f"new HashMap<{generic}>(){space()}{{{{{space()}{puts}{space()}}}}}", f"new HashMap<{generic}>(){space()}{{{{{space()}{puts}{space()}}}}}", f"new HashMap<{generic}>(){{{puts}}}",
                f"new HashMap<{generic}>{space()}()", f"new{space()} HashMap<>() {{ }}", f"{{{puts}}}", "config", f"Map m = new HashMap<>() {{{{ {puts}",
            ])
        if kind == "array":
            inner = (space() + ",").join(space() + r.choice(["[", "[", "[ "]) + ",".join(self.scalar(False, item) for _ in range(r.randint(0, 2))) + "]" + space() for _ in range(r.randint(1, 3)))
            return space() + r.choice([f"[{listed}]", f"[{listed}]", f"new{space()} Array({listed})", f"[{inner}]", f"new Array({inner})", f"[{listed}", "list", f"[{listed}] + x", f"[{{a: 1}}, {{b: {listed}}}]"]) + space()
        if kind == "dict":
            pair = lambda: f"{space()}{r.choice(['a', chr(34) + 'b' + chr(34), chr(39) + 'c' + chr(39), 'a b', '', ' ', 'k:l'])}{space()}:{space()}{r.choice([self.scalar(False, None), f'[{listed}]', '{x: 1}', 'f(a, b)', 'a, b', 'u:v', chr(39) + 'x: y' + chr(39)])}"
            body = r.choice([",", ", ", " ,", ",,"]).join(pair() for _ in range(r.randint(0, 4)))
            return space() + r.choice([f"{{{body}}}"] * 4 + [f"{{{body}", body, f"{{ {body} }} tail", "{}", "{ }", "options"]) + space()
        return self.scalar(java, kind)

    def soup(self, java):
        r = self.r
        tokens = [" ", ",", "(", ")", "[", "]", "{", "}", ":", '"', "'", "1", "2.5", "true", "a", "-", "\n", "\x1c", "n", "L", "f", "=", ";", "é"]
        tokens += ["new ", "ArrayList<", "HashMap<", ">", "()", "Arrays.asList(", "{{", "}}", "add(", "put(", "int[]"] if java else ["new Array(", "[[", "]]", "{", "},", ", ", ": ", "[1, 2]"]
        return "".join(r.choice(tokens) for _ in range(r.randint(1, 14)))

    def converted(self, java, kind, item, text):
        """An accepted value that a text has, or something else."""
        try:
            value = convert(java, kind, item, text)
        except Exception:
            return "unreadable"
        if isinstance(value, dict):
            return {k: [v] for k, v in value.items()}
        return value


def is_plain(value):
    """Whether JSON and 64 bits hold it."""
    if isinstance(value, dict):
        return all(is_plain(v) for v in value.values())
    if isinstance(value, list):
        return all(is_plain(v) for v in value)
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return True
    if isinstance(value, int):
        return -(2**63) <= value < 2**64
    return value == value and abs(value) != float("inf")


def convert(java, kind, item, text):
    return (java_type_converter if java else js_type_converter)(text, kind, item)


def verdict(category, functions, truth, calls, underscores):
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            if "relevance" in category:
                makes_a_call = calls is not None and not is_empty_output(calls)
                if makes_a_call != ("irrelevance" in category):
                    return True
                return "irrelevance_error:decoder_success" if makes_a_call else "relevance_error:decoder_failed"
            passed = "simple" if category.startswith("simple") else category
            language = LANGUAGES.get(category, Language.PYTHON)
            result = official.ast_checker(functions, calls, truth, language, passed, "underscores" if underscores else "dots")
        except Exception as e:
            return {"raised": type(e).__name__}
    return True if result["valid"] else result["error_type"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=20251122)
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    args = parser.parse_args()
    maker = Maker(args.seed)
    through_json = lambda value: json.loads(json.dumps(value))

    categories = ["simple_python"] * 7 + ["live_simple", "multiple", "live_multiple", "parallel", "parallel", "parallel_multiple", "live_parallel"]
    categories += ["simple_java"] * 4 + ["simple_javascript"] * 4
    edge = ["irrelevance", "live_irrelevance", "live_relevance"]
    with open(args.out / "checker.json", "w", encoding="utf-8") as out:
        for n in range(210 * args.scale):
            category = edge[n % len(edge)] if n < len(edge) else categories[n % len(categories)]
            underscores = maker.r.random() < 0.3
            functions, truth, answers = through_json(maker.question(category, underscores))
            if "relevance" in category:
                answers += [None, [], [{}]]
            judged = [[calls, verdict(category, functions, truth, through_json(calls), underscores)] for calls in answers]
            record = {"category": category, "function": functions, "ground_truth": truth, "underscore_to_dot": underscores, "answers": judged}
            out.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")

    with open(args.out / "source_text.json", "w", encoding="utf-8") as out:
        seen = set()
        for n in range(1300 * args.scale):
            java = n % 2 == 0
            kinds = JAVA + ["ArrayList", "Array", "HashMap", "ArrayList", "HashMap"] if java else JS + ["array", "dict", "array", "dict"]
            kind = maker.r.choice(kinds)
            item = maker.r.choice(JAVA + JAVA_UNREAD + [None] if java else JS + [None]) if kind in ("Array", "ArrayList", "array") else None
            text = maker.source(java, kind, item) if maker.r.random() < 0.93 else maker.soup(java)
            if (java, kind, item, text) in seen:
                continue
            seen.add((java, kind, item, text))
            with contextlib.redirect_stdout(io.StringIO()):
                try:
                    value = repr(convert(java, kind, item, text))
                except Exception:
                    value = None
            out.write(json.dumps(["java" if java else "javascript", kind, item, text, value], ensure_ascii=False, separators=(",", ":")) + "\n")


main()
