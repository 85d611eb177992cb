//! From a conversation to the tokens a model reads.

use std::sync::Arc;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use toolrm_core::{
    call::{Message, Role, Tool},
    error::JudgeError,
};

use crate::{
    engine::{Codec, Token, judge_error},
    template::{ChatTemplate, Ending, TemplateInput},
};

/// A chat template and the tokens of what it writes.
#[derive(Clone)]
pub struct ChatPrompt {
    template: Arc<ChatTemplate>,
    codec: Arc<dyn Codec>,
    variables: Map<String, Value>,
}

impl std::fmt::Debug for ChatPrompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChatPrompt")
            .field("template", &self.template)
            .field("variables", &self.variables)
            .finish_non_exhaustive()
    }
}

impl ChatPrompt {
    /// The template of a model, and its vocabulary.
    pub fn new(template: ChatTemplate, codec: Arc<dyn Codec>) -> Self {
        Self { template: Arc::new(template), codec, variables: Map::new() }
    }

    /// Sets a variable of the template, such as `enable_thinking`.
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The model's vocabulary.
    pub fn codec(&self) -> &Arc<dyn Codec> {
        &self.codec
    }

    /// Sixteen hexadecimal digits of a hash of the template and its variables: what a prompt depends on besides the conversation.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for with_tools in [false, true] {
            hash.update(self.template.source(with_tools));
            hash.update([0]);
        }
        hash.update(Value::Object(self.variables.clone()).to_string());
        let first = hash.finalize().iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        format!("{first:016x}")
    }

    /// The prompt of an answer. It goes on from the last message where that is an assistant's: then the second value is true.
    pub fn to_answer(&self, messages: &[Message], tools: &[Tool]) -> Result<(Vec<Token>, bool), JudgeError> {
        let goes_on = messages.last().is_some_and(|m| m.role == Role::Assistant);
        let ending = if goes_on { Ending::Continue } else { Ending::Generate };
        Ok((self.tokens(messages, tools, ending)?, goes_on))
    }

    /// A whole conversation.
    pub fn whole(&self, messages: &[Message]) -> Result<Vec<Token>, JudgeError> {
        self.tokens(messages, &[], Ending::Closed)
    }

    fn tokens(&self, messages: &[Message], tools: &[Tool], ending: Ending) -> Result<Vec<Token>, JudgeError> {
        let mut input = TemplateInput::new(messages).with_tools(tools).with_ending(ending);
        input.variables.clone_from(&self.variables);
        let text = self.template.render(&input)?;
        self.codec.encode(&text).map_err(judge_error)
    }
}

/// What a cross-encoder reads: the conversation before the answer as the first text, the answer as the second.
#[cfg(feature = "tokenizers")]
#[derive(Clone)]
pub struct PairPrompt {
    tokenizer: Arc<crate::tokenizer::HfTokenizer>,
}

#[cfg(feature = "tokenizers")]
mod pair {
    use std::fmt;

    use toolrm_core::error::ErrorKind;

    use super::{Arc, JudgeError, Message, PairPrompt, Token};
    use crate::{
        local::PromptTokens,
        text::{PlainText, TextRenderer, words},
        tokenizer::HfTokenizer,
    };

    impl PairPrompt {
        /// The model's tokenizer, which knows what stands between two texts.
        pub fn new(tokenizer: Arc<HfTokenizer>) -> Self {
            Self { tokenizer }
        }
    }

    impl fmt::Debug for PairPrompt {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("PairPrompt").finish_non_exhaustive()
        }
    }

    impl PromptTokens for PairPrompt {
        fn id(&self) -> String {
            format!("pair:{}", PlainText.id())
        }

        fn tokens(&self, conversation: &[Message]) -> Result<Vec<Token>, JudgeError> {
            let Some((answer, before)) = conversation.split_last() else {
                return Err(JudgeError::new(
                    ErrorKind::InvalidInput,
                    "the conversation is empty: give at least one message",
                ));
            };
            Ok(self.tokenizer.encode_pair(&PlainText.render(before)?, &words(answer))?)
        }
    }
}
