//! A server that takes one account for the one that it served before.

use crate::decisions::left_behind;
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{
    CreatePlan, CreateRequest, Effect, Policy, Refusal, Session, SessionFacts, create_session,
};
use gauntlet_wire::id::UserId;
use std::sync::{Arc, Mutex, PoisonError};

/// The refusal of an opening leaves a session with the account that was served before the caller's.
pub(crate) fn files_refusals_under_another(ports: Ports) -> Ports {
    let judge = Arc::new(Misfiling::default());
    Ports { judge, ..ports }
}

/// The accounts that opened sessions last, as a server would keep them in a place that requests
/// share.
#[derive(Default)]
struct Misfiling(Mutex<Served>);

#[derive(Default)]
struct Served {
    last: Option<UserId>,
    before: Option<UserId>,
}

impl Misfiling {
    /// The account that was served before `caller`'s own turn.
    fn served_before(&self, caller: UserId) -> Option<UserId> {
        // A panic elsewhere can't leave half a turn behind, so a poisoned lock is still sound.
        let mut served = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if served.last != Some(caller) {
            served.before = served.last.replace(caller);
        }
        served.before
    }
}

impl Judge for Misfiling {
    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Result<CreatePlan, Refusal> {
        let before = self.served_before(request.caller);
        create_session(facts, request, policy).map_err(|mut refusal| {
            let session = left_behind(facts, request, policy).zip(before);
            refusal.effects.extend(session.map(|(session, account)| {
                Effect::OpenSession(Box::new(Session {
                    uploader: account,
                    owner: account,
                    ..*session
                }))
            }));
            refusal
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_before_is_never_the_callers_own() {
        let [author, bystander] = [1, 2].map(|byte| UserId::from_slice(&[byte; 16]).unwrap());
        let misfiling = Misfiling::default();
        assert_eq!(misfiling.served_before(bystander), None);
        assert_eq!(misfiling.served_before(author), Some(bystander));
        assert_eq!(misfiling.served_before(author), Some(bystander));
        assert_eq!(misfiling.served_before(bystander), Some(author));
    }
}
