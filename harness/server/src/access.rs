//! The access log as a port: what is written down of every request that was answered.

use axum::http::{HeaderMap, Method, StatusCode};

/// A request that was answered.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The method.
    pub method: &'a Method,
    /// Path and query as they came: they may hold what a client should not have sent.
    pub target: &'a str,
    /// The headers as they came; so may they.
    pub headers: &'a HeaderMap,
    /// The route that answered, such as `/v1/upload/{id}`; `None` where there is none.
    pub route: Option<&'a str>,
    /// The status of the answer.
    pub status: StatusCode,
}

/// Where requests are written down.
pub trait AccessLog: Send + Sync + 'static {
    /// Writes one down, or does not.
    fn answered(&self, exchange: &Exchange<'_>);
}

/// Writes method, route and status into the log of the process, and nothing that a client chose (row
/// X5).
#[derive(Debug, Clone, Copy, Default)]
pub struct RoutesAlone;

impl AccessLog for RoutesAlone {
    fn answered(&self, exchange: &Exchange<'_>) {
        let Exchange {
            method,
            route,
            status,
            ..
        } = exchange;
        let route = route.unwrap_or("no route");
        tracing::info!(%method, route, status = status.as_u16(), "answered");
    }
}
