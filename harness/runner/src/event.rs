//! What happens during a run, for whoever watches.

use gauntlet_arena::AttackReport;
use tokio::sync::mpsc::UnboundedSender;

/// One step of a run.
#[derive(Debug, Clone)]
pub enum Event {
    /// The run begins.
    Started {
        /// How many attacks were selected.
        attacks: usize,
        /// The seed.
        seed: u64,
        /// The target's name.
        target: String,
    },
    /// An attack begins.
    AttackStarted {
        /// The attack's name.
        name: String,
    },
    /// An attack ended.
    AttackFinished {
        /// The attack's name.
        name: String,
        /// What it came to.
        report: Box<AttackReport>,
    },
}

/// Where events go. A run does not depend on anyone listening.
#[derive(Debug, Clone)]
pub struct Events(Option<UnboundedSender<Event>>);

impl Events {
    /// Events for a reporter.
    #[must_use]
    pub const fn to(sender: UnboundedSender<Event>) -> Self {
        Self(Some(sender))
    }

    /// Events for no one.
    #[must_use]
    pub const fn unwatched() -> Self {
        Self(None)
    }

    /// Emits an event.
    pub fn emit(&self, event: Event) {
        if let Some(sender) = &self.0 {
            // A reporter that has gone away must not end the run.
            let _gone = sender.send(event);
        }
    }
}
