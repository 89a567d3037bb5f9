//! Rows of files, read ahead of whoever makes events of them.

use std::{path::PathBuf, sync::Arc};

use imports::clicks::{Row, Rows, Understanding};

use super::contents::Readable;

/// Rows handed on at once, and how often so many may wait.
const ROWS: usize = 2_000;
const WAITING: usize = 4;

/// A file, and where its refused rows go.
pub(super) struct File {
    pub(super) path: Arc<Readable>,
    pub(super) rejects: PathBuf,
}

/// Some rows of one file.
pub(super) struct Part {
    /// Which file's.
    pub(super) file: usize,
    /// What stands above its rows.
    pub(super) header: Option<Vec<u8>>,
    pub(super) rows: Vec<Row>,
}

/// Gives the rows of all files to `take`, which is called on this thread while the next ones are read on another.
pub(super) fn each_part(
    files: &[File],
    how: &Understanding,
    mut take: impl FnMut(Part) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    std::thread::scope(|scope| {
        let (into, parts) = std::sync::mpsc::sync_channel(WAITING);
        scope.spawn(move || {
            for (number, file) in files.iter().enumerate() {
                if let Err(error) = read(number, file, how, &into) {
                    // Nobody listens if whoever takes them has failed.
                    let _ = into.send(Err(error));
                    return;
                }
            }
        });
        for part in parts {
            take(part?)?;
        }
        Ok(())
    })
}

fn read(
    number: usize,
    file: &File,
    how: &Understanding,
    into: &std::sync::mpsc::SyncSender<anyhow::Result<Part>>,
) -> anyhow::Result<()> {
    let mut rows = Rows::new(replay::open(file.path.path())?, how.clone())?;
    let header = rows.header().map(<[u8]>::to_vec);
    let mut part = Vec::with_capacity(ROWS);
    let hand_on = |rows: Vec<Row>| {
        let header = header.clone();
        let part = Part {
            file: number,
            header,
            rows,
        };
        into.send(Ok(part)).is_ok()
    };
    while let Some(row) = rows.row()? {
        part.push(row);
        if part.len() == ROWS && !hand_on(std::mem::replace(&mut part, Vec::with_capacity(ROWS))) {
            return Ok(());
        }
    }
    hand_on(part);
    Ok(())
}
