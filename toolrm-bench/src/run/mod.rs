//! Running a judge over a bench: concurrency, progress, a journal to resume from.
