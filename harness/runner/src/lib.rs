//! Selects attacks, schedules them over worlds, and turns what comes of them into a report.
//!
//! The runner emits [`Event`]s and returns a [`RunReport`]; how either looks is the reporters'
//! affair.

mod confirm;
mod controls;
mod coverage;
mod embedded;
mod event;
mod gate;
mod replay;
mod report;
mod run;
mod select;

pub use controls::{ControlFailed, run_controls};
pub use coverage::{Approached, COVERAGE_SCHEMA, CoverageReport, OutOfScope, Rejected, coverage};
pub use embedded::{EmbeddedBinding, PortsOf, world_folder};
pub use event::{Event, Events};
pub use gate::{ExitCode, gate};
pub use replay::{Replay, ReplayError, read_evidence, replay};
pub use report::{
    Obstacle, ObstacleKind, REPORT_SCHEMA, RoleReport, RowReport, RunReport, Summary, TargetReport,
    attack_total,
};
pub use run::{NO_SCENARIO, Ran, RunOptions, run, run_until};
pub use select::{RowRange, Selection, SelectionError, Selector};
