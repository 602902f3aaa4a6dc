//! Reference servers with exactly one promise removed, with every layer that keeps it.
//!
//! A test that can't fail proves nothing. Every mutant breaks one promise of the contract on purpose,
//! and the attacks of the rows that claim it have to notice, in the beat where the damage shows.
//! Neither validator nor server has a switch for this: a mutant composes other check lists, rewrites
//! plans and refusals, or decorates a port.

mod bodies;
mod catalogue;
mod ceremonies;
mod contract;
mod contract_lenient;
mod contract_reads;
mod contract_strict;
mod decisions;
mod derivatives;
mod diaries;
mod duplicates;
mod durability;
mod forgetful;
mod journal;
mod kill;
mod killed;
mod lenient;
mod matrix;
mod misfiled;
mod needed;
mod overwriting;
mod partial;
mod presence;
mod repeats;
mod report;
mod reread;
mod row_01;
mod row_02;
mod row_03;
mod row_04;
mod row_05;
mod row_06;
mod row_08;
mod row_09;
mod row_10;
mod row_11;
mod row_12;
mod row_16;
mod row_17;
mod row_18;
mod row_20;
mod row_21;
mod row_22;
mod row_24;
mod row_30;
mod row_31;
mod row_x1;
mod row_x2;
mod row_x3;
mod row_x5;
mod row_x6;
mod signatures;
mod spelling;
mod squatters;
mod stale;
mod stores;
mod sweeps;
mod unguarded;
mod upgrades;
mod without;

pub use catalogue::{Mutant, UnknownMutant, catalogue, named};
pub use killed::{KILL_MUTANTS, KillMutant, plant};
pub use matrix::{MutantOptions, run_mutants};
pub use report::{MUTANTS_SCHEMA, MutantReport, MutantsReport, MutantsSummary, Power, Status};
