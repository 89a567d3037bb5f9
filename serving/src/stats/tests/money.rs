//! Money in rows, totals and in what is said of them.

use model::{EntityId, EventKind, Record, Status};
use serde_json::{Value, json};

use super::results;
use crate::testing::{Site, clicks};

/// A click for each of these, and then what it led to: its country, what it cost and what it brought.
type Paid<'a> = (&'a str, Option<(&'a str, i64)>, Option<(&'a str, i64)>);

fn events(account: EntityId, all: &[Paid<'_>]) -> Vec<Record> {
    let mut events = clicks(account, 1, 1, 2 * all.len() as u64);
    for (pair, (country, cost, value)) in events.chunks_mut(2).zip(all) {
        pair.iter_mut()
            .for_each(|record| record.event.country = (*country).into());
        if let Some((currency, cents)) = cost {
            let click = &mut pair[0].event;
            (click.cost_currency, click.cost_micros) = ((*currency).into(), Some(cents * 10_000));
        }
        if let Some((currency, cents)) = value {
            let sale = &mut pair[1].event;
            sale.kind = EventKind::Conversion as i32;
            (sale.currency, sale.value_micros) = ((*currency).into(), Some(cents * 10_000));
        }
    }
    events
}

async fn site(all: &[Paid<'_>]) -> (Site, String) {
    let site = Site::new().await;
    let (account, key) = site.account().await;
    site.fold(&events(account, all)).await;
    (site, key)
}

/// Five countries: two with sales, one in two currencies, one without a sale, one without a cost.
const FIVE: [Paid<'static>; 5] = [
    ("AT", Some(("EUR", 100)), Some(("EUR", 300))),
    ("BE", Some(("EUR", 100)), Some(("EUR", 900))),
    ("CH", Some(("EUR", 100)), Some(("CHF", 5_000))),
    ("DE", Some(("EUR", 100)), None),
    ("ES", None, Some(("EUR", 500))),
];

#[tokio::test]
async fn groups_are_sorted_by_rates_and_those_without_one_come_last() {
    let (site, key) = site(&FIVE).await;
    for (order, expected) in [
        ("-roi", "BE AT DE CH ES"),
        ("roi", "DE AT BE CH ES"),
        ("-epc", "CH BE ES AT DE"),
        ("-aov", "CH BE ES AT DE"),
        ("-cr", "AT BE CH ES DE"),
        ("-ctr", "AT BE CH DE ES"),
        ("-profit", "CH BE ES AT DE"),
    ] {
        let asked = format!("metrics=roi,epc,aov,cr,ctr,profit&group_by=country&order={order}");
        let (rows, _) = results(&site, &key, &asked).await;
        let rows = rows.as_array().unwrap().iter();
        let names: Vec<&str> = rows.map(|row| row["country"].as_str().unwrap()).collect();
        assert_eq!(names.join(" "), expected, "{order}");
    }
    let best = "metrics=roi,profit&group_by=country&limit=1";
    let (rows, totals) = results(&site, &key, best).await;
    let others = json!({
        "country": "other", "other": true, "roi": null,
        "profit": null, "profits": {"CHF": "50.00", "EUR": "5.00"},
    });
    let first = json!({"country": "BE", "roi": 8.0, "profit": "8.00"});
    assert_eq!(rows, json!([first, others]));
    let profits = json!({"CHF": "50.00", "EUR": "13.00"});
    assert_eq!(
        totals,
        json!({"roi": null, "profit": null, "profits": profits})
    );
}

#[tokio::test]
async fn currencies_have_values_and_costs() {
    let all = [FIVE[0], FIVE[2], ("US", Some(("USD", 40)), None)];
    let (site, key) = site(&all).await;
    let asked = "metrics=profit,value,cost,roi,conversions,aov&group_by=currency";
    let (rows, totals) = results(&site, &key, asked).await;
    let expected = json!([
        {"currency": "CHF", "profit": "50.00", "value": "50.00", "cost": "0.00", "roi": null,
            "conversions": 1, "aov": "50.00"},
        {"currency": "EUR", "profit": "1.00", "value": "3.00", "cost": "2.00", "roi": 0.5,
            "conversions": 1, "aov": "3.00"},
        {"currency": "USD", "profit": "-0.40", "value": "0.00", "cost": "0.40", "roi": -1.0,
            "conversions": 0, "aov": null},
    ]);
    assert_eq!(rows, expected);
    assert_eq!(totals["costs"], json!({"EUR": "2.00", "USD": "0.40"}));
    assert_eq!(totals["conversions"], 2);
    let (status, problem) = site
        .get("/v1/stats?metrics=epc&group_by=currency", &key)
        .await;
    assert_eq!((status, &problem["code"]), (400, &json!("invalid_metrics")));
}

/// Sums of a column in cents.
fn cents(rows: &Value, name: &str) -> i64 {
    let rows = rows.as_array().unwrap().iter();
    let cents = rows.map(|row| row[name].as_str().unwrap().replace('.', ""));
    cents.map(|cents| cents.parse::<i64>().unwrap()).sum()
}

#[tokio::test]
async fn money_that_live_cells_do_not_count_apart_is_other_and_in_totals() {
    // Of more countries than are counted apart, and of fewer, whose values and costs are more.
    for (countries, apart) in [(1_203, false), (700, true)] {
        let names: Vec<String> = (0..countries).map(|n| format!("made-up-{n}")).collect();
        let paid = |name| -> Paid<'_> { (name, Some(("EUR", 1)), Some(("EUR", 3))) };
        let all: Vec<Paid<'_>> = names.iter().map(|name| paid(name)).collect();
        let (site, key) = site(&all).await;
        let asked = "/v1/stats?metrics=clicks,value,cost,profit&group_by=country&limit=5000";
        let answer = site.good(asked, &key).await;
        let (rows, totals) = (&answer["results"], &answer["totals"]);
        for (name, each) in [("value", 3), ("cost", 1), ("profit", 2)] {
            assert_eq!(cents(rows, name), countries * each, "{name}");
            let total = Value::Array(vec![totals.clone()]);
            assert_eq!(cents(&total, name), countries * each, "{name}");
            assert_eq!(answer["meta"]["exact"][name], false);
        }
        let last = rows.as_array().unwrap().last().unwrap();
        assert_eq!(last["other"], true);
        assert_ne!(last["value"], "0.00");
        assert_eq!(last["clicks"] == 0, apart);
        assert_eq!(answer["meta"]["exact"]["clicks"], apart);
        let whole = site.good("/v1/stats?metrics=value,cost", &key).await;
        assert_eq!(whole["meta"]["exact"], json!({"value": true, "cost": true}));
        assert_eq!(whole["totals"]["value"], totals["value"]);
    }
}

#[tokio::test]
async fn money_by_object_is_of_what_has_one() {
    let site = Site::new().await;
    let (account, key) = site.account().await;
    let mut events = events(account, &FIVE[..2]);
    events[1].event.link = Some(5);
    site.fold(&events).await;
    let asked = "metrics=clicks,conversions,value,cost,aov&group_by=link";
    let (rows, totals) = results(&site, &key, asked).await;
    let numbers =
        json!({"clicks": 2, "conversions": 1, "value": "3.00", "cost": "2.00", "aov": "3.00"});
    assert_eq!(totals, numbers);
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
    assert_eq!(rows[0]["value"], "3.00");
}

#[tokio::test]
async fn what_is_pending_or_rejected_is_told_of_both_layers() {
    let site = Site::new().await;
    let (account, key) = site.account().await;
    let mut events = clicks(account, 1, 1, 3);
    let statuses = [Status::Pending, Status::Rejected, Status::Rejected];
    for (record, status) in events.iter_mut().zip(statuses) {
        record.event.kind = EventKind::Conversion as i32;
        record.event.status = status as i32;
    }
    site.fold(&events).await;
    for by in ["", "&group_by=country", "&group_by=variant"] {
        let asked = format!("/v1/stats?metrics=pending,rejected,conversions{by}");
        let answer = site.good(&asked, &key).await;
        let [none, all] = [[0, 0], [1, 2]].map(|[pending, rejected]| {
            json!({"pending": pending, "rejected": rejected, "conversions": 0})
        });
        assert_eq!(answer["meta"]["settled"], none, "{by}");
        assert_eq!(answer["meta"]["live"], all, "{by}");
        assert_eq!(answer["totals"], all, "{by}");
    }
}
