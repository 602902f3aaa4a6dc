//! Row 6: servers that lose what one of two honest writers wrote.

use crate::Mutant;
use crate::decisions::{CONTRACT, Judged, op_without};
use crate::stale::{
    Dated, gives_in, is_stale_update, locks_after_a_conflict, refused_so, resolving,
};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_validator::server::{
    Effect, Extension, OpFacts, OpPlan, OpRequest, Policy, Publication, Refusal, lifecycle_op,
};
use gauntlet_wire::enums::{Action, BlobRole, Change};
use gauntlet_wire::id::Hash;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::Formats;

/// What every mutant here has in common: a write was acknowledged, is not in effect, and nobody was told.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["6"],
    invariant: Some(17),
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::IrreparableDamage,
    harm: Some(Harm::Silent),
    killers: &[],
    plant: |ports| ports,
};

/// Every concurrent write.
const EVERY: &[&str] = &[
    "caption-behind-a-later-one",
    "caption-behind-an-earlier-one",
    "caption-at-the-same-time",
    "caption-of-the-laptop-at-the-same-time",
    "caption-in-an-exact-tie",
    "caption-behind-another-in-an-elder-album",
    "seventeen-captions-on-one-head",
];

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row06-second-overwrites-the-first",
        about: "A metadata update may continue any record: the second of two takes the place of the first.",
        killers: EVERY,
        plant: |ports| CONTRACT.with_op(update_on_any_head).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row06-second-overwrites-in-elder-albums",
        about: "In albums of version A, a metadata update may continue any record.",
        killers: &["caption-behind-another-in-an-elder-album"],
        plant: |ports| CONTRACT.with_op(update_on_any_elder_head).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row06-second-acknowledged-and-dropped",
        about: "The second of two updates is acknowledged as if it were a repeat, and nothing is done.",
        killers: EVERY,
        plant: |ports| CONTRACT.with_op(acknowledged_and_dropped).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row06-later-date-wins",
        about: "Of two updates on one head the later dated one stays, whichever came first.",
        killers: &[
            "caption-behind-an-earlier-one",
            "caption-behind-another-in-an-elder-album",
        ],
        plant: |ports| resolving(ports, |second: &Dated, first: &Dated| second.at > first.at),
        ..SHOWN
    },
    Mutant {
        id: "row06-earlier-date-wins",
        about: "Of two updates on one head the earlier dated one stays, whichever came first.",
        killers: &["caption-behind-a-later-one"],
        plant: |ports| resolving(ports, |second, first| second.at < first.at),
        ..SHOWN
    },
    Mutant {
        id: "row06-tie-taken-for-a-repeat",
        about: "Updates on one head of one instant are all taken, as if they were one.",
        killers: &[
            "caption-at-the-same-time",
            "caption-of-the-laptop-at-the-same-time",
            "caption-in-an-exact-tie",
            "seventeen-captions-on-one-head",
        ],
        plant: |ports| resolving(ports, |second, first| second.at == first.at),
        ..SHOWN
    },
    Mutant {
        id: "row06-a-device-does-not-contradict-itself",
        about: "The head is compared between devices; the updates of one device are all taken.",
        killers: &[
            "caption-in-an-exact-tie",
            "caption-behind-another-in-an-elder-album",
        ],
        plant: |ports| resolving(ports, |second, first| second.device == first.device),
        ..SHOWN
    },
    Mutant {
        id: "row06-gives-in-after-sixteen",
        about: "After sixteen refusals for one photo the next update of it is taken, whatever it continues.",
        killers: &["seventeen-captions-on-one-head"],
        plant: gives_in,
        ..SHOWN
    },
    Mutant {
        id: "row06-first-dropped-from-the-feed",
        about: "A refused update takes the accepted one off the feed, which shows what both continue.",
        killers: EVERY,
        plant: |ports| CONTRACT.with_op(shows_what_both_continue).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row06-first-shown-with-the-metadata-before-it",
        about: "A refused update sets the metadata on the feed back to that of the record which both continue.",
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: EVERY,
        plant: |ports| CONTRACT.with_op(shows_metadata_of_before).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row06-loser-told-of-its-own-prior",
        about: "A stale update is told that the head is the record which it continues itself.",
        verdict: Verdict::Nonconforming,
        harm: None,
        killers: EVERY,
        plant: |ports| CONTRACT.with_op(tells_the_prior).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row06-conflict-locks-the-photo",
        about: "After a stale update, the photo takes no update at all.",
        beat: Beat::Recovery,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: EVERY,
        plant: locks_after_a_conflict,
        ..SHOWN
    },
];

fn update_on_any_head(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    if request.body.envelope.action == Action::MetadataUpdate.as_str() {
        op_without(&[Rule::HeadCurrent], facts, request, policy)
    } else {
        lifecycle_op(facts, request, policy)
    }
}

fn update_on_any_elder_head(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    match request.spoken.protocol.formats() {
        Formats::A => update_on_any_head(facts, request, policy),
        Formats::B => lifecycle_op(facts, request, policy),
    }
}

fn acknowledged_and_dropped(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    match lifecycle_op(facts, request, policy) {
        Err(refusal) if is_stale_update(&refusal, request) => Ok(OpPlan::Replayed {
            asset: request.body.envelope.file_id,
            action: Action::MetadataUpdate,
            sync_seq: 1,
        }),
        judged => judged,
    }
}

fn shows_what_both_continue(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    refused_so(facts, request, policy, |refusal| {
        let prior = request.body.envelope.prior_provenance_hash;
        show(refusal, facts, request, prior);
    })
}

fn shows_metadata_of_before(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    refused_so(facts, request, policy, |refusal| {
        show(refusal, facts, request, facts.asset.head_link());
    })
}

/// Lets a refusal show `record` on the feed, with the first metadata of the photo.
fn show(refusal: &mut Refusal, facts: &OpFacts, request: &OpRequest, record: Option<Hash>) {
    let mut held = facts.asset.blobs.iter();
    let first = held.find(|blob| blob.role == BlobRole::Metadata);
    if let (Some(link), Some(first)) = (record, first) {
        refusal.effects.push(Effect::Publish(Publication {
            asset: request.body.envelope.file_id,
            album: request.album,
            protocol: request.spoken.protocol,
            change: Change::Updated,
            link,
            metadata: first.hash,
            changed_at: facts.now,
            sync_seq: None,
        }));
    }
}

fn tells_the_prior(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    refused_so(facts, request, policy, |refusal| {
        let prior = request.body.envelope.prior_provenance_hash;
        refusal.rejection.extension = Some(Extension::ChainHead(prior));
    })
}
