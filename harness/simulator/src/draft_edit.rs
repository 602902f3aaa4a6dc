//! Departures in what is drafted, which show in several messages.

use crate::draft::{Draft, Step, Write};
use crate::{
    Ancestor, Client, CoreEdit, Deed, DerivativeEdit, Device, DirectoryEdit, Document, IntentEdit,
    LedgerEdit, MetadataEdit, Profile, References, Signed, derivative_edit, history,
};
use gauntlet_wire::enums::{Action, BlobRole};
use gauntlet_wire::id::Hash;
use serde::{Deserialize, Serialize};

/// One change to a draft: it shows in several messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum DraftEdit {
    /// Speak another protocol version, in headers, bodies and envelopes, as a client of the old or the
    /// new class does.
    Speak(
        /// What it speaks.
        Profile,
    ),
    /// Change what is signed, or how.
    Manifest {
        /// The changes to the core.
        core: Vec<CoreEdit>,
        /// How the changed record is signed.
        signed: Signed,
        /// Whether the record alone is changed, and the envelopes still say what they said.
        record_alone: bool,
    },
    /// Place the record of another asset, which was accepted there, under this asset's envelopes.
    Transplant {
        /// Whether the metadata that the record commits to comes along.
        with_metadata: bool,
    },
    /// Send another op in place of this one, on an older record of the chain.
    Instead {
        /// What the op does.
        deed: Deed,
    },
    /// Send the op again that was accepted last.
    Again,
    /// Send the accepted delete of another asset again.
    DeleteAgain,
    /// Delete another asset, which is deleted already, on the record that its accepted delete continues.
    RivalDelete,
    /// Upload the original of another photo, to the byte, as a photo of one's own.
    BytesOf(
        /// Whose photo.
        Whose,
    ),
    /// Upload the asset once more, as if it had never been.
    Revive,
    /// Send so many updates of the asset's first record in place of the op, one after the other, none of
    /// which has heard of another.
    Crowd {
        /// How many.
        size: usize,
    },
    /// Send another history of the asset from its create on, as long as the true one with the op.
    Rebuild,
    /// Send the op again that was accepted last, with another valid write-tier signature.
    SignAgain,
    /// Send the op again that was accepted last, with the metadata and the derivative of this one.
    Swap,
    /// Declare the address of an accepted record for the blob.
    Declare {
        /// Whose.
        record: Ancestor,
    },
    /// Put other bytes in the place of the metadata blob.
    Metadata(
        /// Which.
        MetadataEdit,
    ),
    /// Change the derivative manifest of an op, and what the op does.
    Derivative {
        /// What the op does, where it is not what it did.
        action: Option<Action>,
        /// The changes to what the manifest signs.
        manifest: Vec<DerivativeEdit>,
        /// How the changed manifest is signed.
        signed: Signed,
    },
    /// Declare another content type for every blob.
    ContentType(
        /// What is declared.
        String,
    ),
    /// Publish a directory that departs from the next honest one.
    Directory(
        /// The departure.
        DirectoryEdit,
    ),
    /// Change what is signed, in record and envelopes alike, which the record's last message decides.
    Recorded(
        /// The change to the core.
        CoreEdit,
    ),
    /// Name another upgrade intent than the live one.
    Intent(
        /// Which.
        NamedIntent,
    ),
    /// Propose an upgrade of another intent than the one that is under way.
    AnotherUpgrade,
    /// Upload an original of so many bytes; the record names it.
    Original {
        /// Its length.
        bytes: usize,
    },
    /// Send a blob in chunks of another length, from its first one on.
    Rechunk {
        /// Length of every chunk but the last, in bytes.
        chunk: usize,
    },
    /// Publish a ledger that departs from the one that stands.
    Ledger(
        /// The departure.
        LedgerEdit,
    ),
    /// Propose an upgrade that departs from the honest one.
    Propose(
        /// The departure.
        IntentEdit,
    ),
    /// Send a blob in smaller chunks, past its declared size by one chunk.
    Overrun {
        /// Length of every chunk from here on, in bytes.
        chunk: usize,
    },
}

/// Which upgrade intent a write names in place of the live one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NamedIntent {
    /// None.
    Nothing,
    /// One that the album never had.
    Foreign,
}

/// Whose photo a client takes the bytes of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// Its own account's, in another album.
    Own,
    /// Another account's.
    Anothers,
}

/// A draft that lies, and the steps of the lie: the last of them decides, and every earlier one looks
/// honest.
#[derive(Debug, Clone, PartialEq)]
pub struct Lie {
    /// What is sent.
    pub draft: Draft,
    /// In which messages.
    pub steps: Vec<Step>,
    /// Whether a refusal of an earlier one is as good as one of the last.
    pub refused_at_any: bool,
    /// Ops that are sent before all of them, each judged as the one that decides.
    pub volley: Vec<Write>,
}

/// What a liar has at hand.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The client, with its real keys.
    pub client: &'a Client,
    /// What a lie can refer to.
    pub references: References<'a>,
    /// The next directory with a departure.
    pub directory: &'a dyn Fn(DirectoryEdit) -> Option<Document>,
    /// The accepted writes of the asset, oldest first.
    pub earlier: &'a [Write],
    /// An accepted write of another asset of the same author.
    pub other: Option<&'a Write>,
    /// The first write of another asset of the same author that was deleted since, and its delete.
    pub deleted: Option<[&'a Write; 2]>,
    /// An accepted write of another account.
    pub anothers: Option<&'a Write>,
    /// The author's devices, with their keys.
    pub devices: &'a [Device],
    /// The target's time.
    pub now: jiff::Timestamp,
}

impl DraftEdit {
    /// A change to what is signed, in record and envelopes alike, with the real keys.
    #[must_use]
    pub fn core(edit: CoreEdit) -> Self {
        Self::signed([edit], Signed::Anew)
    }

    /// Changes to what is signed, in record and envelopes alike.
    #[must_use]
    pub fn signed(core: impl Into<Vec<CoreEdit>>, signed: Signed) -> Self {
        Self::Manifest {
            core: core.into(),
            signed,
            record_alone: false,
        }
    }

    /// A change to what is signed, in the record alone, with the real keys.
    #[must_use]
    pub fn record_alone(edit: CoreEdit) -> Self {
        Self::Manifest {
            core: vec![edit],
            signed: Signed::Anew,
            record_alone: true,
        }
    }

    /// Whether the write is dated by the time at which its device joined, so that this has to lie inside the
    /// drift that every timestamp is allowed.
    #[must_use]
    pub fn dates_by_joining(&self) -> bool {
        let by_joining = |edit: &CoreEdit| matches!(edit, CoreEdit::Joined(_));
        matches!(self, Self::Manifest { core, .. } if core.iter().any(by_joining))
    }

    /// Changes to what a derivative manifest signs, with the real keys.
    #[must_use]
    pub fn derivative(manifest: impl Into<Vec<DerivativeEdit>>) -> Self {
        Self::Derivative {
            action: None,
            manifest: manifest.into(),
            signed: Signed::Anew,
        }
    }

    /// Applies the edit to the messages from `from` on. `None` where it does not fit the draft.
    #[must_use]
    pub fn apply(&self, draft: &Draft, from: Step, means: Means<'_>) -> Option<Lie> {
        if let Self::Directory(edit) = self {
            return Some(Lie {
                draft: Draft::Document((means.directory)(*edit)?),
                steps: vec![from],
                refused_at_any: false,
                volley: Vec::new(),
            });
        }
        if *self == Self::AnotherUpgrade {
            return Some(Lie {
                draft: Draft::Call(means.client.another_upgrade(means.now).ok()?),
                steps: vec![from],
                refused_at_any: false,
                volley: Vec::new(),
            });
        }
        let posted = match self {
            Self::Ledger(edit) => Some(means.client.lying_ledger(*edit)?),
            Self::Propose(edit) => Some(means.client.propose(Some(*edit))?),
            _ => None,
        };
        if let Some(request) = posted {
            return Some(Lie {
                draft: Draft::Question(request),
                steps: vec![from],
                refused_at_any: false,
                volley: Vec::new(),
            });
        }
        let honest = draft.write()?;
        let mut refused_at_any = false;
        let mut volley = Vec::new();
        let (lying, steps) = match self {
            Self::Speak(profile) => (speaking(honest, *profile), vec![from]),
            Self::ContentType(content_type) => {
                let mut lying = honest.clone();
                lying.content_type.clone_from(content_type);
                (lying, vec![from])
            }
            Self::Manifest {
                core,
                signed,
                record_alone,
            } => {
                let lying = manifest(honest, core, *signed, *record_alone, means)?;
                // An opening shows its envelope; what the record alone says shows in its last chunk.
                let shows_at_once = !record_alone && *signed == Signed::Anew;
                let steps = if shows_at_once {
                    vec![from]
                } else {
                    steps_of(&lying, from)
                };
                (lying, steps)
            }
            Self::Transplant { with_metadata } => {
                let lying = transplanted(honest, means.other?, *with_metadata)?;
                let steps = steps_of(&lying, from);
                (lying, steps)
            }
            Self::Instead { deed } => {
                let root = means.earlier.first()?;
                let lying = means.client.lying(root, *deed, means.now)?;
                (lying, vec![Step::Op])
            }
            Self::Again => (means.earlier.last()?.clone(), vec![Step::Op]),
            Self::DeleteAgain => {
                let [_, delete] = means.deleted?;
                (delete.clone(), vec![Step::Op])
            }
            Self::RivalDelete => {
                let [root, delete] = means.deleted?;
                (means.client.rival(delete, root)?, vec![Step::Op])
            }
            Self::BytesOf(whose) => {
                let of = match whose {
                    Whose::Own => means.other?,
                    Whose::Anothers => means.anothers?,
                };
                let lying = means.client.lying_copy(honest.asset, of, means.now)?;
                (lying, vec![from])
            }
            Self::Revive => {
                let root = means.earlier.first()?;
                let lying = means.client.again(root, means.now)?;
                refused_at_any = true;
                let steps = lying.steps();
                (lying, steps)
            }
            Self::Directory(_) | Self::AnotherUpgrade | Self::Ledger(_) | Self::Propose(_) => {
                return None;
            }
            Self::Recorded(edit) => {
                // Where the record is opened its envelope shows the change; a target may refuse it there.
                refused_at_any = true;
                let core = std::slice::from_ref(edit);
                let lying = manifest(honest, core, Signed::Anew, false, means)?;
                let steps = steps_of(&lying, from);
                (lying, steps)
            }
            Self::Intent(named) => {
                let mut lying = honest.clone();
                lying.intent = match named {
                    NamedIntent::Nothing => None,
                    NamedIntent::Foreign => Some(means.client.foreign_intent(means.now)),
                };
                (lying, vec![from])
            }
            Self::Original { bytes } => (with_original(honest, *bytes, means)?, vec![from]),
            Self::Rechunk { chunk } => {
                let mut lying = honest.clone();
                lying.chunk = *chunk;
                (lying, vec![from])
            }
            Self::Crowd { size } => {
                let root = means.earlier.first()?;
                volley = means.client.crowd(root, *size, means.now)?;
                (volley.pop()?, vec![Step::Op])
            }
            Self::Rebuild => {
                let root = means.earlier.first()?;
                volley = means.client.rebuilt(root, means.earlier.len(), means.now)?;
                (volley.pop()?, vec![Step::Op])
            }
            Self::SignAgain => {
                let newest = means.earlier.last()?;
                (means.client.signed_again(newest)?, vec![Step::Op])
            }
            Self::Swap => (
                history::swapped(honest, means.earlier.last()?)?,
                vec![Step::Op],
            ),
            Self::Declare { record } => {
                refused_at_any = true;
                let lying = history::declaring(honest, from, (means.references.link_of)(*record)?)?;
                let steps = steps_of(&lying, from);
                (lying, steps)
            }
            Self::Metadata(edit) => (edit.apply(honest, means)?, vec![from]),
            Self::Derivative {
                action,
                manifest,
                signed,
            } => {
                let lying = derivative_edit::lying(honest, *action, manifest, *signed, means)?;
                (lying, vec![from])
            }
            Self::Overrun { chunk } => {
                let blob = from.blob()?;
                let (start, _) = honest.chunk_at(blob, from.chunk()?)?;
                let mut lying = honest.clone();
                let bytes = &mut lying.blobs.get_mut(blob)?.bytes;
                bytes.resize(bytes.len().next_multiple_of(*chunk), 0xA5);
                lying.chunk = *chunk;
                let steps = steps_from(&lying, blob, start);
                (lying, steps)
            }
        };
        Some(Lie {
            draft: Draft::Write(Box::new(lying)),
            steps,
            refused_at_any,
            volley,
        })
    }
}

fn manifest(
    honest: &Write,
    edits: &[CoreEdit],
    signed: Signed,
    record_alone: bool,
    means: Means<'_>,
) -> Option<Write> {
    let core = edits.iter().try_fold(honest.core.clone(), |core, edit| {
        edit.apply(&core, means.references)
    })?;
    // Who holds the named device signs with its key; of a device that is none of the author's nobody has it.
    let mut own = means.devices.iter();
    let named = own.find(|device| device.id == core.created_by_device);
    let client = named.map_or_else(|| means.client.clone(), |device| means.client.on(device));
    let record = client.lying_record(core.clone(), honest.record()?, signed)?;
    Some(if record_alone {
        honest.with_record(record)
    } else {
        honest.with_core(core, record)
    })
}

/// The write with an original of so many bytes, which are no sealed photo: no server can tell. They are the
/// asset's own, for what an account holds already it is not charged again.
fn with_original(honest: &Write, bytes: usize, means: Means<'_>) -> Option<Write> {
    let id = honest.asset.as_bytes().iter().copied();
    let original: Vec<u8> = id.cycle().take(bytes).collect();
    let mut core = honest.core.clone();
    core.ciphertext_hash = Hash::of(&original);
    let mut lying = honest.clone();
    let blob = lying
        .blobs
        .iter_mut()
        .find(|blob| blob.role == BlobRole::Original)?;
    blob.hash = core.ciphertext_hash.to_string();
    blob.size = original.len() as u64;
    blob.bytes = original;
    let record = means
        .client
        .lying_record(core.clone(), honest.record()?, Signed::Anew)?;
    Some(lying.with_core(core, record))
}

/// The write with the record of another, and, where asked, with the metadata that it commits to.
fn transplanted(honest: &Write, other: &Write, with_metadata: bool) -> Option<Write> {
    let mut lying = honest.with_record(other.record()?.to_vec());
    if with_metadata {
        let mut blobs = other.blobs.iter();
        let metadata = blobs.find(|blob| blob.role == BlobRole::Metadata)?;
        lying.op.as_mut()?.metadata = Some(metadata.bytes.clone());
    }
    Some(lying)
}

/// Every message that carries the record: the op, or the whole upload of the step's blob.
fn steps_of(write: &Write, from: Step) -> Vec<Step> {
    from.blob()
        .map_or_else(|| vec![from], |blob| steps_from(write, blob, 0))
}

fn speaking(honest: &Write, profile: Profile) -> Write {
    let mut lying = honest.clone();
    lying.profile = profile;
    for blob in &mut lying.blobs {
        blob.envelope.protocol_version = profile.protocol.to_string();
        blob.envelope.crypto_suite_id = profile.suite.0;
    }
    lying
}

/// The steps of a blob that start at `start` or later; its opening counts as 0.
pub(crate) fn steps_from(write: &Write, blob: usize, start: u64) -> Vec<Step> {
    let begins = |step: &Step| match step.chunk() {
        None => Some(0),
        Some(chunk) => write.chunk_at(blob, chunk).map(|(offset, _)| offset),
    };
    write
        .steps()
        .into_iter()
        .filter(|step| step.blob() == Some(blob) && begins(step).is_some_and(|at| at >= start))
        .filter(|step| start == 0 || step.chunk().is_some())
        .collect()
}
