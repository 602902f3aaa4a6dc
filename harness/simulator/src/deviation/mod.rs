//! The catalogue of deviations: each one named departure from the honest script, as data.

mod contract;
mod contract_ops;
mod contract_reads;
mod contract_tokens;
mod row_01;
mod row_02;
mod row_03;
mod row_04;
mod row_05;
mod row_06;
mod row_08;
mod row_09;
mod row_10;
mod row_11;
mod row_12;
mod row_16;
mod row_17;
mod row_18;
mod row_20;
mod row_21;
mod row_22;
mod row_24;
mod row_30;
mod row_31;
mod row_x1;
mod row_x2;
mod row_x3;
mod row_x5;
mod row_x6;

use crate::{
    ClientClass, Draft, DraftEdit, Edit, Event, Framing, Leak, Question, Race, Scene, Squat, Step,
};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::version::Formats;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// One named departure from the honest script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// The stable kebab-case name, as `rows.toml`, reports and evidence write it.
    pub name: &'static str,
    /// The class of client that departs so.
    pub class: ClientClass,
    /// What the client does, in one sentence.
    pub about: &'static str,
    /// The honest script that it departs from.
    pub script: Script,
    /// Which message of the script it replaces.
    pub point: Point,
    /// How.
    pub kind: Kind,
    /// Texts that were forged and must never be served back.
    pub canaries: &'static [&'static str],
}

/// What an honest client sets out to do, and in which of its albums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Script {
    /// The version that the album is pinned to.
    pub album: Formats,
    /// What is done there.
    pub deed: Deed,
    /// What happens right before the message that a deviation replaces.
    pub meanwhile: Meanwhile,
    /// How the album stands when it begins.
    pub scene: Scene,
    /// How the client announces the length of its chunks.
    pub framing: Framing,
    /// On which of the author's devices it is done.
    pub writer: Writer,
}

/// A device of the author's that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Writer {
    /// The phone: the only one in albums of the older version.
    Phone,
    /// The laptop.
    Laptop,
}

/// What happens in a world between two honest messages, in the twin as in the attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meanwhile {
    /// Nothing.
    Nothing,
    /// The target is stopped and started again.
    Restart,
    /// A directory of the author's with a device more is offered, under another identity key.
    UsurpedDirectory,
    /// For the message alone, no file may be larger than the one whose session it opens.
    AtFileSize,
    /// For the message alone, the account's quota has room for the blob whose session it opens, and for
    /// no byte more.
    AtQuota,
    /// For the message alone, the account has been above its quota for so many hours.
    AboveQuota(u16),
    /// The photo that the author wrote last is given other metadata, and an op that would continue it is
    /// drafted anew: whoever is honest has heard of it.
    Edited {
        /// On which device.
        by: Writer,
        /// How many minutes after now that is dated.
        minutes: i64,
    },
}

/// What an honest client sets out to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Upload a photo.
    Upload,
    /// Upload a photo where others, one's own and a stranger's, were deleted and purged before.
    UploadAfterPurge,
    /// Publish the next device directory.
    Directory,
    /// Delete an uploaded photo, to be taken back for thirty days.
    Delete,
    /// Give an uploaded photo other metadata.
    Update,
    /// Give a photo other metadata that was given other metadata before.
    UpdateAgain,
    /// Take the deletion of a photo back that was given other metadata before.
    Restore,
    /// Put another photo in the place of an uploaded one.
    Replace,
    /// Put a third photo in the place of one that was put in the place of another.
    ReplaceAgain,
    /// Propose the upgrade that is under way once more.
    Upgrade,
    /// Complete the upgrade that is under way.
    Completion,
    /// End the upgrade that is under way without its completion.
    Abort,
    /// Upload a photo of more than one chunk of the largest size.
    UploadLarge,
    /// Send a single message that leaves everything as it is.
    Ask(Question),
    /// Give an uploaded photo its first thumbnail.
    AddThumbnail,
    /// Give a photo another thumbnail.
    ReplaceThumbnail,
    /// Give a photo another thumbnail whose first one was replaced before.
    ReplaceThumbnailAgain,
    /// Delete a photo whose original another photo, in another album, shares.
    DeleteShared,
    /// The same after another such photo was deleted.
    DeleteSharedAfterAnother,
    /// The same after another photo was deleted, and purged.
    DeleteSharedAfterAPurge,
    /// Upload the bytes of a photo that was deleted and purged; they may be collected by now.
    UploadAsPurged,
    /// Give a photo the metadata of one that was deleted and purged; it may be collected by now.
    UpdateAsPurged,
}

impl Deed {
    /// Whether it is about photos that share their original with others, which a purge must leave alone.
    #[must_use]
    pub const fn is_shared(self) -> bool {
        matches!(
            self,
            Self::DeleteShared | Self::DeleteSharedAfterAnother | Self::DeleteSharedAfterAPurge
        )
    }
}

impl Script {
    /// The upload of a photo into an album of the newest version: what most scripts are.
    pub const UPLOAD: Self = Self::of(Deed::Upload);

    /// A deed in an album of the newest version.
    #[must_use]
    pub const fn of(deed: Deed) -> Self {
        Self {
            album: Formats::B,
            deed,
            meanwhile: Meanwhile::Nothing,
            scene: Scene::Plain,
            framing: Framing::Stated,
            writer: Writer::Phone,
        }
    }

    /// The same in chunked coding, where no length warns of what comes.
    #[must_use]
    pub const fn in_chunked_coding(self) -> Self {
        Self {
            framing: Framing::Chunked,
            ..self
        }
    }

    /// The same on another device.
    #[must_use]
    pub const fn on(self, writer: Writer) -> Self {
        Self { writer, ..self }
    }

    /// The same with something that happens right before the message that is replaced.
    #[must_use]
    pub const fn after(self, meanwhile: Meanwhile) -> Self {
        Self { meanwhile, ..self }
    }

    /// The same in an album that stands so.
    #[must_use]
    pub const fn in_scene(self, scene: Scene) -> Self {
        Self { scene, ..self }
    }

    /// The same in an album of the older version.
    #[must_use]
    pub const fn in_an_elder_album(self) -> Self {
        Self {
            album: Formats::A,
            ..self
        }
    }
}

/// Which message of a script a deviation replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Point {
    /// The opening of the original's session.
    OpenOriginal,
    /// The original's second chunk.
    SecondChunk,
    /// The original's third chunk.
    ThirdChunk,
    /// The original's last chunk.
    LastChunk,
    /// The opening of the metadata blob's session.
    OpenMetadata,
    /// The metadata blob's last chunk.
    LastChunkOfMetadata,
    /// The opening of the provenance record's session.
    OpenProvenance,
    /// The provenance record's last chunk.
    LastChunkOfRecord,
    /// The derivative's last chunk.
    LastChunkOfDerivative,
    /// The publication of a document.
    Publish,
    /// The lifecycle op.
    Op,
    /// The step of an upgrade ceremony.
    Call,
    /// The original's first chunk.
    FirstChunk,
    /// The question.
    Ask,
}

impl Point {
    /// The step of `draft` that the point names; `None` where the draft is too short to have it.
    #[must_use]
    pub fn step(self, draft: &Draft) -> Option<Step> {
        let write = match draft {
            Draft::Write(write) => write,
            Draft::Document(_) => return (self == Self::Publish).then_some(Step::Publish),
            Draft::Call(_) => return (self == Self::Call).then_some(Step::Call),
            Draft::Question(_) => return (self == Self::Ask).then_some(Step::Ask),
        };
        let index = |role| write.blobs.iter().position(|blob| blob.role == role);
        let steps = |blob: usize| {
            let steps = write.steps().into_iter();
            steps.filter(move |step| step.blob() == Some(blob))
        };
        match self {
            Self::OpenOriginal => Some(Step::Open {
                blob: index(BlobRole::Original)?,
            }),
            Self::OpenMetadata => Some(Step::Open {
                blob: index(BlobRole::Metadata)?,
            }),
            Self::OpenProvenance => Some(Step::Open {
                blob: index(BlobRole::Provenance)?,
            }),
            Self::FirstChunk => steps(index(BlobRole::Original)?).nth(1),
            Self::SecondChunk => steps(index(BlobRole::Original)?).nth(2),
            Self::ThirdChunk => steps(index(BlobRole::Original)?).nth(3),
            Self::LastChunk => steps(index(BlobRole::Original)?).next_back(),
            Self::LastChunkOfMetadata => steps(index(BlobRole::Metadata)?).next_back(),
            Self::LastChunkOfRecord => steps(index(BlobRole::Provenance)?).next_back(),
            Self::LastChunkOfDerivative => steps(index(BlobRole::Derivative)?).next_back(),
            Self::Op => write.op.as_ref().map(|_| Step::Op),
            Self::Publish | Self::Call | Self::Ask => None,
        }
    }
}

/// How a deviation departs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One message is altered.
    Message(Vec<Edit>),
    /// What is drafted is altered, and shows in several messages.
    Draft(DraftEdit),
    /// A secret is put into one message, or into what is uploaded.
    Leak(Leak),
    /// An id is used that is another's.
    Squat(Squat),
    /// No message is altered: something happens before it.
    Fault(Fault),
    /// The client goes on as if nothing had happened, or as it should once it knows.
    After {
        /// What happens right before the message.
        event: Event,
        /// Whether the client takes notice: it names the upgrade intent that lives from then on.
        aware: bool,
    },
    /// The message is sent several times at once.
    Race(Race),
    /// No message is altered: before it, the client asks for bytes that only another account holds, as
    /// it asks for bytes that nobody holds.
    Probe,
}

/// Something that befalls the target between two honest messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The target dies without a goodbye (kill −9, power loss) and starts again.
    Kill,
}

/// A name that is in no catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown deviation `{0}`: `gauntlet list --deviations` names them all")]
pub struct UnknownDeviation(pub String);

impl Deviation {
    /// Whether its messages race each other, or something that befalls the target: what becomes of it
    /// then depends on the order in which they happen to be served.
    #[must_use]
    pub const fn is_race(&self) -> bool {
        matches!(self.kind, Kind::Race(_))
    }

    /// What one honest twin serves: every deviation that replaces this message of this script.
    #[must_use]
    pub const fn prefix(&self) -> (Script, Point) {
        (self.script, self.point)
    }

    /// The deviation called `name`.
    ///
    /// # Errors
    /// A name that the catalogue does not hold.
    pub fn named(name: &str) -> Result<&'static Self, UnknownDeviation> {
        catalogue()
            .iter()
            .find(|deviation| deviation.name == name)
            .ok_or_else(|| UnknownDeviation(name.to_owned()))
    }
}

/// Every deviation, grouped by the row that first needed it.
#[must_use]
pub fn catalogue() -> &'static [Deviation] {
    &CATALOGUE
}

static CATALOGUE: LazyLock<Vec<Deviation>> = LazyLock::new(|| {
    [
        row_01::deviations(),
        row_02::deviations(),
        row_03::deviations(),
        row_04::deviations(),
        row_05::deviations(),
        row_06::deviations(),
        row_08::deviations(),
        row_09::deviations(),
        row_10::deviations(),
        row_11::deviations(),
        row_12::deviations(),
        row_16::deviations(),
        row_17::deviations(),
        row_18::deviations(),
        row_20::deviations(),
        row_21::deviations(),
        row_24::deviations(),
        row_22::deviations(),
        row_30::deviations(),
        row_31::deviations(),
        row_x1::deviations(),
        row_x2::deviations(),
        row_x3::deviations(),
        row_x5::deviations(),
        row_x6::deviations(),
        contract::deviations(),
        contract_ops::deviations(),
        contract_reads::deviations(),
        contract_tokens::deviations(),
    ]
    .concat()
});

fn message(
    name: &'static str,
    class: ClientClass,
    point: Point,
    about: &'static str,
    edits: impl Into<Vec<Edit>>,
) -> Deviation {
    Deviation {
        name,
        class,
        about,
        script: Script::UPLOAD,
        point,
        kind: Kind::Message(edits.into()),
        canaries: &[],
    }
}

/// The message sent several times at once.
fn raced(name: &'static str, point: Point, about: &'static str, race: Race) -> Deviation {
    Deviation {
        kind: Kind::Race(race),
        ..message(name, ClientClass::Faulty, point, about, [])
    }
}

/// A change to what is drafted.
fn drafted(
    name: &'static str,
    class: ClientClass,
    point: Point,
    about: &'static str,
    edit: DraftEdit,
) -> Deviation {
    Deviation {
        kind: Kind::Draft(edit),
        ..message(name, class, point, about, [])
    }
}

/// A message that is sent after something happened.
fn after(
    name: &'static str,
    class: ClientClass,
    point: Point,
    about: &'static str,
    event: Event,
    aware: bool,
) -> Deviation {
    Deviation {
        kind: Kind::After { event, aware },
        ..message(name, class, point, about, [])
    }
}

fn set_header(name: &str, value: &str) -> Edit {
    Edit::SetHeader {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn set_json(at: &str, raw: &str) -> Edit {
    Edit::SetJson {
        at: at.to_owned(),
        raw: raw.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ancestor, CoreEdit};
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_every_deviation_explains_itself() {
        let names: BTreeSet<_> = catalogue().iter().map(|deviation| deviation.name).collect();
        assert_eq!(names.len(), catalogue().len());
        for deviation in catalogue() {
            assert!(deviation.about.ends_with('.'), "{}", deviation.name);
            assert_eq!(
                Deviation::named(deviation.name).unwrap().name,
                deviation.name
            );
        }
        assert!(Deviation::named("no-such-deviation").is_err());
    }

    /// An honest client departs in one way alone: it has not heard of what others wrote, and so continues
    /// what it knows. Everything that it sends is what it would send without them.
    #[test]
    fn an_honest_client_departs_by_not_having_heard_alone() {
        let unheard = DraftEdit::core(CoreEdit::Prior(Ancestor::Root));
        for deviation in catalogue() {
            let concurrent = matches!(deviation.script.meanwhile, Meanwhile::Edited { .. });
            let departs_so = match &deviation.kind {
                Kind::Draft(DraftEdit::Crowd { .. }) => true,
                Kind::Draft(edit) => *edit == unheard,
                _ => false,
            };
            if deviation.class == ClientClass::Honest {
                assert!(concurrent && departs_so, "{}", deviation.name);
            }
        }
    }

    #[test]
    fn a_race_is_bounded() {
        for deviation in catalogue() {
            if let Kind::Race(race) = deviation.kind {
                let copies = 1..=Race::MAX_COPIES;
                assert!(copies.contains(&race.copies), "{}", deviation.name);
                assert!(
                    race.copies > 1 || race.amid.is_some(),
                    "{} races nothing",
                    deviation.name
                );
            }
        }
    }
}
