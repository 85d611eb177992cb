//! Self-correction: a rewrite replaces the original only if the judge prefers it.
