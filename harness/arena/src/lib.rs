//! Attacks in four beats, judged from outside the target.
//!
//! What every suite needs stands in the modules at the top; what is Capsule's own stands in
//! [`capsule`]. The arena sees a target through its role's boundary alone: it shares no state with
//! it, and believes what it downloads, never what it is told.

mod answer;
mod attack;
pub mod binding;
pub mod capsule;
mod evidence;
mod expectation;
mod finding;
mod line;
mod names;
mod race;
mod raw;
mod scanner;
mod stop;
mod storage;
mod tap;
mod testimony;
mod transport;
mod verdict;

pub use answer::{Answer, Header};
pub use attack::{Answered, Attack, AttackReport, Beat, BeatReport, Role, Trials};
pub use evidence::{Alike, Body, EVIDENCE_SCHEMA, Event, Evidence, Recorder};
pub use expectation::{Expect, Expectation, SessionEffect, Source, Strictness};
pub use finding::{Finding, Harm};
pub use line::{Address, Line};
pub use scanner::{Needle, ScanError, Scanner};
pub use stop::Stop;
pub use storage::{Found, MAX_LISTED, StorageError, search};
pub use testimony::{Sight, Testimony};
pub use transport::{HttpTransport, Limits, TransportError};
pub use verdict::Verdict;
