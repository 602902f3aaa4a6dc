//! Time as a port: the server never asks the operating system for it directly.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where the server takes the time from.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the real clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved by hand: embedded worlds and the control listener
/// share one behind an `Arc`.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<Timestamp>,
}

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub const fn new(start: Timestamp) -> Self {
        Self {
            now: Mutex::new(start),
        }
    }

    /// Moves the clock by `step` and returns what it then shows. It stops at the ends of time
    /// ([`Timestamp::MIN`] and [`Timestamp::MAX`]).
    pub fn advance(&self, step: SignedDuration) -> Timestamp {
        let mut now = self.lock();
        let end = if step.is_negative() {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        *now = now.checked_add(step).unwrap_or(end);
        *now
    }

    /// Sets the clock to `instant`.
    pub fn set(&self, instant: Timestamp) {
        *self.lock() = instant;
    }

    // A panic elsewhere can't leave an instant half written, so a poisoned lock is still sound.
    fn lock(&self) -> MutexGuard<'_, Timestamp> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand_and_stops_at_the_ends() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), clock.now());
        let later = clock.advance(SignedDuration::from_secs(60));
        assert_eq!(clock.now(), later);
        assert_eq!(later.as_second(), 60);
        assert_eq!(clock.advance(SignedDuration::MAX), Timestamp::MAX);
        assert_eq!(clock.advance(SignedDuration::MIN), Timestamp::MIN);
        clock.set(later);
        assert_eq!(clock.now(), later);
    }
}
