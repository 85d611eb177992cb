#!/usr/bin/env python3
"""Golden values of toolrm-bench's metrics, by numpy, scipy and scikit-learn. Writes metrics.json beside itself.

    pip install numpy scipy scikit-learn && python metrics.py

The inputs are invented and small; they are written into the JSON with what was computed from them.
"""

import itertools
import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.stats import binomtest, permutation_test
from sklearn.metrics import brier_score_loss, roc_auc_score

rng = np.random.default_rng(20261122)


def ece(p, y, bins=10):
    """Guo et al. 2017, bins of equal width, the last one closed."""
    number = np.minimum((p * bins).astype(int), bins - 1)
    return sum(abs(p[number == b].mean() - y[number == b].mean()) * (number == b).mean() for b in set(number))


def curve(p, y, bins=10):
    number = np.minimum((p * bins).astype(int), bins - 1)
    at = lambda b: {"n": int((number == b).sum()), "mean_p": p[number == b].mean(), "share_right": y[number == b].mean()}
    return [at(b) for b in sorted(set(number))]


def calibration(p, y):
    p, y = np.array(p), np.array(y)
    return {"p": p.tolist(), "y": [bool(v) for v in y], "ece": ece(p, y), "brier": brier_score_loss(y, p), "bins": curve(p, y)}


def by_all_flips(sums):
    """The sign-flip test, every flip tried."""
    signs = np.array(list(itertools.product([1, -1], repeat=len(sums))))
    return float((abs(signs @ sums) >= abs(sums.sum())).mean())


def paired(question, this, other):
    """Half points of two judges on the same pairs."""
    question, this, other = map(np.array, (question, this, other))
    gained = this - other
    sums = np.array([gained[question == q].sum() for q in sorted(set(question.tolist()))])
    p = by_all_flips(sums)
    by_scipy = permutation_test((sums,), lambda x, axis: x.sum(axis=axis), permutation_type="samples", n_resamples=np.inf)
    assert abs(p - by_scipy.pvalue) < 1e-12, (p, by_scipy.pvalue)
    only_this = int(((this == 2) & (other < 2)).sum())
    only_other = int(((other == 2) & (this < 2)).sum())
    discordant = only_this + only_other
    return {
        "question": question.tolist(),
        "this": this.tolist(),
        "other": other.tolist(),
        "difference": gained.mean() / 2,
        "p_value": p,
        "only_this": only_this,
        "only_other": only_other,
        "mcnemar_p": binomtest(only_this, discordant, 0.5).pvalue if discordant else 1.0,
    }


def separation(wanted, unwanted):
    y = [1] * len(wanted) + [0] * len(unwanted)
    return {"wanted": wanted, "unwanted": unwanted, "auc": roc_auc_score(y, wanted + unwanted)}


def main():
    p = np.round(rng.random(60), 3)
    drawn = calibration(p, rng.random(60) < p**0.5)
    edges = calibration([0.0, 1.0, 0.5, 0.5, 0.95, 0.05, 0.999], [0, 1, 1, 0, 0, 1, 1])
    contests = [
        paired(np.arange(40) // 4, rng.choice([0, 1, 2], 40, p=[0.2, 0.1, 0.7]), rng.choice([0, 1, 2], 40, p=[0.4, 0.1, 0.5])),
        paired(np.arange(12), rng.choice([0, 2], 12, p=[0.1, 0.9]), rng.choice([0, 2], 12, p=[0.6, 0.4])),
        paired([0, 0, 1, 1], [2, 0, 1, 2], [2, 0, 1, 2]),
    ]
    scores = separation(
        np.round(rng.normal(1, 1, 25), 1).tolist(),
        np.round(rng.normal(0, 1, 15), 1).tolist(),
    )
    golden = {
        "made_with": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__},
        "calibration": [drawn, edges],
        "paired": contests,
        "mcnemar": [
            {"only_this": b, "only_other": c, "p": binomtest(b, b + c, 0.5).pvalue} for b, c in [(9, 2), (0, 6), (7, 7), (310, 255)]
        ],
        "separation": [scores],
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(golden, indent=1) + "\n")


main()
