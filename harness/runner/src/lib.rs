//! Selects attacks, schedules them over worlds, and turns what comes of them into a report.
//!
//! The runner emits [`Event`]s and returns a [`RunReport`]; how either looks is the reporters'
//! affair.

mod confirm;
mod embedded;
mod event;
mod gate;
mod replay;
mod report;
mod run;
mod select;

pub use embedded::{EmbeddedBinding, PortsOf, world_folder};
pub use event::{Event, Events};
pub use gate::{ExitCode, gate};
pub use replay::{Replay, ReplayError, read_evidence, replay};
pub use report::{
    REPORT_SCHEMA, RoleReport, RowReport, RunReport, Summary, TargetReport, attack_total,
};
pub use run::{NO_SCENARIO, RunOptions, run};
pub use select::{RowRange, Selection, SelectionError, Selector};
