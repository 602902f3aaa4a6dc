//! Connections: accepted, bounded, served, and ended together.

use crate::Exchange;
use crate::app::App;
use crate::http::{Lingering, conclude, crashed, router, unparsable};
use crate::replies::{Promises, Replies};
use crate::work::{Interrupted, panic_text};
use axum::Router;
use axum::body::Body;
use axum::extract::MatchedPath;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinSet};
use tower::ServiceExt;
use tracing::instrument::WithSubscriber;

/// Connections that are served at once; further ones wait to be accepted.
const MAX_CONNECTIONS: usize = 512;
/// How long a client may take to send a request's head, or leave a connection idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Header fields of one request.
const MAX_HEADERS: usize = 64;
/// Bytes of one request's head.
const MAX_HEAD: usize = 64 << 10;
/// Requests at once in one HTTP/2 connection.
const MAX_STREAMS: u32 = 64;
/// The pause after a connection that could not be accepted, as when descriptors run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What the server is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Accepting connections.
    Serving,
    /// Accepting none; requests in flight finish.
    Draining,
    /// Dropping what is left.
    Ended,
}

/// The server was halted in the middle of a request.
#[derive(Debug, thiserror::Error)]
#[error("the server was halted")]
struct Closed;

/// Serves until the phase ends. Whatever way this future ends, its connections end with it.
pub(crate) async fn serve(app: Arc<App>, listener: TcpListener, mut phase: watch::Receiver<Phase>) {
    let router = router(Arc::clone(&app));
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            changed = phase.wait_for(|phase| *phase != Phase::Serving) => {
                drop(changed);
                break;
            }
            Some(ended) = connections.join_next() => {
                reap(&app, ended);
                continue;
            }
            accepted = accept(&listener, &places) => accepted,
        };
        if let Some((stream, place)) = accepted {
            let watcher = graceful.watcher();
            let (app, router) = (Arc::clone(&app), router.clone());
            let connection = async move {
                connection(app, router, stream, watcher).await;
                drop(place);
            };
            connections.spawn(connection.with_current_subscriber());
        }
    }
    drop(listener);
    tokio::select! {
        biased;
        changed = phase.wait_for(|phase| *phase == Phase::Ended) => drop(changed),
        () = graceful.shutdown() => {}
    }
    connections.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::error!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

fn reap(app: &App, ended: Result<(), JoinError>) {
    if let Err(Ok(payload)) = ended.map_err(JoinError::try_into_panic) {
        app.count_panic(panic_text(payload.as_ref()));
    }
}

async fn connection(
    app: Arc<App>,
    router: Router,
    stream: TcpStream,
    watcher: hyper_util::server::graceful::Watcher,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection is gone already");
    }
    let heard = AtomicBool::new(false);
    let promises = Promises::default();
    let service = service_fn(|request: Request<Incoming>| {
        heard.store(true, Ordering::Relaxed);
        let (app, router, promises) = (Arc::clone(&app), router.clone(), promises.clone());
        async move {
            let method = request.method().clone();
            let response = answer(&app, router, request).await?;
            promises.promise(&method, &response);
            Ok::<_, Closed>(response)
        }
    });
    let unparsable = {
        let app = Arc::clone(&app);
        Box::new(move |status| unparsable(&app, status))
    };
    let stream = Replies::new(stream, promises.clone(), unparsable);
    let builder = builder();
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        served = watcher.watch(serving.into_owned()) => {
            if let Err(error) = served {
                tracing::debug!(%error, "a connection ended early");
            }
        }
        () = silence(&heard) => tracing::debug!("a connection said nothing"),
    }
}

/// Ends when a new connection has brought no request in time. The head timeout alone does not see
/// to it: it begins once the protocol is known, which a silent client never tells.
async fn silence(heard: &AtomicBool) {
    tokio::time::sleep(HEAD_TIMEOUT).await;
    if heard.load(Ordering::Relaxed) {
        std::future::pending().await
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .auto_date_header(false)
        .half_close(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX))
        .auto_date_header(false);
    builder
}

/// Answers one request. It runs as work of its own, so that neither a client that hangs up nor a
/// panic leaves it half done unnoticed.
async fn answer(
    app: &Arc<App>,
    router: Router,
    request: Request<Incoming>,
) -> Result<Response, Closed> {
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let target = request.uri().to_string();
    let request = request.map(|body| Body::new(Lingering::new(body)));
    let mut route = None;
    let response = match app.work.run(router.oneshot(request)).await {
        Ok(Ok(response)) => {
            route = response.extensions().get::<MatchedPath>().cloned();
            conclude(app, response)
        }
        Ok(Err(never)) => match never {},
        Err(Interrupted::Halted) => return Err(Closed),
        Err(Interrupted::Panicked(payload)) => {
            app.count_panic(panic_text(payload.as_ref()));
            crashed(app)
        }
    };
    app.access.answered(&Exchange {
        method: &method,
        target: &target,
        headers: &headers,
        route: route.as_ref().map(MatchedPath::as_str),
        status: response.status(),
    });
    Ok(response)
}

impl App {
    /// Counts a panic and says so loudly.
    pub(crate) fn count_panic(&self, text: &str) {
        self.panics.fetch_add(1, Ordering::Relaxed);
        tracing::error!(text, "a task panicked");
    }
}
