//! Clicks that batch has not settled yet, as far as collectors have stored them: the segments behind the horizon, sealed
//! or not. Each is folded as it is read.

use catalog::routing::Visit;
use enrich::Rules;
use handover::{directory::Directory, raw};
use model::{EntityId, Event, EventKind, Horizon, LogId, Record};
use storage::store::Store;

use super::{By, Told};

/// Leads all of them anew.
///
/// # Errors
///
/// The store fails, or a segment is damaged.
pub(super) async fn read(
    store: &Store,
    horizon: &Horizon,
    rules: &Rules,
    by: &By,
    told: &mut Told,
) -> anyhow::Result<()> {
    let mut directory = Directory::default();
    directory.refresh(store).await?;
    let is_asked = |log: &&raw::LogInfo| log.concerns(by.link.account);
    let logs = directory.open_beyond(horizon).filter(is_asked);
    let logs: Vec<LogId> = logs.map(|info| info.log).collect();
    for log in logs {
        let covered = horizon.of(log);
        let mut number = covered.segment.next();
        while let Some(segment) = raw::segment(store, log, number).await? {
            let behind = segment.records.iter();
            for record in behind.filter(|record| record.seq > covered.seq) {
                add(told, record, rules, by);
            }
            number = number.next();
        }
    }
    Ok(())
}

fn add(told: &mut Told, record: &Record, rules: &Rules, by: &By) {
    let event = &record.event;
    if !is_asked(event, by.link.id, by.since_ms) {
        return;
    }
    let facts = rules.facts(event);
    let query = parameters(event);
    let network = event.network.split('/').next().unwrap_or_default();
    let visit = Visit {
        query: &query,
        ip: network.parse().ok(),
        chance: record.seq.0,
        timezone: by.zone,
        ..Visit::of(event, &facts)
    };
    told.add(
        &by.link,
        &visit,
        (event.rule.clone(), event.variant.clone()),
    );
    told.live += 1;
}

fn is_asked(event: &Event, link: EntityId, since_ms: i64) -> bool {
    let is_click = event.kind() == EventKind::Click;
    is_click && event.object_id() == link && event.occurred_ms >= since_ms
}

/// The parameters that are kept of a request, by their names.
fn parameters(event: &Event) -> Vec<(String, String)> {
    let utms = ["source", "medium", "campaign", "term", "content"];
    let utms = utms.iter().zip(&event.utm);
    let utms = utms.map(|(name, value)| (format!("utm_{name}"), value.clone()));
    let subs = (1..).zip(&event.subs);
    let subs = subs.map(|(number, value)| (format!("sub{number}"), value.clone()));
    let all = utms.chain(subs);
    all.filter(|(_, value)| !value.is_empty()).collect()
}
