//! Directories that lie.

use crate::{Client, Document, Half, Person};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_wire::cbor::{Canonical, DocumentError};
use gauntlet_wire::directory::{DeviceDirectory, DirectoryCore};
use gauntlet_wire::id::UserId;
use gauntlet_wire::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The seed of an identity key that is nobody's.
const ANOTHER: [u8; 64] = [0x5A; 64];
/// An account that nobody has: a version-7 id.
const ANOTHER_USER: UserId =
    UserId::new(Uuid::from_u128(0x018f_2b1c_0000_7000_8000_6e6f_626f_6479));

/// One departure from the next honest directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryEdit {
    /// A version this far below the next one: 1 repeats the published number with other bytes.
    Behind(u64),
    /// The published directory with the next number written over its own, under its old signature.
    Raised,
    /// Under another identity key, which the header states.
    AnotherIdentity,
    /// Under another identity key, while the header states the anchor.
    AnotherSigner,
    /// Under the identity key, with one half of the signature broken.
    HalfSigned(Half),
    /// Of another user, under the caller's own identity key.
    OfAnotherUser,
}

impl Client {
    /// The publication of `person`'s directory with a departure; `version` is the next honest one.
    ///
    /// # Errors
    /// A directory past its bounds.
    pub fn publish_lie(
        &self,
        person: &Person,
        version: u64,
        updated_at: Timestamp,
        edit: DirectoryEdit,
    ) -> Result<Document, DocumentError> {
        let next = person.directory(version, updated_at.clone())?.into_value();
        let another = HybridSigner::from_seed(&ANOTHER);
        let by_another = |core: DirectoryCore| DeviceDirectory {
            signature: another.sign(&core.signed_bytes()),
            core,
        };
        let mut header = person.identity.public();
        let lie = match edit {
            DirectoryEdit::Behind(by) => {
                let version = version.saturating_sub(by);
                person.directory(version, updated_at)?.into_value()
            }
            DirectoryEdit::Raised => {
                let mut held = person
                    .directory(version.saturating_sub(1), updated_at)?
                    .into_value();
                held.core.directory_version = version;
                held
            }
            DirectoryEdit::AnotherIdentity => {
                header = another.public();
                by_another(next.core)
            }
            DirectoryEdit::AnotherSigner => by_another(next.core),
            DirectoryEdit::HalfSigned(half) => {
                let mut next = next;
                half.break_in(&mut next.signature);
                next
            }
            DirectoryEdit::OfAnotherUser => {
                let mut core = next.core;
                core.user_id = ANOTHER_USER;
                DeviceDirectory {
                    signature: person.identity.sign(&core.signed_bytes()),
                    core,
                }
            }
        };
        let bytes = Canonical::encode(lie)?.bytes().to_vec();
        Ok(self.publication(person, header, bytes))
    }
}
