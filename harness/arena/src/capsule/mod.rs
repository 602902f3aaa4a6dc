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
mod meanwhile;
mod play;
mod session;
mod snapshot;
mod strike;
mod sweep;
mod upload;
mod witness;

pub use lab::Lab;
pub use play::{Play, PlayFn, Played, Scenario, play_attack, play_twin, preflight};
pub use sweep::{
    Breach, PointReport, SWEEP_SCHEMA, SweepEvent, SweepFinding, SweepOptions, SweepReport, sweep,
};
pub use upload::Upload;
