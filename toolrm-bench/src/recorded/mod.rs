//! Recorded answers of models: result and score files of the Berkeley leaderboard, in their layouts of 2024, v3 and v4.
