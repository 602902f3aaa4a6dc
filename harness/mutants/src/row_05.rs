//! Row 5: servers that do not hold a record to all that was signed, or to half of a signature.

use crate::Mutant;
use crate::decisions::{CONTRACT, Finalized, Judged, finalize_without, op_without};
use crate::reread::reading;
use crate::signatures::{Both, ClassicalAlone, PostQuantumAlone, verifying, verifying_uploads};
use gauntlet_arena::{Beat, Verdict};
use gauntlet_validator::server::{FinalizeFacts, OpFacts, OpRequest, Policy};
use gauntlet_wire::cbor::Map;
use gauntlet_wire::json::ManifestEnvelope;
use gauntlet_wire::rule::Rule;

/// What every mutant here has in common.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["5"],
    invariant: None,
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row05-suite-not-covered",
        invariant: Some(2),
        about: "The suite is the envelope's, whatever the record says, and no signature covers it.",
        killers: &["suite-flipped-after-signing"],
        plant: |ports| reading(ports, suite_of_the_envelope),
        ..SHOWN
    },
    Mutant {
        id: "row05-protocol-not-covered",
        about: "The protocol version is the envelope's, whatever the record says, and no signature covers it.",
        killers: &["protocol-flipped-after-signing"],
        plant: |ports| reading(ports, protocol_of_the_envelope),
        ..SHOWN
    },
    Mutant {
        id: "row05-device-ed25519-alone",
        about: "Of the device's signature the Ed25519 half alone is verified.",
        killers: &[
            "device-signature-without-ml-dsa",
            "uploaded-device-signature-without-ml-dsa",
        ],
        plant: verifying::<ClassicalAlone, Both>,
        ..SHOWN
    },
    Mutant {
        id: "row05-device-ml-dsa-alone",
        about: "Of the device's signature the ML-DSA-65 half alone is verified.",
        killers: &[
            "device-signature-without-ed25519",
            "uploaded-device-signature-without-ed25519",
        ],
        plant: verifying::<PostQuantumAlone, Both>,
        ..SHOWN
    },
    Mutant {
        id: "row05-write-ed25519-alone",
        about: "Of the write-tier signature the Ed25519 half alone is verified.",
        killers: &[
            "write-signature-without-ml-dsa",
            "uploaded-write-signature-without-ml-dsa",
        ],
        plant: verifying::<Both, ClassicalAlone>,
        ..SHOWN
    },
    Mutant {
        id: "row05-write-ml-dsa-alone",
        about: "Of the write-tier signature the ML-DSA-65 half alone is verified.",
        killers: &[
            "write-signature-without-ed25519",
            "uploaded-write-signature-without-ed25519",
        ],
        plant: verifying::<Both, PostQuantumAlone>,
        ..SHOWN
    },
    Mutant {
        id: "row05-uploaded-device-ed25519-alone",
        about: "Of the device's signature of a record that is uploaded the Ed25519 half alone is verified.",
        killers: &["uploaded-device-signature-without-ml-dsa"],
        plant: verifying_uploads::<ClassicalAlone, Both>,
        ..SHOWN
    },
    Mutant {
        id: "row05-uploaded-device-ml-dsa-alone",
        about: "Of the device's signature of a record that is uploaded the ML-DSA-65 half alone is verified.",
        killers: &["uploaded-device-signature-without-ed25519"],
        plant: verifying_uploads::<PostQuantumAlone, Both>,
        ..SHOWN
    },
    Mutant {
        id: "row05-uploaded-write-ed25519-alone",
        about: "Of the write-tier signature of a record that is uploaded the Ed25519 half alone is verified.",
        killers: &["uploaded-write-signature-without-ml-dsa"],
        plant: verifying_uploads::<Both, ClassicalAlone>,
        ..SHOWN
    },
    Mutant {
        id: "row05-uploaded-write-ml-dsa-alone",
        about: "Of the write-tier signature of a record that is uploaded the ML-DSA-65 half alone is verified.",
        killers: &["uploaded-write-signature-without-ed25519"],
        plant: verifying_uploads::<Both, PostQuantumAlone>,
        ..SHOWN
    },
    Mutant {
        id: "row05-envelope-not-compared",
        about: "A record need not say what its envelopes say.",
        killers: &["record-says-another-time"],
        plant: |ports| {
            CONTRACT
                .with_finalize(any_record_is_final)
                .with_op(any_record)
                .plant(ports)
        },
        ..SHOWN
    },
];

fn suite_of_the_envelope(core: &mut Map, envelope: &ManifestEnvelope) {
    core.insert("crypto_suite_id".into(), envelope.crypto_suite_id.into());
}

fn protocol_of_the_envelope(core: &mut Map, envelope: &ManifestEnvelope) {
    let version = envelope.protocol_version.as_str();
    core.insert("protocol_version".into(), version.into());
}

fn any_record_is_final(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    finalize_without(&[Rule::RecordAgrees], facts, policy)
}

fn any_record(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    op_without(&[Rule::RecordAgrees], facts, request, policy)
}
