//! Row 5: a malicious client changes what was signed, or half of the signature.

use super::{Deed, Deviation, Point, Script, drafted};
use crate::{ClientClass, CoreEdit, DraftEdit, Half, Signed, Which};
use gauntlet_wire::version::{ProtocolVersion, SuiteId};

/// The departures of row 5.
pub(super) fn deviations() -> Vec<Deviation> {
    let malicious =
        |name, point, about, edit| drafted(name, ClientClass::Malicious, point, about, edit);
    let op = |name, about, edit| Deviation {
        script: Script::of(Deed::Update),
        ..malicious(name, Point::Op, about, edit)
    };
    let broken = |which, half| DraftEdit::signed([], Signed::Broken(which, half));
    let upload = |name, about, which, half| {
        malicious(name, Point::OpenProvenance, about, broken(which, half))
    };
    let after_signing = |edit| DraftEdit::Manifest {
        core: vec![edit],
        signed: Signed::Before,
        record_alone: true,
    };
    vec![
        malicious(
            "suite-flipped-after-signing",
            Point::OpenProvenance,
            "The record's suite is raised to the fictive 2 under its old signatures.",
            after_signing(CoreEdit::Suite(SuiteId(2))),
        ),
        malicious(
            "protocol-flipped-after-signing",
            Point::OpenProvenance,
            "The record's protocol version is set back under its old signatures.",
            after_signing(CoreEdit::Protocol(ProtocolVersion::BEFORE_MIN)),
        ),
        malicious(
            "nonce-flipped-after-signing",
            Point::OpenProvenance,
            "The record's nonce prefix, which no envelope repeats, is changed under its old signatures.",
            after_signing(CoreEdit::NoncePrefix),
        ),
        malicious(
            "record-says-another-time",
            Point::OpenProvenance,
            "The record, signed with real keys, is dated an hour later than its envelopes say.",
            DraftEdit::record_alone(CoreEdit::Hours(1)),
        ),
        op(
            "device-signature-without-ed25519",
            "One bit of the Ed25519 half of an update's device signature is flipped.",
            broken(Which::Device, Half::Ed25519),
        ),
        op(
            "device-signature-without-ml-dsa",
            "One bit of the ML-DSA-65 half of an update's device signature is flipped.",
            broken(Which::Device, Half::MlDsa65),
        ),
        op(
            "write-signature-without-ed25519",
            "One bit of the Ed25519 half of an update's write-tier signature is flipped.",
            broken(Which::Write, Half::Ed25519),
        ),
        op(
            "write-signature-without-ml-dsa",
            "One bit of the ML-DSA-65 half of an update's write-tier signature is flipped.",
            broken(Which::Write, Half::MlDsa65),
        ),
        upload(
            "uploaded-device-signature-without-ed25519",
            "One bit of the Ed25519 half of an uploaded record's device signature is flipped.",
            Which::Device,
            Half::Ed25519,
        ),
        upload(
            "uploaded-device-signature-without-ml-dsa",
            "One bit of the ML-DSA-65 half of an uploaded record's device signature is flipped.",
            Which::Device,
            Half::MlDsa65,
        ),
        upload(
            "uploaded-write-signature-without-ed25519",
            "One bit of the Ed25519 half of an uploaded record's write-tier signature is flipped.",
            Which::Write,
            Half::Ed25519,
        ),
        upload(
            "uploaded-write-signature-without-ml-dsa",
            "One bit of the ML-DSA-65 half of an uploaded record's write-tier signature is flipped.",
            Which::Write,
            Half::MlDsa65,
        ),
    ]
}
