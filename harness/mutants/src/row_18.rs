//! Row 18: servers that lose hold of an album while it is upgraded, or after.

use crate::Mutant;
use crate::ceremonies::{Habits, LAWFUL};
use crate::decisions::CONTRACT;
use crate::partial::{for_records, partly};
use crate::upgrades::{
    Impatient, Mute, aborted_is_live, any_intent, any_number_of_upgrades, any_old_handshake,
    any_old_version, any_version, closed_to_ops, closed_to_uploads, drops_the_renewed,
    drops_the_stale, first_intent, frozen_is_final, frozen_is_open, frozen_takes_ops,
    intent_ignored, kills_what_was_open, kills_what_was_queued, lapsed_is_live, never_ends,
    nothing_in_flight, shown_as_closed,
};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_server::Ports;
use std::sync::Arc;

/// What every mutant here has in common.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["18"],
    invariant: None,
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

/// The same where the refusal alone is wrong.
const UNCLEAR: Mutant = Mutant {
    verdict: Verdict::Nonconforming,
    ..SHOWN
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row18-intent-ignored",
        about: "An upgrade is remembered and shown, and uploads go on as before.",
        killers: &[
            "write-without-the-intent",
            "record-without-the-intent",
            "write-with-a-foreign-intent",
            "write-with-an-aborted-intent",
            "write-with-a-lapsed-intent",
        ],
        plant: |ports| CONTRACT.with_create(intent_ignored).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row18-any-intent-accepted",
        about: "A write has to name an intent while an upgrade is under way: any will do.",
        killers: &[
            "write-with-a-foreign-intent",
            "write-with-an-aborted-intent",
            "write-with-a-lapsed-intent",
        ],
        plant: |ports| CONTRACT.with_create(any_intent).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row18-aborted-intent-accepted",
        about: "An intent that was ended by its id is as good as the one that lives.",
        killers: &["write-with-an-aborted-intent"],
        plant: |ports| {
            Habits {
                create: aborted_is_live,
                ..LAWFUL
            }
            .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row18-lapsed-intent-accepted",
        about: "An intent that ran out of time is as good as the one that lives.",
        killers: &["write-with-a-lapsed-intent"],
        plant: |ports| {
            Habits {
                create: lapsed_is_live,
                ..LAWFUL
            }
            .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row18-first-intent-sticks",
        about: "The first intent of an album is the one that its writes have to name, whatever came of it.",
        killers: &["write-with-the-live-intent", "write-with-an-aborted-intent"],
        plant: |ports| {
            Habits {
                create: first_intent,
                ..LAWFUL
            }
            .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row18-records-not-gated",
        about: "The intent is asked for when a photo is uploaded, and not for its provenance record.",
        killers: &["record-without-the-intent"],
        plant: |ports| {
            partly(ports, for_records, |ports| {
                CONTRACT.with_create(intent_ignored).plant(ports)
            })
        },
        ..SHOWN
    },
    Mutant {
        id: "row18-live-intent-not-told",
        about: "Who is refused for an upgrade is not told which one it is.",
        killers: &[
            "write-without-the-intent",
            "write-with-a-foreign-intent",
            "second-upgrade",
        ],
        plant: |ports| Ports {
            judge: Arc::new(Mute),
            ..ports
        },
        ..UNCLEAR
    },
    Mutant {
        id: "row18-stuck-after-an-abort",
        about: "The end of an upgrade is acknowledged, and the album stays closed.",
        killers: &[
            "write-after-an-abort",
            "queued-write-outlives-an-abort",
            "op-after-an-abort",
        ],
        plant: |ports| {
            Habits {
                end: never_ends,
                ..LAWFUL
            }
            .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row18-stuck-after-a-lapse",
        about: "An upgrade that ran out of time goes on for ever.",
        killers: &[
            "write-after-a-lapse",
            "queued-write-outlives-a-lapse",
            "op-after-a-lapse",
        ],
        plant: |ports| {
            Habits {
                create: closed_to_uploads,
                op: closed_to_ops,
                status: shown_as_closed,
                ..LAWFUL
            }
            .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row18-open-session-killed",
        about: "The sessions that are open when an upgrade begins are thrown away.",
        killers: &["open-session-drains"],
        plant: |ports| {
            Habits {
                append: kills_what_was_open,
                ..LAWFUL
            }
            .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row18-queued-write-dropped",
        about: "The sessions of an upgrade are thrown away when it ends without its completion.",
        killers: &[
            "queued-write-outlives-an-abort",
            "queued-write-outlives-a-lapse",
        ],
        plant: |ports| {
            Habits {
                append: kills_what_was_queued,
                ..LAWFUL
            }
            .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row18-in-flight-not-counted",
        about: "A look at an upgrade says that nothing is in flight, whatever is.",
        killers: &["open-session-drains", "queued-write-outlives-an-abort"],
        plant: |ports| {
            Habits {
                status: nothing_in_flight,
                ..LAWFUL
            }
            .plant(ports)
        },
        ..UNCLEAR
    },
    Mutant {
        id: "row18-second-upgrade-accepted",
        about: "A proposal takes the place of the upgrade that is under way.",
        killers: &["second-upgrade"],
        plant: |ports| {
            Habits {
                propose: any_number_of_upgrades,
                ..LAWFUL
            }
            .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row18-stale-op-dropped",
        about: "An op that does not name the intent that lives is acknowledged, queued, and never done.",
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Rewritten),
        killers: &[
            "op-without-the-intent",
            "op-with-a-foreign-intent",
            "op-with-an-aborted-intent",
            "op-with-a-lapsed-intent",
        ],
        plant: |ports| CONTRACT.with_op(drops_the_stale).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row18-renewed-op-dropped",
        about: "An op of an upgrade that follows an ended one is acknowledged, queued, and never done.",
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Rewritten),
        killers: &["op-with-the-live-intent"],
        plant: |ports| {
            Habits {
                op: drops_the_renewed,
                ..LAWFUL
            }
            .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row18-completion-does-not-wait",
        about: "An upgrade is completed over uploads that are in flight.",
        killers: &["completion-with-a-session-in-flight"],
        plant: |ports| Ports {
            judge: Arc::new(Impatient),
            ..ports
        },
        ..SHOWN
    },
    Mutant {
        id: "row18-frozen-album-written",
        about: "An album that was upgraded takes writes again once nothing is in flight.",
        killers: &["write-into-the-frozen-album", "op-in-the-frozen-album"],
        plant: |ports| {
            CONTRACT
                .with_create(frozen_is_open)
                .with_finalize(frozen_is_final)
                .with_op(frozen_takes_ops)
                .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row18-pin-not-compared",
        invariant: Some(6),
        about: "An album takes writes of any version that the server speaks.",
        killers: &["elder-version-into-the-successor"],
        plant: |ports| CONTRACT.with_create(any_version).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row18-window-without-a-floor",
        invariant: Some(1),
        about: "A write in a version that is no longer spoken is judged like any other.",
        killers: &["version-below-the-window-into-the-successor"],
        plant: |ports| {
            CONTRACT
                .with_handshake(any_old_handshake)
                .with_create(any_old_version)
                .plant(ports)
        },
        ..UNCLEAR
    },
];
