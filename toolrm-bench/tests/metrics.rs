//! The metrics against numpy, scipy and scikit-learn: `golden/metrics.json` is written by `golden/metrics.py`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::iter::repeat_n;

use serde_json::Value;
use toolrm_bench::metrics::{CalibrationTally, Contest, paired_test, sign_flip_p};
use toolrm_core::measure::{Bootstrap, Separation};

fn golden(part: &str) -> Vec<Value> {
    let golden: Value = serde_json::from_str(include_str!("golden/metrics.json")).unwrap();
    golden.get(part).and_then(Value::as_array).unwrap().clone()
}

fn near(value: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

#[test]
fn calibration_is_that_of_scikit_learn() {
    for case in golden("calibration") {
        let mut tally = CalibrationTally::default();
        let said = numbers(&case["p"]).into_iter().zip(case["y"].as_array().unwrap());
        said.enumerate().for_each(|(question, (p, y))| tally.add_one(question, p, y.as_bool().unwrap()));
        let measured = tally.measured(&Bootstrap::new(60, 0)).unwrap();
        near(measured.ece.value.unwrap(), &case["ece"]);
        near(measured.brier.value.unwrap(), &case["brier"]);
        let bins = case["bins"].as_array().unwrap();
        assert_eq!(measured.bins.len(), bins.len());
        for (bin, expected) in measured.bins.iter().zip(bins) {
            assert_eq!(bin.n, expected["n"]);
            near(bin.mean_p, &expected["mean_p"]);
            near(bin.share_right, &expected["share_right"]);
        }
    }
}

#[test]
fn paired_tests_are_those_of_scipy() {
    for case in golden("paired") {
        let list =
            |name: &str| -> Vec<u64> { case[name].as_array().unwrap().iter().map(|x| x.as_u64().unwrap()).collect() };
        let points = |half: u64| u8::try_from(half).unwrap();
        let judged = list("this").into_iter().zip(list("other")).map(|(a, b)| (points(a), points(b)));
        let contests = list("question").into_iter().zip(judged).map(|(question, (this, other))| Contest {
            question: usize::try_from(question).unwrap(),
            this,
            other,
        });
        let test = paired_test(contests, &Bootstrap::new(40, 0));
        near(test.difference.value.unwrap(), &case["difference"]);
        near(test.p_value.unwrap(), &case["p_value"]);
        near(test.mcnemar_p.unwrap(), &case["mcnemar_p"]);
        assert_eq!((test.only_this, test.only_other), (count(&case["only_this"]), count(&case["only_other"])));
    }
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

#[test]
fn mcnemar_is_the_binomial_test() {
    for case in golden("mcnemar") {
        let many = |name: &str, sign: i64| repeat_n(sign, usize::try_from(count(&case[name])).unwrap());
        near(sign_flip_p(many("only_this", 1).chain(many("only_other", -1))), &case["p"]);
    }
}

#[test]
fn the_area_is_that_of_scikit_learn() {
    for case in golden("separation") {
        let scored = |name: &str| -> Vec<(f64, usize)> { numbers(&case[name]).into_iter().map(|x| (x, 0)).collect() };
        near(Separation::new(&scored("wanted"), &scored("unwanted")).auc().unwrap(), &case["auc"]);
    }
}
