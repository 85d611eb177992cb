//! What is wrong with an answer, by the leaderboard's codes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! error_types {
    ($($(#[$doc:meta])* $variant:ident = $code:literal),* $(,)?) => {
        /// What is wrong with an answer. Written and read by the leaderboard's codes (`value_error:string`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum ErrorType {
            $($(#[$doc])* #[serde(rename = $code)] $variant),*
        }

        impl ErrorType {
            /// All of them, in the order in which an answer meets the checks.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The leaderboard's code: `type_error:nested`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }
        }
    };
}

error_types! {
    /// No call is due, and the answer makes one.
    UnwantedCall = "irrelevance_error:decoder_success",
    /// Some call is due, and the answer makes none.
    NoCall = "relevance_error:decoder_failed",
    /// The answer could not be read as calls.
    Undecodable = "ast_decoder:decoder_failed",
    /// What was read is no list of `{name: {argument: value}}`.
    WrongFormat = "ast_decoder:decoder_wrong_output_format",
    /// Not exactly one call, where one is due.
    WrongCountSimple = "simple_function_checker:wrong_count",
    /// Not exactly one call, where one of several tools is due.
    WrongCountMultiple = "multiple_function_checker:wrong_count",
    /// Not as many calls as are accepted.
    WrongCountParallel = "parallel_function_checker_no_order:wrong_count",
    /// Of several calls due, one is matched by none of those made.
    NoMatch = "parallel_function_checker_no_order:cannot_find_match",
    /// Another function's name.
    WrongName = "simple_function_checker:wrong_func_name",
    /// A required parameter is not given.
    MissingRequired = "simple_function_checker:missing_required",
    /// A parameter that is not documented, or for which no value is accepted.
    UnexpectedParam = "simple_function_checker:unexpected_param",
    /// A Java value that is no source text.
    NotJava = "type_error:java",
    /// A JavaScript value that is no source text.
    NotJavaScript = "type_error:js",
    /// A list whose items are of another type than documented and accepted.
    NestedType = "type_error:nested",
    /// A value of another type than documented and accepted.
    Type = "type_error:simple",
    /// A string that is not accepted.
    Text = "value_error:string",
    /// A list that is not accepted.
    List = "value_error:list/tuple",
    /// A list of objects of another length than accepted.
    DictCount = "value_error:list_dict_count",
    /// An object with a key too many or too few.
    DictKey = "value_error:dict_key",
    /// An object with a value that is not accepted.
    DictValue = "value_error:dict_value",
    /// An object where none is described.
    DictUnclear = "dict_checker:unclear",
    /// Any other value that is not accepted.
    Value = "value_error:others",
    /// A parameter that must be given though it is not required: the accepted answers do not allow for its absence.
    MissingOptional = "simple_function_checker:missing_optional",
}

impl FromStr for ErrorType {
    type Err = UnknownErrorType;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|error| error.code() == code);
        known.copied().ok_or_else(|| UnknownErrorType { code: code.to_owned() })
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// A code the checker does not give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown error type \"{code}\"; the checker gives codes like value_error:string")]
#[non_exhaustive]
pub struct UnknownErrorType {
    /// The code.
    pub code: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back() {
        for error in ErrorType::ALL {
            assert_eq!(error.code().parse(), Ok(*error));
            assert_eq!(serde_json::to_value(error).unwrap(), error.to_string());
        }
        assert!("value_error".parse::<ErrorType>().is_err());
    }
}
