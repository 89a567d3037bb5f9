//! The answer of a process, as it comes.

use std::{io, process::ExitStatus};

use asking::{AskError, Written};
use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::{
    io::BufReader,
    process::{Child, ChildStdout},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

use super::{
    Room, SILENCE,
    frames::{self, Frame},
    guard,
};

/// A process that answers. It ends when this is dropped.
pub struct Answer {
    out: BufReader<ChildStdout>,
    memory: u64,
    ended: JoinHandle<io::Result<ExitStatus>>,
    /// Dropped, it tells that nobody waits any more.
    _waiting: oneshot::Sender<()>,
}

impl Answer {
    pub fn new(mut child: Child, memory: u64, room: Room) -> Result<Self, AskError> {
        let out = child.stdout.take();
        let out = out.ok_or_else(|| AskError::Failed("a process for SQL has no output".into()))?;
        let (waiting, waits) = oneshot::channel();
        Ok(Self {
            out: BufReader::new(out),
            memory,
            ended: tokio::spawn(look_after(child, waits, room)),
            _waiting: waiting,
        })
    }

    /// The pieces. What fails before the first one is no answer at all.
    pub async fn written(mut self) -> Result<Written, AskError> {
        let Some(first) = self.next().await.transpose()? else {
            return Ok(stream::empty().boxed());
        };
        let rest = stream::unfold(Some(self), |answer| async move {
            let mut answer = answer?;
            let piece = answer.next().await?;
            let goes_on = piece.is_ok();
            Some((piece, goes_on.then_some(answer)))
        });
        Ok(stream::once(async { Ok(first) }).chain(rest).boxed())
    }

    async fn next(&mut self) -> Option<Result<Bytes, AskError>> {
        let Ok(frame) = timeout(SILENCE, frames::read(&mut self.out)).await else {
            return Some(Err(guard::too_long()));
        };
        match frame {
            Ok(Frame::Piece(bytes)) => Some(Ok(bytes)),
            Ok(Frame::End) => None,
            Ok(Frame::Failed(error)) => Some(Err(error)),
            Err(error) => Some(Err(self.why(&error).await)),
        }
    }

    /// It has closed its output without an end.
    async fn why(&mut self, error: &io::Error) -> AskError {
        match timeout(SILENCE, &mut self.ended).await {
            Ok(Ok(Ok(ended))) => guard::why(ended, self.memory),
            _ => AskError::Failed(format!("what answers SQL does not: {error}")),
        }
    }
}

/// Waits until a process has ended, or ends it when nobody waits for it; then there is room for another, whoever still reads what it wrote.
async fn look_after(
    mut child: Child,
    waits: oneshot::Receiver<()>,
    (place, folder): Room,
) -> io::Result<ExitStatus> {
    let ended = tokio::select! {
        ended = child.wait() => ended,
        _ = waits => match child.kill().await {
            Ok(()) => child.wait().await,
            Err(error) => Err(error),
        },
    };
    drop(place);
    // Of one that was killed there may be gigabytes.
    let removed = tokio::task::spawn_blocking(move || folder.close()).await;
    if let Ok(Err(error)) = removed {
        tracing::warn!(%error, "what a question in SQL has put on the disk cannot be removed");
    }
    ended
}
