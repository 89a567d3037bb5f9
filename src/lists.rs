//! The operator's own lists of bots, people and channels: read when a collector starts, and again when the file changes. A file
//! that cannot be used is told, in the log and in the operator's health; what was read before stays in use.

use std::{io::Read, path::Path, sync::Arc};

use anyhow::Context;
use enrich::{Lists, MAX_LISTS, OwnLists};
use tokio_util::sync::CancellationToken;
use web::Health;

use crate::{
    config::Settings,
    followed::{self, Followed},
};

/// Under which name health tells what is wrong.
const NAME: &str = "lists";

/// The lists, and the file that they are of.
pub struct ListsFile {
    lists: OwnLists,
    file: Option<Followed>,
    health: Health,
}

impl ListsFile {
    /// Reads the file, if one is set.
    pub async fn open(settings: &Settings, health: Health) -> Self {
        let file = settings.lists.clone().map(Followed::new);
        let (lists, has_file) = (OwnLists::default(), file.is_some());
        let opened = Self {
            lists: lists.clone(),
            file,
            health: health.clone(),
        };
        let look = move || opened.look(true);
        tokio::task::spawn_blocking(look)
            .await
            .unwrap_or_else(|error| {
                tracing::error!(%error, has_file, "the file of lists is not followed");
                Self {
                    lists,
                    file: None,
                    health,
                }
            })
    }

    /// What judges events, now and after every change.
    pub fn lists(&self) -> OwnLists {
        self.lists.clone()
    }

    /// Follows the file until it is told to stop.
    pub async fn follow(self, stop: CancellationToken) {
        followed::follow(self, |file| file.look(false), stop).await;
    }

    fn look(mut self, is_start: bool) -> Self {
        if let Some(file) = &mut self.file
            && (file.has_changed() || is_start)
        {
            match read(&file.path) {
                Ok(lists) => {
                    tracing::info!(path = %file.path.display(), version = lists.version(), "own lists are in use");
                    self.lists.replace(Some(Arc::new(lists)));
                    self.health.warn(NAME, None);
                }
                Err(error) => {
                    let wrong = format!("{error:#}; what was read before stays in use");
                    tracing::warn!(wrong, "own lists cannot be used");
                    self.health.warn(NAME, Some(wrong));
                }
            }
        }
        self
    }
}

/// Reads a file of lists. Blocks.
pub fn read(path: &Path) -> anyhow::Result<Lists> {
    let read = || {
        let file = std::fs::File::open(path)?;
        let mut text = String::new();
        // One byte more than may be, so that it is told.
        file.take(MAX_LISTS as u64 + 1).read_to_string(&mut text)?;
        anyhow::Ok(Lists::parse(&text)?)
    };
    read().with_context(|| format!("the lists in {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Event;

    fn listed(lists: &OwnLists, agent: &str) -> String {
        let mut event = Event {
            user_agent: agent.into(),
            ..Event::default()
        };
        lists.judge(&mut event, None);
        event.listed_bot
    }

    #[tokio::test]
    async fn a_file_that_changes_is_read_again_and_one_that_breaks_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (path, health) = (folder.path().join("lists.toml"), Health::default());
        let warned = || health.warnings().remove(NAME).unwrap_or_default();
        let options = crate::config::Options {
            data_dir: Some(folder.path().to_owned()),
            lists: Some(path.clone()),
            ..crate::config::Options::default()
        };
        let mut file = ListsFile::open(&options.settings().unwrap(), health.clone()).await;
        let lists = file.lists();
        assert!(
            warned().contains("lists.toml"),
            "it is missing: {}",
            warned()
        );
        let write = |name: &str| {
            let text = format!("[[bots]]\nname = \"{name}\"\nagents = [\"acme\"]\n");
            std::fs::write(&path, text).unwrap();
        };
        write("one");
        file = file.look(false);
        assert_eq!((&*listed(&lists, "Acme/1"), &*warned()), ("one", ""));
        std::fs::write(&path, "bots = 3").unwrap();
        file = file.look(false);
        assert!(warned().contains("stays in use"), "{}", warned());
        assert_eq!(listed(&lists, "Acme/1"), "one");
        write("another");
        file.look(false);
        assert_eq!((&*listed(&lists, "Acme/1"), &*warned()), ("another", ""));
    }
}
