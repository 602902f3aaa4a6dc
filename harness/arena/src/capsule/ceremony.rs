//! The upgrade ceremony of the author's elder album (`wire.md` §8): its steps, taken honestly, and whether
//! the target knows of it what its members know.

use super::cast::{accepted, clock, publish_ledger};
use super::drafting::cannot_draft;
use super::lab::{Lab, Mode};
use super::snapshot::sessions;
use super::upload::Upload;
use crate::{Answer, Beat, Source, Stop, Strictness, Verdict};
use gauntlet_simulator::{Deed, Draft, Photo, Request, Step, UPGRADE_DEADLINE, Write};
use gauntlet_wire::code::Code;
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::{Hash, IntentId};
use gauntlet_wire::json::UpgradeStatus;

/// `wire.md` §8, quiescing and aborted.
const SHOWN: &str = "GET of an upgrade shows the live intent, and none once it was ended, has lapsed or is completed.";
/// `wire.md` §8, draining.
const COUNTED: &str =
    "GET of an upgrade shows in_flight: members must not tombstone before it is 0.";
/// `wire.md` §1.2.
const TOLD: &str = "409 album_quiescing and upgrade_in_flight carry the live intent_id.";

/// What a ceremony takes of a target.
const CEREMONIES: &str = "upgrade ceremonies (POST /albums/{album_id}/upgrade)";
/// What a cutover takes of a target.
const COMPLETIONS: &str =
    "the completion of upgrades (POST /albums/{album_id}/upgrade/complete, formats.md §11)";

/// Where the album stands, as far as its members know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Standing {
    /// Nobody has upgraded it.
    #[default]
    Untouched,
    /// An upgrade is under way.
    Quiescing(IntentId),
    /// An upgrade ended without its completion.
    Normal,
    /// It was upgraded.
    Frozen(IntentId),
}

/// The ceremony.
#[derive(Default)]
pub(crate) struct Ceremony {
    standing: Standing,
    /// The proposal of the newest one.
    proposal: Option<Request>,
    /// The upload that an event opened.
    pub(super) opened: Option<Upload>,
}

impl Ceremony {
    /// The intent that a write has to name.
    pub(super) const fn live(&self) -> Option<IntentId> {
        match self.standing {
            Standing::Quiescing(intent) => Some(intent),
            Standing::Untouched | Standing::Normal | Standing::Frozen(_) => None,
        }
    }

    /// What a refusal for an upgrade lacks: the intent that lives, or that froze the album.
    fn untold(&self, answer: &Answer) -> Option<String> {
        let (Standing::Quiescing(intent) | Standing::Frozen(intent)) = self.standing else {
            return None;
        };
        let by_upgrade = [Code::UploadAlbumQuiescing, Code::AlbumUpgradeInFlight];
        let code = answer.code()?;
        if !by_upgrade.iter().any(|by| by.as_str() == code) {
            return None;
        }
        let members: serde_json::Value = answer.json().unwrap_or_default();
        let told = members.get("intent_id").and_then(|told| told.as_str());
        let is_told = told.and_then(|told| told.parse().ok()) == Some(intent);
        (!is_told).then(|| {
            let told = told.unwrap_or("none");
            format!(
                "{} with the intent_id {told}; expected {intent}",
                answer.summary()
            )
        })
    }
}

/// A target that has no route for a completion is not tested by one. An upgrade that it does not find is no
/// missing route.
pub(super) fn offered(deed: Deed, answer: &Answer) -> Result<(), Stop> {
    let unknown = answer.code().as_deref() == Some(Code::AlbumUpgradeNotFound.as_str());
    if deed == Deed::Completion && matches!(answer.status, 404 | 405) && !unknown {
        return Err(Stop::Absent(COMPLETIONS));
    }
    Ok(())
}

impl Lab {
    /// Proposes an upgrade of the elder album.
    pub(super) async fn begin_upgrade(&mut self) -> Result<(), Stop> {
        let now = self.now;
        let intent = self.cast.elder.fresh_intent(now);
        let proposal = self.cast.elder.propose_upgrade(intent);
        let proposal = proposal.map_err(cannot_draft)?;
        let answer = self.cast.phone.line().send(&proposal).await?;
        if matches!(answer.status, 404 | 405) {
            return Err(Stop::Absent(CEREMONIES));
        }
        self.honest_step("the proposal of an upgrade", &answer)?;
        self.ceremony.standing = Standing::Quiescing(intent);
        self.ceremony.proposal = Some(proposal);
        Ok(())
    }

    /// The proposal of the upgrade that is under way.
    pub(super) fn proposal(&self) -> Result<Request, Stop> {
        let proposal = self.ceremony.proposal.clone();
        proposal.ok_or_else(|| Stop::Error("no upgrade was proposed".to_owned()))
    }

    /// The end of the upgrade that is under way, by its id.
    pub(super) fn abort(&self) -> Result<Request, Stop> {
        Ok(self.cast.elder.abort_upgrade(self.live_intent()?))
    }

    /// Ends the upgrade by its id.
    pub(super) async fn end_upgrade(&mut self) -> Result<(), Stop> {
        let end = self.abort()?;
        let answer = self.cast.phone.line().send(&end).await?;
        self.honest_step("the end of an upgrade", &answer)?;
        self.ceremony.standing = Standing::Normal;
        Ok(())
    }

    /// Lets the upgrade run out of time. Credentials do not outlive it either.
    pub(super) async fn outlive_upgrade(&mut self) -> Result<(), Stop> {
        self.advance(u64::from(UPGRADE_DEADLINE).saturating_add(1))
            .await?;
        self.cast.renew(self.world.as_mut(), &self.recorder).await?;
        self.now = clock(self.cast.phone.line()).await?;
        self.ceremony.standing = Standing::Normal;
        Ok(())
    }

    /// Opens the album that goes on.
    pub(super) async fn open_successor(&mut self) -> Result<(), Stop> {
        let opening = self.cast.successor.open_album();
        let opened = self.cast.phone.line().send(&opening).await?;
        self.honest_step("the opening of a successor", &opened)?;
        let ledger = publish_ledger(&self.cast.phone.eye, &self.cast.successor).await?;
        match ledger {
            Some(ledger) => self.acknowledge(&Draft::Document(ledger)),
            None => Ok(()),
        }
    }

    /// The completion of the upgrade that is under way.
    pub(super) fn completion(&self) -> Result<Request, Stop> {
        let (intent, successor) = (self.live_intent()?, self.cast.successor.album);
        let elder = &self.cast.elder;
        Ok(elder.complete_upgrade(intent, self.frozen_state(), successor))
    }

    /// Completes the upgrade. Where the target has no such step, the ceremony goes on without it.
    pub(super) async fn complete_upgrade(&mut self) -> Result<(), Stop> {
        let intent = self.live_intent()?;
        let answer = self.cast.phone.line().send(&self.completion()?).await?;
        offered(Deed::Completion, &answer)?;
        self.honest_step("the completion of an upgrade", &answer)?;
        self.ceremony.standing = Standing::Frozen(intent);
        Ok(())
    }

    /// Opens a session for another photo of the ceremony.
    pub(super) async fn open_another(&mut self) -> Result<(), Stop> {
        let now = self.now;
        let write = self.cast.elder.draft(Photo::SMALL, now);
        let write = write.map_err(cannot_draft)?;
        let mut upload = Upload::new(Draft::Write(Box::new(write)));
        self.follow(&mut upload.draft);
        let first = Step::Open { blob: 0 };
        let answer = upload.send(self.cast.phone.line(), first).await?;
        self.honest_step("the opening of a session", &answer)?;
        self.ceremony.opened = Some(upload);
        Ok(())
    }

    /// Lets the write name the intent that lives, as a client does that asks before it writes.
    pub(super) fn follow(&self, draft: &mut Draft) {
        if let Draft::Write(write) = draft {
            write.intent = self.ceremony.live();
        }
    }

    fn live_intent(&self) -> Result<IntentId, Stop> {
        let live = self.ceremony.live();
        live.ok_or_else(|| Stop::Error("no upgrade is under way".to_owned()))
    }

    /// What the album's members freeze: everything that was written there.
    fn frozen_state(&self) -> Hash {
        let album = self.cast.elder.album;
        let written = self.done.iter().filter(|write| write.album == album);
        let mut links: Vec<Hash> = written.filter_map(Write::link).collect();
        links.sort_unstable();
        let links: Vec<u8> = links.iter().flat_map(|link| *link.as_bytes()).collect();
        Hash::of(&links)
    }

    /// An honest step is taken. A refusal voids the control; once the attack has begun it is damage.
    pub(super) fn honest_step(&mut self, what: &str, answer: &Answer) -> Result<(), Stop> {
        let attacked = self.mode == Mode::Attack && self.recorder.beat() != Beat::Control;
        match accepted("the author", what, answer) {
            Err(Stop::Invalid(why)) if attacked => {
                self.damage(&format!("{what} is taken"), &why, true);
                Err(Stop::Found)
            }
            other => other,
        }
    }

    /// Who is refused for an upgrade is told its intent.
    pub(super) fn judge_told(&mut self, answer: &Answer) {
        let untold = self.ceremony.untold(answer);
        if let Some(observed) = untold.filter(|_| self.strictness >= Strictness::Code) {
            let source = self.attack.expectation.source.max(Source::N);
            self.find_against(TOLD, source, Verdict::Nonconforming, &observed);
        }
    }

    /// The target says of the ceremony what its members know: which intent lives, and that sessions are open.
    pub(super) async fn judge_ceremony(&mut self) -> Result<(), Stop> {
        if self.ceremony.standing == Standing::Untouched {
            return Ok(());
        }
        let answer = self.cast.phone.eye.read(&self.cast.elder.upgrade()).await?;
        let status: UpgradeStatus = match answer.json() {
            Ok(status) if answer.is_success() => status,
            _ => {
                let observed = answer.summary();
                self.find_against(SHOWN, Source::N, Verdict::Nonconforming, &observed);
                return Ok(());
            }
        };
        if status.intent_id != self.ceremony.live() {
            let observed = format!(
                "{} lives; expected {}",
                named(status.intent_id),
                named(self.ceremony.live())
            );
            self.find_against(SHOWN, Source::N, Verdict::TransientDamage, &observed);
        }
        let open = self.open_sessions().await?;
        if status.in_flight < open {
            let observed = format!(
                "in_flight is {}; {open} sessions are open",
                status.in_flight
            );
            self.find_against(COUNTED, Source::N, Verdict::Nonconforming, &observed);
        }
        Ok(())
    }

    /// Sessions of the elder album with bytes and without an end, by the listing. Whether one without bytes
    /// counts is read in two ways.
    async fn open_sessions(&self) -> Result<u64, Stop> {
        let album = self.cast.elder.album;
        let under_way = [UploadStatus::Uploading, UploadStatus::WaitingForProcessing];
        let listed = sessions(&self.cast.phone.eye).await?;
        let open = listed.iter().filter(|session| {
            session.album_id == Some(album) && under_way.contains(&session.status)
        });
        Ok(open.count() as u64)
    }
}

fn named(intent: Option<IntentId>) -> String {
    intent.map_or_else(|| "no intent".to_owned(), |intent| intent.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &str = "018f2b1c-0000-7000-8000-000000000001";
    const OTHER: &str = "018f2b1c-0000-7000-8000-000000000002";

    fn refusal(code: Code, intent: Option<&str>) -> Answer {
        let mut body = serde_json::json!({
            "type": "about:blank", "title": "t", "status": 409, "code": code.as_str(),
        });
        if let Some(intent) = intent {
            body["intent_id"] = intent.into();
        }
        Answer {
            status: 409,
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
        }
    }

    fn ceremony(standing: Standing) -> Ceremony {
        Ceremony {
            standing,
            ..Ceremony::default()
        }
    }

    #[test]
    fn a_refusal_for_an_upgrade_has_to_name_its_intent() {
        let live = LIVE.parse().unwrap();
        for standing in [Standing::Quiescing(live), Standing::Frozen(live)] {
            let ceremony = ceremony(standing);
            for code in [Code::UploadAlbumQuiescing, Code::AlbumUpgradeInFlight] {
                assert_eq!(ceremony.untold(&refusal(code, Some(LIVE))), None);
                for told in [None, Some(OTHER)] {
                    let untold = ceremony.untold(&refusal(code, told)).unwrap();
                    assert!(untold.contains(LIVE), "{untold}");
                }
            }
            let other = refusal(Code::UploadStaleRevival, None);
            assert_eq!(ceremony.untold(&other), None);
        }
        for standing in [Standing::Untouched, Standing::Normal] {
            let bare = refusal(Code::UploadAlbumQuiescing, None);
            assert_eq!(ceremony(standing).untold(&bare), None);
        }
    }

    #[test]
    fn a_route_that_is_not_there_is_told_from_an_upgrade_that_is_not() {
        let mut answer = refusal(Code::AlbumUpgradeNotFound, None);
        answer.status = 404;
        assert_eq!(offered(Deed::Completion, &answer), Ok(()));
        answer.body.clear();
        let absent = Err(Stop::Absent(COMPLETIONS));
        assert_eq!(offered(Deed::Completion, &answer), absent);
        assert_eq!(offered(Deed::Upgrade, &answer), Ok(()));
        answer.status = 409;
        assert_eq!(offered(Deed::Completion, &answer), Ok(()));
    }
}
