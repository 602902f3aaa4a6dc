//! The disk as a port.

use gauntlet_wire::id::{Hash, UploadId};
use std::io;
use std::ops::Range;

/// The most bytes that one [`Disk::read_blob`] returns.
pub const PIECE: u64 = 1 << 20;

/// Where the bytes of uploads and blobs lie. All calls block; the server makes them off its async
/// threads. One upload's file is written by one request at a time.
///
/// # Errors
/// Whatever the operating system says; a missing file is [`io::ErrorKind::NotFound`] where the
/// method does not speak of absence itself.
#[expect(
    clippy::missing_errors_doc,
    reason = "said once, above, for all methods"
)]
pub trait Disk: Send + Sync + 'static {
    /// Writes `bytes` at `offset` of the upload's file, creating it if missing. Not yet durable.
    fn write(&self, upload: UploadId, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes everything written to the upload durable: its data and its directory entry.
    fn sync(&self, upload: UploadId) -> io::Result<()>;

    /// The length of the upload's file in bytes, if there is one.
    fn length(&self, upload: UploadId) -> io::Result<Option<u64>>;

    /// Cuts the upload's file to `length` bytes.
    fn truncate(&self, upload: UploadId, length: u64) -> io::Result<()>;

    /// The length and SHA-256 of the upload's file, read as a stream.
    fn digest(&self, upload: UploadId) -> io::Result<(u64, Hash)>;

    /// The whole upload, or `None` where it is longer than `max` bytes.
    fn read_upload(&self, upload: UploadId, max: u64) -> io::Result<Option<Vec<u8>>>;

    /// Moves the upload's file to its content address, durably. A blob that is already there is the
    /// same blob: it stays, and the upload's file goes.
    fn promote(&self, upload: UploadId, hash: Hash) -> io::Result<()>;

    /// Deletes the upload's file, if there is one.
    fn discard(&self, upload: UploadId) -> io::Result<()>;

    /// The length of a blob in bytes, if it is there.
    fn blob_length(&self, hash: Hash) -> io::Result<Option<u64>>;

    /// Bytes of a blob from the start of `range`: at most [`PIECE`] of them, fewer at the end of the
    /// range or of the blob, none beyond.
    fn read_blob(&self, hash: Hash, range: Range<u64>) -> io::Result<Vec<u8>>;

    /// Deletes a blob durably, if it is there.
    fn remove_blob(&self, hash: Hash) -> io::Result<()>;

    /// Every blob that has a file and whose address starts with the byte `shard`.
    fn blobs(&self, shard: u8) -> io::Result<Vec<Hash>>;

    /// Every upload that has a file.
    fn uploads(&self) -> io::Result<Vec<UploadId>>;
}
