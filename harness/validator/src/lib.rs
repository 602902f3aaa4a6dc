//! The reference validator core: facts in, plan or rejection out.
//!
//! Every write surface of the contract is a pure function from what the server knows
//! (`…Facts`) and what a client sent (`…Request`) to a plan of [`server::Effect`]s or a
//! [`server::Refusal`]; and everything that a client takes in is judged by a pure function from what it
//! knows to a plan or a [`receiver::Rejection`]. There is no clock, no randomness, no I/O and no async here, and no switch
//! that skips a check: time and fresh ids arrive as facts, and a server that wants other checks has
//! to compose another list of them.

pub mod receiver;
pub mod server;
