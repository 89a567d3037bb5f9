//! For how long an account keeps its events.
//!
//! An event is kept until so many days after it was received, or happened if that is later, by days of UTC. Then its
//! details go; every number that cubes keep stays. A shorter time takes effect with the next rollup and cannot be taken
//! back; a longer one brings nothing back.

use model::EntityId;

use crate::{Account, CatalogError, State};

/// The longest time that can be set, days: as good as for ever.
pub const MOST_DAYS: u32 = 36_500;

/// Whether events may be kept for so many days.
///
/// # Errors
///
/// Not for less than a day, nor for more than [`MOST_DAYS`].
pub fn check(days: Option<u32>) -> Result<(), CatalogError> {
    if days.is_none_or(|days| (1..=MOST_DAYS).contains(&days)) {
        return Ok(());
    }
    let why = format!("must be from 1 to {MOST_DAYS} days, or null");
    Err(CatalogError::invalid("keep_events_days", why))
}

impl State {
    /// For how many days an account keeps its events: what it has set, or what whoever runs the installation allows it
    /// if that is less. `None`: for ever; so do accounts that are not known.
    pub fn keeps_events_days(&self, account: EntityId) -> Option<u32> {
        self.kept_by(self.account(account)?)
    }

    /// The same of an account that is as `account` says.
    pub fn kept_by(&self, account: &Account) -> Option<u32> {
        let most = self.quotas_of(account).0.keep_events_days;
        let own = account.settings.keep_events_days;
        own.into_iter().chain(most).min()
    }
}
