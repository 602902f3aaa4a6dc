//! Row 1: an old client announces a sidecar schema that the server does not know.

use super::{Deed, Deviation, Point, Script, message, set_header};
use crate::ClientClass;
use gauntlet_wire::header;

/// The departures of row 1.
pub(super) fn deviations() -> Vec<Deviation> {
    vec![Deviation {
        script: Script::of(Deed::Update),
        ..message(
            "schema-above-the-servers",
            ClientClass::Old,
            Point::Op,
            "The header of a metadata update states a sidecar schema above the newest that the server knows.",
            [set_header(header::SIDECAR_SCHEMA, "2")],
        )
    }]
}
