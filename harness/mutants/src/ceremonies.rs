//! A server that remembers more of upgrade ceremonies than it should, and lets that count.

use crate::decisions::{Judged, Opened};
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server as validator;
use gauntlet_validator::server::{
    AppendFacts, AppendPlan, AppendRequest, CreatePlan, CreateRequest, Effect, EndRequest, OpFacts,
    OpRequest, Policy, ProposeRequest, Refusal, SessionFacts, UpgradeFacts, UpgradePlan,
};
use gauntlet_wire::id::{AlbumId, IntentId, UploadId};
use gauntlet_wire::json::UpgradeStatus;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a chunk comes to.
pub(crate) type Appended = Result<AppendPlan, Refusal>;
/// What a proposal comes to.
pub(crate) type Proposed = Result<UpgradePlan<UpgradeStatus>, Refusal>;
/// What the end of an upgrade comes to.
pub(crate) type Ended = Result<Vec<Effect>, Refusal>;

/// One ceremony that there was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ceremony {
    pub(crate) album: AlbumId,
    pub(crate) intent: IntentId,
    expires_at: Timestamp,
    /// Whether it was ended by its id.
    pub(crate) aborted: bool,
}

/// One session that was opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening {
    pub(crate) album: AlbumId,
    pub(crate) intent: Option<IntentId>,
}

/// What such a server remembers.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The oldest first.
    ceremonies: Vec<Ceremony>,
    sessions: BTreeMap<UploadId, Opening>,
}

impl Ceremony {
    /// Whether it is over at `now`, by its end or by its time.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.aborted || self.expires_at <= now
    }
}

impl Memory {
    /// The ceremonies of an album, the oldest first.
    pub(crate) fn of(&self, album: AlbumId) -> impl DoubleEndedIterator<Item = &Ceremony> {
        let ceremonies = self.ceremonies.iter();
        ceremonies.filter(move |known| known.album == album)
    }

    /// The ceremony of an intent.
    pub(crate) fn ceremony(&self, intent: Option<IntentId>) -> Option<&Ceremony> {
        let mut ceremonies = self.ceremonies.iter();
        ceremonies.find(|known| Some(known.intent) == intent)
    }

    /// How a session was opened.
    pub(crate) fn session(&self, id: UploadId) -> Option<Opening> {
        self.sessions.get(&id).copied()
    }
}

/// The decisions that such a server makes in its own way.
#[derive(Clone, Copy)]
pub(crate) struct Habits {
    pub(crate) create: fn(&Memory, &SessionFacts, &CreateRequest, &Policy) -> Opened,
    pub(crate) append: fn(&Memory, &AppendFacts, &AppendRequest, &Policy) -> Appended,
    pub(crate) op: fn(&Memory, &OpFacts, &OpRequest, &Policy) -> Judged,
    pub(crate) propose: fn(&UpgradeFacts, &ProposeRequest, &Policy) -> Proposed,
    pub(crate) end: fn(&UpgradeFacts, &EndRequest, &Policy) -> Ended,
    pub(crate) status: fn(AlbumId, &UpgradeFacts) -> Result<UpgradeStatus, Refusal>,
}

/// Every decision as the contract makes it, whatever is remembered.
pub(crate) const LAWFUL: Habits = Habits {
    create: |_, facts, request, policy| validator::create_session(facts, request, policy),
    append: |_, facts, request, policy| validator::append_chunk(facts, request, policy),
    op: |_, facts, request, policy| validator::lifecycle_op(facts, request, policy),
    propose: validator::propose_upgrade,
    end: validator::end_upgrade,
    status: validator::upgrade_status,
};

impl Habits {
    /// The reference's ports, judged by these habits.
    pub(crate) fn plant(self, ports: Ports) -> Ports {
        Ports {
            judge: Arc::new(Habitual {
                habits: self,
                memory: Mutex::default(),
            }),
            ..ports
        }
    }
}

struct Habitual {
    habits: Habits,
    memory: Mutex<Memory>,
}

impl Habitual {
    // A panic elsewhere can't leave an entry half written, so a poisoned lock is still sound.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Judge for Habitual {
    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Opened {
        let mut memory = self.memory();
        let plan = (self.habits.create)(&memory, facts, request, policy)?;
        if let CreatePlan::Open { session, .. } = &plan {
            let intent = request.body.intent_id.as_ref();
            let opening = Opening {
                album: session.album,
                intent: intent.and_then(|intent| intent.parse().ok()),
            };
            memory.sessions.insert(session.id, opening);
        }
        Ok(plan)
    }

    fn append_chunk(
        &self,
        facts: &AppendFacts,
        request: &AppendRequest,
        policy: &Policy,
    ) -> Appended {
        (self.habits.append)(&self.memory(), facts, request, policy)
    }

    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        (self.habits.op)(&self.memory(), facts, request, policy)
    }

    fn propose_upgrade(
        &self,
        facts: &UpgradeFacts,
        request: &ProposeRequest,
        policy: &Policy,
    ) -> Proposed {
        let plan = (self.habits.propose)(facts, request, policy)?;
        let mut memory = self.memory();
        for effect in &plan.effects {
            if let Effect::OpenUpgrade(upgrade) = effect {
                memory.ceremonies.push(Ceremony {
                    album: upgrade.album,
                    intent: upgrade.intent,
                    expires_at: upgrade.expires_at,
                    aborted: false,
                });
            }
        }
        Ok(plan)
    }

    fn upgrade_status(
        &self,
        album: AlbumId,
        facts: &UpgradeFacts,
    ) -> Result<UpgradeStatus, Refusal> {
        (self.habits.status)(album, facts)
    }

    fn end_upgrade(&self, facts: &UpgradeFacts, request: &EndRequest, policy: &Policy) -> Ended {
        let effects = (self.habits.end)(facts, request, policy)?;
        let named = request.intent.as_ref();
        let named: Option<IntentId> = named.and_then(|intent| intent.parse().ok());
        for known in &mut self.memory().ceremonies {
            known.aborted |= Some(known.intent) == named;
        }
        Ok(effects)
    }
}
