//! Ids across versions: what recordings of versions 1 and 3 call a question, by its id of version 4.
//!
//! | before | version 4 |
//! |---|---|
//! | `simple_N`, `java_N`, `javascript_N` | `simple_python_N`, `simple_java_N`, `simple_javascript_N` |
//! | version 1: `multiple_function_N`, `parallel_function_N`, `parallel_multiple_function_N`, `relevance_N` | `multiple_N`, `parallel_N`, `parallel_multiple_N`, `irrelevance_N` |
//! | version 3: `live_relevance_N` | two questions are gone and the rest have moved up: [`Questions::resolve`] |
//! | all others | the same |

use super::{
    category::{Category, UnknownCategory},
    question::{Question, Questions},
};

/// A version of the leaderboard, as far as ids go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_enums, reason = "recordings exist of these")]
pub enum Version {
    /// The first: `relevance_3`, `multiple_function_0`.
    V1,
    /// `simple_3`, `live_relevance_17-17-0`; version 2's ids are the same.
    V3,
    /// Today's: `simple_python_3`.
    V4,
}

impl Version {
    /// By the name of a file of questions, answers or scores: `BFCL_v3_simple_result.json`. Version 1 has no prefix.
    pub fn of_file(name: &str) -> Self {
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        match name {
            name if name.starts_with("BFCL_v4_") => Self::V4,
            name if name.starts_with("BFCL_v3_") || name.starts_with("BFCL_v2_") => Self::V3,
            _ => Self::V1,
        }
    }
}

/// An id that no version has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// It is not a category and a number.
    #[error("\"{id}\" is no id of a question: write CATEGORY_NUMBER, as simple_python_3 or live_simple_3-1-0")]
    #[non_exhaustive]
    Shape {
        /// The id.
        id: String,
    },
    /// No version has its category.
    #[error("\"{id}\" is no id of a question: {source}")]
    #[non_exhaustive]
    Category {
        /// The id.
        id: String,
        /// The name that is no category's.
        source: UnknownCategory,
    },
}

/// The id in version 4 of a question that any version calls `id`. Those of `live_relevance` stay as they are, though before version 4
/// they mean other questions: where the version may be an older one, use [`Questions::resolve`].
///
/// ```
/// use toolrm_bench::bfcl::ids::v4_id;
/// assert_eq!(v4_id("parallel_multiple_function_7")?, "parallel_multiple_7");
/// assert_eq!(v4_id("java_7")?, "simple_java_7");
/// assert_eq!(v4_id("live_simple_3-1-0")?, "live_simple_3-1-0");
/// # Ok::<_, toolrm_bench::bfcl::ids::IdError>(())
/// ```
pub fn v4_id(id: &str) -> Result<String, IdError> {
    parse(id).map(|(category, number)| format!("{category}_{number}"))
}

/// The category of a question that any version calls `id`.
pub fn category_of(id: &str) -> Result<Category, IdError> {
    parse(id).map(|(category, _)| category)
}

/// The id in version 4 of what score files before version 4 count instead of naming: from 1 within their category.
pub fn of_count(category: Category, from_one: u64) -> Result<String, IdError> {
    let number = from_one.checked_sub(1).ok_or_else(|| IdError::Shape { id: format!("{category}_-1") })?;
    Ok(format!("{category}_{number}"))
}

fn parse(id: &str) -> Result<(Category, &str), IdError> {
    let parts = id.rsplit_once('_').filter(|(_, number)| is_number(number));
    let (name, number) = parts.ok_or_else(|| IdError::Shape { id: id.to_owned() })?;
    let category = Category::from_any_version(name);
    Ok((category.map_err(|source| IdError::Category { id: id.to_owned(), source })?, number))
}

/// `13`, or in the live categories `3-1-0`.
fn is_number(text: &str) -> bool {
    text.split('-').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Questions {
    /// The question that a recording of some version calls `id`; `None` when it is not among these, or in version 4 no more.
    ///
    /// `text` is what was asked, where the recording says it: before version 4 it decides which `live_relevance` question is meant
    /// (in the first files of version 3 one id stood twice). Without it the id decides, by how the questions have moved.
    ///
    /// # Errors
    /// When no version has such an id.
    pub fn resolve(&self, id: &str, version: Version, text: Option<&str>) -> Result<Option<&Question>, IdError> {
        let (category, number) = parse(id)?;
        if category != Category::LiveRelevance || version == Version::V4 {
            return Ok(self.get(&format!("{category}_{number}")));
        }
        let by_text = text.and_then(|text| self.by_text(category, text).next());
        Ok(match text {
            Some(_) => by_text,
            None => moved(number).and_then(|now| self.get(&format!("{category}_{now}-{now}-0"))),
        })
    }
}

/// Where a `live_relevance` question of version 3 is in version 4, which dropped the 13th and the 15th (two that ask for trains).
fn moved(number: &str) -> Option<u64> {
    match number.split('-').next()?.parse().ok()? {
        13 | 15 => None,
        same @ ..13 => Some(same),
        14 => Some(13),
        later => Some(later - 2),
    }
}

#[cfg(test)]
mod tests {
    use toolrm_data::tree::Tree;

    use super::*;

    #[test]
    fn every_version_is_read() {
        for (id, expected) in [
            ("simple_13", "simple_python_13"),
            ("simple_python_13", "simple_python_13"),
            ("javascript_0", "simple_javascript_0"),
            ("relevance_3", "irrelevance_3"),
            ("parallel_function_9", "parallel_9"),
            ("live_relevance_17-17-0", "live_relevance_17-17-0"),
            ("multi_turn_miss_func_12", "multi_turn_miss_func_12"),
        ] {
            assert_eq!(v4_id(id).as_deref(), Ok(expected));
        }
        assert_eq!(category_of("relevance_3"), Ok(Category::Irrelevance));
        assert_eq!(of_count(Category::SimplePython, 14).as_deref(), Ok("simple_python_13"));
        assert!(of_count(Category::SimplePython, 0).is_err());
    }

    #[test]
    fn what_is_no_id_is_said() {
        for id in ["", "simple", "simple_", "simple_x", "live_simple_3--0", "14"] {
            assert!(matches!(v4_id(id), Err(IdError::Shape { .. })), "{id}");
        }
        let error = v4_id("rest_3").unwrap_err().to_string();
        assert!(
            error.starts_with("\"rest_3\" is no id of a question: unknown category \"rest\"; known are"),
            "{error}"
        );
    }

    #[test]
    fn files_tell_their_version() {
        assert_eq!(Version::of_file("score/m/BFCL_v3_simple_score.json"), Version::V3);
        assert_eq!(Version::of_file("BFCL_v4_simple_python_result.json"), Version::V4);
        assert_eq!(Version::of_file("relevance_score.json"), Version::V1);
    }

    #[test]
    fn relevance_is_found_by_what_was_asked_and_else_by_where_it_went() {
        let folder = tempfile::tempdir().unwrap();
        let lines: Vec<String> = (0..16)
            .map(|n| {
                let question = serde_json::json!([[{"role": "system", "content": "Help."}, {"role": "user", "content": format!("Ask {n}")}]]);
                serde_json::json!({"id": format!("live_relevance_{n}-{n}-0"), "question": question, "function": []}).to_string()
            })
            .collect();
        std::fs::write(folder.path().join("BFCL_v4_live_relevance.json"), lines.join("\n")).unwrap();
        let questions = Questions::load(&Tree::open(folder.path()).unwrap()).unwrap();
        let found = |id: &str, version, text| {
            questions
                .resolve(id, version, text)
                .unwrap()
                .map(|question| question.id.trim_start_matches("live_relevance_"))
        };
        assert_eq!(found("live_relevance_3-3-0", Version::V3, Some(" Ask  15\n")), Some("15-15-0"));
        assert_eq!(found("live_relevance_3-3-0", Version::V3, Some("Something else")), None);
        assert_eq!(found("live_relevance_3-3-0", Version::V4, Some("Ask 15")), Some("3-3-0"));
        let moved: Vec<_> = (11..19).map(|n| found(&format!("live_relevance_{n}-{n}-0"), Version::V3, None)).collect();
        let expected =
            [Some("11-11-0"), Some("12-12-0"), None, Some("13-13-0"), None, Some("14-14-0"), Some("15-15-0"), None];
        assert_eq!(moved, expected);
        assert!(questions.resolve("rest_0", Version::V1, None).is_err());
    }
}
