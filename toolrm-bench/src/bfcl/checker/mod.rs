//! The leaderboard's AST checker: is this answer among the accepted ones, and if not, what is wrong with it?
