//! Controls alone: whether honest clients are served where nothing is attacked.

use crate::Selection;
use crate::run::{RunOptions, tasks};
use gauntlet_arena::binding::Binding;
use gauntlet_arena::capsule::{Play, play_twin};
use gauntlet_arena::{Role, Stop};
use gauntlet_scenarios::Suite;

/// A control that failed.
#[derive(Debug, Clone)]
pub struct ControlFailed {
    /// The first selected attack that it is the control of.
    pub attack: String,
    /// Why it failed; [`Stop::Invalid`] where the honest client was refused or harmed.
    pub stop: Stop,
}

/// Plays the control of every selected attack without the attack, each once and one after the other, and says
/// how many there are.
///
/// # Errors
/// The first that failed; those after it are not played.
pub async fn run_controls(
    suite: &Suite,
    selection: &Selection<'_>,
    binding: &dyn Binding,
    options: &RunOptions,
) -> Result<usize, ControlFailed> {
    let roles: &[Role] = &binding.target().roles;
    let mut played = 0;
    for task in tasks(suite, selection, roles) {
        if task.twin.initialized() {
            continue;
        }
        let play = Play {
            scenario: task.scenario,
            attack: &task.attack,
            seed: options.seed,
            suite: suite.name,
            mutant: options.mutant.as_deref(),
            deadline: options.deadline,
        };
        let twin = task.twin.get_or_init(|| play_twin(binding, play)).await;
        twin.clone().map_err(|stop| ControlFailed {
            attack: task.attack.name(),
            stop,
        })?;
        played += 1;
    }
    Ok(played)
}
