//! Whether the settled visits hold who came. All visitors would be too many: of some accounts some visitors
//! are looked at, others in each audit, and all of those.

use std::collections::BTreeMap;

use handover::{
    expiry::Expired,
    manifest::Manifest,
    runs::{Key, Quarters, RunFile, RunReader, Visit},
};
use model::{EntityId, EntityKind, time, visitors::FOREIGN};
use storage::{
    error::{Kind, StorageError},
    object_keys::ObjectKey,
    store::Store,
};

use crate::{events::Row, stored::mix};

/// Accounts looked at, their visitors by day, and places in runs that are read for them, at most.
const ACCOUNTS: usize = 16;
const VISITS: usize = 50_000;
const PLACES: usize = 64;

/// When a visitor came on one UTC day, as a person and as a bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Came {
    people: Quarters,
    bots: Quarters,
}

impl Came {
    fn add(&mut self, people: Quarters, bots: Quarters) {
        self.people.0 |= people.0;
        self.bots.0 |= bots.0;
    }

    /// Whether all of the other is in it.
    fn holds(self, other: Came) -> bool {
        let lacks = |a: Quarters, b: Quarters| b.0 & !a.0 != 0;
        !lacks(self.people, other.people) && !lacks(self.bots, other.bots)
    }
}

/// Who came: by account, day and visitor.
type Visits = BTreeMap<(EntityId, i64, u64), Came>;

/// Those who are looked at.
#[derive(Debug)]
pub(crate) struct Sample {
    /// Makes other ones in another audit.
    salt: u64,
    /// Accounts and visitors whose number, mixed, is below these.
    accounts_below: u64,
    visitors_below: u64,
    /// Before this unix minute, visits are known by the hour.
    hourly_before: i64,
    came: Visits,
}

impl Sample {
    /// None yet.
    pub fn new(manifest: &Manifest, n: u64) -> Self {
        Self {
            salt: n,
            accounts_below: u64::MAX,
            visitors_below: u64::MAX,
            hourly_before: manifest.hourly_before,
            came: Visits::new(),
        }
    }

    /// Adds an event that counts.
    pub fn add(&mut self, event: &Row) {
        let day = time::day_of(event.minute());
        let is_known = event.is_visit && event.visitor != 0 && self.is_known(day);
        if !is_known || !self.has(event.account, event.visitor) {
            return;
        }
        let at = Quarters::at(event.minute());
        let (people, bots) = match event.is_bot {
            false => (at, Quarters::default()),
            true => (Quarters::default(), at),
        };
        let came = self.came.entry((event.account, day, event.visitor));
        came.or_default().add(people, bots);
        if self.came.len() > VISITS {
            self.narrow();
        }
    }

    /// Whether it is known to the quarter of an hour who came on a day.
    fn is_known(&self, day: i64) -> bool {
        day.saturating_mul(time::DAY) >= self.hourly_before
    }

    fn has(&self, account: EntityId, visitor: u64) -> bool {
        mix(account.raw ^ self.salt) <= self.accounts_below && mix(visitor) <= self.visitors_below
    }

    /// Looks at fewer: at fewer accounts first.
    fn narrow(&mut self) {
        while self.accounts() > ACCOUNTS || (self.accounts() > 1 && self.keys().len() > PLACES) {
            self.accounts_below /= 2;
            self.forget();
        }
        while self.came.len() > VISITS {
            self.visitors_below /= 2;
            self.forget();
        }
    }

    fn accounts(&self) -> usize {
        let mut accounts: Vec<EntityId> = self.came.keys().map(|(account, ..)| *account).collect();
        accounts.dedup();
        accounts.len()
    }

    fn forget(&mut self) {
        let mut came = std::mem::take(&mut self.came);
        came.retain(|(account, _, visitor), _| self.has(*account, *visitor));
        self.came = came;
    }

    /// What the visits of `manifest` lack of them, or, where these are `all` who came but for who is `expired`, have besides.
    pub async fn differences(
        mut self,
        store: &Store,
        manifest: &Manifest,
        all: bool,
        expired: &Expired,
    ) -> Result<Vec<String>, StorageError> {
        self.narrow();
        let mut found = Vec::new();
        let mut settled = Visits::new();
        let keys = self.keys();
        for file in &manifest.visits {
            let keys = keys.iter().filter(|key| file.overlaps(**key, **key));
            let keys: Vec<Key> = keys.copied().collect();
            match self.read(store, file, &keys, &mut settled).await {
                Ok(()) => {}
                Err(error) if error.kind() == Kind::Damaged => found.push(error.to_string()),
                Err(error) => return Err(error),
            }
        }
        // Of a file that cannot be read it is said already.
        if found.is_empty() {
            found.extend(self.lacking(&settled));
            // Of days that are not kept some events are there, and some are not.
            let is_kept = |(account, day, _): &(EntityId, i64, u64)| {
                let first = expired.first_day(account.raw);
                first.is_none_or(|first| *day >= first)
            };
            settled.retain(|who, _| is_kept(who));
            found.extend(self.besides(&settled).filter(|_| all));
        }
        Ok(found)
    }

    /// Where visits of those who are looked at lie.
    fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self
            .came
            .keys()
            .map(|(account, day, _)| Key::new(*account, None, *day))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    async fn read(
        &self,
        store: &Store,
        file: &RunFile,
        keys: &[Key],
        settled: &mut Visits,
    ) -> Result<(), StorageError> {
        if keys.is_empty() {
            return Ok(());
        }
        let name = file.file.name.clone();
        let path = ObjectKey::Visits { name }.path();
        let reader = RunReader::open(store, path, file.file.bytes).await?;
        for key in keys {
            let account = EntityId::new(EntityKind::Account, key.entity);
            let take = |visit: Visit| {
                let is_known = visit.visitor != FOREIGN && self.is_known(visit.day);
                if is_known && self.has(account, visit.visitor) {
                    let came = settled.entry((account, visit.day, visit.visitor));
                    came.or_default().add(visit.people, visit.bots);
                }
            };
            reader.visits(*key, take).await?;
        }
        Ok(())
    }

    fn lacking(&self, settled: &Visits) -> Option<String> {
        let held = |who| settled.get(who).copied().unwrap_or_default();
        let lacks = self
            .came
            .iter()
            .filter(|(who, came)| !held(who).holds(**came));
        told(
            lacks.map(|(who, _)| *who),
            self.came.len(),
            "are not all there",
        )
    }

    fn besides(&self, settled: &Visits) -> Option<String> {
        let came = |who| self.came.get(who).copied().unwrap_or_default();
        let more = settled
            .iter()
            .filter(|(who, held)| !came(who).holds(**held));
        told(
            more.map(|(who, _)| *who),
            settled.len(),
            "are there though no event says so",
        )
    }
}

/// No visitor's number is told.
fn told(
    mut who: impl Iterator<Item = (EntityId, i64, u64)>,
    of: usize,
    what: &str,
) -> Option<String> {
    let (account, day, _) = who.next()?;
    let date = time::day_text(day).unwrap_or_default();
    let count = who.count() + 1;
    Some(format!(
        "visits of {count} of the {of} visitors of a day that were looked at {what}; the first is of {account} on {date}"
    ))
}
