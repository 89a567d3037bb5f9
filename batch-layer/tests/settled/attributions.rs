//! Conversions whose click batch finds: whose it is follows from what was settled when the conversion was, and stays.

use std::{collections::BTreeMap, sync::Arc};

use batch_layer::{Engine, Mode, Results, RollupDeps, RollupError, Worker, perform, query, run};
use datafusion::arrow::{
    array::{ArrayRef, AsArray},
    compute::cast,
    datatypes::DataType,
};
use enrich::Rules;
use futures::{StreamExt, TryStreamExt, stream};
use model::{EntityId, EntityKind, Event, EventId, LogId, Seq, Status};
use proptest::prelude::*;
use testing::Log;

use crate::{
    installation::{DAY, HOUR, bot_click, click, conversion, rollup, start},
    recount::all_agree,
};

const ACCOUNT: u64 = 1;
const GOAL: u64 = 20;

/// A click of a visitor whom its sender names.
fn named(visitor: u64, link: u64, at_ms: i64) -> Event {
    Event {
        visitor,
        named: true,
        country: ["DE", "US", "AT"][link as usize % 3].into(),
        region: "BY".into(),
        campaign: link.is_multiple_of(2).then_some(6),
        referrer: "https://www.news.example/a".into(),
        subs: vec![format!("sub-{link}")],
        ..click(ACCOUNT, link, at_ms)
    }
}

/// A conversion of a visitor whom its sender names.
fn sought(visitor: u64, days: u32, at_ms: i64) -> Event {
    Event {
        visitor: 0,
        seeks_visitor: visitor,
        seeks_days: days,
        value_micros: Some(1_000_000),
        currency: "EUR".into(),
        user_agent: String::new(),
        ..conversion(ACCOUNT, GOAL, at_ms)
    }
}

struct Site {
    installation: testing::Installation,
    deps: RollupDeps,
    logs: Vec<Log>,
}

impl Site {
    async fn new(logs: u128) -> Self {
        let installation = testing::Installation::new(start() + 60 * DAY);
        let deps = rollup(&installation, &Arc::new(Rules::new().expect("rules")), 1);
        let logs: Vec<Log> = (1..=logs).map(|log| Log::new(LogId(log))).collect();
        for log in &logs {
            installation.register(log.id).await;
        }
        Self {
            installation,
            deps,
            logs,
        }
    }

    async fn seal(&mut self, log: usize, events: impl IntoIterator<Item = Event>) {
        let log = &mut self.logs[log];
        events.into_iter().for_each(|event| log.accept(event));
        log.seal(&self.installation.env.store).await;
    }

    async fn run(&self, mode: Mode) {
        run(&self.deps, mode).await.expect("a run");
    }

    /// What conversions count for, by event.
    async fn told(&self) -> BTreeMap<String, String> {
        told(&self.deps).await
    }

    /// The same, of which a link is looked at: `None` if it belongs to none.
    async fn links(&self) -> Vec<Option<u64>> {
        let name = |link| EntityId::new(EntityKind::Link, link).to_string();
        let link = |told: String| {
            let found = told.split(' ').next().unwrap_or_default().to_owned();
            (0..100).find(|link| name(*link) == found)
        };
        self.told().await.into_values().map(link).collect()
    }
}

async fn told(deps: &RollupDeps) -> BTreeMap<String, String> {
    let sql = "SELECT event_id, COALESCE(link, '-') || ' ' || COALESCE(campaign, '-') || ' ' || country || \
               region || ' ' || device_type || ' ' || browser || ' ' || referrer_domain || ' ' || sub1 \
               FROM events WHERE type = 'conversion'";
    let rows = query(deps, sql, 100_000).await.expect("an answer");
    let mut told = BTreeMap::new();
    for batch in &rows {
        let [ids, said] = [0, 1].map(|at| texts(batch.column(at)));
        told.extend(ids.into_iter().zip(said));
    }
    told
}

fn texts(column: &ArrayRef) -> Vec<String> {
    let column = cast(column, &DataType::Utf8).expect("texts");
    let texts = column.as_string::<i32>().iter();
    texts
        .map(|text| text.unwrap_or_default().to_owned())
        .collect()
}

fn id(log: u128, seq: u64) -> EventId {
    EventId {
        log: LogId(log),
        seq: Seq(seq),
    }
}

#[tokio::test]
async fn a_conversion_counts_for_all_that_its_click_says() {
    let mut site = Site::new(2).await;
    let at = start() + DAY;
    site.seal(0, [named(7, 4, at), named(8, 5, at)]).await;
    // In the same step, of another log.
    site.seal(1, [sought(7, 30, at + HOUR), sought(9, 30, at + HOUR)])
        .await;
    site.run(Mode::Incremental).await;
    let told: Vec<String> = site.told().await.into_values().collect();
    let (link, campaign) = (
        EntityId::new(EntityKind::Link, 4),
        EntityId::new(EntityKind::Campaign, 6),
    );
    let first = format!("{link} {campaign} USBY desktop Firefox news.example sub-4");
    assert_eq!(told, [first.as_str(), "- -  other Other  "]);
    all_agree(&site.deps).await;
    // In a later step.
    site.seal(1, [sought(8, 30, at + 2 * HOUR)]).await;
    site.run(Mode::Incremental).await;
    assert_eq!(site.links().await, [Some(4), None, Some(5)]);
    all_agree(&site.deps).await;
    let before = site.told().await;
    for mode in [Mode::Full, Mode::Back, Mode::Full] {
        site.run(mode).await;
        assert_eq!(site.told().await, before, "{mode:?}");
    }
    site.seal(0, [named(7, 9, at + 4 * HOUR)]).await;
    site.seal(1, [sought(7, 30, at + 5 * HOUR)]).await;
    site.run(Mode::Incremental).await;
    assert_eq!(site.links().await[3], Some(9), "clicks are still known");
    all_agree(&site.deps).await;
}

#[tokio::test]
async fn only_clicks_of_people_who_are_named_and_in_time_count() {
    let mut site = Site::new(1).await;
    let at = start() + 20 * DAY;
    let bot = Event {
        visitor: 7,
        named: true,
        ..bot_click(ACCOUNT, 5, at - HOUR)
    };
    let unnamed = Event {
        named: false,
        ..named(7, 6, at - HOUR)
    };
    let others = Event {
        account: 2,
        ..named(7, 8, at - HOUR)
    };
    let events = [
        named(7, 4, at - 3 * DAY),
        bot,
        unnamed,
        others,
        named(7, 9, at + 1),
        sought(7, 3, at),
        sought(7, 2, at),
    ];
    site.seal(0, events).await;
    site.run(Mode::Incremental).await;
    assert_eq!(site.links().await, [Some(4), None]);
    all_agree(&site.deps).await;
}

#[tokio::test]
async fn a_click_that_is_settled_later_changes_nothing() {
    let mut site = Site::new(2).await;
    let at = start() + DAY;
    site.seal(0, [named(7, 4, at)]).await;
    site.seal(0, [sought(7, 30, at + HOUR), sought(8, 30, at + HOUR)])
        .await;
    site.run(Mode::Incremental).await;
    site.seal(1, [named(7, 5, at + 60_000), named(8, 5, at + 60_000)])
        .await;
    site.run(Mode::Incremental).await;
    site.run(Mode::Full).await;
    assert_eq!(site.links().await, [Some(4), None]);
    all_agree(&site.deps).await;
}

#[tokio::test]
async fn all_reports_of_a_transaction_have_the_click_of_the_first() {
    let mut site = Site::new(2).await;
    let at = start() + DAY;
    // The first report is event 2 of log 2, which is sealed last.
    let first = sought(7, 30, at + HOUR);
    let later = |hours: i64| Event {
        first_event: id(2, 2).to_string(),
        first_ms: Some(at + HOUR),
        occurred_ms: at + hours * HOUR,
        ..sought(7, 30, at + hours * HOUR)
    };
    site.seal(0, [named(7, 4, at), later(3)]).await;
    site.run(Mode::Incremental).await;
    site.seal(0, [named(7, 5, at + HOUR / 2), later(4)]).await;
    site.run(Mode::Incremental).await;
    site.seal(1, [named(7, 9, at + HOUR), first]).await;
    site.run(Mode::Incremental).await;
    site.seal(0, [later(5)]).await;
    site.run(Mode::Incremental).await;
    assert_eq!(site.links().await, [Some(4); 4]);
    all_agree(&site.deps).await;
    site.run(Mode::Full).await;
    assert_eq!(site.links().await, [Some(4); 4]);
}

#[tokio::test]
async fn what_a_click_id_does_not_carry_is_added() {
    let mut site = Site::new(1).await;
    let at = start() + DAY;
    let of_click = |seq: u64| Event {
        link: Some(4),
        clicked_ms: Some(at / 1_000 * 1_000),
        click_event: id(1, seq).to_string(),
        click_received_ms: at / 1_000 * 1_000,
        country: "US".into(),
        browser: "Chrome".into(),
        device_type: "tv".into(),
        ..conversion(ACCOUNT, GOAL, at + HOUR)
    };
    let others = Event {
        account: 2,
        ..named(3, 4, at + 1)
    };
    site.seal(0, [named(7, 4, at + 500), others]).await;
    site.run(Mode::Incremental).await;
    let unnamed = Event {
        named: false,
        ..named(7, 4, at + 600)
    };
    // Of the step before, of the same, of another account, and of no event.
    site.seal(
        0,
        [unnamed, of_click(1), of_click(3), of_click(2), of_click(99)],
    )
    .await;
    site.run(Mode::Incremental).await;
    let told: Vec<String> = site.told().await.into_values().collect();
    let link = EntityId::new(EntityKind::Link, 4);
    let whole = format!("{link} - USBY tv Chrome news.example sub-4");
    let without = format!("{link} - US tv Chrome  ");
    assert_eq!(told, [&*whole, &*whole, &*without, &*without]);
    all_agree(&site.deps).await;
    site.run(Mode::Full).await;
    assert_eq!(site.told().await.into_values().collect::<Vec<_>>(), told);
    all_agree(&site.deps).await;
}

#[tokio::test]
async fn what_repeats_another_event_neither_has_a_click_nor_is_one() {
    let mut site = Site::new(2).await;
    let at = start() + DAY;
    let keyed = |key: &str, event: Event| Event {
        idempotency_key: Some(key.into()),
        unchecked: true,
        ..event
    };
    let sale = |at_ms| keyed("sale", sought(7, 30, at_ms));
    site.seal(0, [keyed("c", named(7, 4, at)), sale(at + HOUR)])
        .await;
    let again = Event {
        received_ms: at + 1,
        ..keyed("c", named(7, 5, at + 1_000))
    };
    site.seal(1, [again, sale(at + HOUR)]).await;
    site.run(Mode::Incremental).await;
    assert_eq!(site.links().await, [Some(4)]);
    all_agree(&site.deps).await;
    site.run(Mode::Full).await;
    assert_eq!(site.links().await, [Some(4)]);
    all_agree(&site.deps).await;
}

/// A report of transaction `t`.
fn report(status: Status, value: Option<i64>, received_ms: i64) -> Event {
    Event {
        transaction_id: Some("t".into()),
        status: status as i32,
        amount_micros: value,
        value_micros: value.filter(|_| status == Status::Approved),
        currency: "EUR".into(),
        ..conversion(ACCOUNT, GOAL, received_ms)
    }
}

/// Conversions, pending, rejected and changes of the account, and their value, as they are settled.
async fn sums(deps: &RollupDeps) -> String {
    let sql = "SELECT CAST(SUM(conversions) AS VARCHAR) || ' ' || CAST(SUM(pending) AS VARCHAR) || ' ' || \
               CAST(SUM(rejected) AS VARCHAR) || ' ' || CAST(SUM(changes) AS VARCHAR) || ' ' || \
               CAST((SELECT SUM(value_micros) FROM account_currency) AS VARCHAR), '' FROM account_total";
    let rows = query(deps, sql, 1).await.expect("an answer");
    let batch = rows
        .iter()
        .find(|batch| batch.num_rows() > 0)
        .expect("a row");
    texts(batch.column(0)).concat()
}

#[tokio::test]
async fn a_report_that_could_not_be_checked_takes_back_what_was() {
    use Status::{Approved, Pending, Rejected};
    let unchecked = |event: Event| Event {
        unchecked: true,
        ..event
    };
    let at = start() + DAY;
    let attributed = Event {
        link: Some(4),
        country: "DE".into(),
        ..report(Pending, Some(5), at)
    };
    let sale = unchecked(report(Approved, Some(5), at + HOUR));
    // The next one was told what the first said, and nothing of the one between.
    let trash = Event {
        step: 1,
        taken_back: Some(Pending as i32),
        first_event: id(1, 1).to_string(),
        link: Some(4),
        country: "DE".into(),
        value_micros: Some(0),
        ..report(Rejected, None, at + 2 * HOUR)
    };
    // Whatever is settled with what.
    for cuts in [[false, false], [true, false], [false, true], [true, true]] {
        let mut site = Site::new(1).await;
        for (event, cut) in [(&attributed, cuts[0]), (&sale, cuts[1]), (&trash, true)] {
            site.logs[0].accept(event.clone());
            if cut {
                site.seal(0, []).await;
                site.run(Mode::Incremental).await;
            }
        }
        assert_eq!(sums(&site.deps).await, "0 0 1 2 0", "{cuts:?}");
        assert_eq!(site.links().await, [Some(4); 3], "{cuts:?}");
        let before = site.told().await;
        site.run(Mode::Full).await;
        assert_eq!(sums(&site.deps).await, "0 0 1 2 0", "{cuts:?}");
        assert_eq!(site.told().await, before);
        if cuts == [true, true] {
            all_agree(&site.deps).await;
        }
    }
}

#[tokio::test]
async fn many_steps_leave_few_files_of_clicks_and_without_conversions_there_is_nothing_more() {
    let mut site = Site::new(1).await;
    for n in 0..20 {
        let at = start() + n * HOUR;
        site.seal(0, [named(7, n as u64, at), click(ACCOUNT, 4, at)])
            .await;
        site.run(Mode::Incremental).await;
    }
    let manifest = site.deps.manifests.latest().await.expect("one").manifest;
    assert!(manifest.touches.len() < 8, "{:?}", manifest.touches);
    assert!(manifest.attributions.is_empty());
    assert_eq!(
        manifest
            .touches
            .iter()
            .map(|file| file.file.rows)
            .sum::<u64>(),
        20
    );
    site.seal(0, [sought(7, 30, start() + 11 * HOUR)]).await;
    let first = Event {
        seeks_first: true,
        ..sought(7, 30, start() + 11 * HOUR)
    };
    site.seal(0, [first]).await;
    site.run(Mode::Incremental).await;
    assert_eq!(site.links().await, [Some(11), Some(0)]);
    let files = async |folder: &str| {
        let folder = object_store::path::Path::from(folder);
        let all = site.installation.env.store.list(Some(&folder));
        all.try_collect::<Vec<_>>().await.expect("a list").len()
    };
    assert_eq!(files("attributions").await, 1, "what was asked is gone");
}

/// Does tasks, then fails when the conversions that were left are to be counted.
struct BreaksAtLast;

impl Engine for BreaksAtLast {
    fn run(&self, here: Worker, tasks: Vec<batch_layer::tasks::Task>) -> Results<'_> {
        let perform = move |(place, task): (usize, batch_layer::tasks::Task)| {
            let here = here.clone();
            async move {
                if serde_json::to_string(&task)
                    .expect("text")
                    .contains("\"alone\"")
                {
                    return Err(RollupError::Engine("the machine is gone".into()));
                }
                Ok((place, perform(&here, &task).await?))
            }
        };
        stream::iter(tasks.into_iter().enumerate())
            .then(perform)
            .boxed()
    }

    fn at_once(&self) -> usize {
        1
    }
}

#[tokio::test]
async fn a_step_that_is_cut_off_leaves_nothing_and_decides_the_same_again() {
    let mut site = Site::new(1).await;
    let at = start() + DAY;
    site.seal(0, [named(7, 4, at), sought(7, 30, at + HOUR)])
        .await;
    let objects = async || {
        let all = site.installation.env.store.list(None);
        let all = all.map_ok(|object| object.location.to_string());
        all.try_collect::<Vec<_>>().await.expect("a list")
    };
    let before = objects().await;
    let rules = Arc::new(Rules::new().expect("rules"));
    let mut broken = rollup(&site.installation, &rules, 2);
    broken.engine = Arc::new(BreaksAtLast);
    let failed = run(&broken, Mode::Incremental).await.expect_err("it fails");
    assert!(failed.to_string().contains("the machine is gone"));
    assert_eq!(objects().await, before);
    site.run(Mode::Incremental).await;
    assert_eq!(site.links().await, [Some(4)]);
}

#[derive(Debug, Clone)]
enum Action {
    Click {
        log: usize,
        visitor: u64,
        hour: i64,
    },
    Convert {
        log: usize,
        visitor: u64,
        hour: i64,
        days: u32,
        first: bool,
    },
    Seal {
        log: usize,
    },
    Batch,
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let (log, visitor, hour) = (0usize..2, 1u64..3, 0i64..72);
    let click = (log.clone(), visitor.clone(), hour.clone());
    let convert = (log.clone(), visitor, hour, 1u32..3, any::<bool>());
    let action = prop_oneof![
        6 => click.prop_map(|(log, visitor, hour)| Action::Click { log, visitor, hour }),
        6 => convert.prop_map(|(log, visitor, hour, days, first)| {
            Action::Convert { log, visitor, hour, days, first }
        }),
        2 => log.prop_map(|log| Action::Seal { log }),
        1 => Just(Action::Batch),
    ];
    prop::collection::vec(action, 1..40)
}

/// Time, name and link of each click that is settled, by visitor; and which link each conversion belongs to.
#[derive(Default)]
struct Book {
    clicks: Vec<(u64, i64, EventId, u64)>,
    links: BTreeMap<String, String>,
}

impl Book {
    /// Writes down what is settled at once.
    fn settle(&mut self, fresh: &[(EventId, Event)]) {
        let clicks = fresh.iter().filter(|(_, event)| event.named);
        self.clicks
            .extend(clicks.map(|(id, e)| (e.visitor, e.occurred_ms, *id, e.object)));
        for (id, event) in fresh.iter().filter(|(_, event)| !event.named) {
            let since = event.occurred_ms - i64::from(event.seeks_days) * DAY;
            let own = self.clicks.iter().filter(|(visitor, at, ..)| {
                *visitor == event.seeks_visitor && (since..=event.occurred_ms).contains(at)
            });
            let order = |click: &&(u64, i64, EventId, u64)| (click.1, click.2);
            let click = match event.seeks_first {
                true => own.min_by_key(order),
                false => own.max_by_key(order),
            };
            let link = click.map(|click| EntityId::new(EntityKind::Link, click.3).to_string());
            self.links
                .insert(id.to_string(), link.unwrap_or_else(|| "-".into()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Whatever is accepted and sealed where and when: each conversion has the click that was known when it was
    /// settled, and numbers are what SQL counts; also when all of it is counted anew.
    #[test]
    fn each_conversion_has_the_click_that_was_known(actions in actions()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut site = Site::new(2).await;
            let (mut book, mut open, mut sealed) = (Book::default(), [vec![], vec![]], vec![]);
            let all = actions.into_iter().chain([
                Action::Seal { log: 0 }, Action::Batch, Action::Seal { log: 1 }, Action::Batch,
            ]);
            for action in all {
                let (log, event) = match action {
                    Action::Click { log, visitor, hour } => {
                        (log, named(visitor, 10 + hour as u64, start() + hour * HOUR))
                    }
                    Action::Convert { log, visitor, hour, days, first } => {
                        let seeks_first = first;
                        (log, Event { seeks_first, ..sought(visitor, days, start() + hour * HOUR) })
                    }
                    Action::Seal { log } => {
                        site.seal(log, []).await;
                        sealed.append(&mut open[log]);
                        continue;
                    }
                    Action::Batch => {
                        site.run(Mode::Incremental).await;
                        book.settle(&std::mem::take(&mut sealed));
                        continue;
                    }
                };
                site.logs[log].accept(event.clone());
                let record = site.logs[log].records.last().expect("it");
                open[log].push((record.id(site.logs[log].id), event));
            }
            for mode in [Mode::Incremental, Mode::Full] {
                site.run(mode).await;
                let told = site.told().await.into_iter();
                let links: BTreeMap<String, String> = told
                    .map(|(id, told)| (id, told.split(' ').next().unwrap_or_default().to_owned()))
                    .collect();
                assert_eq!(links, book.links);
            }
            all_agree(&site.deps).await;
        });
    }
}
