//! How much of what is heavy is done at once in one process, and for one account: no tenant takes what all
//! share. Who finds no room waits a while, or is told to come again.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use model::EntityId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use web::Problem;

/// Large bodies of one account that are read at once.
pub(crate) const LARGE_BODIES: u64 = 2;
/// Files of events of one account that are sent at once.
pub(crate) const FILES: u64 = 2;
/// How long a question waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Notes in metrics that an account was refused something that it has enough of.
pub(crate) fn refused(quota: &'static str) {
    metrics::counter!("millrace_quota_refusals_total", "quota" => quota).increment(1);
}

/// What there is room for.
pub(crate) struct Rooms {
    /// Large bodies that are read.
    pub large_bodies: Shared,
    /// Raw segments in memory: each may unpack to megabytes.
    pub receipts: Semaphore,
    /// Accounts whose events are counted.
    pub audits: Semaphore,
    /// Live streams that are open.
    pub streams: Shared,
    /// Questions that are answered.
    pub questions: Shared,
    /// Files of events that are sent.
    pub files: Shared,
    /// Objects that were made.
    pub made: Made,
}

impl Default for Rooms {
    fn default() -> Self {
        Self {
            large_bodies: Shared::new("large_bodies", 8),
            receipts: Semaphore::new(4),
            audits: Semaphore::new(2),
            streams: Shared::new("streams", 4_000),
            questions: Shared::new("questions", 64),
            files: Shared::new("files", 16),
            made: Made::default(),
        }
    }
}

/// Who takes what an account has: its own people, or whoever has one of its shares, who are not to use up what its people
/// have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Side {
    /// The account.
    pub account: EntityId,
    /// Whether it is by shares.
    pub is_share: bool,
}

impl From<EntityId> for Side {
    fn from(account: EntityId) -> Self {
        let is_share = false;
        Self { account, is_share }
    }
}

/// Room for so many of all accounts, and of each and of its shares for as many as whoever comes says.
pub(crate) struct Shared {
    name: &'static str,
    all: Arc<Semaphore>,
    accounts: Mutex<HashMap<Side, Arc<Own>>>,
}

/// The room of one account, or of its shares.
struct Own {
    places: Arc<Semaphore>,
    /// How many there are, or will be when enough are given back.
    most: AtomicUsize,
    /// Those that are gone as soon as they are given back: there are to be fewer.
    owed: AtomicUsize,
}

impl Own {
    fn new(most: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(most)),
            most: AtomicUsize::new(most),
            owed: AtomicUsize::new(0),
        }
    }

    /// Makes it a room for so many. One at a time.
    fn resize(&self, most: usize) {
        let before = self.most.swap(most, Ordering::Relaxed);
        for _ in before..most {
            if !self.take_owed() {
                self.places.add_permits(1);
            }
        }
        let fewer = before.saturating_sub(most);
        let gone = self.places.forget_permits(fewer);
        self.owed.fetch_add(fewer - gone, Ordering::Relaxed);
    }

    /// Whether a place was owed; it is not any more.
    fn take_owed(&self) -> bool {
        let less = |owed: usize| owed.checked_sub(1);
        let taken = self
            .owed
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        taken.is_ok()
    }
}

/// A place, given back when dropped.
pub(crate) struct Place {
    _own: OwnPlace,
    _shared: OwnedSemaphorePermit,
}

/// A place among those of one account, or of its shares.
struct OwnPlace {
    own: Option<OwnedSemaphorePermit>,
    room: Arc<Own>,
}

impl OwnPlace {
    fn new(own: OwnedSemaphorePermit, room: &Arc<Own>) -> Self {
        Self {
            own: Some(own),
            room: Arc::clone(room),
        }
    }
}

impl Drop for OwnPlace {
    fn drop(&mut self) {
        if let Some(own) = self.own.take()
            && self.room.take_owed()
        {
            own.forget();
        }
    }
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crowded {
    /// The account has as many as it may.
    Account,
    /// All accounts together have.
    Everybody,
}

impl Shared {
    fn new(name: &'static str, all: usize) -> Self {
        Self {
            name,
            all: Arc::new(Semaphore::new(all)),
            accounts: Mutex::default(),
        }
    }

    /// A place now, of the `most` that an account, or its shares, may have.
    pub(crate) fn enter(&self, side: impl Into<Side>, most: u64) -> Result<Place, Crowded> {
        let room = self.of(side.into(), most);
        let own = Arc::clone(&room.places).try_acquire_owned();
        let own = own.map_err(|_| {
            refused(self.name);
            Crowded::Account
        })?;
        // Given back as any other if there is no room for it.
        let own = OwnPlace::new(own, &room);
        let shared = Arc::clone(&self.all).try_acquire_owned();
        Ok(Place {
            _own: own,
            _shared: shared.map_err(|_| Crowded::Everybody)?,
        })
    }

    /// The same, waited for.
    pub(crate) async fn wait(&self, side: impl Into<Side>, most: u64) -> Result<Place, Problem> {
        let room = self.of(side.into(), most);
        let turn = async {
            let own = Arc::clone(&room.places).acquire_owned().await.ok()?;
            let own = OwnPlace::new(own, &room);
            let shared = Arc::clone(&self.all).acquire_owned().await.ok()?;
            Some(Place {
                _own: own,
                _shared: shared,
            })
        };
        let place = tokio::time::timeout(PATIENCE, turn).await.ok().flatten();
        place.ok_or_else(|| {
            refused(self.name);
            let detail =
                format!("{most} questions of this account are being answered; ask fewer at once");
            Problem::too_many(detail, 1)
        })
    }

    /// The own room of an account, or of its shares. Those in which nobody is are forgotten now and then.
    fn of(&self, side: Side, most: u64) -> Arc<Own> {
        let most = most.min(MOST_PLACES) as usize;
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= MOST_KEPT {
            accounts.retain(|_, own| Arc::strong_count(own) > 1);
        }
        let own = accounts.entry(side);
        let own = own.or_insert_with(|| Arc::new(Own::new(most)));
        // What an account may have changes; who is in stays.
        if own.most.load(Ordering::Relaxed) != most {
            own.resize(most);
        }
        Arc::clone(own)
    }
}

/// How many objects each account made in this hour.
#[derive(Default)]
pub(crate) struct Made(Mutex<(i64, HashMap<EntityId, u64>)>);

const HOUR_MS: i64 = 3_600_000;

impl Made {
    /// Takes note of `count` new objects of `account`, of which there may be `most` an hour.
    pub(crate) fn take(
        &self,
        account: EntityId,
        count: u64,
        most: u64,
        now_ms: i64,
    ) -> Result<(), Problem> {
        let hour = now_ms.div_euclid(HOUR_MS);
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if made.0 != hour {
            *made = (hour, HashMap::new());
        }
        let own = made.1.entry(account).or_default();
        if *own + count > most {
            refused("new_objects");
            let wait = (HOUR_MS - now_ms.rem_euclid(HOUR_MS) + 999) / 1_000;
            let detail = format!("this account may make {most} objects an hour");
            return Err(Problem::too_many(detail, wait as u32));
        }
        *own += count;
        Ok(())
    }
}

/// Places that an account may have at most, whatever is said: more than all of them together.
const MOST_PLACES: u64 = 10_000;
/// Accounts whose rooms are kept before those without anybody are forgotten.
const MOST_KEPT: usize = 10_000;

#[cfg(test)]
mod tests {
    use model::EntityKind;

    use super::*;

    fn account(raw: u64) -> EntityId {
        EntityId::new(EntityKind::Account, raw)
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_fills_its_own_room_and_no_more() {
        let room = Shared::new("test", 5);
        let held = [(); 2].map(|()| room.enter(account(1), 2).unwrap());
        assert_eq!(room.enter(account(1), 2).err(), Some(Crowded::Account));
        let problem = room.wait(account(1), 2).await.err().unwrap();
        assert_eq!(
            (problem.status.as_u16(), problem.retry_after),
            (429, Some(1))
        );
        let shares = Side {
            is_share: true,
            ..account(1).into()
        };
        drop(room.enter(shares, 2).unwrap());
        let other = room.enter(account(2), 2).unwrap();
        drop(held);
        let waited = room.wait(account(1), 2).await;
        assert!(waited.is_ok(), "room is given back");
        let more = [3, 4, 5].map(|raw| room.enter(account(raw), 2).unwrap());
        assert_eq!(room.enter(account(6), 2).err(), Some(Crowded::Everybody));
        drop((other, more));
    }

    #[test]
    fn what_an_account_may_have_changes_and_who_is_in_stays() {
        let room = Shared::new("test", 50);
        let enter = |most| room.enter(account(1), most);
        let mut held: Vec<Place> = (0..3).map(|_| enter(3).unwrap()).collect();
        assert_eq!(enter(3).err(), Some(Crowded::Account));
        held.push(enter(4).unwrap());
        // Fewer: there is a place again when two have gone.
        for _ in 0..2 {
            assert_eq!(enter(3).err(), Some(Crowded::Account));
            held.pop();
        }
        held.push(enter(3).unwrap());
        assert_eq!(enter(3).err(), Some(Crowded::Account));
        assert_eq!(enter(0).err(), Some(Crowded::Account));
        // What was owed is not, once there may be as many again.
        held.push(enter(4).unwrap());
        assert_eq!(enter(4).err(), Some(Crowded::Account));
        drop(held);
        let all: Vec<Place> = (0..4).map(|_| enter(4).unwrap()).collect();
        assert_eq!((all.len(), enter(4).err()), (4, Some(Crowded::Account)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_is_given_up_while_all_are_waited_for_is_owed_too() {
        let room = Shared::new("test", 1);
        let all = room.enter(account(2), 1).unwrap();
        {
            let mut waiting = std::pin::pin!(room.wait(account(1), 1));
            assert!(futures::poll!(&mut waiting).is_pending());
            assert_eq!(room.enter(account(1), 0).err(), Some(Crowded::Account));
        }
        drop(all);
        assert_eq!(room.enter(account(1), 0).err(), Some(Crowded::Account));
    }

    #[test]
    fn an_account_makes_so_much_an_hour() {
        let made = Made::default();
        made.take(account(1), 9, 10, 5_000).unwrap();
        let more = made.take(account(1), 2, 10, 5_000).unwrap_err();
        assert_eq!((more.status.as_u16(), more.retry_after), (429, Some(3_595)));
        made.take(account(1), 1, 10, 5_000).unwrap();
        made.take(account(2), 10, 10, 5_000).unwrap();
        made.take(account(1), 10, 10, HOUR_MS).unwrap();
    }

    #[test]
    fn rooms_without_anybody_are_forgotten() {
        let room = Shared::new("test", 5);
        let _held = room.enter(account(0), 2).unwrap();
        for raw in 1..=2 * MOST_KEPT as u64 {
            drop(room.enter(account(raw), 2));
        }
        assert!(room.accounts.lock().unwrap().len() <= MOST_KEPT);
        let _second = room.enter(account(0), 2).unwrap();
        let third = room.enter(account(0), 2).err();
        assert_eq!(third, Some(Crowded::Account), "who is in is not forgotten");
    }
}
