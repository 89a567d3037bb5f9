//! Events that accounts do not keep any longer are in the table of events no more, nothing brings them back, and every number
//! goes on counting them.

use std::sync::Arc;

use batch_layer::{Accounts, Mode, run};
use handover::{
    expiry::{Keeps, Kept},
    manifest::Manifest,
};
use model::{EntityId, EntityKind, time};

use crate::{
    erasures::{asked, counts, erase, filled_with, text},
    installation::{DAY, HOUR, Installation, click, start},
};

/// With twenty events of each account, ten days apart.
const EPOCHS: i64 = 8;
const ALL: &str = "SELECT * FROM events ORDER BY event_id";

/// Accounts of which one keeps its events for so many days, and has two links, two goals and two campaigns.
struct Known {
    account: u64,
    days: u32,
}

impl Accounts for Known {
    fn keeps(&self) -> Keeps {
        let (days, since) = (self.days, start() / DAY);
        Keeps::from([(self.account, Kept { days, since })])
    }

    fn objects(&self, account: EntityId) -> Vec<EntityId> {
        let kinds = [EntityKind::Link, EntityKind::Goal, EntityKind::Campaign];
        let of = |kind| [10, 15].map(|n| EntityId::new(kind, n * account.raw));
        kinds.into_iter().flat_map(of).collect()
    }
}

fn keeps(installation: &mut Installation, account: u64, days: u32) {
    installation.deps.accounts = Some(Arc::new(Known { account, days }));
}

/// Events that are there when account 1 keeps those from a day on, after the start.
fn kept(day: i64) -> String {
    let first = time::day_text(start() / DAY + day).expect("a day");
    format!(
        "SELECT * FROM events WHERE account <> 'acc_0000000000001' OR received >= '{first}T00:00:00Z' ORDER BY event_id"
    )
}

async fn newest(installation: &Installation) -> (u64, Manifest) {
    let published = installation.deps.manifests.latest().await.expect("one");
    let manifest = (*published.manifest).clone();
    let rows: u64 = manifest.events().map(|events| events.file.rows).sum();
    assert_eq!(rows + manifest.expired_count, manifest.events_count);
    (published.n, manifest)
}

async fn roll_up(installation: &Installation, mode: Mode) {
    run(&installation.deps, mode).await.expect("a run");
}

#[tokio::test]
async fn what_is_expired_goes_and_stays_counted_whatever_is_run() {
    let mut installation = filled_with(EPOCHS, 10).await;
    let counted = counts(&installation, "IS NOT NULL").await;
    let all = text(&installation, ALL).await;
    let left = text(&installation, &kept(50)).await;
    assert_ne!(all, left);
    keeps(&mut installation, 1, 30);
    for mode in [Mode::Incremental, Mode::Full, Mode::Back, Mode::Incremental] {
        roll_up(&installation, mode).await;
        assert_eq!(text(&installation, ALL).await, left, "{mode:?}");
        assert_eq!(
            counts(&installation, "IS NOT NULL").await,
            counted,
            "{mode:?}"
        );
    }
    let (n, manifest) = newest(&installation).await;
    assert_eq!(manifest.expired_count, 5 * 20);
    assert!(!manifest.event_files.iter().any(|file| file.has_expired));
    roll_up(&installation, Mode::Incremental).await;
    assert_eq!(newest(&installation).await.0, n, "there is nothing to do");
}

#[tokio::test]
async fn what_expires_while_a_full_run_is_staged_is_expired_when_it_is_published() {
    let mut installation = filled_with(EPOCHS, 10).await;
    let counted = counts(&installation, "IS NOT NULL").await;
    keeps(&mut installation, 1, 30);
    roll_up(&installation, Mode::Incremental).await;
    let later = text(&installation, &kept(60)).await;
    roll_up(&installation, Mode::Stage).await;
    installation.clock.set(start() + 90 * DAY);
    roll_up(&installation, Mode::Incremental).await;
    assert_eq!(text(&installation, ALL).await, later);
    for mode in [Mode::Publish, Mode::Back] {
        roll_up(&installation, mode).await;
        assert_eq!(text(&installation, ALL).await, later, "{mode:?}");
        assert_eq!(
            counts(&installation, "IS NOT NULL").await,
            counted,
            "{mode:?}"
        );
    }
    newest(&installation).await;
}

#[tokio::test]
async fn a_longer_time_brings_nothing_back() {
    let mut installation = filled_with(EPOCHS, 10).await;
    let left = text(&installation, &kept(70)).await;
    for days in [10, 40, 36_500] {
        keeps(&mut installation, 1, days);
        roll_up(&installation, Mode::Incremental).await;
        roll_up(&installation, Mode::Full).await;
        assert_eq!(text(&installation, ALL).await, left, "{days} days");
    }
}

#[tokio::test]
async fn an_account_is_erased_with_what_had_expired() {
    let mut installation = filled_with(EPOCHS, 10).await;
    // A link that is long forgotten, too.
    installation.take(vec![click(1, 15, start() + HOUR)]).await;
    keeps(&mut installation, 1, 30);
    roll_up(&installation, Mode::Incremental).await;
    let (_, before) = newest(&installation).await;
    erase(&installation, asked(1, None)).await;
    let (_, manifest) = newest(&installation).await;
    assert_eq!(
        manifest.uncounted, before.expired_count,
        "nothing is a repeat here"
    );
    let nobodys = "SELECT CAST(SUM(clicks + bot_clicks + conversions) AS BIGINT) AS n, \
         (SELECT COUNT(*) FROM events WHERE account = 'acc_0000000000000') AS rows \
         FROM account_total WHERE account = 'acc_0000000000000'";
    let all = EPOCHS as u64 * 20 + 1;
    let own = all - before.expired_count;
    assert!(
        text(&installation, nobodys)
            .await
            .contains(&format!("| {own} | {own}"))
    );
    for table in ["object_total", "object_visits", "campaign_visits"] {
        let theirs =
            format!("SELECT COUNT(*) AS rows FROM {table} WHERE account = 'acc_0000000000001'");
        let theirs = text(&installation, &theirs).await;
        assert!(theirs.contains("| 0 "), "{table}: {theirs}");
    }
    let left = text(&installation, ALL).await;
    roll_up(&installation, Mode::Full).await;
    assert_eq!(text(&installation, ALL).await, left);
    let (_, after) = newest(&installation).await;
    assert_eq!(after.expired_count, before.expired_count);
    let said = text(&installation, nobodys).await;
    assert!(said.contains(&format!("| {all} | {own}")), "{said}");
}

#[tokio::test]
async fn what_comes_late_of_days_that_are_not_kept_is_counted_and_not_written() {
    let mut installation = Installation::new(start() + 80 * DAY);
    keeps(&mut installation, 1, 30);
    installation.take(vec![click(1, 10, start())]).await;
    let late = vec![
        click(1, 10, start() + HOUR),
        click(1, 10, start() + 70 * DAY),
    ];
    installation.take(late).await;
    let said = "SELECT (SELECT COUNT(*) FROM events) AS events, CAST(SUM(clicks) AS BIGINT) AS clicks FROM account_total";
    let said = text(&installation, said).await;
    assert!(said.contains("| 1      | 3"), "{said}");
    assert_eq!(newest(&installation).await.1.expired_count, 2);
}

#[tokio::test]
async fn a_clock_that_is_ahead_takes_nothing_out() {
    let mut installation = filled_with(EPOCHS, 10).await;
    let all = text(&installation, ALL).await;
    installation
        .clock
        .set(time::parse_day("2150-01-01").expect("a day") * DAY);
    keeps(&mut installation, 1, 36_500);
    roll_up(&installation, Mode::Incremental).await;
    assert_eq!(text(&installation, ALL).await, all);
}
