//! What is asked for.

use std::path::PathBuf;

use anyhow::bail;

use crate::{Format, Patience};

/// Longest prefix of keys, bytes.
const MAX_PREFIX: usize = 128;

/// What is asked for. There is a secret in it.
#[derive(Clone)]
pub struct Options {
    /// The file; packed with gzip or not.
    pub file: PathBuf,
    /// The collector's address.
    pub to: String,
    /// API key that may write.
    pub key: String,
    /// How the file is written; by its name if not given.
    pub format: Option<Format>,
    /// Requests under way at once.
    pub streams: usize,
    /// Events a second at most; 0: as fast as it goes.
    pub rate: u64,
    /// What the keys of lines begin with; a hash of the file's contents if not given.
    pub key_prefix: Option<String>,
    /// Whether to go on where an earlier replay of the file ended.
    pub resume: bool,
    /// Where refused lines go; `FILE.rejected` if not given.
    pub rejects: Option<PathBuf>,
    /// Where progress is kept; `FILE.progress` if not given.
    pub progress: Option<PathBuf>,
    /// Columns of a CSV file that are not read.
    pub leave_out: Vec<String>,
    /// How long a collector that does not answer is waited for.
    pub patience: Patience,
}

impl Options {
    /// Refuses what can be seen to be wrong.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if !(1..=256).contains(&self.streams) {
            bail!("--streams must be 1 to 256");
        }
        let prefix = self.key_prefix.as_deref().unwrap_or("x");
        let fits = |b: u8| b.is_ascii_graphic() && !b",:\"".contains(&b);
        if prefix.is_empty() || prefix.len() > MAX_PREFIX || !prefix.bytes().all(fits) {
            bail!(
                "--key-prefix must be 1 to {MAX_PREFIX} printable characters without spaces, `,`, `:` and `\"`"
            );
        }
        Ok(())
    }
}
