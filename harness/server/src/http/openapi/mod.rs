//! The OpenAPI document, made from the operations that the router is made of: a route that is not
//! described is not served, and what a request is refused by are the lists that the judge runs.

mod document;
mod operation;
mod parameters;
mod schemas;
mod shapes;

pub(super) use operation::{Answer, Body, Operation, rules};

pub use document::openapi;
