//! Log-probabilities of the labels at the place of the verdict.

use super::wire::TokenLogprob;

/// The verdict stands at the last token that is one of the labels, white space aside; where the answer was `opened` for the model it
/// is the first token, whatever was written there. What could have stood in that place is what counts. Tokens keep their white
/// space, several of one label may come; nothing comes where there is no such place.
pub(super) fn of_labels(tokens: &[TokenLogprob], labels: &[String], opened: bool) -> Vec<(String, f32)> {
    let is_label = |token: &str| labels.iter().any(|label| label.eq_ignore_ascii_case(token.trim()));
    let place = if opened { tokens.first() } else { tokens.iter().rev().find(|t| is_label(&t.token)) };
    let Some(place) = place else { return Vec::new() };
    let mut found: Vec<(String, f32)> = Vec::new();
    let there = place.top_logprobs.iter().flatten().map(|a| (&a.token, a.logprob));
    // The written token may lie below the alternatives a server lists.
    for (token, logprob) in there.chain([(&place.token, place.logprob)]) {
        if let Some(logprob) = logprob
            && is_label(token)
            && !found.iter().any(|(known, _)| known == token)
        {
            found.push((token.clone(), logprob));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(tokens: Value, opened: bool) -> Vec<(String, f32)> {
        let tokens: Vec<TokenLogprob> = serde_json::from_value(tokens).unwrap();
        of_labels(&tokens, &["1".to_owned(), "2".to_owned()], opened)
    }

    fn labels(tokens: Value) -> Vec<(String, f32)> {
        read(tokens, false)
    }

    #[test]
    fn in_an_opened_answer_the_first_token_is_the_place_whatever_it_is() {
        let tokens = json!([
            {"token": "the", "logprob": -0.1, "top_logprobs": [
                {"token": "the", "logprob": -0.1}, {"token": "1", "logprob": -3.0}, {"token": "2", "logprob": -4.0}]},
            {"token": "2", "logprob": -0.1, "top_logprobs": [{"token": "2", "logprob": -0.1}]},
        ]);
        assert_eq!(read(tokens, true), [("1".to_owned(), -3.0), ("2".to_owned(), -4.0)]);
        assert_eq!(read(json!([]), true), []);
    }

    #[test]
    fn the_last_label_counts_with_what_could_have_stood_there() {
        let found = labels(json!([
            {"token": "1", "logprob": -0.1, "top_logprobs": [{"token": "1", "logprob": -0.1}]},
            {"token": ">", "logprob": 0.0, "top_logprobs": []},
            {"token": " 2", "logprob": -0.5, "top_logprobs": [
                {"token": " 2", "logprob": -0.5}, {"token": "1", "logprob": -1.5}, {"token": "2", "logprob": -2.5},
                {"token": "12", "logprob": -3.0}]},
            {"token": "</", "logprob": 0.0, "top_logprobs": null},
        ]));
        assert_eq!(found, [(" 2".to_owned(), -0.5), ("1".to_owned(), -1.5), ("2".to_owned(), -2.5)]);
    }

    #[test]
    fn a_label_below_the_alternatives_is_there_all_the_same() {
        assert_eq!(
            labels(json!([{"token": "2", "logprob": -9.0, "top_logprobs": [{"token": "x", "logprob": -0.1}]}])),
            [("2".to_owned(), -9.0)]
        );
    }

    #[test]
    fn without_a_label_there_is_nothing() {
        assert_eq!(labels(json!([{"token": "12", "logprob": -0.1}, {"token": "yes"}])), []);
        assert_eq!(labels(json!([])), []);
    }
}
