//! What the store holds in the end, held against what clients were told and what the API says.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use handover::{
    attributions::{self, Decision},
    duplicates,
    manifests::Manifests,
};
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::{Field, Row},
};
use serde_json::Value;
use storage::store::{self, Store};

use super::{
    content::Content,
    diary::Diary,
    http::{Customer, all_days},
    objects::Objects,
};

/// Events of each object.
pub type PerObject = BTreeMap<String, u64>;

/// Everything about all objects, in numbers.
const EVERYTHING: &str = "exclude_bots=false&limit=50000";
const KINDS: [(&str, &str); 3] = [
    ("link", "clicks"),
    ("pixel", "views"),
    ("goal", "conversions"),
];

/// What the API counts, by object.
pub async fn counted(customer: &Customer) -> PerObject {
    let mut all = PerObject::new();
    for (kind, metric) in KINDS {
        let answer = customer
            .stats(&format!(
                "metrics={metric}&group_by={kind}&{EVERYTHING}&{}",
                all_days()
            ))
            .await;
        for row in answer["results"].as_array().unwrap() {
            let (id, count) = (row[kind].as_str().unwrap(), row[metric].as_u64().unwrap());
            all.insert(id.to_owned(), count);
        }
    }
    all
}

/// The numbers before the last events are ground.
pub struct Live {
    counts: PerObject,
    left_out: BTreeSet<String>,
}

impl Live {
    /// What the API says now.
    pub async fn of(customer: &Customer, store: &Store) -> Self {
        Self {
            left_out: left_out(store).await,
            counts: counted(customer).await,
        }
    }

    /// Now that everything is ground: the numbers are the same, without events that were found to
    /// repeat others, and they are what the events and the diary say.
    pub async fn check_settled(self, customer: &Customer, store: &Store, diary: &Diary) {
        let settled = counted(customer).await;
        let mut with_repeated = settled.clone();
        let left_out = left_out(store).await;
        for event in settled_events(store).await {
            if left_out.contains(&event.id) && !self.left_out.contains(&event.id) {
                *with_repeated.entry(event.object).or_default() += 1;
            }
        }
        let live = self.counts;
        assert_eq!(with_repeated, live, "settled and live numbers differ");
        let events = check_events(store, diary).await;
        assert_eq!(events, settled, "events and numbers differ");
    }
}

/// Records one last event at each collector, and waits until the live numbers hold it, and with
/// it all before it.
pub async fn wait_for_everything(
    customer: &Customer,
    collectors: &[&str],
    objects: &Objects,
    diary: &mut Diary,
) {
    for (i, collector) in collectors.iter().enumerate() {
        let recorded = click(customer, collector, objects, &format!("last-{i}"), diary).await;
        assert!(recorded, "{collector} does not record");
    }
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for (log, seq) in diary.ids.keys().filter_map(|id| id.rsplit_once('-')) {
        let last = last.entry(log).or_default();
        *last = seq.parse::<u64>().unwrap().max(*last);
    }
    let reached = |answer: &Value| {
        let as_of = &answer["meta"]["counted_upto"];
        last.iter()
            .all(|(log, seq)| as_of[log].as_u64() >= Some(*seq))
    };
    customer.wait_for_stats("metrics=clicks", reached).await;
}

/// Clicks once, and writes that down; gives whether it was recorded.
pub async fn click(
    customer: &Customer,
    collector: &str,
    objects: &Objects,
    marker: &str,
    diary: &mut Diary,
) -> bool {
    let (slug, link) = &objects.links[0];
    let content = Content::plain(link.clone());
    diary.note_sending(marker, &content, false);
    let click = customer
        .http
        .get(format!("{collector}/{slug}?sub1={marker}"));
    let click = click.header("user-agent", content.agent.header);
    let response = click.send().await.unwrap();
    assert_eq!(response.status(), 302);
    let id = response.headers().get("millrace-event-id");
    if let Some(id) = id {
        diary.acknowledge(marker, id.to_str().ok());
    }
    id.is_some()
}

/// One settled event.
pub struct Event {
    pub id: String,
    log: String,
    seq: u64,
    object: String,
    marker: String,
}

/// Compares the settled events in `store` with the diary; gives by object how many are counted.
pub async fn check_events(store: &Store, diary: &Diary) -> PerObject {
    let events = settled_events(store).await;
    let left_out = left_out(store).await;
    let mut by_id = BTreeMap::new();
    let mut by_marker: BTreeMap<&str, u64> = BTreeMap::new();
    let mut seqs: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    let mut by_object = PerObject::new();
    for event in &events {
        assert!(
            by_id.insert(&*event.id, event).is_none(),
            "{} is there twice",
            event.id
        );
        assert_eq!(event.id, format!("{}-{}", event.log, event.seq));
        seqs.entry(&event.log).or_default().insert(event.seq);
        if let Some(sent) = diary.sent.get(&event.marker) {
            assert_eq!(
                event.object, sent.content.object,
                "{} is on another object",
                event.marker
            );
        }
        if !left_out.contains(&event.id) {
            *by_marker.entry(&event.marker).or_default() += 1;
            *by_object.entry(event.object.clone()).or_default() += 1;
        }
    }
    for (log, seqs) in seqs {
        assert_eq!(
            (seqs.first(), seqs.last()),
            (Some(&1), Some(&(seqs.len() as u64))),
            "log {log} has gaps"
        );
    }
    for (id, marker) in &diary.ids {
        let event = by_id
            .get(&**id)
            .unwrap_or_else(|| panic!("the acknowledged event {id} ({marker}) is LOST"));
        assert_eq!(
            event.marker, *marker,
            "{id} is another event than the acknowledged one"
        );
    }
    for (marker, sent) in &diary.sent {
        let times = by_marker.get(&**marker).copied().unwrap_or(0);
        assert!(
            sent.expected().contains(&times),
            "{marker} is counted {times} times: {sent:?}"
        );
    }
    let unknown: Vec<_> = events
        .iter()
        .filter(|e| !diary.sent.contains_key(&e.marker))
        .collect();
    assert!(
        unknown.is_empty(),
        "{} events that nobody sent",
        unknown.len()
    );
    by_object
}

/// Ids of the settled events that are not counted: they repeat others.
pub async fn left_out(store: &Store) -> BTreeSet<String> {
    let manifests = Manifests::new(Arc::clone(store));
    left_out_by(store, manifests.latest().await.unwrap().n).await
}

/// The same, as manifest `n` has it.
pub async fn left_out_by(store: &Store, n: u64) -> BTreeSet<String> {
    let manifests = Manifests::new(Arc::clone(store));
    let published = manifests.get(n).await.unwrap().unwrap_or_default();
    let left_out = duplicates::read(store, &published.manifest).await.unwrap();
    left_out.keys().map(ToString::to_string).collect()
}

/// What batch has decided about conversions, as manifest `n` has it, by event.
pub async fn decided_by(store: &Store, n: u64) -> Vec<(String, Decision)> {
    let manifests = Manifests::new(Arc::clone(store));
    let published = manifests.get(n).await.unwrap().unwrap_or_default();
    let files = published.manifest.attributions.iter().map(|it| &it.file);
    let decided = attributions::read(store, files, |_| true).await.unwrap();
    let named = decided.into_iter();
    named.map(|(id, it)| (id.to_string(), it)).collect()
}

/// The rows of `events/`, as the newest manifest names its files.
pub async fn settled_events(store: &Store) -> Vec<Event> {
    let manifests = Manifests::new(Arc::clone(store));
    let manifest = manifests.latest().await.unwrap().manifest;
    let mut events = Vec::new();
    for file in manifest.events() {
        let bytes = store::read(store, &file.path).await.unwrap().unwrap();
        let reader = SerializedFileReader::new(bytes).unwrap();
        let rows = reader.get_row_iter(None).unwrap();
        events.extend(rows.map(|row| event(&row.unwrap())));
    }
    assert_eq!(events.len() as u64, manifest.events_count);
    events
}

fn event(row: &Row) -> Event {
    let text = |name: &str| match row.get_column_iter().find(|(column, _)| *column == name) {
        Some((_, Field::Str(text))) => text.clone(),
        other => panic!("column {name}: {other:?}"),
    };
    let seq = match row.get_column_iter().find(|(column, _)| *column == "seq") {
        Some((_, Field::ULong(seq))) => *seq,
        other => panic!("column seq: {other:?}"),
    };
    Event {
        id: text("event_id"),
        log: text("log"),
        seq,
        object: text("object"),
        marker: text("sub1"),
    }
}
