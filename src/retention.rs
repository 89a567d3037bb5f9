//! How long accounts keep their events, for whoever takes out what they do not keep any longer.

use std::sync::Arc;

use batch_layer::KeepDays;
use catalog::Catalog;

/// As the catalog says at that moment.
pub fn keep_days(catalog: Catalog) -> KeepDays {
    Arc::new(move || {
        catalog.read(|state| {
            let all = state.accounts(None, usize::MAX).into_iter();
            let days = all.filter_map(|account| {
                let days = state.keeps_events_days(account.id)?;
                Some((account.id.raw, days))
            });
            days.collect()
        })
    })
}
