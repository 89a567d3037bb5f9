//! What goes between the processes: a job to one, which is a line of JSON and an Arrow stream, and frames of its answer back.

use std::{
    io::{self, BufRead},
    path::PathBuf,
};

use anyhow::Context;
use asking::{AskError, Form};
use batch_layer::SqlQuestion;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Most bytes of a frame.
const MOST: usize = 1 << 20;
const PIECE: u8 = 1;
const END: u8 = 2;
const FAILED: u8 = 3;

/// What is to be answered, and with what.
#[derive(Debug, Serialize, Deserialize)]
pub struct Job {
    /// The process that waits for the answer.
    pub parent: u32,
    pub store_url: String,
    /// Bytes for what the engine holds, and for what it puts on the disk.
    pub memory: u64,
    pub spill: u64,
    pub spill_dir: PathBuf,
    pub form: Form,
    pub question: SqlQuestion,
}

impl Job {
    /// With the end of the line.
    pub fn line(&self) -> Result<Vec<u8>, AskError> {
        let line = serde_json::to_vec(self);
        let mut line = line.map_err(|error| AskError::Failed(error.to_string()))?;
        line.push(b'\n');
        Ok(line)
    }

    /// Reads its line, and nothing of what stands behind it.
    pub fn read(from: &mut impl BufRead) -> anyhow::Result<Self> {
        let mut line = Vec::new();
        from.read_until(b'\n', &mut line)?;
        let job = serde_json::from_slice(&line);
        job.context("this command is for Millrace itself, which gives it its work")
    }
}

/// A part of an answer.
#[derive(Debug)]
pub enum Frame {
    Piece(Bytes),
    /// There is no more.
    End,
    /// Nor is there here, and it is not whole.
    Failed(AskError),
}

/// Reads the next frame.
pub async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Frame> {
    let kind = from.read_u8().await?;
    let length = from.read_u32_le().await? as usize;
    let wrong = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    if length > MOST {
        return Err(wrong(format!("a frame of {length} bytes")));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).await?;
    match kind {
        PIECE => Ok(Frame::Piece(body.into())),
        END => Ok(Frame::End),
        FAILED => Ok(Frame::Failed(serde_json::from_slice(&body)?)),
        other => Err(wrong(format!("a frame of the kind {other}"))),
    }
}

/// Writes a frame; a piece of any size as several.
pub async fn write(to: &mut (impl AsyncWrite + Unpin), frame: &Frame) -> io::Result<()> {
    match frame {
        Frame::Piece(bytes) => {
            for part in bytes.chunks(MOST) {
                put(to, PIECE, part).await?;
            }
        }
        Frame::End => put(to, END, &[]).await?,
        Frame::Failed(error) => {
            let body = serde_json::to_vec(&error.shortened(MOST / 8))?;
            put(to, FAILED, &body).await?;
        }
    }
    to.flush().await
}

async fn put(to: &mut (impl AsyncWrite + Unpin), kind: u8, body: &[u8]) -> io::Result<()> {
    to.write_u8(kind).await?;
    to.write_u32_le(body.len() as u32).await?;
    to.write_all(body).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_is_read() {
        let large: Bytes = (0..MOST + 7).map(|n| n as u8).collect();
        let mut pipe = Vec::new();
        for frame in [
            Frame::Piece(large.clone()),
            Frame::Failed(AskError::Sql("x".repeat(MOST))),
            Frame::End,
        ] {
            write(&mut pipe, &frame).await.unwrap();
        }
        let mut pipe = &pipe[..];
        let mut bytes = Vec::new();
        while let Frame::Piece(piece) = read(&mut pipe).await.unwrap() {
            bytes.extend_from_slice(&piece);
            if bytes.len() == large.len() {
                break;
            }
        }
        assert!(bytes == large);
        let failed = read(&mut pipe).await.unwrap();
        assert!(
            matches!(failed, Frame::Failed(AskError::Sql(why)) if why.starts_with("xxx") && why.len() <= MOST / 8)
        );
        assert!(matches!(read(&mut pipe).await.unwrap(), Frame::End));
        assert!(read(&mut pipe).await.is_err(), "it is at its end");
        let huge = [&[PIECE][..], &u32::MAX.to_le_bytes()].concat();
        assert!(read(&mut &huge[..]).await.is_err());
    }
}
