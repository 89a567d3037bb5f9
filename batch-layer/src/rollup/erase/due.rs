//! When an erasure is due: when all that was recorded before it was asked for is settled. No clock says that: collectors
//! close their epochs after it, and these epochs are waited for.

use handover::{
    directory::Directory,
    erasures::{self, Asked},
    installation::{Control, Request},
    manifest::Manifest,
};
use model::{CUBES, Epoch, LogId, Seq};

use crate::rollup::deps::{RollupDeps, RollupError};

/// Erasures that one run looks at, at most.
const MOST: usize = 10_000;

/// What a run has to erase.
#[derive(Default)]
pub(in crate::rollup) struct Erasures {
    /// Each with what must be settled before; `None`: collectors have not said that yet.
    open: Vec<(Asked, Option<Vec<Until>>)>,
    /// What is carried out, and waits for old files to be deleted.
    pub(in crate::rollup) carried: Vec<Asked>,
}

/// Up to where a log must be settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Up to this epoch.
    Epoch(LogId, Epoch),
    /// Up to this event, its last.
    Last(LogId, Seq),
}

impl Erasures {
    /// Looks what there is, and asks collectors to close their epochs where that is missing. A run does this before it takes
    /// anything: what is closed meanwhile does not put the end off again.
    pub(in crate::rollup) async fn look(deps: &RollupDeps) -> Result<Self, RollupError> {
        let store = &deps.env.store;
        let asked = erasures::asked(store, MOST).await?;
        let (open, carried): (Vec<Asked>, Vec<Asked>) =
            asked.into_iter().partition(|asked| asked.carried.is_none());
        if open.is_empty() {
            let open = Vec::new();
            return Ok(Self { open, carried });
        }
        let manifest = deps.manifests.latest().await?.manifest;
        let mut directory = Directory::default();
        directory.refresh(store).await?;
        let with_needs = |asked: Asked| {
            let needs = match asked.is_account {
                true => Some(Vec::new()),
                false => needs(&directory, &manifest, asked.after),
            };
            (asked, needs)
        };
        let open: Vec<_> = open.into_iter().map(with_needs).collect();
        if open.iter().any(|(_, needs)| needs.is_none()) {
            let control = Control::new(store.clone());
            control.ask(Request::CloseEpochs, &deps.env).await?;
        }
        Ok(Self { open, carried })
    }

    /// Those whose time has come with this manifest.
    pub(in crate::rollup) fn due(&self, manifest: &Manifest) -> Vec<Asked> {
        // Day files of the version before become runs first.
        let is_old = !manifest.day_views.is_empty();
        let is_due = |needs: &Option<Vec<Until>>| {
            let needs = needs.as_ref();
            needs.is_some_and(|needs| needs.iter().all(|until| until.is_settled(manifest)))
        };
        // What is counted of an account is counted anew, of all cubes.
        let has_all =
            manifest.fillings.is_empty() && CUBES.iter().all(|cube| manifest.is_whole(cube));
        let is_ready = |asked: &Asked| !is_old && (has_all || !asked.is_account);
        let due = self.open.iter();
        let due = due.filter(|(asked, needs)| is_ready(asked) && is_due(needs));
        due.map(|(asked, _)| asked.clone()).collect()
    }
}

impl Until {
    fn is_settled(self, manifest: &Manifest) -> bool {
        match self {
            Self::Epoch(log, epoch) => manifest.horizon.of(log).epoch >= epoch,
            Self::Last(log, seq) => manifest.horizon.of(log).seq >= seq,
        }
    }
}

/// What must be settled so that all is that was recorded before request `after` to collectors was made.
fn needs(directory: &Directory, manifest: &Manifest, after: u64) -> Option<Vec<Until>> {
    let open = directory.open_beyond(&manifest.horizon);
    open.map(|info| match (info.retired_at, info.closed) {
        (Some(last), _) => Some(Until::Last(info.log, last)),
        (None, Some(closed)) if closed.request > after => {
            Some(Until::Epoch(info.log, closed.epoch))
        }
        (None, _) => None,
    })
    .collect()
}
