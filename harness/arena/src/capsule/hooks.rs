//! Hooks, with a check from outside that they did what the target says. A hook that does nothing would
//! let every audit after it pass.

use super::cast::clock;
use super::lab::Lab;
use crate::binding::Allowance;
use crate::{Address, Stop};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// How long a connection may outlive the process that held it.
const FAREWELL: Duration = Duration::from_secs(5);
/// How far a moved clock may fall short, in seconds: `Date` is cut to the second.
const CLOCK_SLACK: i64 = 2;

impl Lab {
    /// Kills the target and starts it again.
    pub(super) async fn crash(&mut self) -> Result<(), Stop> {
        let held = Connection::open(&self.address).await?;
        self.world.crash().await?;
        held.ended("died without a goodbye").await?;
        self.recorder
            .hook("killed the target without a goodbye and started it again");
        self.moved();
        Ok(())
    }

    /// Stops the target properly and starts it again.
    pub(super) async fn restart(&mut self) -> Result<(), Stop> {
        let held = Connection::open(&self.address).await?;
        self.world.restart().await?;
        held.ended("was stopped").await?;
        self.recorder
            .hook("stopped the target and started it again");
        self.moved();
        Ok(())
    }

    /// Moves the target's clock forward and lets it collect garbage.
    pub(super) async fn age(&mut self, seconds: u64) -> Result<(), Stop> {
        self.advance(seconds).await?;
        self.world.purge().await?;
        self.recorder.hook("collected garbage");
        Ok(())
    }

    /// Moves the target's clock forward.
    pub(super) async fn advance(&mut self, seconds: u64) -> Result<(), Stop> {
        let before = clock(self.cast.phone.line()).await?;
        self.world.advance_clock(seconds).await?;
        let passed = clock(self.cast.phone.line())
            .await?
            .duration_since(before)
            .as_secs();
        let wanted = i64::try_from(seconds).unwrap_or(i64::MAX);
        if passed.saturating_add(CLOCK_SLACK) < wanted {
            return Err(Stop::Error(format!(
                "the hook `clock` was to move the target by {seconds} s, and its Date moved by {passed}"
            )));
        }
        self.recorder
            .hook(format!("moved the clock by {seconds} s"));
        Ok(())
    }

    /// Sets the bounds that a deployment chooses.
    pub(super) async fn allow(&mut self, allowance: Allowance) -> Result<(), Stop> {
        self.world.allow(allowance).await?;
        let bounds = serde_json::to_string(&allowance).unwrap_or_default();
        self.recorder
            .hook(format!("set the target's bounds: {bounds}"));
        self.moved();
        Ok(())
    }

    /// A target that was started again may be reached elsewhere.
    fn moved(&self) {
        let base = self.world.base_url();
        self.recorder.locate(&base);
        self.address.set(base);
    }
}

/// A connection without a request, which ends with the process at its other end.
pub(super) struct Connection(TcpStream);

impl Connection {
    pub(super) async fn open(address: &Address) -> Result<Self, Stop> {
        let base = address.get();
        crate::raw::connect(&base)
            .await
            .map(Self)
            .map_err(|error| Stop::Error(error.to_string()))
    }

    /// Waits for the end.
    pub(super) async fn ended(mut self, how: &str) -> Result<(), Stop> {
        let mut nothing = [0; 1];
        let ended = async { while matches!(self.0.read(&mut nothing).await, Ok(1..)) {} };
        tokio::time::timeout(FAREWELL, ended).await.map_err(|_| {
            Stop::Error(format!(
                "the control surface says that the target {how}, and a connection from before is still \
                 open: the hook did nothing, or a proxy stands before the target"
            ))
        })
    }
}
