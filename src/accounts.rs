//! What runs of the batch layer ask about accounts: how long they keep their events, and what was theirs.

use batch_layer::Accounts;
use catalog::{Catalog, Row, Table};
use handover::expiry::{Keeps, Kept};
use model::{EntityId, time};

/// As the catalog says at that moment.
pub struct OfCatalog(pub Catalog);

impl Accounts for OfCatalog {
    fn keeps(&self) -> Keeps {
        self.0.read(|state| {
            let all = state.accounts(None, usize::MAX).into_iter();
            let kept = all.filter_map(|account| {
                let days = state.kept_by(&account)?;
                // Clocks of doors may be behind that of whoever made it.
                let since = time::day_of(time::minute_of(account.created_ms)) - 1;
                Some((account.id.raw, Kept { days, since }))
            });
            kept.collect()
        })
    }

    fn objects(&self, account: EntityId) -> Vec<EntityId> {
        self.0.read(|state| {
            let of = [
                of(&state.links, account),
                of(&state.pixels, account),
                of(&state.goals, account),
                of(&state.campaigns, account),
            ];
            of.concat()
        })
    }
}

/// Those of an account, deleted ones too.
fn of<T: Row>(table: &Table<T>, account: EntityId) -> Vec<EntityId> {
    let rows = table.iter().filter(|row| row.account() == account);
    rows.map(|row| row.id()).collect()
}
