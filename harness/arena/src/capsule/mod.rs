//! What is Capsule's own: the cast, the upload script, the witness and its audit.

mod account;
mod aftermath;
mod allowance;
mod asking;
mod beats;
mod belief;
mod cast;
mod ceremony;
mod conclusion;
mod containment;
mod credentials;
mod depth;
mod derivatives;
mod devices;
mod difference;
mod drafting;
mod event;
mod eye;
mod findings;
mod heads;
mod hooks;
mod judge;
mod kept;
mod lab;
mod leaks;
mod meanwhile;
mod neighbours;
mod parts;
mod play;
mod probe;
mod purging;
mod race;
mod range;
mod scene;
mod sentinel;
mod session;
mod sharing;
mod sights;
mod snapshot;
mod squatting;
mod strike;
mod sweep;
mod testify;
mod trash;
mod trials;
mod underway;
mod upload;
mod volley;
mod witness;

pub use lab::Lab;
pub use play::{Play, PlayFn, Played, Scenario, play_attack, play_twin, preflight};
pub use sweep::{
    Breach, PointReport, SWEEP_SCHEMA, SweepEvent, SweepFinding, SweepOptions, SweepReport, sweep,
};
pub use upload::Upload;
