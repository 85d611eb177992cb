"""The Python half of `benches/peers/run`: the same inputs, one thread, and one table of everything.

Times what a user would run instead: the official BFCL decoder and checker (bfcl-eval), and validation by jsonschema and
fastjsonschema with validators compiled beforehand. Each figure is the fastest of PASSES passes over all inputs.
"""

import json
import sys
import time
import types
import warnings
from importlib.metadata import version
from pathlib import Path

import fastjsonschema
import jsonschema

# The checker asks of a model only whether it was shown underscores for dots; the table that tells imports a hundred packages.
models = types.ModuleType("bfcl_eval.constants.model_config")
models.MODEL_CONFIG_MAPPING = {str(b): types.SimpleNamespace(underscore_to_dot=b) for b in (False, True)}
sys.modules[models.__name__] = models

from bfcl_eval.constants.enums import Language, ReturnFormat
from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker
from bfcl_eval.model_handler.utils import ast_parse, default_decode_ast_prompting

PASSES = 5
warnings.simplefilter("ignore")  # the decoder compiles model text, which holds odd escapes
sys.setrecursionlimit(10_000)


def seconds(one_pass):
    """Time of the fastest pass, and what the last pass returned."""
    times = []
    for _ in range(PASSES):
        start = time.perf_counter()
        result = one_pass()
        times.append(time.perf_counter() - start)
    return min(times), result


def decode(text):
    """The official decoders: Python text first, JSON where that fails, as the benchmark's handlers do. None: undecodable."""
    try:
        return default_decode_ast_prompting(text)
    except Exception:
        pass
    try:
        return ast_parse(text, ReturnFormat.JSON)
    except Exception:
        return None


def same(theirs, ours):
    """Whether both read the same calls; no call is no call, however it is said."""
    if not theirs or not ours:
        return not theirs and not ours
    try:
        # A round trip through JSON makes lists of tuples, as the benchmark does before it compares.
        theirs = json.loads(json.dumps(theirs))
        return theirs == [{call["name"]: call["arguments"]} for call in ours]
    except (TypeError, ValueError):
        return False


def fast_validator(schema):
    # Without filling in defaults: it would change the arguments under the other validators.
    check = fastjsonschema.compile(schema, use_default=False)

    def is_valid(arguments):
        try:
            check(arguments)
            return True
        except fastjsonschema.JsonSchemaException:
            return False

    return is_valid


LANGUAGES = {"simple_java": Language.JAVA, "simple_javascript": Language.JAVASCRIPT}


def check(functions, calls, truth, language, category, model):
    result = ast_checker(functions, calls, truth, language, category, model)
    return result["valid"], None if result["valid"] else result["error_type"]


def row(name, count, unit, took, ours):
    ratio = "" if took is ours else f"{took / ours:8.1f}x"
    print(f"{name:<42} {took:10.4f} s {took / count * 1e6:10.3f} us/{unit:<7} {ratio}")


def main(folder):
    def lines(name):
        with open(folder / name, encoding="utf-8", newline="\n") as file:
            return [json.loads(line) for line in file]

    ours = json.loads((folder / "ours.json").read_text())
    answers, schemas, calls = lines("answers.jsonl"), lines("schemas.jsonl"), lines("calls.jsonl")
    megabytes = sum(len(a["text"].encode()) for a in answers) / 1e6
    print(f"one thread; fastest of {ours['passes']} passes (toolrm), of {PASSES} passes (Python {sys.version.split()[0]})\n")

    print(f"DECODING {len(answers)} recorded answers, {megabytes:.1f} MB")
    took, theirs = seconds(lambda: [decode(a["text"]) for a in answers])
    row("toolrm parse_any", len(answers), "answer", ours["decode"], ours["decode"])
    row(f"bfcl-eval {version('bfcl-eval')}", len(answers), "answer", took, ours["decode"])
    agree = sum(same(t, a["calls"]) for t, a in zip(theirs, answers))
    only_ours = sum(bool(a["calls"]) and not t for t, a in zip(theirs, answers))
    only_theirs = sum(bool(t) and not a["calls"] for t, a in zip(theirs, answers))
    print(f"toolrm {megabytes / ours['decode']:.0f} MB/s, bfcl-eval {megabytes / took:.1f} MB/s")
    print(f"same calls: {agree} of {len(answers)} ({agree / len(answers):.1%}); calls read by toolrm only {only_ours}, ", end="")
    print(f"by bfcl-eval only {only_theirs}, by both but different {len(answers) - agree - only_ours - only_theirs}\n")

    print(f"VALIDATION of {len(calls)} decoded calls against {len(schemas)} schemas, compiled before the clock starts; calls grouped by schema")
    row("toolrm ToolSpec::is_valid", len(calls), "call", ours["validate"], ours["validate"])
    for name, compile_schema in [
        ("jsonschema", lambda s: jsonschema.Draft202012Validator(s).is_valid),
        ("fastjsonschema", fast_validator),
    ]:
        validators = [compile_schema(schema) for schema in schemas]
        work = [(validators[c["schema"]], c["arguments"]) for c in calls]
        took, verdicts = seconds(lambda: [is_valid(arguments) for is_valid, arguments in work])
        row(f"{name} {version(name)}", len(calls), "call", took, ours["validate"])
        agree = sum(v == c["valid"] for v, c in zip(verdicts, calls))
        stricter = sum(v and not c["valid"] for v, c in zip(verdicts, calls))
        print(f"    same verdict: {agree} of {len(calls)} ({agree / len(calls):.2%}); valid to it but not to toolrm {stricter}, ", end="")
        print(f"valid to toolrm only {len(calls) - agree - stricter}")
    valid = sum(c["valid"] for c in calls)
    print(f"valid to toolrm: {valid} of {len(calls)}\n")

    checks = lines("checks.jsonl")
    print(f"CHECKING {len(checks)} distinct decoded answers against the accepted ones")
    row("toolrm Checker::check", len(checks), "answer", ours["check"], ours["check"])
    row("toolrm, questions prepared in the time", len(checks), "answer", ours["prepare_and_check"], ours["check"])
    work = [
        (
            c["functions"],
            c["calls"],
            c["ground_truth"],
            LANGUAGES.get(c["category"], Language.PYTHON),
            "simple" if c["category"].startswith("simple") else c["category"],
            str(c["underscore_to_dot"]),
        )
        for c in checks
    ]
    took, verdicts = seconds(lambda: [check(*arguments) for arguments in work])
    row(f"bfcl-eval {version('bfcl-eval')}", len(checks), "answer", took, ours["check"])
    agree = sum(verdict == (c["valid"], c["error_type"]) for verdict, c in zip(verdicts, checks))
    print(f"    same verdict and error type: {agree} of {len(checks)} ({agree / len(checks):.2%})")
    print(f"    with the questions prepared in the time toolrm is {took / ours['prepare_and_check']:.1f}x as fast as bfcl-eval")


main(Path(sys.argv[1]))
