//! Histories that are imported while everything else goes on: an import may be killed anywhere, and is run again until it
//! says that it is done. Then all of it must be counted, once.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use model::Clock;
use rand::{Rng, rngs::StdRng};
use serde_json::json;

use crate::support::{
    content::Content, diary::Diary, http::Customer, objects::Objects, place::Place, process,
};

/// Events of a history.
const EVENTS: usize = 500;

/// The imports of an installation.
pub struct Histories {
    folder: PathBuf,
    account: String,
    files: Vec<(PathBuf, Vec<(String, Content)>)>,
    running: Option<Child>,
}

impl Histories {
    pub async fn of(customer: &Customer, folder: &Path) -> Self {
        let account = customer.get("/v1/account").await["id"].take();
        Self {
            folder: folder.to_owned(),
            account: account.as_str().unwrap().to_owned(),
            files: Vec::new(),
            running: None,
        }
    }

    /// Begins to import one, the same as before or another, or kills who does.
    pub fn import_or_kill(&mut self, place: &Place, objects: &Objects, random: &mut StdRng) {
        if let Some(mut child) = self.running.take()
            && child.try_wait().unwrap().is_none()
        {
            child.kill().unwrap();
            child.wait().unwrap();
            return;
        }
        if self.files.is_empty() || random.random_bool(0.5) {
            self.write(objects, random);
        }
        let (file, _) = &self.files[random.random_range(0..self.files.len())];
        self.running = Some(self.command(place, file).spawn().unwrap());
    }

    /// Imports all that were begun to their ends, and writes down that they are.
    pub async fn finish(&mut self, place: &Place, diary: &mut Diary) {
        self.kill();
        for (file, events) in &self.files {
            let mut command = self.command(place, file);
            let output = tokio::task::spawn_blocking(move || command.output().unwrap());
            let output = output.await.unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "an import fails: {said}");
            for (marker, content) in events {
                diary.note_sending(marker, content, false);
                diary.acknowledge(marker, None);
            }
        }
    }

    fn write(&mut self, objects: &Objects, random: &mut StdRng) {
        let number = self.files.len();
        let now_ms = model::SystemClock.now_ms();
        let mut events = Vec::new();
        let mut lines = String::new();
        for i in 0..EVENTS {
            let (slug, link) = &objects.links[random.random_range(0..objects.links.len())];
            let content = Content::of_history(link.clone(), now_ms, random);
            let marker = format!("history-{number}-{i}");
            let line = json!({
                "link": slug,
                "sub1": marker,
                "user_agent": content.agent.header,
                "referrer": content.referrer,
                "country": content.country,
                "occurred_at": content.occurred_ms,
            });
            lines += &format!("{line}\n");
            events.push((marker, content));
        }
        let file = self.folder.join(format!("history-{number}.ndjson"));
        fs::write(&file, lines).unwrap();
        self.files.push((file, events));
    }

    fn command(&self, place: &Place, file: &Path) -> Command {
        let account = &self.account;
        let arguments = ["import", "clicks", "--data-dir", ".", "--account", account];
        let mut command = process::millrace_at(place, &arguments);
        command.args(["--format", "ndjson"]).arg(file);
        command
            .current_dir(&self.folder)
            .env("MILLRACE_SECRET", process::SECRET);
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
        quiet.stderr(Stdio::piped());
        command
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Histories {
    fn drop(&mut self) {
        self.kill();
    }
}
