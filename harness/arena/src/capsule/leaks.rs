//! Leaks: what must never reach a server is looked for in all that passes the lines and, where the target
//! shows it, in all that it keeps.

use super::lab::{Lab, Mode};
use super::snapshot::sessions;
use super::upload::Upload;
use crate::binding::Hook;
use crate::tap::needle;
use crate::{Needle, Scanner, Stop, search};
use gauntlet_simulator::{Canary, Kind, Write};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::{Hash, UploadId};

/// How the audit's depth says that the target's storage was looked into.
const SEARCHED: &str = "storage searched";

/// What the storage of an honest target is known by.
struct Proof {
    /// Its needles; one of them has to be there.
    needles: Vec<Needle>,
    /// What it proves, in the words of an error.
    lacks: &'static str,
}

impl Lab {
    /// Whether this attack is about a leak.
    pub(super) fn seeks_leaks(&self) -> bool {
        matches!(self.attack.deviation.kind, Kind::Leak(_))
    }

    /// The secret that the deviation leaks.
    pub(super) fn planted(&self, upload: &Upload) -> Option<Canary> {
        match &self.attack.deviation.kind {
            Kind::Leak(leak) => {
                let client = self.client();
                leak.canary(client, &upload.draft, client.canaries())
            }
            _ => None,
        }
    }

    /// A scan that does not see the planted leak would not see any other.
    pub(super) fn show_leak(&self, planted: Option<&Canary>) -> Result<(), Stop> {
        let Some(planted) = planted else {
            return Ok(());
        };
        let passed = self.recorder.sent().map_err(unscanned)?;
        if passed.contains(planted) {
            return Ok(());
        }
        Err(Stop::Invalid(format!(
            "the {planted} was sent, and the scan of the wire does not find it"
        )))
    }

    /// No secret has passed since this was asked last, and none is kept.
    pub(super) async fn judge_leaks(&mut self, moment: &'static str) -> Result<(), Stop> {
        let sent = self.recorder.sent().map_err(unscanned)?;
        if let Some(canary) = sent.first() {
            // What the target can't help, and the harness must not do.
            return Err(Stop::Invalid(format!(
                "{moment}: the simulator itself sent the {canary}"
            )));
        }
        let received = self.recorder.received().map_err(unscanned)?;
        if let Some((canary, place)) = received.first_key_value() {
            let expected = "no answer holds a secret of a client";
            self.damage(
                expected,
                &format!("{moment}: the {canary} was answered, {place}"),
                self.is_refused(),
            );
        }
        let shown = self.world.offers(Hook::Storage);
        if self.mode == Mode::Attack && self.seeks_leaks() && shown {
            self.judge_storage(moment).await?;
        }
        Ok(())
    }

    async fn judge_storage(&mut self, moment: &'static str) -> Result<(), Stop> {
        let canaries = self.client().canaries().since(0);
        let mut needles: Vec<Needle> = canaries.iter().map(needle).collect();
        let proofs = self.proofs().await?;
        let mut places = Vec::new();
        for proof in &proofs {
            let start = needles.len();
            needles.extend(proof.needles.clone());
            places.push((start..needles.len(), proof.lacks));
        }
        let scanner = Scanner::new(&needles).map_err(unscanned)?;
        let listed = self.world.storage().await?;
        let searched = tokio::task::spawn_blocking(move || search(&listed, &scanner)).await;
        let found = searched
            .map_err(|error| Stop::Error(format!("the scan ended early: {error}")))?
            .map_err(|error| Stop::Error(format!("the hook `storage`: {error}")))?;
        for (mut places, lacks) in places {
            if !places.any(|place| found.contains_key(&place)) {
                return Err(Stop::Error(format!(
                    "the hook `storage` lists nothing that holds {lacks}: it shows something else than \
                     what the target keeps"
                )));
            }
        }
        self.recorder
            .hook(format!("searched the target's storage {moment}"));
        self.looked(SEARCHED);
        let kept = canaries
            .iter()
            .enumerate()
            .find_map(|(place, canary)| Some((canary, found.get(&place)?)));
        if let Some((canary, file)) = kept {
            let observed = format!("{moment}: the {canary} is in {file}");
            let surfaced = self.is_refused();
            self.damage("nothing of a client's secrets is kept", &observed, surfaced);
        }
        Ok(())
    }

    /// What has to be in the storage, or it is another's: of the newest photo a blob or its address, and
    /// the id of a session that the target still answers for, of which only its database knows.
    async fn proofs(&self) -> Result<Vec<Proof>, Stop> {
        let Some(newest) = &self.newest else {
            return Err(Stop::Error("no photo was uploaded yet".to_owned()));
        };
        let listed = sessions(&self.cast.phone.eye).await?;
        let mut proofs = vec![Proof {
            needles: blob_needles(newest),
            lacks: "the newest photo or its address",
        }];
        proofs.extend(listed.last().map(|session| Proof {
            needles: session_needles(session.id),
            lacks: "the id of an upload session that is listed",
        }));
        Ok(proofs)
    }
}

fn blob_needles(write: &Write) -> Vec<Needle> {
    let original = write.blob(BlobRole::Original);
    let bytes = original.map_or(&[][..], |blob| blob.bytes.as_slice());
    vec![
        known("a sealed photo", bytes),
        known("a blob's address", Hash::of(bytes).as_bytes()),
    ]
}

fn session_needles(id: UploadId) -> Vec<Needle> {
    let text = id.to_string();
    vec![
        known("a session's id", id.as_bytes()),
        known("a session's id", text.as_bytes()),
        known("a session's id", text.to_uppercase().as_bytes()),
    ]
}

fn known(what: &str, bytes: &[u8]) -> Needle {
    Needle {
        what: what.to_owned(),
        bytes: bytes.to_vec(),
    }
}

fn unscanned(error: crate::ScanError) -> Stop {
    Stop::Error(format!("the canary scan: {error}"))
}
