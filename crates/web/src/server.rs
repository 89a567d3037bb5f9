//! Serving HTTP/1.1 with the time-outs and bounds that `axum::serve` lacks.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{
    event_loops::EventLoops,
    slow::{ReadOrLeave, TimedBody},
};

/// Bounds of a server.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Connections open at once; more wait in the listener's queue.
    pub max_connections: usize,
    /// How long a client may take to send its headers; also how long it may idle.
    pub header_timeout: Duration,
    /// The same for connections made while more than half of them are taken: those that hold one
    /// for nothing must not keep out the others.
    pub crowded_header_timeout: Duration,
    /// How long a client may take to send a body, in all.
    pub body_timeout: Duration,
    /// How long a client may read nothing of its answer.
    pub write_timeout: Duration,
    /// How long a connection may take to end after shutdown began.
    pub drain_timeout: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            max_connections: MAX_CONNECTIONS.min(open_files() / 2),
            header_timeout: Duration::from_secs(30),
            crowded_header_timeout: Duration::from_secs(3),
            body_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// Connections open at once by default, where the system allows as many.
const MAX_CONNECTIONS: usize = 10_000;
/// Longest request head, bytes: what is read at once may double it, more is answered 431. Every
/// connection may hold as much memory.
const MAX_HEAD: usize = 32 * 1024;

/// How many files this process may have open. Connections get half of that: a log that cannot
/// open its next file takes no events.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    soft.unwrap_or(usize::MAX)
}

/// Serves `router` until `shutdown`, then finishes the requests under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: ServerSettings,
    shutdown: CancellationToken,
) {
    accept(listener, router, settings, shutdown, None).await;
}

/// The same, each connection on one of `loops`, and accepting there, too. No handler may block there.
pub async fn serve_on(
    loops: &Arc<EventLoops>,
    listener: TcpListener,
    router: Router,
    settings: ServerSettings,
    shutdown: CancellationToken,
) {
    let (spread, listener) = (Arc::clone(loops), listener.into_std());
    let accepting = loops.next().spawn(async move {
        match listener.and_then(TcpListener::from_std) {
            Ok(listener) => accept(listener, router, settings, shutdown, Some(&spread)).await,
            Err(error) => tracing::error!(%error, "the doors cannot be watched"),
        }
    });
    if let Err(error) = accepting.await
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}

async fn accept(
    listener: TcpListener,
    router: Router,
    settings: ServerSettings,
    shutdown: CancellationToken,
    loops: Option<&EventLoops>,
) {
    let room = Arc::new(Semaphore::new(settings.max_connections));
    let connections = TaskTracker::new();
    loop {
        let permit = tokio::select! {
            () = shutdown.cancelled() => break,
            permit = Arc::clone(&room).acquire_owned() => permit,
        };
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let mut settings = settings.clone();
        if room.available_permits() < settings.max_connections / 2 {
            settings.header_timeout = settings.crowded_header_timeout;
        }
        match accepted {
            Ok((stream, peer)) => {
                let (router, shutdown) = (router.clone(), shutdown.clone());
                // It is watched by the loop that it is given to.
                let stream = stream.into_std();
                let work = connections.track_future(async move {
                    if let Ok(stream) = stream.and_then(TcpStream::from_std) {
                        connection(stream, peer, router, settings, shutdown).await;
                    }
                    drop(permit);
                });
                match loops {
                    Some(loops) => loops.next().spawn(work),
                    None => tokio::spawn(work),
                };
            }
            Err(error) => {
                // Out of file descriptors, most likely: give connections time to end.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(settings.drain_timeout, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            open = connections.len(),
            "connections cut at the end of the drain time"
        );
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    settings: ServerSettings,
    shutdown: CancellationToken,
) {
    // Small answers must not wait for the client's delayed acknowledgement.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let body = |body| axum::body::Body::new(TimedBody::new(body, settings.body_timeout));
        router.clone().oneshot(request.map(body))
    });
    let stream = ReadOrLeave::new(stream, settings.write_timeout);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_timeout)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
