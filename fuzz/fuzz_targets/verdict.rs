//! Any answer of a judge model holds a verdict on a candidate that is there, or a reason why not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use toolrm_core::critic::{Labels, PromptKind, VerdictFormat};

fuzz_target!(|text: &str| {
    for labels in [Labels::Numbers, Labels::Letters] {
        for kind in [PromptKind::Pairwise, PromptKind::Pointwise, PromptKind::Listwise] {
            let parser =
                VerdictFormat::default().with_labels(labels).parser(kind, 4).expect("four candidates have labels");
            match parser.parse(text) {
                Ok(verdict) => assert!(verdict.label < parser.labels().len()),
                Err(fault) => assert!(!fault.to_string().is_empty()),
            }
        }
    }
});
