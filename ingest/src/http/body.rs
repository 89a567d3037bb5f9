//! Bodies of requests: bounded each, and all together.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures::StreamExt;
use http::StatusCode;
use web::Problem;

use crate::room::Held;

/// How much, and for how long, is read of a body that was refused.
const DRAIN_BYTES: usize = 32 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(30);

/// Memory taken for what has not arrived yet, bytes.
const MAX_GROWTH: usize = 1 << 20;

/// The whole body of at most `limit` bytes, while there is room (in KiB) for what has arrived, which is `held`: a
/// slow sender takes no more than it has sent. The server ends a body that takes too long.
pub(super) async fn read<'a>(
    body: Body,
    limit: usize,
    mut held: Held<'a>,
) -> Result<(Vec<u8>, Held<'a>), Problem> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| broken(&error))?;
        let length = bytes.len() + chunk.len();
        if length > limit {
            return Err(refuse_rest(chunks, too_large(limit)).await);
        }
        let more = length.div_ceil(1024) - bytes.len().div_ceil(1024);
        if !held.take(more) {
            drop((bytes, held));
            return Err(refuse_rest(chunks, busy()).await);
        }
        if length > bytes.capacity() {
            // Doubling, but never with more than this beyond what has arrived.
            bytes.reserve_exact(chunk.len() + bytes.len().min(MAX_GROWTH));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((bytes, held))
}

/// The answer where there is no room.
pub(super) fn busy() -> Problem {
    Problem::unavailable("busy", "too many large requests at once", 1)
}

/// Reads on for a while without keeping anything: a client that is still sending would take a
/// closed connection for a failure and never see the answer.
pub(super) async fn refuse(body: Body, problem: Problem) -> Problem {
    refuse_rest(body.into_data_stream(), problem).await
}

async fn refuse_rest(mut chunks: BodyDataStream, problem: Problem) -> Problem {
    let drain = async {
        let mut left = DRAIN_BYTES;
        while let Some(Ok(chunk)) = chunks.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    // Whether it ended or took too long, the answer is the same.
    let _ = tokio::time::timeout(DRAIN_TIME, drain).await;
    problem
}

fn broken(error: &axum::Error) -> Problem {
    let sources = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
    let mut errors = sources.filter_map(|e| e.downcast_ref::<std::io::Error>());
    match errors.any(|e| e.kind() == std::io::ErrorKind::TimedOut) {
        true => Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            "the body took too long",
        ),
        false => Problem::bad_request("invalid_body", "the body ended early"),
    }
}

/// The answer to a body beyond its bound.
pub(super) fn too_large(limit: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!(
            "the body holds at most {} KiB, packed or unpacked",
            limit >> 10
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;

    use crate::room::Room;

    fn body(pieces: &[&'static str]) -> Body {
        let pieces: Vec<_> = pieces.iter().map(|p| Ok::<_, std::io::Error>(*p)).collect();
        Body::from_stream(stream::iter(pieces))
    }

    #[tokio::test]
    async fn a_body_holds_room_for_what_has_arrived_only() {
        let room = Room::new("bodies", 2);
        let (bytes, held) = read(body(&["abc", "def"]), 100, room.enter(Vec::new()))
            .await
            .unwrap();
        assert_eq!(bytes.as_slice(), &b"abcdef"[..]);
        let other = read(body(&["x"]), 100, room.enter(Vec::new()))
            .await
            .unwrap();
        let busy = read(body(&["y"]), 100, room.enter(Vec::new()))
            .await
            .unwrap_err();
        assert_eq!((busy.code, busy.retry_after), ("busy", Some(1)));
        drop((held, other));
        assert!(room.enter(Vec::new()).take(2), "room is given back");
    }

    #[tokio::test]
    async fn a_body_has_a_bound_and_a_time() {
        let room = Room::new("bodies", 100);
        let large = read(body(&["abc", "def"]), 5, room.enter(Vec::new()))
            .await
            .unwrap_err();
        assert_eq!(large.code, "too_large");
        let slow = std::io::Error::from(std::io::ErrorKind::TimedOut);
        let slow = Body::from_stream(stream::iter([Ok("a"), Err(slow)]));
        let slow = read(slow, 100, room.enter(Vec::new())).await.unwrap_err();
        assert_eq!(
            (slow.status, slow.code),
            (StatusCode::REQUEST_TIMEOUT, "too_slow")
        );
        let cut = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let cut = Body::from_stream(stream::iter([Ok("a"), Err(cut)]));
        assert_eq!(
            read(cut, 100, room.enter(Vec::new()))
                .await
                .unwrap_err()
                .code,
            "invalid_body"
        );
        assert!(room.enter(Vec::new()).take(100));
    }
}
