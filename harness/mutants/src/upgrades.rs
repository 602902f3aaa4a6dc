//! What servers do wrong with an album that is upgraded: the decisions that row 18's mutants make otherwise.

use crate::ceremonies::{Appended, Ended, Memory, Proposed};
use crate::decisions::{
    Finalized, Judged, Opened, create_without, finalize_without, op_without, without,
};
use gauntlet_server::Judge;
use gauntlet_validator::server::{
    AlbumFacts, AppendFacts, AppendRequest, COMPLETE_UPGRADE, CompleteRequest, CreateRequest,
    Effect, EndRequest, FinalizeFacts, Handshake, OpFacts, OpPlan, OpRequest, PROPOSE_UPGRADE,
    Policy, ProposeRequest, Refusal, Rejection, SessionFacts, Spoken, UpgradeFacts, UpgradePlan,
    append_chunk, complete_upgrade_by, create_session, end_upgrade, handshake, lifecycle_op,
    propose_upgrade, propose_upgrade_by, upgrade_status,
};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::{AlbumId, IntentId};
use gauntlet_wire::json::{UpgradeCompleted, UpgradeStatus};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::ProtocolVersion;
use jiff::Timestamp;

const GATE: [Rule; 1] = [Rule::AlbumNotQuiescing];
const FREEZE: [Rule; 1] = [Rule::AlbumNotFrozen];

fn named(request: &CreateRequest) -> Option<IntentId> {
    request.body.intent_id.as_ref()?.parse().ok()
}

pub(crate) fn intent_ignored(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    create_without(&GATE, facts, request, policy)
}

pub(crate) fn any_intent(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    ungated_if(request.body.intent_id.is_some(), facts, request, policy)
}

fn ungated_if(
    ungated: bool,
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    if ungated {
        intent_ignored(facts, request, policy)
    } else {
        create_session(facts, request, policy)
    }
}

/// As if the first ceremony of the album were the one that is under way.
pub(crate) fn first_intent(
    memory: &Memory,
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    let mut facts = facts.clone();
    if let Some(upgrade) = facts.album.as_mut().and_then(|it| it.upgrade.as_mut())
        && let Some(first) = memory.of(upgrade.album).next()
    {
        upgrade.intent = first.intent;
    }
    create_session(&facts, request, policy)
}

/// The contract, but for what it tells of the live intent.
pub(crate) struct Mute;

impl Judge for Mute {
    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Opened {
        create_session(facts, request, policy).map_err(muted)
    }

    fn propose_upgrade(
        &self,
        facts: &UpgradeFacts,
        request: &ProposeRequest,
        policy: &Policy,
    ) -> Proposed {
        propose_upgrade(facts, request, policy).map_err(muted)
    }
}

fn muted(mut refusal: Refusal) -> Refusal {
    let told = [Rule::AlbumNotQuiescing, Rule::UpgradeSole];
    if told.contains(&refusal.rejection.rule) {
        refusal.rejection.extension = None;
    }
    refusal
}

pub(crate) fn never_ends(facts: &UpgradeFacts, request: &EndRequest, policy: &Policy) -> Ended {
    end_upgrade(facts, request, policy).map(|_| Vec::new())
}

fn never_lapsing(album: AlbumFacts) -> AlbumFacts {
    let upgrade = album.upgrade.map(|mut upgrade| {
        upgrade.expires_at = Timestamp::MAX;
        upgrade
    });
    AlbumFacts { upgrade, ..album }
}

pub(crate) fn kills_what_was_open(
    memory: &Memory,
    facts: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
) -> Appended {
    let opened = facts.session.as_ref().and_then(|it| memory.session(it.id));
    let doomed = opened.is_some_and(|opened| {
        let mut live = memory.of(opened.album).filter(|it| !it.is_over(facts.now));
        live.any(|it| opened.intent != Some(it.intent))
    });
    killed_if(doomed, facts, request, policy)
}

pub(crate) fn kills_what_was_queued(
    memory: &Memory,
    facts: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
) -> Appended {
    let opened = facts.session.as_ref().and_then(|it| memory.session(it.id));
    let of = opened.and_then(|opened| memory.ceremony(opened.intent));
    let doomed = of.is_some_and(|of| of.is_over(facts.now));
    killed_if(doomed, facts, request, policy)
}

/// A session that was thrown away is not found any more, and what it held is gone.
fn killed_if(
    doomed: bool,
    facts: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
) -> Appended {
    if !doomed {
        return append_chunk(facts, request, policy);
    }
    Err(Refusal {
        rejection: Rejection::new(Rule::SessionFound, "the session ended with an upgrade"),
        effects: vec![
            Effect::DiscardBytes,
            Effect::ReleaseReservation,
            Effect::SetStatus(UploadStatus::FailedProcessing),
        ],
    })
}

pub(crate) fn any_number_of_upgrades(
    facts: &UpgradeFacts,
    request: &ProposeRequest,
    policy: &Policy,
) -> Proposed {
    let checks = without(PROPOSE_UPGRADE, &[Rule::UpgradeSole]);
    propose_upgrade_by(&checks, facts, request, policy)
}

pub(crate) fn drops_the_stale(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    match lifecycle_op(facts, request, policy) {
        Err(refusal) if refusal.rejection.rule == Rule::AlbumNotQuiescing => {
            dropped(op_without(&GATE, facts, request, policy)?)
        }
        judged => judged,
    }
}

pub(crate) fn drops_the_renewed(
    memory: &Memory,
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Judged {
    let plan = lifecycle_op(facts, request, policy)?;
    let live = facts
        .album
        .as_ref()
        .and_then(|it| it.live_upgrade(facts.now));
    let first = memory.of(request.album).next();
    match (live, first) {
        (Some(live), Some(first)) if live.intent != first.intent => dropped(plan),
        _ => Ok(plan),
    }
}

/// The answer to an op that was done, without doing it.
fn dropped(plan: OpPlan) -> Judged {
    Ok(match plan {
        OpPlan::Accepted { asset, action, .. } => OpPlan::Replayed {
            asset,
            action,
            sync_seq: 0,
        },
        replayed @ OpPlan::Replayed { .. } => replayed,
    })
}

/// The contract, but for the wait before a completion.
pub(crate) struct Impatient;

impl Judge for Impatient {
    fn complete_upgrade(
        &self,
        facts: &UpgradeFacts,
        request: &CompleteRequest,
        policy: &Policy,
    ) -> Result<UpgradePlan<UpgradeCompleted>, Refusal> {
        let checks = without(COMPLETE_UPGRADE, &[Rule::UpgradeDrained]);
        complete_upgrade_by(&checks, facts, request, policy)
    }
}

pub(crate) fn frozen_is_open(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    create_without(&FREEZE, facts, request, policy)
}

pub(crate) fn frozen_is_final(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    finalize_without(&FREEZE, facts, policy)
}

pub(crate) fn frozen_takes_ops(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    op_without(&FREEZE, facts, request, policy)
}

pub(crate) fn any_version(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    let mut facts = facts.clone();
    if let Some(album) = &mut facts.album {
        album.pin = request.spoken.protocol;
    }
    create_session(&facts, request, policy)
}

pub(crate) fn any_old_handshake(request: &Handshake, policy: &Policy) -> Result<Spoken, Rejection> {
    handshake(request, &floorless(policy))
}

pub(crate) fn any_old_version(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    create_session(facts, request, &floorless(policy))
}

fn floorless(policy: &Policy) -> Policy {
    Policy {
        min_protocol: ProtocolVersion::BEFORE_MIN,
        ..policy.clone()
    }
}

/// Takes the album to be under an upgrade for ever once one was proposed.
pub(crate) fn closed_to_uploads(
    _: &Memory,
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    let mut facts = facts.clone();
    facts.album = facts.album.map(never_lapsing);
    create_session(&facts, request, policy)
}

pub(crate) fn closed_to_ops(
    _: &Memory,
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Judged {
    let mut facts = facts.clone();
    facts.album = facts.album.map(never_lapsing);
    lifecycle_op(&facts, request, policy)
}

pub(crate) fn shown_as_closed(
    album: AlbumId,
    facts: &UpgradeFacts,
) -> Result<UpgradeStatus, Refusal> {
    let mut facts = facts.clone();
    facts.album = facts.album.map(never_lapsing);
    upgrade_status(album, &facts)
}

pub(crate) fn nothing_in_flight(
    album: AlbumId,
    facts: &UpgradeFacts,
) -> Result<UpgradeStatus, Refusal> {
    let in_flight = 0;
    let facts = UpgradeFacts {
        in_flight,
        ..facts.clone()
    };
    upgrade_status(album, &facts)
}

pub(crate) fn aborted_is_live(
    memory: &Memory,
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    let known = memory.ceremony(named(request));
    ungated_if(
        known.is_some_and(|known| known.aborted),
        facts,
        request,
        policy,
    )
}

pub(crate) fn lapsed_is_live(
    memory: &Memory,
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    let known = memory.ceremony(named(request));
    ungated_if(
        known.is_some_and(|known| !known.aborted),
        facts,
        request,
        policy,
    )
}
