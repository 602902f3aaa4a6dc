//! What is Capsule's own: the cast, the upload script, the witness and its audit.

mod cast;
mod containment;
mod eye;
mod lab;
mod play;
mod snapshot;
mod upload;
mod witness;

pub use lab::Lab;
pub use play::{Play, PlayFn, Played, Scenario, play_attack, play_twin};
pub use upload::Upload;
