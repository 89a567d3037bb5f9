//! The law of the hand-over: for any events, any split into epochs and logs, any horizon,
//! settled + live = count of all but duplicates, for every cube; incremental batch = full
//! recompute; and each sender's key counts once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use batch_layer::{Mode, RollupDeps, run};
use enrich::Rules;
use handover::{
    duplicates::{self, Duplicates},
    manifest::Manifest,
    runs::{Key, RunReader, Table, Visit},
};
use model::{CUBES, Cell, Counts, EntityId, Event, LogId, Record, Seq, cell::EpochCells};
use proptest::{prelude::*, test_runner::TestCaseResult};
use speed_layer::Folder;
use storage::object_keys::ObjectKey;
use testing::Log;

use crate::installation::rollup;

const DAY_MS: i64 = 86_400_000;
/// 2024-01-31: the days that follow are of two months.
const START_MS: i64 = 19_753 * DAY_MS;

#[derive(Debug, Clone)]
enum Action {
    Accept { log: usize, event: Box<Event> },
    Close { log: usize },
    Batch,
}

fn event() -> impl Strategy<Value = Event> {
    let agents = prop::sample::select(vec![
        "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:18.0) Gecko/20100101 Firefox/18.0",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "",
    ]);
    let key = prop::option::weighted(0.5, 0u8..6);
    let sender = (key, any::<bool>());
    (
        0i32..3,
        1u64..5,
        0..3 * DAY_MS,
        0u8..3,
        agents,
        0u64..6,
        sender,
    )
        .prop_map(
            |(kind, object, at, country, agent, visitor, (key, unchecked))| Event {
                key: key.map(|key| format!("key-{key}")),
                unchecked: key.is_some() && unchecked,
                kind,
                account: 1 + object % 2,
                object,
                campaign: object.is_multiple_of(3).then_some(77),
                occurred_ms: START_MS + at,
                received_ms: START_MS + at,
                user_agent: agent.to_owned(),
                referrer: if country == 0 {
                    "http://Example.com/x".into()
                } else {
                    String::new()
                },
                country: ["", "DE", "US"][country as usize].into(),
                accept_language: ["", "de-AT,en", "en"][country as usize].into(),
                visitor,
                too_many: visitor == 5,
                asn: [None, Some(16509), Some(3320)][country as usize],
                city: ["", "Graz", ""][country as usize].into(),
                value_micros: (kind == 2 && country > 0).then_some(1_500_000 * i64::from(country)),
                currency: if kind == 2 && country > 0 {
                    ["EUR", "USD"][country as usize - 1].into()
                } else {
                    String::new()
                },
                ..Event::default()
            },
        )
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        12 => (0usize..2, event()).prop_map(|(log, event)| Action::Accept { log, event: Box::new(event) }),
        2 => (0usize..2).prop_map(|log| Action::Close { log }),
        1 => Just(Action::Batch),
    ];
    prop::collection::vec(action, 1..60)
}

/// What the cells of all these events would be.
fn fold<'a>(records: impl Iterator<Item = (LogId, &'a Record)>, rules: &Rules) -> (Rows, Visits) {
    let mut cells = EpochCells::default();
    for (_, record) in records {
        cells.fold(&record.event, &rules.facts(&record.event));
    }
    let (mut rows, mut visits) = (Rows::new(), Visits::new());
    for entity in cells.entities() {
        add(&mut rows, &mut visits, entity, &cells.cell(entity));
    }
    (rows, visits)
}

/// All but what is left out.
fn counted<'a>(
    logs: &'a [Log],
    left_out: &'a Duplicates,
) -> impl Iterator<Item = (LogId, &'a Record)> {
    let all = logs.iter().flat_map(|log| {
        let id = log.id;
        log.records.iter().map(move |record| (id, record))
    });
    all.filter(|(log, record)| !left_out.contains_key(&record.id(*log)))
}

type Rows = BTreeMap<(EntityId, &'static str, i64, String), Counts>;
type Visits = BTreeSet<(EntityId, i64, bool, u64)>;

fn add(rows: &mut Rows, visits: &mut Visits, entity: EntityId, cell: &Cell) {
    for cube in CUBES.iter().filter(|c| c.is_for(entity.kind)) {
        for (bucket, value, counts) in cell.rows(cube) {
            *rows
                .entry((entity, cube.name, bucket, value.to_owned()))
                .or_default() += *counts;
        }
    }
    for (hour, bot, set) in cell.visitors() {
        let model::VisitorSet::Exact(set) = set else {
            panic!("the sets of this test are small")
        };
        visits.extend(set.iter().map(|v| (entity, hour, bot, *v)));
    }
}

async fn settled(
    deps: &RollupDeps,
    manifest: &Manifest,
    entities: &BTreeSet<EntityId>,
) -> (Rows, Visits) {
    let (mut rows, mut visits) = (Rows::new(), Visits::new());
    for table in [Table::Sums, Table::Visits] {
        for file in manifest.runs(table) {
            let name = file.file.name.clone();
            let path = match table {
                Table::Sums => ObjectKey::Sums { name },
                Table::Visits => ObjectKey::Visits { name },
            };
            let (path, bytes) = (path.path(), file.file.bytes);
            let reader = RunReader::open(&deps.env.store, path, bytes).await.unwrap();
            for period in file.first.period..=file.last.period {
                for entity in entities {
                    let key = |cube| Key {
                        period,
                        ..Key::new(*entity, cube, 0)
                    };
                    match table {
                        Table::Sums => sums_of(&reader, *entity, key, &mut rows).await,
                        Table::Visits => visits_of(&reader, *entity, key(None), &mut visits).await,
                    }
                }
            }
        }
    }
    (rows, visits)
}

async fn sums_of(
    reader: &RunReader,
    entity: EntityId,
    key: impl Fn(Option<&'static model::Cube>) -> Key,
    rows: &mut Rows,
) {
    for cube in CUBES.iter().filter(|cube| cube.is_for(entity.kind)) {
        for row in reader.sums(key(Some(cube))).await.unwrap() {
            let place = (entity, cube.name, row.bucket, row.value.to_string());
            *rows.entry(place).or_default() += row.counts;
        }
    }
}

/// By hour, as cells have them.
async fn visits_of(reader: &RunReader, entity: EntityId, key: Key, visits: &mut Visits) {
    let add = |visit: Visit| {
        for (bot, quarters) in [(false, visit.people), (true, visit.bots)] {
            let hours = (0i64..24).filter(|hour| quarters.0 >> (hour * 4) & 15 != 0);
            let hour = |hour: i64| visit.day * 1440 + hour * 60;
            visits.extend(hours.map(|h| (entity, hour(h), bot, visit.visitor)));
        }
    };
    reader.visits(key, add).await.unwrap();
}

async fn law(actions: Vec<Action>, rules: Arc<Rules>) -> TestCaseResult {
    let installation = testing::Installation::new(START_MS);
    let deps = rollup(&installation, &rules, 1);
    let mut logs = [1, 2].map(|id| Log::new(LogId(id)));
    let mut keys = BTreeSet::new();
    for log in &logs {
        installation.register(log.id).await;
    }
    for action in actions {
        match action {
            Action::Accept { log, mut event } => {
                // The door takes a key twice only if it could not check it.
                if let Some(key) = event.key.clone() {
                    event.unchecked |= !keys.insert((event.account, key));
                }
                logs[log].accept(*event);
            }
            Action::Close { log } => logs[log].seal(&deps.env.store).await,
            Action::Batch => drop(run(&deps, Mode::Incremental).await.unwrap()),
        }
    }
    let manifest = deps.manifests.latest().await.unwrap().manifest;
    let left_out = duplicates::read(&deps.env.store, &manifest).await.unwrap();
    let records = logs.iter().flat_map(|l| &l.records);
    let entities: BTreeSet<EntityId> = records.flat_map(|r| r.event.entities()).collect();
    let (expected, expected_visits) = fold(counted(&logs, &left_out), &deps.rules);

    for (log, record) in counted(&logs, &left_out) {
        let is_live = |log: LogId, r: &Record| r.seq > manifest.horizon.of(log).seq;
        let repeats = |(other, r): &(LogId, &Record)| {
            let same = (r.event.account, &r.event.key) == (record.event.account, &record.event.key);
            same && !is_live(*other, r) && (r.event.unchecked || record.event.unchecked)
        };
        if is_live(log, record)
            && record.event.key.is_some()
            && counted(&logs, &left_out).any(|other| repeats(&other))
        {
            let said = record.event.unchecked || manifest.unsure.contains(&log);
            prop_assert!(said, "the count may fall, and nobody says so");
        }
    }
    let (mut sum, mut visits) = settled(&deps, &manifest, &entities).await;
    for log in &logs {
        let mut folder = Folder::new(log.id, None, Seq::ZERO);
        folder.fold(&deps.rules, Seq(0), &log.records).unwrap();
        for (entity, cells) in folder.changed() {
            for cell in cells
                .iter()
                .filter(|c| c.epoch > manifest.horizon.of(c.log).epoch)
            {
                add(
                    &mut sum,
                    &mut visits,
                    entity,
                    &Cell::decode(&cell.body).unwrap(),
                );
            }
        }
    }
    prop_assert_eq!(&sum, &expected);
    prop_assert_eq!(&visits, &expected_visits);

    for log in &mut logs {
        log.seal(&deps.env.store).await;
    }
    run(&deps, Mode::Incremental).await.unwrap();
    let incremental = deps.manifests.latest().await.unwrap().manifest;
    let full = run(&deps, Mode::Full).await.unwrap();
    prop_assert_eq!(&full.changed, &vec![], "a full recompute gives the same");
    let recomputed = deps.manifests.latest().await.unwrap().manifest;
    prop_assert_eq!(&recomputed.horizon, &incremental.horizon);
    let left_out = duplicates::read(&deps.env.store, &incremental)
        .await
        .unwrap();
    let again = duplicates::read(&deps.env.store, &recomputed)
        .await
        .unwrap();
    prop_assert_eq!(&again, &left_out, "what was decided stays");
    let mut once = BTreeSet::new();
    for (_, record) in counted(&logs, &left_out) {
        if let Some(key) = &record.event.key {
            let fresh = once.insert((record.event.account, key.clone()));
            prop_assert!(fresh, "{} is counted twice", key);
        }
    }
    prop_assert_eq!(&once, &keys, "each key is counted");
    let (expected, expected_visits) = fold(counted(&logs, &left_out), &deps.rules);
    for manifest in [incremental, recomputed] {
        let (rows, visits) = settled(&deps, &manifest, &entities).await;
        prop_assert_eq!(&rows, &expected);
        prop_assert_eq!(&visits, &expected_visits);
    }
    Ok(())
}

#[test]
fn settled_and_live_are_the_count_of_all() {
    let rules = Arc::new(Rules::new().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(10);
    let config = ProptestConfig {
        cases,
        max_shrink_iters: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(actions in actions())| {
        runtime.block_on(law(actions, Arc::clone(&rules)))?;
    });
}

/// Two schedulers at once: each epoch is counted once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_schedulers_at_once_are_harmless() {
    let installation = testing::Installation::new(START_MS);
    let rules = Arc::new(Rules::new().unwrap());
    let [one, two] = [1, 2].map(|seed| rollup(&installation, &rules, seed));
    let mut log = Log::new(LogId(1));
    installation.register(log.id).await;
    for round in 0..3u64 {
        for n in 0..20 {
            log.accept(Event {
                account: 1,
                object: n % 3,
                occurred_ms: START_MS,
                visitor: n,
                ..Event::default()
            });
        }
        log.seal(&one.env.store).await;
        let (a, b) = tokio::join!(run(&one, Mode::Incremental), run(&two, Mode::Incremental));
        assert!(a.unwrap().published || b.unwrap().published);
        let manifest = one.manifests.latest().await.unwrap().manifest;
        assert_eq!(manifest.events_count, 20 * (round + 1));
        let account = EntityId::new(model::EntityKind::Account, 1);
        let (rows, _) = settled(&one, &manifest, &BTreeSet::from([account])).await;
        let clicks: i64 = rows
            .iter()
            .filter(|((_, cube, ..), _)| *cube == "total")
            .map(|(_, c)| c.events[0])
            .sum();
        assert_eq!(clicks, 20 * (round as i64 + 1));
    }
}
