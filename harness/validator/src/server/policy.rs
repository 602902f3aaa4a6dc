//! The numbers that a deployment may choose.

use gauntlet_wire::version::{ProtocolVersion, SuiteId};
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// What a deployment decides; every default is the contract's.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Oldest protocol version that may write (`X-Capsule-Protocol-Min`).
    pub min_protocol: ProtocolVersion,
    /// Newest protocol version that may write (`X-Capsule-Protocol-Max`).
    pub max_protocol: ProtocolVersion,
    /// The suite inventory (`formats.md` §1).
    pub suites: BTreeSet<SuiteId>,
    /// Largest upload, in bytes (invariant 4).
    pub max_file_size: u64,
    /// Largest chunk, in bytes (invariant 10).
    pub max_chunk: u64,
    /// Alignment of every chunk but the last, in bytes (invariant 10).
    pub chunk_alignment: u64,
    /// Bound on the distance between a timestamp and the server's clock (invariant 8).
    pub timestamp_drift: SignedDuration,
    /// Lifetime of a session from its creation (`wire.md` §3).
    pub session_lifetime: SignedDuration,
    /// How long an unreferenced blob is kept before it may be swept (`wire.md` §3, GC).
    pub collection_grace: SignedDuration,
    /// Hard quota of an account in bytes; `None` is without limit.
    pub quota_hard_limit: Option<u64>,
    /// Where warnings start, in bytes; `None` is without warnings.
    pub quota_soft_limit: Option<u64>,
    /// How long an account may stay above its hard limit before its metadata may not grow either
    /// (`wire.md` §3, quota).
    pub quota_grace: SignedDuration,
    /// How long a delete can be taken back at the least, by the server's clock (row X3).
    pub retention_floor: SignedDuration,
    /// Newest sidecar schema that the server knows (row 1).
    pub max_sidecar_schema: u16,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_protocol: ProtocolVersion::A,
            max_protocol: ProtocolVersion::B,
            suites: BTreeSet::from([SuiteId::ONE]),
            max_file_size: 16 << 30,
            max_chunk: 16 << 20,
            chunk_alignment: 4096,
            timestamp_drift: SignedDuration::from_hours(30 * 24),
            session_lifetime: SignedDuration::from_hours(24),
            collection_grace: SignedDuration::from_hours(24),
            quota_hard_limit: Some(64 << 30),
            quota_soft_limit: Some(56 << 30),
            quota_grace: SignedDuration::from_hours(14 * 24),
            retention_floor: SignedDuration::from_hours(24),
            max_sidecar_schema: gauntlet_wire::sidecar::SCHEMA,
        }
    }
}
