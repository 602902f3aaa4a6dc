//! The steps of an upgrade ceremony as a client takes them (`wire.md` §8, `formats.md` §11).

use crate::draft::spoken;
use crate::request::Method;
use crate::{Client, Request};
use gauntlet_crypto::sign::sign_intent;
use gauntlet_wire::cbor::{Canonical, DocumentError};
use gauntlet_wire::id::{AlbumId, Hash, IntentId};
use gauntlet_wire::intent::IntentCore;
use gauntlet_wire::json::CompleteUpgrade;
use gauntlet_wire::version::ProtocolVersion;

/// How long an upgrade ceremony may take, in seconds from the server's receipt: well inside the hour that a
/// session without progress is guaranteed (`wire.md` §3).
pub const UPGRADE_DEADLINE: u32 = 1_800;

impl Client {
    /// An id for a ceremony of its own.
    pub fn fresh_intent(&mut self, now: jiff::Timestamp) -> IntentId {
        IntentId::new(self.mint.uuid_v7(now))
    }

    /// An id that no ceremony of the album has, of randomness of its own: a lie shifts no honest draw.
    pub(crate) fn foreign_intent(&self, now: jiff::Timestamp) -> IntentId {
        self.liar().fresh_intent(now)
    }

    /// The proposal of a ceremony that upgrades the album to version B, signed by the device.
    ///
    /// # Errors
    /// An album of version B, above which there is none.
    pub fn propose_upgrade(&self, intent_id: IntentId) -> Result<Request, DocumentError> {
        let core = IntentCore {
            album_id: self.album,
            from_version: self.profile.protocol,
            to_version: ProtocolVersion::B,
            intent_id,
            proposer_device: self.device,
            deadline_seconds: UPGRADE_DEADLINE,
        };
        let intent = Canonical::encode(sign_intent(core, &self.device_signer))?;
        let request = spoken(Request::new(Method::Post, self.upgrade()), self.profile);
        Ok(request.with_body("application/cbor", intent.into_bytes()))
    }

    /// The proposal of another ceremony than any that the album had.
    pub(crate) fn another_upgrade(&self, now: jiff::Timestamp) -> Result<Request, DocumentError> {
        self.propose_upgrade(self.foreign_intent(now))
    }

    /// The end of a ceremony without its completion.
    #[must_use]
    pub fn abort_upgrade(&self, intent: IntentId) -> Request {
        let path = format!("{}?intent_id={intent}", self.upgrade());
        spoken(Request::new(Method::Delete, path), self.profile)
    }

    /// The completion of a ceremony: `frozen` is what its members froze.
    #[must_use]
    pub fn complete_upgrade(&self, intent: IntentId, frozen: Hash, successor: AlbumId) -> Request {
        let body = CompleteUpgrade {
            intent_id: intent,
            frozen_state_hash: frozen,
            successor_album_id: successor,
        };
        let body = serde_json::json!(body).to_string().into_bytes();
        let path = format!("{}/complete", self.upgrade());
        spoken(Request::new(Method::Post, path), self.profile).with_body("application/json", body)
    }

    /// Where the album's ceremony is looked at.
    #[must_use]
    pub fn upgrade(&self) -> String {
        format!("/albums/{}/upgrade", self.album)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{household, now};
    use crate::{Deed, Draft, Photo, Profile, Step};
    use gauntlet_wire::intent::UpgradeIntent;

    fn body(request: &Request) -> serde_json::Value {
        serde_json::from_slice(&request.body).unwrap()
    }

    #[test]
    fn every_opening_and_the_op_name_the_intent_and_none_where_there_is_none() {
        let (mut client, _) = household();
        let mut photo = client.draft(Photo::SMALL, now()).unwrap();
        let mut op = client
            .continued(&photo, Deed::Update, now())
            .unwrap()
            .unwrap();
        let intent = client.fresh_intent(now());
        for named in [None, Some(intent)] {
            (photo.intent, op.intent) = (named, named);
            let upload = Draft::Write(Box::new(photo.clone()));
            for blob in 0..photo.blobs.len() {
                let opening = upload.request(Step::Open { blob }, "").unwrap();
                let said = body(&opening).get("intent_id").cloned();
                assert_eq!(said, named.map(|intent| intent.to_string().into()));
            }
            let sent = Draft::Write(Box::new(op.clone()));
            let path = sent.request(Step::Op, "").unwrap().path;
            let query = named.map_or_else(String::new, |intent| format!("?intent_id={intent}"));
            assert_eq!(path, format!("/albums/{}/ops{query}", client.album));
        }
    }

    #[test]
    fn an_intent_is_the_albums_and_the_devices_and_another_one_is_another() {
        let (mut client, _) = household();
        client.profile = Profile::A;
        let id = client.fresh_intent(now());
        let proposed = |request: Request| {
            let intent = Canonical::<UpgradeIntent>::decode(&request.body).unwrap();
            intent.into_value().core
        };
        let core = proposed(client.propose_upgrade(id).unwrap());
        assert_eq!((core.album_id, core.intent_id), (client.album, id));
        assert_eq!(core.proposer_device, client.device);
        let versions = (core.from_version, core.to_version);
        assert_eq!(versions, (ProtocolVersion::A, ProtocolVersion::B));
        let other = proposed(client.another_upgrade(now()).unwrap());
        assert_ne!(other.intent_id, id);
        assert_ne!(client.fresh_intent(now()), other.intent_id);
    }

    #[test]
    fn an_album_of_the_newest_version_is_not_upgraded() {
        let (mut client, _) = household();
        let id = client.fresh_intent(now());
        assert!(client.propose_upgrade(id).is_err());
    }
}
