//! What is Capsule's own: the cast, the upload script, the witness and its audit.

mod aftermath;
mod belief;
mod cast;
mod conclusion;
mod containment;
mod derivatives;
mod drafting;
mod eye;
mod findings;
mod heads;
mod hooks;
mod judge;
mod lab;
mod meanwhile;
mod play;
mod session;
mod snapshot;
mod strike;
mod upload;
mod volley;
mod witness;

pub use lab::Lab;
pub use play::{Play, PlayFn, Played, Scenario, play_attack, play_twin, preflight};
pub use upload::Upload;
