//! The numbers that a client may choose.

use gauntlet_wire::version::{ProtocolVersion, SuiteId};
use jiff::SignedDuration;

/// What a client decides; every default is the contract's.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Oldest protocol version that the client reads.
    pub min_protocol: ProtocolVersion,
    /// Newest protocol version that the client reads.
    pub max_protocol: ProtocolVersion,
    /// The suite inventory, the weakest first (row 5).
    pub suites: Vec<SuiteId>,
    /// Newest sidecar schema that the client reads and writes (client invariant 2).
    pub max_sidecar_schema: u16,
    /// How long a record may wait for the key of its epoch before a human is told (row 32).
    pub pending_timeout: SignedDuration,
    /// How far ahead of the server's clock a register write may be dated (row 9).
    pub write_ahead: SignedDuration,
    /// Entries of a feed page.
    pub max_page: usize,
    /// How many refused hashes are remembered (`wire.md` §5).
    pub max_refused: usize,
    /// How long a refused hash is remembered after it was last referred to.
    pub refused_lifetime: SignedDuration,
    /// Removes that may wait for their add, in each set (row 7).
    pub max_parked: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_protocol: ProtocolVersion::A,
            max_protocol: ProtocolVersion::B,
            suites: vec![SuiteId::ONE],
            max_sidecar_schema: gauntlet_wire::sidecar::SCHEMA,
            pending_timeout: SignedDuration::from_hours(24),
            write_ahead: SignedDuration::from_hours(30 * 24),
            max_page: gauntlet_wire::bounds::PAGE,
            max_refused: 100_000,
            refused_lifetime: SignedDuration::from_hours(90 * 24),
            max_parked: gauntlet_wire::bounds::TAG_CHANGES,
        }
    }
}

impl Policy {
    /// The strength of a suite; `None` if it is not in the inventory.
    pub(super) fn rank(&self, suite: SuiteId) -> Option<usize> {
        self.suites.iter().position(|known| *known == suite)
    }
}
