//! Generative judges: prompts and verdicts, over the port [`crate::port::TextGenerator`].
