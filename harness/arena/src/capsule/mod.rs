//! What is Capsule's own: the cast, the upload script, the witness and its audit.

mod aftermath;
mod allowance;
mod asking;
mod cast;
mod ceremony;
mod conclusion;
mod containment;
mod credentials;
mod devices;
mod difference;
mod drafting;
mod event;
mod eye;
mod findings;
mod hooks;
mod judge;
mod lab;
mod leaks;
mod meanwhile;
mod parts;
mod play;
mod purging;
mod scene;
mod session;
mod sights;
mod snapshot;
mod squatting;
mod strike;
mod testify;
mod upload;
mod witness;

pub use lab::Lab;
pub use play::{Play, PlayFn, Played, Scenario, play_attack, play_twin, preflight};
pub use upload::Upload;
