//! Why a command could not do its work.

use crate::print;
use gauntlet_runner::ExitCode;

/// A message for the user, and the exit code that goes with it.
#[derive(Debug)]
pub(crate) struct Failure {
    code: ExitCode,
    message: String,
}

impl Failure {
    /// The user asked for something that can't be done: what, where, and what was expected.
    pub(crate) fn usage(message: impl ToString) -> Self {
        Self {
            code: ExitCode::Usage,
            message: message.to_string(),
        }
    }

    /// The harness or its environment failed.
    pub(crate) fn environment(message: impl ToString) -> Self {
        Self {
            code: ExitCode::Failed,
            message: message.to_string(),
        }
    }

    /// Says so on standard error and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        print::error(&format!("gauntlet: {}", self.message));
        self.code
    }
}
