//! When a request is made again, and when not.

use std::time::{Duration, SystemTime};

use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use toolrm_core::layer::RetryPolicy;

/// Whether the same request may be answered better later.
pub(super) fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 500 | 502 | 503 | 504)
}

/// How long the server asks to wait: `Retry-After` as seconds or as an HTTP date, which in the past means at once.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => Some(httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default()),
    }
}

/// The wait after failed attempt number `failed` (from 1); `None` when there should be no further one: the attempts are used up, or the
/// server asks for a longer wait than the policy has.
pub(super) fn wait(policy: &RetryPolicy, failed: u32, asked: Option<Duration>, random: u64) -> Option<Duration> {
    if failed >= policy.max_attempts || asked.is_some_and(|asked| asked > policy.max_wait) {
        return None;
    }
    let step = policy.base.saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1))).min(policy.max_wait);
    // Half of the step, and a random part of the other half, so that calls that failed together do not come back together.
    let jittered = step.mul_f64(0.5 + 0.5 * (random as f64 / u64::MAX as f64));
    Some(jittered.max(asked.unwrap_or_default()))
}

/// A number made of two, spread over all 64 bits (the finaliser of SplitMix64).
pub(super) fn mix(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> Option<Duration> {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
        retry_after(&headers, now)
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(asked("3"), Some(Duration::from_secs(3)));
        assert_eq!(asked("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:00 GMT"), Some(Duration::from_secs(23)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        for nonsense in ["soon", "-1", "NaN", "1e400"] {
            assert_eq!(asked(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn waits_double_and_stay_within_the_policy() {
        let policy =
            RetryPolicy::default().with_max_attempts(10).with_waits(Duration::from_millis(100), Duration::from_secs(1));
        let longest = |failed| wait(&policy, failed, None, u64::MAX);
        assert_eq!(longest(1), Some(Duration::from_millis(100)));
        assert_eq!(longest(3), Some(Duration::from_millis(400)));
        assert_eq!(longest(9), Some(Duration::from_secs(1)));
        assert_eq!(longest(10), None);
        assert_eq!(wait(&policy, 1, None, 0), Some(Duration::from_millis(50)));
        assert_eq!(wait(&policy, 1, Some(Duration::from_millis(700)), 0), Some(Duration::from_millis(700)));
        assert_eq!(wait(&policy, 1, Some(Duration::from_secs(2)), 0), None);
    }
}
