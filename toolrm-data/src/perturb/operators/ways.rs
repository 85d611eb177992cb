//! Which operators make which type of error.

use super::{
    BuiltIn, answer,
    argument::{MISNAMED_PARAMETER, MISSING_OPTIONAL, MISSING_REQUIRED, UNEXPECTED_PARAMETER},
    conversational::{EXTRA_ITEM, EXTRA_OPTIONAL, TWO_VALUES, WORDS_ELSEWHERE},
    form::{RESTYLED, WRONG_FORMAT},
    list,
    swap::SWAPPED_ARGUMENTS,
    tool,
    types::{OUT_OF_RANGE, WRONG_NESTED_TYPE, WRONG_TYPE},
    value::{FLIPPED_FLAG, MISSING_ITEM, PLACEHOLDER, WRONG_CHOICE, WRONG_NUMBER, WRONG_TEXT},
};
use crate::observed::ErrorType;

/// The operators, each with how often it is tried first. What a conversation has comes before what nobody says; stand-ins that were
/// never filled, and words made from a tool's name, are rare.
pub(in crate::perturb) fn ways(error: ErrorType) -> &'static [(BuiltIn, usize)] {
    match error {
        ErrorType::Malformed => &[(answer::MALFORMED, 1)],
        ErrorType::WordsInsteadOfCall => &[(WORDS_ELSEWHERE, 9), (answer::WORDS_INSTEAD, 1)],
        ErrorType::HallucinatedTool => &[(tool::HALLUCINATED_TOOL, 1)],
        ErrorType::MissingCall => &[(list::MISSING_CALL, 1)],
        ErrorType::RepeatedCall => &[(list::REPEATED_CALL, 1)],
        ErrorType::ExtraCall => &[(list::EXTRA_CALL, 1)],
        ErrorType::WrongTool => &[(tool::WRONG_TOOL, 1)],
        ErrorType::MissingRequired => &[(MISSING_REQUIRED, 3), (MISNAMED_PARAMETER, 1)],
        ErrorType::UnexpectedParameter => &[(UNEXPECTED_PARAMETER, 1), (MISNAMED_PARAMETER, 1)],
        ErrorType::WrongType => &[(WRONG_TYPE, 4), (WRONG_NESTED_TYPE, 1)],
        ErrorType::SeveralValues => &[(TWO_VALUES, 4), (SWAPPED_ARGUMENTS, 1)],
        ErrorType::WrongNumber => &[(WRONG_NUMBER, 9), (OUT_OF_RANGE, 1)],
        ErrorType::WrongText => &[(WRONG_TEXT, 45), (RESTYLED, 2), (WRONG_FORMAT, 2), (PLACEHOLDER, 1)],
        ErrorType::WrongChoice => &[(WRONG_CHOICE, 1)],
        ErrorType::WrongFlag => &[(FLIPPED_FLAG, 1)],
        ErrorType::WrongList => &[(MISSING_ITEM, 2), (EXTRA_ITEM, 1), (WRONG_TEXT, 2), (WRONG_NUMBER, 1)],
        ErrorType::WrongObject => &[(WRONG_TEXT, 3), (WRONG_NUMBER, 2), (WRONG_CHOICE, 1), (MISSING_OPTIONAL, 1)],
        ErrorType::ExtraOptional => &[(EXTRA_OPTIONAL, 1)],
        ErrorType::MissingOptional => &[(MISSING_OPTIONAL, 1)],
        ErrorType::CallInsteadOfWords => &[],
    }
}
