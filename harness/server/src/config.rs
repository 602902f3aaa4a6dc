//! What a server is started with.

use crate::{AccessLog, Clock, CrashPoints, Disk, Judge, OpenStore};
use gauntlet_validator::server::Policy;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// The choices of one deployment.
#[derive(Clone)]
pub struct Config {
    /// The server's name: the issuer of its tokens.
    pub server_id: String,
    /// The numbers that a deployment may choose.
    pub policy: Policy,
    /// The folder that holds the store; created if missing.
    pub data: PathBuf,
    /// Where to listen; port 0 asks for any free one.
    pub listen: SocketAddr,
    /// The source of all ids, and of the keys at the first start. Keys persist in the store, and a
    /// restart over the same data draws other ids.
    pub seed: [u8; 32],
}

impl fmt::Debug for Config {
    /// Everything but the seed, from which keys are drawn.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("server_id", &self.server_id)
            .field("policy", &self.policy)
            .field("data", &self.data)
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

/// What the server reaches the world through.
#[derive(Clone)]
pub struct Ports {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Bytes of uploads and blobs.
    pub disk: Arc<dyn Disk>,
    /// The contract.
    pub judge: Arc<dyn Judge>,
    /// What is written down of requests.
    pub access: Arc<dyn AccessLog>,
    /// Who hears how far the work is.
    pub crash_points: Arc<dyn CrashPoints>,
    /// What opens the store in [`Config::data`].
    pub store: Arc<dyn OpenStore>,
}
