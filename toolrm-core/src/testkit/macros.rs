//! The laws of [`super::conformance`] as tests, one each.

/// Tests a judge against every [`Law`](crate::testkit::conformance::Law), one test each, in a module of the given name. The
/// expression is evaluated anew for each test.
///
/// ```
/// # #[cfg(feature = "testkit")] {
/// use toolrm_core::{judge_conformance, prelude::*};
/// judge_conformance!(rules_judge, FromScorer::new(RuleScorer::default()));
/// // A generative judge asks two different questions, and need not agree with itself:
/// judge_conformance!(another, FromScorer::new(RuleScorer::default()), except = [CompareFollowsScore]);
/// # }
/// ```
#[macro_export]
macro_rules! judge_conformance {
    ($name:ident, $judge:expr $(, except = [$($law:ident),* $(,)?])? $(,)?) => {
        $crate::__conformance!($name, check_judge, $judge, [$($($law),*)?]);
    };
}

/// Tests a scorer against every [`Law`](crate::testkit::conformance::Law), one test each, in a module of the given name. The
/// expression is evaluated anew for each test.
///
/// ```
/// # #[cfg(feature = "testkit")] {
/// use toolrm_core::{prelude::*, scorer_conformance};
/// scorer_conformance!(rules, RuleScorer::default());
/// # }
/// ```
#[macro_export]
macro_rules! scorer_conformance {
    ($name:ident, $scorer:expr $(, except = [$($law:ident),* $(,)?])? $(,)?) => {
        $crate::__conformance!($name, check_scorer, $scorer, [$($($law),*)?]);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance {
    ($name:ident, $check:ident, $subject:expr, [$($except:ident),*]) => {
        $crate::__conformance! { @tests $name, $check, $subject, [$($except),*],
            card_is_true CardIsTrue,
            one_outcome_per_item OneOutcomePerItem,
            batch_equals_single BatchEqualsSingle,
            same_twice SameTwice,
            cancel_stops CancelStops,
            empty_batch EmptyBatch,
            scores_on_scale ScoresOnScale,
            comparisons_are_sound ComparisonsAreSound,
            compare_follows_score CompareFollowsScore,
            calls_are_judged CallsAreJudged,
            text_is_fine TextIsFine,
            malformed_is_fine MalformedIsFine,
            empty_toolset_is_fine EmptyToolsetIsFine,
            unicode_is_fine UnicodeIsFine,
        }
    };
    (@tests $name:ident, $check:ident, $subject:expr, $except:tt, $($test:ident $law:ident,)*) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            const _: () = assert!(
                [$($crate::testkit::conformance::Law::$law),*].len() == $crate::testkit::conformance::Law::ALL.len(),
                "a law has no test"
            );
            $(
                #[test]
                fn $test() {
                    $crate::__conformance!(@one $check, $subject, $law, $except);
                }
            )*
        }
    };
    (@one $check:ident, $subject:expr, $law:ident, [$($except:ident),*]) => {
        let subject = $subject;
        $crate::testkit::conformance::assert_kept(
            $crate::testkit::conformance::Law::$law,
            &[$($crate::testkit::conformance::Law::$except),*],
            |law| $crate::testkit::conformance::$check(&subject, law),
        );
    };
}
