//! Which events make which messages.

use std::sync::{Arc, LazyLock};

use catalog::{Webhook, WebhookFilters, WebhookMethod, webhook::Begins};
use model::{EntityId, EntityKind, Epoch, Seq};
use testing::Installation;
use webhooks::signing;

use super::*;

const LOG: LogId = LogId(7);
const SEGMENT: SegmentNo = SegmentNo(3);
const NOW_MS: i64 = 1_767_323_045_000;
static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(Rules::new().unwrap()));
const PERSON: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36";

fn id(kind: EntityKind, raw: u64) -> EntityId {
    EntityId::new(kind, raw)
}

fn webhook(types: &[EventType]) -> Webhook {
    Webhook {
        id: "whk_0000000000004".into(),
        account: id(EntityKind::Account, 1),
        name: "Shop".into(),
        kind: WebhookKind::Webhook,
        method: WebhookMethod::Post,
        url: "https://shop.example/hook".into(),
        types: types.into(),
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

fn record(seq: u64, kind: EventKind) -> Record {
    let event = Event {
        kind: kind as i32,
        account: 1,
        object: 5,
        campaign: Some(6),
        occurred_ms: NOW_MS,
        received_ms: NOW_MS,
        user_agent: PERSON.into(),
        ..Event::default()
    };
    Record {
        seq: Seq(seq),
        epoch: Epoch(1),
        event,
    }
}

async fn catalog() -> Catalog {
    let installation = Installation::new(NOW_MS);
    Catalog::open(installation.env.clone()).await.unwrap()
}

/// First and last events of the messages that are planned.
fn planned(webhook: &Webhook, catalog: &Catalog, records: &[Record]) -> Vec<(EventType, u64, u64)> {
    let maker = Maker {
        webhook,
        rules: &RULES,
        catalog,
    };
    let planned = maker.plan(LOG, SEGMENT, records);
    let place = |it: &Planned<'_>| (it.place.kind, it.place.first.0, it.place.last.0);
    planned.iter().map(place).collect()
}

#[tokio::test]
async fn clicks_go_together_and_conversions_alone_in_the_order_of_their_ends() {
    let catalog = catalog().await;
    let kind = |seq| match seq {
        100 | 450 => EventKind::Conversion,
        _ => EventKind::Click,
    };
    let mut records: Vec<Record> = (1..=450).map(|seq| record(seq, kind(seq))).collect();
    records[449].event.step = 2;
    let all = webhook(&EventType::ALL);
    let (clicks, created, changed) = (
        EventType::LinkClicked,
        EventType::ConversionCreated,
        EventType::ConversionChanged,
    );
    let expected = [
        (created, 100, 100),
        (clicks, 1, 201),
        (clicks, 202, 401),
        (clicks, 402, 449),
        (changed, 450, 450),
    ];
    assert_eq!(planned(&all, &catalog, &records), expected);
    let some = webhook(&[created]);
    assert_eq!(planned(&some, &catalog, &records), expected[..1]);
}

#[tokio::test]
async fn which_clicks_go_together_does_not_depend_on_which_are_wanted() {
    let catalog = catalog().await;
    let mut records: Vec<Record> = (1..=450).map(|seq| record(seq, EventKind::Click)).collect();
    for at in [0, 10, 199, 449] {
        records[at].event.user_agent = "curl/8".into();
    }
    let mut some = webhook(&[EventType::LinkClicked]);
    let people = planned(&some, &catalog, &records);
    some.filters.bots = true;
    assert_eq!(planned(&some, &catalog, &records), people);
    assert_eq!(people.len(), 3);
    // Groups of which nothing is wanted are no message.
    some.filters.bots = false;
    let bots = &mut records[200..400];
    bots.iter_mut()
        .for_each(|it| it.event.user_agent = "curl/8".into());
    let left = planned(&some, &catalog, &records);
    assert_eq!(left, [people[0], people[2]]);
}

#[tokio::test]
async fn only_what_is_wanted_is_told() {
    let catalog = catalog().await;
    type Change = fn(&mut Webhook, &mut Record);
    let [click, conversion] = [EventKind::Click, EventKind::Conversion];
    let cases: [(&str, EventKind, bool, Change); 14] = [
        ("a click", click, true, |_, _| ()),
        ("a view", EventKind::View, false, |_, _| ()),
        ("of another account", click, false, |_, it| {
            it.event.account = 2
        }),
        ("from before", click, false, |_, it| {
            it.event.received_ms -= 1
        }),
        ("that happened before", click, true, |_, it| {
            it.event.occurred_ms -= 1
        }),
        ("of a bot", click, false, |_, it| {
            it.event.user_agent = "curl/8".into()
        }),
        ("of a bot, wanted", click, true, |w, it| {
            it.event.user_agent = "curl/8".into();
            w.filters.bots = true;
        }),
        ("on the link", click, true, |w, _| {
            w.filters.links = [id(EntityKind::Link, 5)].into()
        }),
        ("on another", click, false, |w, _| {
            w.filters.links = [id(EntityKind::Link, 4)].into()
        }),
        ("a click, goals limited", click, true, |w, _| {
            w.filters.goals = [id(EntityKind::Goal, 4)].into()
        }),
        ("of another goal", conversion, false, |w, _| {
            w.filters.goals = [id(EntityKind::Goal, 4)].into()
        }),
        ("of no link", conversion, false, |w, _| {
            w.filters.links = [id(EntityKind::Link, 4)].into()
        }),
        ("of the link", conversion, true, |w, it| {
            it.event.link = Some(4);
            w.filters.links = [id(EntityKind::Link, 4)].into();
        }),
        ("of another campaign", conversion, false, |w, _| {
            w.filters.campaigns = [id(EntityKind::Campaign, 7)].into();
        }),
    ];
    for (what, kind, expected, change) in cases {
        let (mut webhook, mut record) = (webhook(&EventType::ALL), record(1, kind));
        change(&mut webhook, &mut record);
        let planned = planned(&webhook, &catalog, &[record]);
        assert_eq!(!planned.is_empty(), expected, "{what}");
    }
}

#[tokio::test]
async fn a_message_is_the_same_each_time() {
    let catalog = catalog().await;
    let mut told = record(9, EventKind::Conversion);
    told.event.amount_micros = Some(12_500_000);
    told.event.currency = "EUR".into();
    told.event.transaction_id = Some("a b".into());
    told.event.subs = vec!["x&y".into()];
    let records = [record(8, EventKind::Click), told];
    let mut webhook = webhook(&EventType::ALL);
    let make = |webhook: &Webhook| {
        let maker = Maker {
            webhook,
            rules: &RULES,
            catalog: &catalog,
        };
        let planned = maker.plan(LOG, SEGMENT, &records);
        planned.iter().map(|it| maker.make(it)).collect::<Vec<_>>()
    };
    let made = make(&webhook);
    assert_eq!(make(&webhook), made);
    assert_eq!(made[0].id, format!("msg_0000000000004_{LOG}-8-8"));
    assert_eq!(made[1].id, format!("msg_0000000000004_{LOG}-9"));
    let json: Value = serde_json::from_slice(&made[1].body).unwrap();
    assert_eq!(json["type"], "conversion.created");
    assert_eq!(json["timestamp"], "2026-01-02T03:04:05Z");
    assert_eq!(json["data"]["value"], "12.50");
    assert_eq!(json["data"]["event_id"], format!("{LOG}-9"));
    webhook.kind = WebhookKind::Postback;
    webhook.method = WebhookMethod::Get;
    webhook.types = [EventType::ConversionCreated].into();
    webhook.url =
        "https://n.example/?t={transaction_id}&v={value}&s={sub1}&u={occurred_unix}&l={link}"
            .into();
    let made = make(&webhook);
    assert_eq!(
        made[0].url,
        "https://n.example/?t=a%20b&v=12.50&s=x%26y&u=1767323045&l="
    );
    assert!(made[0].body.is_empty());
}
