//! Layers: what is put around a judge.

use crate::judge::ToolCallJudge;

/// Adaptors on every judge.
pub trait JudgeExt: ToolCallJudge + Sized {}
impl<J: ToolCallJudge> JudgeExt for J {}
