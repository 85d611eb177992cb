#!/usr/bin/env python3
"""Golden values for the reference-based scores: an independent implementation by brute force and exact fractions.

    python3 toolrm-core/tests/golden/reference.py > toolrm-core/tests/golden/reference.jsonl

Assignments are found by trying all of them, nothing is shared with the Rust code. One JSON object a line: the reference's and
the candidate's answers (a list of calls [name, arguments]; a string for words; null for malformed output) and the expected
value of each scorer.
"""

import json
import random
from fractions import Fraction
from itertools import combinations, permutations

NOTHING = Fraction(0)


def canonical(value):
    """A hashable form in which 5 and 5.0 are equal, and true and 1 are not."""
    if isinstance(value, bool) or value is None:
        return (type(value).__name__, value)
    if isinstance(value, (int, float)):
        return ("number", int(value) if value == int(value) else value)
    if isinstance(value, str):
        return ("string", value)
    if isinstance(value, list):
        return ("array", tuple(canonical(v) for v in value))
    return ("object", frozenset((k, canonical(v)) for k, v in value.items()))


def repeats(calls):
    forms = [(name, canonical(arguments)) for name, arguments in calls]
    return len(set(forms)) < len(forms)


def equal_keys(gold, got):
    return [k for k in gold if k in got and canonical(gold[k]) == canonical(got[k])]


def credit(gold, got):
    """Credit of a pair; None when the two call different tools."""
    if gold[0] != got[0]:
        return None
    union = set(gold[1]) | set(got[1])
    return Fraction(len(equal_keys(gold[1], got[1])), len(union)) if union else Fraction(1)


def injections(n, m, ordered):
    """All ways to pair up some of n rows with different ones of m columns, as lists of pairs; in order, none may cross."""
    for k in range(min(n, m) + 1):
        for rows in combinations(range(n), k):
            for columns in combinations(range(m), k) if ordered else permutations(range(m), k):
                yield list(zip(rows, columns))


def best_sum(gold, got, value, ordered=False):
    sums = [sum((value(gold[i], got[j]) for i, j in pairs), NOTHING) for pairs in injections(len(gold), len(got), ordered)]
    return max(sums, default=NOTHING)


def toolrm(gold, candidate, matching, partial, empty_counts=True):
    if isinstance(gold, str):
        return Fraction(isinstance(candidate, str))
    if not isinstance(candidate, list):
        return NOTHING
    if (not partial and len(candidate) != len(gold)) or (repeats(candidate) and not repeats(gold)):
        return NOTHING

    def value(g, p):
        if not empty_counts and g[0] == p[0] and not g[1] and not p[1]:
            return NOTHING
        return credit(g, p) or NOTHING

    if matching == "best":
        total = sum((max((value(g, p) for p in candidate), default=NOTHING) for g in gold), NOTHING)
    else:
        total = best_sum(gold, candidate, value, ordered=matching == "order")
    return total / max(len(gold), len(candidate))


def toolrl(gold, candidate):
    if isinstance(gold, str):
        return Fraction(4) if isinstance(candidate, str) else Fraction(-3)
    if not isinstance(candidate, list):
        return Fraction(-3)
    gold_names, got_names = {g[0] for g in gold}, {p[0] for p in candidate}
    names = Fraction(len(gold_names & got_names), len(gold_names | got_names))

    def value(g, p):
        if g[0] != p[0]:
            return NOTHING
        union = set(g[1]) | set(p[1])
        overlap = Fraction(len(set(g[1]) & set(p[1])), len(union)) if union else Fraction(1)
        return overlap + len(equal_keys(g[1], p[1]))

    largest = 1 + len(gold) + sum(len(g[1]) for g in gold)
    return 1 + 6 * (names + best_sum(gold, candidate, value)) / largest - 3


def expected(gold, candidate):
    scores = {f"{m}{'_partial' if p else ''}": toolrm(gold, candidate, m, p) for m in ("best", "one", "order") for p in (False, True)}
    scores["no_credit_for_empty"] = toolrm(gold, candidate, "best", False, empty_counts=False)
    scores["toolrl"] = toolrl(gold, candidate)
    return {name: float(score) for name, score in scores.items()}


VALUES = [0, 1, 1.0, 2.5, -0.0, True, False, None, "", "a", "A", "1", [1, 2], [1.0, 2], [2, 1], [], {}, {"x": 1, "y": [0]}, {"y": [0.0], "x": 1.0}]


def some_call(rng):
    return [rng.choice("fgh"), {k: rng.choice(VALUES) for k in rng.sample("abcd", rng.choice([0, 1, 1, 2, 3, 4]))}]


def changed(rng, call):
    """The call with one thing different."""
    name, arguments = call[0], dict(call[1])
    kind = rng.randrange(5)
    if kind == 0:
        name = rng.choice("fgh")
    elif kind == 1 and arguments:
        arguments.pop(rng.choice(sorted(arguments)))
    elif kind == 2:
        arguments[rng.choice("abcde")] = rng.choice(VALUES)
    elif arguments:
        arguments[rng.choice(sorted(arguments))] = rng.choice(VALUES)
    return [name, arguments]


def some_case(rng):
    gold = [some_call(rng) for _ in range(rng.choice([1, 1, 2, 2, 3, 4]))]
    candidate = [changed(rng, call) if rng.random() < 0.6 else call for call in gold]
    if rng.random() < 0.5:
        rng.shuffle(candidate)
    if rng.random() < 0.2:
        candidate.pop()
    if rng.random() < 0.2:
        candidate.append(some_call(rng))
    if rng.random() < 0.1 and candidate:
        candidate.append(rng.choice(candidate))
    return gold, candidate or "no call"


EDGES = [
    ([["f", {}]], [["f", {}]]),
    ([["f", {}]], [["f", {"a": 1}]]),
    ([["f", {"a": 1}]], [["f", {}]]),
    ([["f", {"a": 1}]], [["g", {"a": 1}]]),
    ([["f", {"a": 1}]], "words"),
    ([["f", {"a": 1}]], None),
    ("words", "other words"),
    ("words", [["f", {}]]),
    ("words", None),
    # Two references whose best partner is the same call.
    ([["f", {"a": 1, "b": 1}], ["f", {"a": 1, "b": 2}]], [["f", {"a": 1, "b": 1}], ["g", {}]]),
    ([["f", {"a": 1, "b": 1}], ["f", {"a": 1, "b": 2}]], [["f", {"a": 1, "b": 2}], ["f", {"a": 1, "b": 1}]]),
    # The greedy assignment is not the best one.
    ([["f", {"a": 1, "b": 1, "c": 1}], ["f", {"a": 1, "b": 1, "c": 2}]], [["f", {"a": 1, "b": 1, "c": 1}], ["f", {"a": 1, "b": 1, "d": 1}]]),
    # A candidate that repeats itself, and a reference that does.
    ([["f", {"a": 1}], ["f", {"a": 2}]], [["f", {"a": 1}], ["f", {"a": 1.0}]]),
    ([["f", {"a": 1}], ["f", {"a": 1}]], [["f", {"a": 1}], ["f", {"a": 1.0}]]),
    ([["f", {"a": 1}], ["g", {"a": 1}]], [["g", {"a": 1}], ["f", {"a": 1}]]),
]


def main():
    rng = random.Random(20251026)
    for gold, candidate in EDGES + [some_case(rng) for _ in range(300 - len(EDGES))]:
        print(json.dumps({"gold": gold, "candidate": candidate, "expected": expected(gold, candidate)}))


if __name__ == "__main__":
    main()
