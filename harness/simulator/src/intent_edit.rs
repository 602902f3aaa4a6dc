//! Upgrades that are proposed, and such as lie.

use crate::draft::spoken;
use crate::request::Method;
use crate::{Client, Half, Request};
use gauntlet_crypto::sign::sign_intent;
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::id::{DeviceId, IntentId};
use gauntlet_wire::intent::IntentCore;
use gauntlet_wire::version::ProtocolVersion;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A device that no directory lists: a version-4 id, drawn once.
const NOBODYS: DeviceId = DeviceId::new(Uuid::from_u128(0x6e6f_626f_6479_4473_8465_7669_6365_2222));

/// One departure from an honest proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntentEdit {
    /// To a version that no server knows yet.
    ToUnknownVersion,
    /// By a device that no directory lists.
    ByNobody,
    /// With one half of the signature broken.
    HalfSigned(Half),
}

impl Client {
    /// The proposal to upgrade the client's album of the older version, with a deadline of no time at all:
    /// it has lapsed when it is answered, and the album is as it was. `None` for an intent past its bounds.
    pub(crate) fn propose(&self, edit: Option<IntentEdit>) -> Option<Request> {
        let core = IntentCore {
            album_id: self.album,
            from_version: self.profile.protocol,
            to_version: match edit {
                Some(IntentEdit::ToUnknownVersion) => ProtocolVersion::AFTER_MAX,
                _ => ProtocolVersion::B,
            },
            intent_id: IntentId::new(
                self.mint
                    .named("upgrade")
                    .uuid_v7(jiff::Timestamp::UNIX_EPOCH),
            ),
            proposer_device: match edit {
                Some(IntentEdit::ByNobody) => NOBODYS,
                _ => self.device,
            },
            deadline_seconds: 0,
        };
        let mut intent = sign_intent(core, &self.device_signer);
        if let Some(IntentEdit::HalfSigned(half)) = edit {
            half.break_in(&mut intent.signature);
        }
        let bytes = Canonical::encode(intent).ok()?.bytes().to_vec();
        let path = format!("/albums/{}/upgrade", self.album);
        let request = spoken(Request::new(Method::Post, path), self.profile);
        Some(request.with_body("application/cbor", bytes))
    }
}
