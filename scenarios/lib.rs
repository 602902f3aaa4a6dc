//! One executable test per row of a threat model's damage table.
//!
//! A suite is rows as data and one scenario per row and role. What is generic about rows stands
//! here; each suite has a folder of its own.

mod bounds;
pub mod capsule;
mod row;

pub use bounds::{AttackName, Bound, Outside, Scope, Unreachable};
pub use row::{Row, Suite, SuiteError, Table, Texts};
