//! What became of rows, for people and for programs.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use serde_json::{Value, json};

/// Refused rows that are shown.
const SHOWN: usize = 5;
/// Characters of each that are shown.
const SHOWN_OF_EACH: usize = 300;
/// Some rows were refused.
const SOME_REFUSED: u8 = 3;

/// What became of rows.
#[derive(Debug, Default)]
pub struct Report {
    /// How many, by what became of them.
    counts: BTreeMap<&'static str, u64>,
    /// Refused rows, by code.
    refused: BTreeMap<String, u64>,
    /// The first of them.
    examples: Vec<String>,
    /// Where they are.
    pub rejects: Vec<PathBuf>,
    /// What else is to be said.
    notes: Vec<String>,
}

impl Report {
    /// So many rows became this.
    pub fn add(&mut self, what: &'static str, count: u64) {
        *self.counts.entry(what).or_default() += count;
    }

    /// How many rows became this.
    pub fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or_default()
    }

    /// Takes in what became of others.
    pub fn take(&mut self, other: Self) {
        for (what, count) in other.counts {
            self.add(what, count);
        }
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
        let room = SHOWN.saturating_sub(self.examples.len());
        self.examples.extend(other.examples.into_iter().take(room));
        self.rejects.extend(other.rejects);
        self.notes.extend(other.notes);
    }

    /// A row was refused.
    pub fn refuse(&mut self, place: &str, code: &str, detail: &str) {
        *self.refused.entry(code.to_owned()).or_default() += 1;
        if self.examples.len() < SHOWN {
            let shown = format!("{place}: {code}: {detail}");
            self.examples
                .push(shown.chars().take(SHOWN_OF_EACH).collect());
        }
    }

    /// Says a sentence at the end.
    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// How many rows were refused.
    pub fn all_refused(&self) -> u64 {
        self.refused.values().sum()
    }

    /// One JSON object.
    fn json(&self) -> Value {
        let mut all: serde_json::Map<String, Value> = self
            .counts
            .iter()
            .map(|(what, count)| ((*what).to_owned(), json!(count)))
            .collect();
        all.insert("refused".into(), json!(self.all_refused()));
        all.insert("refused_by_code".into(), json!(self.refused));
        all.insert("rejects".into(), json!(self.rejects));
        all.insert("notes".into(), json!(self.notes));
        Value::Object(all)
    }

    /// Prints it, and says how the program ends.
    pub fn print(&self, json: bool) -> ExitCode {
        match json {
            true => println!("{}", self.json()),
            false => println!("{}", self.summary()),
        }
        if !json {
            self.notes.iter().for_each(|note| println!("{note}"));
        }
        self.examples
            .iter()
            .for_each(|example| eprintln!("{example}"));
        for path in &self.rejects {
            eprintln!(
                "refused rows are in {}, each below its reason: mend them and import that file",
                path.display()
            );
        }
        match self.all_refused() {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(SOME_REFUSED),
        }
    }

    fn summary(&self) -> String {
        let counts = self
            .counts
            .iter()
            .map(|(what, count)| format!("{count} {what}"));
        let refused = Some(self.all_refused()).filter(|refused| *refused > 0);
        let all: Vec<String> = counts
            .chain(refused.map(|refused| format!("{refused} refused")))
            .collect();
        match all.is_empty() {
            true => "nothing to do".to_owned(),
            false => all.join(", "),
        }
    }
}
