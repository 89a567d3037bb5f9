//! What a replay did, for people, for programs, and as an exit code.

use std::{fmt::Write as _, path::PathBuf};

use serde_json::{Value, json};

use crate::{engine::End, totals::Totals};

/// What a replay did.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// How it ended.
    pub end: End,
    /// What became of the lines, those of an earlier part that was resumed included.
    pub totals: Totals,
    /// The line up to which all are answered.
    pub line: u64,
    /// What keys begin with.
    pub key_prefix: String,
    /// Where the refused lines are.
    pub rejects: Option<PathBuf>,
    /// The first reasons, with their lines.
    pub examples: Vec<String>,
    /// Whether `--resume` can go on from here.
    pub kept: bool,
}

impl Report {
    /// 0: all lines were taken or are no events; 1: it failed, or the file is cut off; 3: some lines were refused;
    /// 130: it was interrupted.
    pub fn exit_code(&self) -> u8 {
        match &self.end {
            End::Failed(_) | End::Broken(_) => 1,
            End::Interrupted => 130,
            End::Complete if self.totals.all_rejected() > 0 => 3,
            End::Complete => 0,
        }
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let (end, why) = match &self.end {
            End::Complete => ("complete", None),
            End::Broken(why) => ("cut_off", Some(why)),
            End::Failed(why) => ("failed", Some(why)),
            End::Interrupted => ("interrupted", None),
        };
        json!({
            "end": end,
            "why": why,
            "line": self.line,
            "accepted": self.totals.accepted,
            "duplicates": self.totals.duplicates,
            "rejected": self.totals.all_rejected(),
            "rejected_by_code": self.totals.rejected,
            "skipped": self.totals.all_skipped(),
            "skipped_by_reason": self.totals.skipped,
            "rejects_file": self.rejects.as_ref().map(|path| path.to_string_lossy()),
            "key_prefix": self.key_prefix,
        })
    }

    /// The numbers in one line, for people.
    pub fn summary(&self) -> String {
        let Totals {
            accepted,
            duplicates,
            ..
        } = self.totals;
        let mut line = format!("accepted {accepted}, duplicates {duplicates}");
        for (what, all, by) in [
            (
                "rejected",
                self.totals.all_rejected(),
                &self.totals.rejected,
            ),
            ("skipped", self.totals.all_skipped(), &self.totals.skipped),
        ] {
            let by: Vec<String> = by
                .iter()
                .map(|(why, count)| format!("{why}: {count}"))
                .collect();
            let _ = write!(line, ", {what} {all}");
            if !by.is_empty() {
                let _ = write!(line, " ({})", by.join(", "));
            }
        }
        line
    }

    /// What else is to be said: refused lines, and why it ended before the end.
    pub fn problems(&self) -> Vec<String> {
        let mut said: Vec<String> = self
            .examples
            .iter()
            .map(|e| format!("rejected: {e}"))
            .collect();
        let more = self.totals.all_rejected().saturating_sub(said.len() as u64);
        if more > 0 {
            said.push(format!("rejected: {more} more"));
        }
        if self.totals.all_rejected() > 0 && self.totals.accepted + self.totals.duplicates == 0 {
            said.push("Not one line was taken: is --format right?".into());
        }
        if let Some(rejects) = &self.rejects {
            let rejects = rejects.display();
            said.push(format!("The rejected lines are in {rejects}, each below its reason: mend them there and replay that file."));
        }
        let line = self.line;
        said.extend(match &self.end {
            End::Complete => None,
            End::Interrupted => Some(format!(
                "Interrupted: all lines up to {line} are answered. {}",
                self.go_on("--resume goes on from there")
            )),
            End::Failed(why) => Some(format!(
                "Failed: {why}\nAll lines up to {line} are answered. {}",
                self.go_on("--resume goes on from there")
            )),
            End::Broken(why) => Some(format!(
                "The file cannot be read beyond line {line}: {why}. What was read is sent. {}",
                self.go_on("Once it is whole, replay it again: its lines keep their keys")
            )),
        });
        said
    }

    fn go_on(&self, kept: &str) -> String {
        match self.kept {
            true => format!("{kept}."),
            false => format!(
                "Sent again with `--key-prefix {}`, they count once.",
                self.key_prefix
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(end: End, rejected: u64) -> Report {
        Report {
            end,
            totals: Totals {
                accepted: 5,
                duplicates: 1,
                rejected: [("not_json".to_owned(), rejected)]
                    .into_iter()
                    .filter(|r| r.1 > 0)
                    .collect(),
                skipped: [("method HEAD".to_owned(), 2)].into(),
            },
            line: 9,
            key_prefix: "f".into(),
            rejects: None,
            examples: vec!["line 3: not_json: why".into(); rejected.min(2) as usize],
            kept: true,
        }
    }

    #[test]
    fn the_exit_code_tells_apart_what_is_to_be_done() {
        assert_eq!(report(End::Complete, 0).exit_code(), 0);
        assert_eq!(report(End::Complete, 2).exit_code(), 3);
        assert_eq!(report(End::Failed("x".into()), 2).exit_code(), 1);
        assert_eq!(report(End::Broken("x".into()), 0).exit_code(), 1);
        assert_eq!(report(End::Interrupted, 2).exit_code(), 130);
    }

    #[test]
    fn numbers_and_reasons_are_told() {
        let told = report(End::Complete, 4);
        assert_eq!(
            told.summary(),
            "accepted 5, duplicates 1, rejected 4 (not_json: 4), skipped 2 (method HEAD: 2)"
        );
        assert_eq!(told.problems().len(), 3);
        assert_eq!(told.problems()[2], "rejected: 2 more");
        assert_eq!(told.json()["rejected"], 4);
        assert_eq!(report(End::Complete, 0).problems(), [""; 0]);
        let failed = report(End::Failed("no".into()), 0).problems();
        assert!(failed[0].contains("no") && failed[0].contains("--resume"));
    }
}
