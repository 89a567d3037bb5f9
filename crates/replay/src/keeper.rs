//! What was answered, in the order of lines: totals, the file of refused lines, and the progress.

use std::{fs::File, path::PathBuf, time::Duration};

use tokio::time::Instant;

use crate::{
    Tell, Told, delivery::Delivered, engine::End, progress::Progress, rejects::Rejects,
    report::Report, totals::Totals,
};

/// How often progress is made durable at most.
const EVERY: Duration = Duration::from_secs(1);
/// Refused lines that are shown.
const SHOWN: usize = 20;
/// How much of a reason is shown, characters.
const SHOWN_OF_EACH: usize = 300;

/// Keeps what was answered.
pub(crate) struct Keeper {
    pub(crate) line: u64,
    pub(crate) totals: Totals,
    pub(crate) key_prefix: String,
    pub(crate) rejects: Option<Rejects>,
    /// Where progress is kept, and how it was when it was kept last.
    pub(crate) progress: Option<(PathBuf, Progress)>,
    /// The file, held by this replay.
    pub(crate) held: Option<File>,
    examples: Vec<String>,
    tell: Tell,
    saved: Instant,
}

impl Keeper {
    /// Keeps nothing but numbers, at first.
    pub(crate) fn new(key_prefix: String, tell: Tell) -> Self {
        Self {
            line: 0,
            totals: Totals::default(),
            key_prefix,
            rejects: None,
            progress: None,
            held: None,
            examples: Vec::new(),
            tell,
            saved: Instant::now(),
        }
    }

    /// Takes in what became of the next lines.
    pub(crate) fn settle(&mut self, delivered: &Delivered) {
        self.line = delivered.last;
        self.totals.add(&delivered.totals);
        let room = SHOWN.saturating_sub(self.examples.len());
        self.examples
            .extend(delivered.refused.iter().take(room).map(|refused| {
                let shown = format!("line {}: {}", refused.line, refused.refusal);
                shown.chars().take(SHOWN_OF_EACH).collect()
            }));
        let written = self
            .rejects
            .as_mut()
            .map(|rejects| rejects.write(&delivered.refused));
        if let Some(Err(error)) = written {
            self.rejects = None;
            self.notice(format!("the refused lines cannot be written down: {error}; name another file with --rejects"));
        }
        (self.tell)(Told::Line(self.line));
        if self.saved.elapsed() >= EVERY {
            self.save();
        }
    }

    /// Makes it durable.
    pub(crate) fn save(&mut self) {
        self.saved = Instant::now();
        let Some((path, progress)) = &mut self.progress else {
            return;
        };
        progress.line = self.line;
        progress.totals = self.totals.clone();
        let written = self.rejects.as_ref().map(Rejects::sync).transpose();
        let saved = written.and_then(|written| {
            progress.rejects = written.unwrap_or_default();
            progress.save(path)
        });
        if let Err(error) = saved {
            let path = path.display().to_string();
            self.progress = None;
            self.notice(format!(
                "progress cannot be kept in {path}: {error}; name another file with --progress. Until then \
                 --resume is not possible, but sent again with `--key-prefix {}` lines count once",
                self.key_prefix
            ));
        }
    }

    /// What was done.
    pub(crate) fn report(mut self, end: End) -> Report {
        self.save();
        Report {
            end,
            line: self.line,
            totals: self.totals,
            key_prefix: self.key_prefix,
            rejects: self.rejects.and_then(|r| r.path().map(ToOwned::to_owned)),
            examples: self.examples,
            kept: self.progress.is_some(),
        }
    }

    pub(crate) fn notice(&self, text: String) {
        (self.tell)(Told::Notice(text));
    }
}
