//! Invented verdicts, counted by hand.
