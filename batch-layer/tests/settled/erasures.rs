//! Erasures where files have been merged, over three periods of days: every cube is what the events say, before and after, and
//! a full run comes to the same.

use batch_layer::{Mode, pretty_format_batches, query, run};
use handover::{
    erasures::{Asked, ask, told},
    raw::{self, EpochsClosed, LogInfo},
};
use model::{EntityId, EntityKind, Epoch, Event, LogId};

use crate::{
    installation::{DAY, HOUR, Installation, bot_click, click, conversion, start},
    recount::all_agree,
};

/// Whom both accounts have.
const VISITOR: u64 = 5;

fn account(raw: u64) -> EntityId {
    EntityId::new(EntityKind::Account, raw)
}

/// Many epochs of two accounts with the same seven visitors.
async fn filled() -> Installation {
    filled_with(15, 5).await
}

/// So many epochs, so many days apart, of 20 events of each of two accounts.
pub async fn filled_with(epochs: i64, apart: i64) -> Installation {
    let mut installation = Installation::new(start() + 80 * DAY);
    for epoch in 0..epochs {
        let mut events = Vec::new();
        for hour in 0..40 {
            let at = start() + epoch * apart * DAY + hour * HOUR;
            let whose = 1 + (hour as u64) % 2;
            let visitor = 1 + (hour as u64 * 3 + epoch as u64) % 7;
            let event = match hour % 10 {
                0 => bot_click(whose, 10 * whose, at),
                9 => Event {
                    seeks_visitor: visitor,
                    value_micros: Some(1_000_000),
                    currency: "EUR".into(),
                    transaction_id: Some(format!("t-{epoch}-{hour}")),
                    ..conversion(whose, 20 * whose, at)
                },
                _ => click(whose, 10 * whose, at),
            };
            let is_named = event.seeks_visitor == 0;
            events.push(Event {
                visitor: if is_named { visitor } else { 0 },
                named: is_named,
                campaign: (hour % 3 == 0).then_some(30 * whose),
                network: format!("198.51.{visitor}.0/24"),
                subs: vec![format!("sub-{visitor}")],
                ..event
            });
        }
        installation.take(events).await;
    }
    // Its collector says that it has closed all.
    let closed = EpochsClosed {
        request: 1,
        epoch: Epoch(epochs as u64),
    };
    let info = LogInfo {
        closed: Some(closed),
        ..LogInfo::new(LogId(77))
    };
    let store = &installation.deps.env.store;
    raw::update_log(store, &info).await.expect("a log");
    installation
}

pub async fn text(installation: &Installation, sql: &str) -> String {
    let rows = query(&installation.deps, sql, 100_000).await.expect(sql);
    pretty_format_batches(&rows).expect("text").to_string()
}

/// All that is settled, in an order of its own.
async fn everything(installation: &Installation) -> Vec<String> {
    let mut all = Vec::new();
    for sql in [
        "SELECT * FROM events ORDER BY event_id",
        "SELECT * FROM account_visits ORDER BY account, day, visitor",
        "SELECT * FROM object_visits ORDER BY object, day, visitor",
        "SELECT * FROM campaign_visits ORDER BY campaign, day, visitor",
        "SELECT * FROM object_total ORDER BY object, time",
    ] {
        all.push(text(installation, sql).await);
    }
    all
}

/// How many visitors there were of each account, link and campaign on each day, and how many events of each kind.
pub async fn counts(installation: &Installation, which: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (table, of) in [
        ("account_visits", "account"),
        ("object_visits", "object"),
        ("campaign_visits", "campaign"),
    ] {
        let sql = format!(
            "SELECT {of}, day, COUNT(*) AS n FROM {table} WHERE account {which} GROUP BY 1, 2 ORDER BY 1, 2"
        );
        all.push(text(installation, &sql).await);
    }
    let sql = format!("SELECT * FROM account_total WHERE account {which} ORDER BY account, time");
    all.push(text(installation, &sql).await);
    all
}

pub async fn erase(installation: &Installation, asked: Asked) -> u64 {
    let store = &installation.deps.env.store;
    ask(store, &asked).await.expect("it is asked for");
    let report = run(&installation.deps, Mode::Incremental)
        .await
        .expect("a run");
    assert_eq!(report.erased, 1);
    let told = told(store, asked.account, asked.id)
        .await
        .expect("the store");
    let told = told.expect("it is told");
    assert!(told.erased_ms.is_some());
    told.events
}

pub fn asked(whose: u64, visitor: Option<u64>) -> Asked {
    Asked {
        id: "ers_1".into(),
        account: account(whose),
        at_ms: 1,
        visitor,
        event: None,
        is_account: visitor.is_none(),
        after: 0,
        carried: None,
    }
}

#[tokio::test]
async fn an_erased_visitor_is_one_visitor_everywhere_in_merged_runs() {
    let installation = filled().await;
    all_agree(&installation.deps).await;
    let before = counts(&installation, "IS NOT NULL").await;
    let others = "SELECT * FROM events WHERE account <> 'acc_0000000000001' OR network NOT IN ('198.51.5.0/24', '') ORDER BY event_id";
    let others_before = text(&installation, others).await;
    let theirs = format!(
        "SELECT COUNT(*) AS n FROM events WHERE account = '{}' AND (visitor = {VISITOR} OR named_visitor = {VISITOR})",
        account(1)
    );
    let had = text(&installation, &theirs).await;
    let events = erase(&installation, asked(1, Some(VISITOR))).await;
    assert!(
        events > 30 && had.contains(&format!(" {events} ")),
        "{events}: {had}"
    );
    assert_eq!(counts(&installation, "IS NOT NULL").await, before);
    assert_eq!(text(&installation, others).await, others_before);
    assert!(text(&installation, &theirs).await.contains("| 0 "));
    let visits = format!(
        "SELECT COUNT(*) AS n FROM account_visits WHERE account = '{}' AND visitor = {VISITOR}",
        account(1)
    );
    assert!(text(&installation, &visits).await.contains("| 0 "));
    all_agree(&installation.deps).await;
    let now = everything(&installation).await;
    run(&installation.deps, Mode::Full)
        .await
        .expect("a full run");
    assert_eq!(everything(&installation).await, now);
    all_agree(&installation.deps).await;
    let report = run(&installation.deps, Mode::Incremental)
        .await
        .expect("a run");
    assert_eq!(report.erased, 0, "once");
}

#[tokio::test]
async fn an_erased_account_is_nobody_in_merged_runs() {
    let installation = filled().await;
    let others = format!("= '{}'", account(2));
    let before = counts(&installation, &others).await;
    assert_eq!(erase(&installation, asked(1, None)).await, 15 * 20);
    assert_eq!(counts(&installation, &others).await, before);
    all_agree(&installation.deps).await;
    for table in [
        "events",
        "account_visits",
        "account_total",
        "object_total",
        "account_country",
    ] {
        let sql = format!(
            "SELECT COUNT(*) AS n FROM {table} WHERE account = '{}'",
            account(1)
        );
        let left = text(&installation, &sql).await;
        assert!(left.contains("| 0 "), "{table}: {left}");
    }
    let now = everything(&installation).await;
    run(&installation.deps, Mode::Full)
        .await
        .expect("a full run");
    assert_eq!(everything(&installation).await, now);
    all_agree(&installation.deps).await;
}
