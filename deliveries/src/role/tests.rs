//! What is told over days, of a receiver and a clock that do as they are told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use async_trait::async_trait;
use catalog::{
    Account, AccountSettings, Change, WebhookFilters, WebhookKind, WebhookMethod, webhook::Begins,
};
use handover::{
    manifest::Manifest,
    restatements::{self, Cause, Late, Restatements},
};
use model::{
    Cube, Dimension, EntityId, EntityKind, Epoch, Event, EventKind, Facts, Grain, LogId, Record,
    SegmentNo, Seq,
};
use object_store::ObjectStoreExt;
use storage::{leases::AllGranted, object_keys::ObjectKey};
use testing::{Installation, log};
use webhooks::{EventType, delivery::Answer, signing};

use super::*;
use crate::{Outgoing, desk::Desk};

const LOG: LogId = LogId(7);
const NOW_MS: i64 = 1_767_323_045_000;
const HOUR_MS: i64 = 3_600_000;
static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(Rules::new().unwrap()));

/// Answers with this status, and remembers the ids of what it has taken and what it was asked.
#[derive(Default)]
struct Receiver {
    status: Mutex<u16>,
    taken: Mutex<BTreeMap<String, u32>>,
    asked: Mutex<BTreeSet<String>>,
}

impl Receiver {
    fn set(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    fn taken(&self) -> BTreeMap<String, u32> {
        self.taken.lock().unwrap().clone()
    }
}

#[async_trait]
impl Sender for Receiver {
    async fn send(&self, outgoing: Outgoing) -> Answer {
        let status = *self.status.lock().unwrap();
        self.asked.lock().unwrap().insert(outgoing.id.clone());
        if status == 200 {
            *self.taken.lock().unwrap().entry(outgoing.id).or_default() += 1;
        }
        Answer {
            status: Some(status),
            took_ms: 1,
            error: None,
            body: String::new(),
        }
    }
}

struct Site {
    installation: Installation,
    catalog: Catalog,
    receiver: Arc<Receiver>,
}

fn account() -> EntityId {
    EntityId::new(EntityKind::Account, 1)
}

fn webhook() -> Webhook {
    Webhook {
        id: "whk_0000000000004".into(),
        account: account(),
        name: "Shop".into(),
        kind: WebhookKind::Webhook,
        method: WebhookMethod::Post,
        url: "https://shop.example/hook".into(),
        types: [EventType::ConversionCreated].into(),
        filters: WebhookFilters::default(),
        secret: Box::<str>::from(signing::secret_of(&[1; 32])).into(),
        replaced: None,
        disabled: None,
        begins: Begins {
            manifest: 0,
            at_ms: NOW_MS,
        },
        created_ms: NOW_MS,
    }
}

fn record(seq: u64, kind: EventKind, user_agent: &str) -> Record {
    Record {
        seq: Seq(seq),
        epoch: Epoch(1),
        event: Event {
            kind: kind as i32,
            account: 1,
            object: 5,
            received_ms: NOW_MS,
            occurred_ms: NOW_MS,
            user_agent: user_agent.into(),
            ..Event::default()
        },
    }
}

impl Site {
    async fn new() -> Self {
        let installation = Installation::new(NOW_MS);
        let catalog = Catalog::open(installation.env.clone()).await.unwrap();
        let row = Account {
            id: account(),
            name: "Shop".into(),
            created_ms: NOW_MS,
            settings: AccountSettings::default(),
            plan: None,
            quotas: Box::default(),
            suspended: None,
        };
        let rows = vec![
            Change::PutAccount(row),
            Change::PutWebhook(Box::new(webhook())),
        ];
        catalog.commit(|_| Ok(rows.clone())).await.unwrap();
        installation.register(LOG).await;
        Self {
            installation,
            catalog,
            receiver: Arc::default(),
        }
    }

    /// Stores a segment of so many conversions.
    async fn ship(&self, number: u64, first: u64, count: u64) {
        let records = (first..first + count).map(|seq| record(seq, EventKind::Conversion, ""));
        let records: Vec<Record> = records.collect();
        let store = &self.installation.env.store;
        log::ship(store, LOG, SegmentNo(number), [0; 32], &records).await;
    }

    /// Sends for so long, by tokio's clock; ours stands where it was set.
    async fn run(&self, time: Duration) {
        let env = self.installation.env.clone();
        let deps = DeliveriesDeps {
            stream: self.installation.stream.clone(),
            leases: Arc::new(AllGranted),
            worker: 1,
            catalog: self.catalog.clone(),
            overview: Overview::new(Arc::clone(&env.store), env.bell.clone()),
            rules: Arc::clone(&RULES),
            sender: self.receiver.clone(),
            env,
        };
        let stop = CancellationToken::new();
        let work = tokio::spawn(run(deps, stop.clone()));
        sleep(time).await;
        stop.cancel();
        work.await.unwrap();
    }

    fn at(&self, ms: i64) {
        self.installation.clock.set(NOW_MS + ms);
    }

    fn now(&self) -> Arc<Webhook> {
        self.catalog
            .read(|state| state.webhook(account(), &webhook().id).cloned().unwrap())
    }
}

fn ids(seqs: std::ops::RangeInclusive<u64>) -> BTreeSet<String> {
    seqs.map(|seq| format!("msg_0000000000004_{LOG}-{seq}"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_is_told_once_also_by_whoever_comes_after() {
    let site = Site::new().await;
    site.receiver.set(200);
    site.ship(1, 1, 100).await;
    site.run(Duration::from_secs(40)).await;
    site.ship(2, 101, 5).await;
    site.run(Duration::from_secs(40)).await;
    let taken = site.receiver.taken();
    assert_eq!(taken.keys().cloned().collect::<BTreeSet<_>>(), ids(1..=105));
    assert!(taken.values().all(|times| *times == 1), "{taken:?}");
    let (env, catalog) = (site.installation.env.clone(), site.catalog.clone());
    let desk = Desk::new(env, catalog, Arc::clone(&RULES), site.receiver.clone());
    let deliveries = desk.deliveries(&webhook()).await.unwrap();
    assert_eq!(deliveries.len(), 100);
    assert_eq!(&*deliveries[0].kind, "conversion.created");
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_fails_for_a_day_is_disabled_and_misses_nothing_when_it_is_back() {
    let site = Site::new().await;
    site.receiver.set(500);
    site.ship(1, 1, 300).await;
    for quarter in 0..110 {
        site.at(quarter * HOUR_MS / 4);
        site.run(Duration::from_secs(5)).await;
        if site.now().disabled.is_some() {
            break;
        }
    }
    let disabled = site.now().disabled.clone().expect("it failed for a day");
    let after_ms = disabled.since_ms - NOW_MS;
    assert!(
        (24 * HOUR_MS..27 * HOUR_MS).contains(&after_ms),
        "{after_ms}"
    );
    assert!(
        disabled.reason.contains("24 hours") && disabled.reason.contains("500"),
        "{disabled:?}"
    );
    let asked = site.receiver.asked.lock().unwrap().len();
    assert!(
        (1..=110).contains(&asked),
        "the rest waits in the log: {asked}"
    );
    let before = site.catalog.read(|state| state.n);
    site.run(Duration::from_secs(60)).await;
    assert_eq!(site.catalog.read(|state| state.n), before);
    site.receiver.set(200);
    let enabled = Change::PutWebhook(Box::new(webhook()));
    site.catalog
        .commit(|_| Ok(vec![enabled.clone()]))
        .await
        .unwrap();
    for minute in 0..20 {
        site.at(after_ms + minute * 60_000);
        site.run(Duration::from_secs(30)).await;
    }
    let taken = site.receiver.taken();
    assert_eq!(taken.keys().cloned().collect::<BTreeSet<_>>(), ids(1..=300));
}

#[tokio::test(start_paused = true)]
async fn clicks_that_were_refused_are_told_though_others_are_wanted_since() {
    let site = Site::new().await;
    let clicks = |bots| {
        let mut clicks = webhook();
        clicks.types = [EventType::LinkClicked].into();
        clicks.filters.bots = bots;
        Change::PutWebhook(Box::new(clicks))
    };
    let put = async |bots| {
        site.catalog
            .commit(|_| Ok(vec![clicks(bots)]))
            .await
            .unwrap()
    };
    put(false).await;
    let person = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let agents = ["Googlebot/2.1", person, person, "Googlebot/2.1"];
    let records = agents.into_iter().zip(1..);
    let records: Vec<Record> = records
        .map(|(agent, seq)| record(seq, EventKind::Click, agent))
        .collect();
    let store = &site.installation.env.store;
    log::ship(store, LOG, SegmentNo(1), [0; 32], &records).await;
    site.receiver.set(500);
    site.run(Duration::from_secs(40)).await;
    assert!(!site.receiver.asked.lock().unwrap().is_empty());
    put(true).await;
    site.receiver.set(200);
    site.at(HOUR_MS);
    site.run(Duration::from_secs(40)).await;
    assert_eq!(site.receiver.taken().len(), 1, "the clicks of people");
}

#[tokio::test(start_paused = true)]
async fn a_segment_that_cannot_be_read_holds_up_no_other_log() {
    let site = Site::new().await;
    let other = LogId(9);
    site.installation.register(other).await;
    site.receiver.set(200);
    site.ship(1, 1, 5).await;
    let store = &site.installation.env.store;
    let broken = record(1, EventKind::Conversion, "");
    log::ship(store, other, SegmentNo(1), [0; 32], &[broken]).await;
    let path = ObjectKey::Raw {
        log: other,
        segment: SegmentNo(1),
    };
    store.put(&path.path(), "nonsense".into()).await.unwrap();
    site.run(Duration::from_secs(60)).await;
    let taken = site.receiver.taken();
    assert_eq!(taken.keys().cloned().collect::<BTreeSet<_>>(), ids(1..=5));
}

/// Publishes that a click of three days ago came late, as a run of the rollup does.
async fn restate(site: &Site, n: u64, name: &str, previous: Option<&str>) {
    let total = Cube::find(Dimension::Total, Grain::Quarter).unwrap();
    let mut click = record(1, EventKind::Click, "").event;
    click.occurred_ms = NOW_MS - 72 * HOUR_MS;
    let mut told = Restatements {
        at_ms: NOW_MS + n as i64,
        settled_ms: NOW_MS,
        cause: Cause::Late,
        late: Late::default(),
        previous: previous.map(str::to_owned),
    };
    told.late.note(&click, &Facts::default(), NOW_MS, total);
    let env = &site.installation.env;
    restatements::write(&env.store, name, &told).await.unwrap();
    let manifest = Manifest {
        restated: Some(name.to_owned()),
        ..Manifest::default()
    };
    let overview = Overview::new(Arc::clone(&env.store), env.bell.clone());
    let ledger = &overview.manifests().ledger;
    ledger.append(n, &manifest, env.stamp()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_changed_of_settled_days_is_told_once_and_from_when_a_webhook_begins() {
    let site = Site::new().await;
    site.receiver.set(200);
    restate(&site, 1, "0000000000001-a", None).await;
    let put = async |types: &[EventType], manifest| {
        let mut row = webhook();
        row.types = types.into();
        row.begins.manifest = manifest;
        let put = Change::PutWebhook(Box::new(row));
        site.catalog
            .commit(|_| Ok(vec![put.clone()]))
            .await
            .unwrap();
    };
    let told = || {
        let taken = site.receiver.taken();
        assert!(taken.values().all(|times| *times == 1), "{taken:?}");
        let name = |id: &String| id.rsplit('-').next().map(str::to_owned);
        taken.keys().filter_map(name).collect::<String>()
    };
    let all = [EventType::ConversionCreated, EventType::NumbersRestated];
    put(&all, 1).await;
    site.run(Duration::from_secs(40)).await;
    assert_eq!(told(), "", "it was there before");
    restate(&site, 2, "0000000000002-b", Some("0000000000001-a")).await;
    restate(&site, 3, "0000000000003-c", Some("0000000000002-b")).await;
    site.run(Duration::from_secs(40)).await;
    assert_eq!(told(), "bc");
    // A receiver that is away: it is told when it is back.
    site.receiver.set(500);
    restate(&site, 4, "0000000000004-d", Some("0000000000003-c")).await;
    site.run(Duration::from_secs(40)).await;
    assert_eq!(told(), "bc");
    site.receiver.set(200);
    site.at(HOUR_MS);
    site.run(Duration::from_secs(40)).await;
    assert_eq!(told(), "bcd");
    // What came while nobody wanted it is not told later.
    put(&all[..1], 1).await;
    restate(&site, 5, "0000000000005-e", Some("0000000000004-d")).await;
    site.run(Duration::from_secs(40)).await;
    put(&all, 1).await;
    restate(&site, 6, "0000000000006-f", Some("0000000000005-e")).await;
    site.run(Duration::from_secs(40)).await;
    assert_eq!(told(), "bcdf");
}

#[tokio::test(start_paused = true)]
async fn nobody_to_tell_costs_no_request() {
    let counted = storage::counted::Counted::new(storage::store::open("memory://").unwrap());
    let installation = Installation::on(counted.clone(), NOW_MS);
    let catalog = Catalog::open(installation.env.clone()).await.unwrap();
    let site = Site {
        installation,
        catalog,
        receiver: Arc::default(),
    };
    let before = counted.requests();
    site.run(Duration::from_secs(20)).await;
    let asked = counted.requests() - before;
    // The catalog is followed by somebody in each process; here nobody hears the bell, and each turn looks.
    assert!(asked.all() <= 25, "{asked:?}");
}
