//! `toolrm completions`: a completion script for a shell.

use std::io::Write;

use clap::Args;
use clap_complete::{Shell, generate};

use crate::{Answer, error::CliError};

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  toolrm completions bash > ~/.local/share/bash-completion/completions/toolrm")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

impl CompletionsArgs {
    pub(crate) fn run(&self, cli: &mut clap::Command, out: &mut dyn Write) -> Result<Answer, CliError> {
        let mut script = Vec::new();
        generate(self.shell, cli, "toolrm", &mut script);
        out.write_all(&script)?;
        Ok(Answer::Yes)
    }
}
