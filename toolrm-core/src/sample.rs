//! [`Sampler`]: where candidates come from.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{call::Candidate, error::JudgeError, observe::CallOptions, port::GenParams, task::Task};

/// Makes candidate next turns for a task: a served model, a recording, a script.
#[async_trait]
pub trait Sampler: Send + Sync {
    /// `n` candidates, or fewer when there are no more. Output that cannot be read as a call is a candidate too
    /// ([`crate::call::Action::Malformed`]); the error is for when nothing could be sampled.
    async fn sample(
        &self,
        task: &Task,
        n: usize,
        params: &GenParams,
        options: &CallOptions,
    ) -> Result<Vec<Candidate>, JudgeError>;
}

macro_rules! forward_sampler {
    ($($p:ty),*) => {$(
        #[async_trait]
        impl<S: Sampler + ?Sized> Sampler for $p {
            async fn sample(
                &self,
                task: &Task,
                n: usize,
                params: &GenParams,
                options: &CallOptions,
            ) -> Result<Vec<Candidate>, JudgeError> {
                (**self).sample(task, n, params, options).await
            }
        }
    )*};
}
forward_sampler!(&S, Box<S>, Arc<S>);
