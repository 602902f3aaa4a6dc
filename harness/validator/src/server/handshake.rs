//! The handshake that every route passes before any state is touched (`wire.md` §1.1).

use super::check::{Broken, require};
use super::{Check, Policy, Rejection, judge};
use gauntlet_wire::header;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::{ProtocolVersion, SuiteId};

/// Whether a route only reads, or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A read: any past version is served.
    Read,
    /// A write: the version must lie inside the window, and a suite must be named.
    Write,
}

/// The handshake headers as they arrived, repeated ones included.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// What the route does.
    pub access: Access,
    /// Every `X-Capsule-Protocol` value.
    pub protocol: Vec<String>,
    /// Every `X-Capsule-Crypto-Suite` value.
    pub suite: Vec<String>,
}

/// What a request that passed the handshake speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spoken {
    /// The protocol version.
    pub protocol: ProtocolVersion,
    /// The suite, where the request names one.
    pub suite: Option<SuiteId>,
}

/// The handshake's checks, in order.
pub const HANDSHAKE: &[Check<(), Handshake>] = &[
    Check {
        rule: Rule::ProtocolStated,
        holds: protocol_stated,
    },
    Check {
        rule: Rule::ProtocolInWindow,
        holds: inv01_protocol_in_window,
    },
    Check {
        rule: Rule::SuiteStated,
        holds: suite_stated,
    },
    Check {
        rule: Rule::SuiteKnown,
        holds: inv02_header_suite_known,
    },
];

/// Judges the handshake by the contract.
///
/// # Errors
/// The first rule of [`HANDSHAKE`] that does not hold.
pub fn handshake(request: &Handshake, policy: &Policy) -> Result<Spoken, Rejection> {
    handshake_by(HANDSHAKE, request, policy)
}

/// Judges the handshake by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn handshake_by(
    checks: &[Check<(), Handshake>],
    request: &Handshake,
    policy: &Policy,
) -> Result<Spoken, Rejection> {
    judge(checks, &(), request, policy)?;
    let protocol = spoken_protocol(request).map_err(|broken| broken.by(Rule::ProtocolStated))?;
    let suite = request
        .suite
        .first()
        .and_then(|value| header::parse_suite(value).ok());
    Ok(Spoken { protocol, suite })
}

fn spoken_protocol(request: &Handshake) -> Result<ProtocolVersion, Broken> {
    match request.protocol.as_slice() {
        [one] => one
            .parse()
            .map_err(|error| Broken::because(format!("{}: {error}", header::PROTOCOL))),
        [] => Err(Broken::because(format!(
            "{} is missing; expected one YYYY-MM-DD",
            header::PROTOCOL
        ))),
        many => Err(Broken::because(format!(
            "{} is given {} times; expected once",
            header::PROTOCOL,
            many.len()
        ))),
    }
}

/// `wire.md` §1.1: the protocol header is required on every route and is a calendar date.
fn protocol_stated((): &(), request: &Handshake, _: &Policy) -> Result<(), Broken> {
    spoken_protocol(request).map(|_| ())
}

/// Invariant 1: a write outside `[Min, Max]` is refused before any state is touched; reads succeed
/// at any version not above Max.
fn inv01_protocol_in_window((): &(), request: &Handshake, policy: &Policy) -> Result<(), Broken> {
    let spoken = spoken_protocol(request)?;
    let from = match request.access {
        Access::Write => policy.min_protocol,
        Access::Read => spoken.min(policy.min_protocol),
    };
    require((from..=policy.max_protocol).contains(&spoken), || {
        format!(
            "protocol {spoken} is outside [{}, {}]",
            policy.min_protocol, policy.max_protocol
        )
    })
}

/// `wire.md` §1.1: a write names exactly one suite, a read at most one, as a decimal u16.
fn suite_stated((): &(), request: &Handshake, _: &Policy) -> Result<(), Broken> {
    match (request.suite.as_slice(), request.access) {
        ([one], _) => header::parse_suite(one)
            .map(|_| ())
            .map_err(|error| Broken::because(format!("{}: {error}", header::CRYPTO_SUITE))),
        ([], Access::Read) => Ok(()),
        ([], Access::Write) => Err(Broken::because(format!(
            "{} is missing; every write names its suite",
            header::CRYPTO_SUITE
        ))),
        (many, _) => Err(Broken::because(format!(
            "{} is given {} times; expected once",
            header::CRYPTO_SUITE,
            many.len()
        ))),
    }
}

/// Invariant 2: the suite that the header names is in the inventory.
fn inv02_header_suite_known((): &(), request: &Handshake, policy: &Policy) -> Result<(), Broken> {
    let Some(Ok(suite)) = request
        .suite
        .first()
        .map(|value| header::parse_suite(value))
    else {
        return Ok(());
    };
    require(policy.suites.contains(&suite), || {
        format!(
            "suite {suite} in {} is not in the inventory",
            header::CRYPTO_SUITE
        )
    })
}
