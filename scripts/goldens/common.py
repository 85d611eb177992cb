"""What the scripts of this folder share: where files go, and how numbers are written."""

import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent.parent / "toolrm-backends" / "tests"
FIXTURES = TESTS / "fixtures"
GOLDENS = TESTS / "goldens"


def digits(value):
    """Numbers to seven significant digits, in lists of any depth: what an f32 holds."""
    if isinstance(value, list):
        return [digits(item) for item in value]
    return float(f"{value:.7g}")


def write_json(path, value, indent=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    path.write_text(text + "\n", encoding="utf-8")


def write_rows(path, sections):
    """An object of lists, one element a line: small, and a diff shows what changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    compact = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    parts = [f"{json.dumps(name)}: [\n" + ",\n".join(map(compact, rows)) + "\n]" for name, rows in sections.items()]
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
