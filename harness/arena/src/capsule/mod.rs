//! What is Capsule's own: the cast, the upload script, the witness and its audit.

mod aftermath;
mod cast;
mod conclusion;
mod containment;
mod drafting;
mod eye;
mod findings;
mod hooks;
mod judge;
mod lab;
mod leaks;
mod meanwhile;
mod play;
mod purging;
mod session;
mod snapshot;
mod squatting;
mod strike;
mod upload;
mod witness;

pub use lab::Lab;
pub use play::{Play, PlayFn, Played, Scenario, play_attack, play_twin, preflight};
pub use upload::Upload;
