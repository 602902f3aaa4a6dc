//! What is Capsule's own: the cast, the upload script, the witness and its audit.

mod aftermath;
mod allowance;
mod asking;
mod cast;
mod ceremony;
mod conclusion;
mod containment;
mod devices;
mod drafting;
mod event;
mod eye;
mod findings;
mod hooks;
mod judge;
mod lab;
mod meanwhile;
mod play;
mod scene;
mod session;
mod snapshot;
mod strike;
mod upload;
mod witness;

pub use lab::Lab;
pub use play::{Play, PlayFn, Played, Scenario, play_attack, play_twin, preflight};
pub use upload::Upload;
