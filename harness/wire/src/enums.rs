//! The contract's closed enums (`wire.md` §4). An unknown value is a structural error.

use crate::version::Formats;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A value outside a closed enum. It does not quote the value, which may be a secret out of its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{length} bytes that are not {what}; expected one of {expected}")]
pub struct UnknownValue {
    what: &'static str,
    expected: String,
    length: usize,
}

impl UnknownValue {
    fn new(what: &'static str, expected: &[&str], found: &str) -> Self {
        Self {
            what,
            expected: expected.join(", "),
            length: found.len(),
        }
    }
}

macro_rules! closed_enums {
    ($($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* })*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The text on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownValue;

            fn from_str(text: &str) -> Result<Self, UnknownValue> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|value| value.as_str() == text)
                    .ok_or_else(|| UnknownValue::new($what, &[$($text,)*], text))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )* };
}

closed_enums! {
    /// What a manifest does to its asset.
    Action, "an action" {
        /// The first record of an asset.
        Create = "create",
        /// New original bytes.
        Replace = "replace",
        /// A soft delete.
        Delete = "delete",
        /// A new sidecar.
        MetadataUpdate = "metadata-update",
        /// A first derivative of its kind.
        DerivativeAdd = "derivative-add",
        /// A later derivative of its kind.
        DerivativeReplace = "derivative-replace",
        /// Takes a soft delete back.
        TrashRestore = "trash-restore",
    }
    /// What a blob is to its asset.
    BlobRole, "a blob role" {
        /// The sealed photo or video.
        Original = "original",
        /// A sealed thumbnail, preview or embedding.
        Derivative = "derivative",
        /// The sealed sidecar.
        Metadata = "metadata",
        /// A provenance record, in the clear.
        Provenance = "provenance",
        /// A backup artifact.
        Backup = "backup",
    }
    /// What a derivative is of its source.
    DerivativeRole, "a derivative role" {
        /// A small rendering.
        Thumbnail = "thumbnail",
        /// A rendering for the screen.
        Preview = "preview",
        /// A vector of a model.
        Embedding = "embedding",
    }
    /// Where a sidecar's position comes from.
    GpsSource, "a GPS source" {
        /// The file.
        Exif = "exif",
        /// The user.
        Manual = "manual",
        /// Computed; version A only.
        Derived = "derived",
        /// Computed; version B only.
        Inferred = "inferred",
    }
    /// What an asset is to its stack.
    StackRole, "a stack role" {
        /// The one that is shown.
        Primary = "primary",
        /// One of the others.
        Member = "member",
        /// A smaller stand-in.
        Proxy = "proxy",
    }
    /// What holds a stack together; the one enum in snake_case.
    StackType, "a stack type" {
        /// A raw file and its JPEG.
        RawJpeg = "raw_jpeg",
        /// A burst.
        Burst = "burst",
        /// A photo and its film.
        LivePhoto = "live_photo",
        /// A portrait and its depth.
        Portrait = "portrait",
        /// Chosen by software.
        SmartSelection = "smart_selection",
        /// Exposures of one scene.
        HdrBracket = "hdr_bracket",
        /// Focal planes of one scene.
        FocusStack = "focus_stack",
        /// Sensor shifts of one scene.
        PixelShift = "pixel_shift",
        /// Parts of one view.
        Panorama = "panorama",
        /// A file and its stand-in.
        Proxy = "proxy",
        /// Chapters of one recording.
        Chaptered = "chaptered",
        /// A film and its second sound.
        DualAudio = "dual_audio",
        /// Chosen by the user.
        Custom = "custom",
    }
    /// What a federation capability lets a peer read.
    CapabilityScope, "a capability scope" {
        /// Everything.
        Read = "read",
        /// Everything but originals.
        ReadDerivativeOnly = "read-derivative-only",
    }
    /// How the file key of an original is come by.
    KeyMode, "a key mode" {
        /// Derived from the album's key.
        Derived = "derived",
        /// Wrapped under a key derived from the album's key.
        Wrapped = "wrapped",
    }
    /// Where an upload session stands (`wire.md` §3).
    UploadStatus, "an upload status" {
        /// Opened; no chunk accepted yet.
        Pending = "Pending",
        /// Some chunks accepted.
        Uploading = "Uploading",
        /// All bytes received; being finalized.
        WaitingForProcessing = "WaitingForProcessing",
        /// Finalized.
        Completed = "Completed",
        /// Ended without a blob.
        FailedProcessing = "FailedProcessing",
    }
    /// What a feed entry says of its asset.
    Change, "a change" {
        /// The asset is new.
        Created = "created",
        /// The asset changed.
        Updated = "updated",
        /// The asset is deleted.
        Deleted = "deleted",
    }
    /// Where what a client will not apply shows, to be inspected, repaired or discarded.
    Surface, "a quarantine surface" {
        /// The audit log: a signature or a chain failed.
        VerifyReject = "verify-reject",
        /// The table of hashes that a peer's events were refused by.
        FederationSoftFail = "federation-soft-fail",
        /// An original whose sidecar could not be recovered.
        OrphanedOriginal = "orphaned-original",
        /// A sidecar that is none, its bytes kept verbatim.
        MalformedSidecar = "malformed-sidecar",
        /// "Peer sent stale state".
        StaleRevival = "stale-revival",
        /// Writes that wait for an album's upgrade.
        UpgradeStranded = "upgrade-stranded",
        /// Backups that a restore did not apply.
        RestoreConflict = "restore-conflict",
    }
    /// The type of the photo or video that a blob belongs to.
    ContentType, "a content type of this protocol version" {
        /// JPEG.
        Jpeg = "image/jpeg",
        /// PNG.
        Png = "image/png",
        /// WebP.
        Webp = "image/webp",
        /// GIF.
        Gif = "image/gif",
        /// TIFF.
        Tiff = "image/tiff",
        /// HEIC.
        Heic = "image/heic",
        /// AVIF.
        Avif = "image/avif",
        /// JPEG XL; version B only.
        Jxl = "image/jxl",
        /// Adobe DNG.
        Dng = "image/x-adobe-dng",
        /// MP4.
        Mp4 = "video/mp4",
        /// QuickTime.
        Quicktime = "video/quicktime",
        /// Matroska.
        Matroska = "video/x-matroska",
        /// WebM; version B only.
        Webm = "video/webm",
    }
}

impl ContentType {
    /// Reads a content type of the set that `formats` closes (invariant 5).
    ///
    /// # Errors
    /// Any other text; nothing is trimmed, folded or matched by prefix.
    pub fn parse(text: &str, formats: Formats) -> Result<Self, UnknownValue> {
        let value: Self = text.parse()?;
        if value.is_of(formats) {
            return Ok(value);
        }
        let all = Self::ALL.iter().filter(|value| value.is_of(formats));
        let all: Vec<&str> = all.map(|value| value.as_str()).collect();
        Err(UnknownValue::new(
            "a content type of this protocol version",
            &all,
            text,
        ))
    }

    /// Whether the set that `formats` closes has this type: A lacks `image/jxl` and `video/webm`.
    #[must_use]
    pub const fn is_of(self, formats: Formats) -> bool {
        match formats {
            Formats::A => !matches!(self, Self::Jxl | Self::Webm),
            Formats::B => true,
        }
    }
}

impl GpsSource {
    /// Whether the set that `formats` closes has this source.
    #[must_use]
    pub const fn is_of(self, formats: Formats) -> bool {
        match self {
            Self::Exif | Self::Manual => true,
            Self::Derived => matches!(formats, Formats::A),
            Self::Inferred => matches!(formats, Formats::B),
        }
    }
}

/// What a derivative's bytes are: a type of the closed set, or the sentinel `original`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DerivativeFormat {
    /// No media format of its own: embeddings, and renderings kept in their source's format.
    Original,
    /// A media type.
    Media(ContentType),
}

impl DerivativeFormat {
    /// The sentinel on the wire.
    pub const ORIGINAL: &'static str = "original";

    /// The text on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Original => Self::ORIGINAL,
            Self::Media(content_type) => content_type.as_str(),
        }
    }

    /// Whether the set that `formats` closes has this format.
    #[must_use]
    pub const fn is_of(self, formats: Formats) -> bool {
        match self {
            Self::Original => true,
            Self::Media(content_type) => content_type.is_of(formats),
        }
    }
}

impl fmt::Display for DerivativeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for DerivativeFormat {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        if text == Self::ORIGINAL {
            return Ok(Self::Original);
        }
        text.parse().map(Self::Media).map_err(|_| {
            let media = ContentType::ALL.iter().map(|value| value.as_str());
            let all: Vec<&str> = std::iter::once(Self::ORIGINAL).chain(media).collect();
            UnknownValue::new("a derivative format", &all, text)
        })
    }
}

#[cfg(test)]
mod tests;
