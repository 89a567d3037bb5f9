use std::sync::Arc;

use catalog::{Account, AccountSettings, Change, GoalOptions, Link};
use enrich::{
    Geo, Rules,
    click_id::{ClickId, Variant},
};
use model::{EntityKind, EventKind, Status};
use serde_json::json;
use testing::Installation;

use super::*;
use crate::request_facts::salts;

const NOW_MS: i64 = 1_767_323_045_000;
const LINK: EntityId = EntityId {
    kind: EntityKind::Link,
    raw: 5,
};
const ACCOUNT: EntityId = EntityId {
    kind: EntityKind::Account,
    raw: 1,
};

/// What a history knows, in an installation with one link; and what signs its click ids.
async fn conversions() -> (ImportedConversions, ClickKey) {
    let catalog = Catalog::open(Installation::new(NOW_MS).env.clone()).await;
    let catalog = catalog.unwrap();
    let account = Account {
        id: ACCOUNT,
        name: "Shop".into(),
        created_ms: NOW_MS,
        settings: AccountSettings::default(),
        plan: None,
        quotas: Box::default(),
        suspended: None,
    };
    let link = json!({"id": LINK, "account": ACCOUNT, "slug": "a", "destination": "https://a.example/", "created_ms": 0});
    let link: Link = serde_json::from_value(link).unwrap();
    let changes = vec![Change::PutAccount(account), Change::PutLink(link)];
    catalog.commit(|_| Ok(changes.clone())).await.unwrap();
    let builder = EventBuilder {
        rules: Arc::new(Rules::new().unwrap()),
        geo: Geo::none(),
        lists: enrich::OwnLists::default(),
        salts: salts(),
    };
    let key = builder.click_key();
    (ImportedConversions::new(catalog, &builder), key)
}

fn goal() -> Goal {
    let options =
        json!({"statuses": {"approved": ["sale"], "pending": ["lead"]}, "repeats": "replace"});
    let options: GoalOptions = serde_json::from_value(options).unwrap();
    let goal =
        json!({"id": "gol_0000000000008", "account": ACCOUNT, "name": "Sale", "created_ms": 0});
    Goal {
        options: Some(Box::new(options)),
        ..serde_json::from_value(goal).unwrap()
    }
}

fn row(transaction: Option<&str>, euros: Option<i64>) -> Event {
    Event {
        kind: EventKind::Conversion as i32,
        account: ACCOUNT.raw,
        object: 8,
        transaction_id: transaction.map(str::to_owned),
        value_micros: euros.map(|euros| euros * 1_000_000),
        currency: "EUR".into(),
        occurred_ms: NOW_MS,
        ..Event::default()
    }
}

fn said(status: &str) -> Said {
    Said {
        status: Some(status.to_owned()),
        link: None,
    }
}

fn event(told: Result<Told, Problem>) -> Event {
    match told.unwrap() {
        Told::Recorded(event) => *event,
        Told::Repeats(why) => panic!("{why}"),
    }
}

#[tokio::test]
async fn reports_of_a_transaction_are_a_chain() {
    let (mut history, _) = conversions().await;
    let goal = goal();
    let mut tell = |status, euros| history.decide(&goal, &said(status), row(Some("t"), euros));
    let first = event(tell("lead", Some(10)));
    assert_eq!(
        (first.step, first.unchecked, first.value_micros),
        (0, true, Some(0))
    );
    assert!(matches!(tell("lead", Some(10)), Ok(Told::Repeats(_))));
    let second = event(tell("sale", None));
    assert_eq!((second.step, second.value_micros), (1, Some(10_000_000)));
    assert_eq!(second.taken_back, Some(Status::Pending as i32));
    let third = event(tell("sale", Some(12)));
    assert_eq!((third.step, third.value_micros), (2, Some(2_000_000)));
    assert_eq!(tell("hold", Some(12)).unwrap_err().code, "unknown_status");
    let mut dollars = row(Some("t"), Some(5));
    dollars.currency = "USD".into();
    let refused = history.decide(&goal, &said("sale"), dollars).unwrap_err();
    assert_eq!(refused.code, "wrong_currency");
    // Without an id nothing is a repetition, and there is nothing that anybody could check.
    for _ in 0..2 {
        let event = event(history.decide(&goal, &said("sale"), row(None, Some(1))));
        assert_eq!((event.step, event.unchecked), (0, false));
    }
}

#[tokio::test]
async fn there_is_an_end_to_one_transaction() {
    let (mut history, _) = conversions().await;
    let goal = goal();
    let told: Vec<_> = (0..70)
        .map(|euros| history.decide(&goal, &said("sale"), row(Some("t"), Some(euros))))
        .collect();
    let taken = told.iter().take_while(|told| told.is_ok()).count();
    assert_eq!(taken, 65, "as many as the door takes");
    assert_eq!(told[69].as_ref().unwrap_err().code, "too_many_changes");
}

#[tokio::test]
async fn a_click_id_says_more_than_a_row() {
    let (mut history, key) = conversions().await;
    let goal = goal();
    let id = ClickId {
        event: EventId {
            log: LogId(1),
            seq: Seq(7),
        },
        link: LINK.raw,
        campaign: Some(6),
        second: u32::try_from(NOW_MS / 1_000).unwrap() - 60,
        country: "AT".into(),
        device_type: "mobile",
        browser: "Firefox".into(),
        os: "Linux".into(),
        variant: Variant::Named("blue".into()),
    };
    let of_row = Said {
        status: Some("sale".into()),
        link: Some((EntityId::new(EntityKind::Link, 9), None)),
    };
    let with = |click_id: String| Event {
        click_id: Some(click_id),
        variant: "red".into(),
        country: "DE".into(),
        ..row(None, Some(1))
    };
    let text = id.text(&key);
    let own = event(history.decide(&goal, &of_row, with(text.clone())));
    let told = (
        own.link,
        own.campaign,
        own.country.as_str(),
        own.variant.as_str(),
    );
    assert_eq!(told, (Some(5), Some(6), "AT", "blue"));
    // Of one that somebody altered, or another tracker gave out, nothing is taken.
    let last = if text.ends_with('A') { "B" } else { "A" };
    let altered = format!("{}{last}", &text[..text.len() - 1]);
    for foreign in [
        altered,
        "EAIaIQobChMI".to_owned(),
        "01M8CYBNK5AG1WSK9Y2M10N6TD-5".to_owned(),
    ] {
        let event = event(history.decide(&goal, &of_row, with(foreign)));
        let told = (event.link, event.country.as_str(), event.variant.as_str());
        assert_eq!(told, (Some(9), "DE", "red"));
    }
}
