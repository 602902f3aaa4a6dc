//! Bytes at rest: the files of uploads and of blobs.

mod directory;
mod port;
mod volatile;

pub use directory::DirectoryDisk;
pub use port::{Disk, PIECE};
pub use volatile::VolatileDisk;
