//! The choices the published score leaves open, and the ones it made that a user may want made differently.

/// Which call of the candidate a call of the reference may be answered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Matching {
    /// The best one of the same tool, even when another call of the reference takes it as well. The ToolRM paper's.
    #[default]
    BestPerGold,
    /// One that no other call of the reference takes; of all assignments the best (Hungarian algorithm, not greedy).
    OneToOne,
    /// As [`Matching::OneToOne`], and what comes earlier in the reference comes earlier in the candidate.
    InOrder,
}

/// What a wrong number of calls costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Counts {
    /// Everything: the score is 0. The ToolRM paper's.
    #[default]
    MustMatch,
    /// The share of the missing or superfluous calls: credits are divided by the larger of the two numbers of calls.
    Partial,
}

/// What making the same call twice costs (same in canonical form, see [`crate::canonical`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repeats {
    /// Everything: the score is 0. The ToolRM paper's. A reference that itself repeats a call (the paper's data has none)
    /// excuses it, so that a reference always scores 1 against itself.
    #[default]
    Forbidden,
    /// Nothing by itself.
    Allowed,
}

/// What two calls of one tool without any arguments on either side are worth: the paper's 0/0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EmptyArguments {
    /// Full credit: nothing was asked and nothing is wrong.
    #[default]
    FullCredit,
    /// No credit: a tool without arguments never scores.
    NoCredit,
}

/// What a reference without calls asks for: the paper is silent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WordsReference {
    /// Words: an answer in words scores full marks whatever it says, calls and malformed output score nothing.
    #[default]
    AnyWords,
    /// Nothing: such a reference is passed over, and a task with no other is abstained from.
    Abstain,
}
