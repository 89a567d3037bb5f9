//! What a click costs: as the request says, or the variant, the link, the campaign, the first that does.

use catalog::{Link, Price};
use model::Event;

use crate::recorder::EventRecorder;

/// Writes it into a click. `told` is what the request or the variant says.
pub(super) fn write(recorder: &EventRecorder, link: &Link, event: &mut Event, told: Option<Price>) {
    let own = || link.options.as_deref()?.cost_per_click;
    let campaign = || recorder.catalog.campaign(link.campaign?)?.cost_per_click;
    let price = told.or_else(own).or_else(campaign);
    let Some(price) = price.filter(|price| price.micros() > 0) else {
        return;
    };
    let account = recorder.catalog.account(link.account);
    let currency = account.as_ref().map(|account| account.settings.currency());
    event.cost_micros = Some(price.micros());
    event.cost_currency = currency.unwrap_or(catalog::types::CURRENCY).to_owned();
}
