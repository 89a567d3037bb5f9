//! What was paid in periods, in answers. All numbers are reckoned by hand.

use catalog::{Campaign, Change, Link};
use model::{EntityId, Record};
use serde_json::{Value, json};

use super::results;
use crate::{
    api::objects::Resource,
    testing::{NOW_MS, Site, clicks},
};

const HOUR_MS: i64 = 3_600_000;
const WEEK: &str = "start=2026-01-01&end=2026-01-08";

/// A click: of which link, in which campaign, from where, on the first or the second of January.
type Click = (u64, u64, &'static str, i64);

/// Link 5 is in campaign 6 alone; link 8 was in 6, and then in 9.
const CLICKS: [Click; 7] = [
    (5, 6, "DE", 1),
    (5, 6, "DE", 1),
    (8, 6, "AT", 1),
    (8, 6, "AT", 1),
    (5, 6, "DE", 2),
    (5, 6, "AT", 2),
    (8, 9, "AT", 2),
];

fn id(text: &str) -> EntityId {
    text.parse().unwrap()
}

fn events(account: EntityId) -> Vec<Record> {
    let mut events = clicks(account, 1, 1, CLICKS.len() as u64);
    for (record, (link, campaign, country, day)) in events.iter_mut().zip(CLICKS) {
        let event = &mut record.event;
        (event.object, event.campaign) = (link, Some(campaign));
        event.country = country.into();
        // 02:04 of the first or the second of January.
        event.occurred_ms = NOW_MS - HOUR_MS - (2 - day) * 24 * HOUR_MS;
    }
    events
}

struct Paid {
    site: Site,
    key: String,
}

impl Paid {
    /// With the clicks, and without costs.
    async fn new() -> Self {
        let site = Site::new().await;
        let (account, key) = site.account().await;
        let campaign = |of: &str, name: &str| {
            Change::PutCampaign(Campaign {
                name: name.into(),
                ..Campaign::blank(id(of), account, NOW_MS)
            })
        };
        let link = |of: &str, slug: &str, campaign: &str| {
            Change::PutLink(Link {
                slug: slug.into(),
                destination: "https://shop.example/".into(),
                campaign: Some(id(campaign)),
                ..Link::blank(id(of), account, NOW_MS)
            })
        };
        let changes = vec![
            campaign("cmp_0000000000006", "Old"),
            campaign("cmp_0000000000009", "New"),
            link("lnk_0000000000005", "a", "cmp_0000000000006"),
            link("lnk_0000000000008", "b", "cmp_0000000000009"),
        ];
        let catalog = &site.app.catalog;
        catalog.commit(|_| Ok(changes.clone())).await.unwrap();
        site.fold(&events(account)).await;
        Self { site, key }
    }

    /// Tells a cost; gives its id.
    async fn pay(&self, of: (&str, &str), period: [&str; 2], amount: &str) -> String {
        let body = json!({of.0: of.1, "from": period[0], "to": period[1], "amount": amount});
        let (status, made) = self.site.call("POST", "/v1/costs", &self.key, body).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    /// With five costs, one of them of a day without clicks.
    async fn all() -> Self {
        let paid = Self::new().await;
        let week = ["2026-01-01", "2026-01-08"];
        paid.pay(("link", "a"), week, "1.00").await;
        let first = ["2026-01-01", "2026-01-02"];
        paid.pay(("campaign", "Old"), first, "10").await;
        let second = ["2026-01-02T00:00:00Z", "2026-01-02T12:00:00Z"];
        paid.pay(("campaign", "New"), second, "3").await;
        paid.pay(("link", "b"), ["2026-01-01", "2026-01-03"], "0.01")
            .await;
        paid.pay(("link", "a"), ["2026-01-05", "2026-01-06"], "7")
            .await;
        paid
    }

    /// Groups and what they cost; last the total.
    async fn cost(&self, query: &str) -> (Vec<(String, String)>, String) {
        let asked = format!("{WEEK}&metrics=cost&{query}");
        let (rows, totals) = results(&self.site, &self.key, &asked).await;
        let by = query
            .split('&')
            .find_map(|part| part.strip_prefix("group_by="));
        let text = |value: &Value| value.as_str().unwrap_or("null").to_owned();
        let rows = rows.as_array().unwrap().iter();
        let rows = rows.map(|row| (text(&row[by.unwrap_or("time")]), text(&row["cost"])));
        let mut rows: Vec<(String, String)> = rows.collect();
        rows.sort();
        (rows, text(&totals["cost"]))
    }
}

fn rows<const N: usize>(rows: [(&str, &str); N], total: &str) -> (Vec<(String, String)>, String) {
    let own = rows
        .iter()
        .map(|(name, cost)| ((*name).into(), (*cost).into()));
    (own.collect(), total.into())
}

const A: &str = "lnk_0000000000005";
const B: &str = "lnk_0000000000008";
const OLD: &str = "cmp_0000000000006";
const NEW: &str = "cmp_0000000000009";

#[tokio::test]
async fn all_costs_of_an_account_are_in_every_split_of_it() {
    let paid = Paid::all().await;
    for (query, expected) in [
        ("", rows([("null", "14.01")], "14.01")),
        (
            "group_by=country",
            rows([("AT", "8.26"), ("DE", "5.75")], "14.01"),
        ),
        ("group_by=link", rows([(A, "6.00"), (B, "8.01")], "14.01")),
        (
            "group_by=campaign",
            rows([(OLD, "11.006666"), (NEW, "3.003334")], "14.01"),
        ),
        ("group_by=currency", rows([("USD", "14.01")], "14.01")),
        ("group_by=device", rows([("null", "14.01")], "14.01")),
        ("group_by=variant", rows([("null", "14.01")], "14.01")),
        ("group_by=utm_source", rows([("null", "14.01")], "14.01")),
    ] {
        assert_eq!(paid.cost(query).await, expected, "{query}");
    }
    let (days, total) = paid.cost("interval=day").await;
    let none = (3..8).map(|day| (format!("2026-01-0{day}T00:00:00Z"), "0.00".to_owned()));
    let (mut expected, _) = rows(
        [
            ("2026-01-01T00:00:00Z", "10.506666"),
            ("2026-01-02T00:00:00Z", "3.503334"),
        ],
        "",
    );
    expected.extend(none);
    assert_eq!((days, total), (expected, "14.01".to_owned()));
    // A part of a period has its part of the amount.
    let asked = "start=2026-01-02&end=2026-01-03&metrics=cost,profit,roi,clicks";
    let (_, totals) = results(&paid.site, &paid.key, asked).await;
    let expected = json!({"cost": "3.503334", "profit": "-3.503334", "roi": -1.0, "clicks": 3});
    assert_eq!(totals, expected);
}

#[tokio::test]
async fn a_link_has_its_part_of_its_campaigns_and_they_have_theirs_of_it() {
    let paid = Paid::all().await;
    for (query, expected) in [
        ("link=a", rows([("null", "6.00")], "6.00")),
        (
            "link=a&group_by=country",
            rows([("AT", "0.25"), ("DE", "5.75")], "6.00"),
        ),
        ("link=b", rows([("null", "8.01")], "8.01")),
        ("link=b&group_by=country", rows([("AT", "8.01")], "8.01")),
        ("campaign=Old", rows([("null", "11.006667")], "11.006667")),
        (
            "campaign=Old&group_by=link",
            rows([(A, "6.00"), (B, "5.006667")], "11.006667"),
        ),
        (
            "campaign=Old&group_by=country",
            rows([("AT", "5.256667"), ("DE", "5.75")], "11.006667"),
        ),
        ("campaign=New", rows([("null", "3.003334")], "3.003334")),
    ] {
        assert_eq!(paid.cost(query).await, expected, "{query}");
    }
    // Whose clicks in the campaign were of which country no cube knows, where the link was elsewhere, too.
    for (query, exact) in [
        ("link=a&group_by=country", true),
        ("campaign=Old&group_by=country", false),
        ("campaign=Old&group_by=link", true),
        ("group_by=campaign", true),
    ] {
        let asked = format!("/v1/stats?{WEEK}&metrics=cost,value&{query}");
        let answer = paid.site.good(&asked, &paid.key).await;
        assert_eq!(
            answer["meta"]["exact"],
            json!({"cost": exact, "value": true}),
            "{query}"
        );
    }
}

#[tokio::test]
async fn what_is_changed_or_forgotten_is_restated_at_once() {
    let paid = Paid::new().await;
    let first = ["2026-01-01", "2026-01-02"];
    let cost = paid.pay(("campaign", "Old"), first, "10").await;
    let unspread = ["2026-01-05", "2026-01-06"];
    let path = format!("/v1/costs/{cost}");
    paid.pay(("link", "a"), unspread, "7").await;
    let answer = async || {
        paid.site
            .good(&format!("/v1/stats?{WEEK}&metrics=cost"), &paid.key)
            .await
    };
    let before = answer().await;
    assert_eq!(before["totals"]["cost"], "10.00");
    let told =
        json!({"count": 2, "changed_at": "2026-01-02T03:04:05Z", "unspread": {"USD": "7.00"}});
    assert_eq!(before["meta"]["period_costs"], told);
    let change = async |body: Value| paid.site.call("PATCH", &path, &paid.key, body).await;
    let (status, changed) = change(json!({"amount": "20.5", "note": "corrected"})).await;
    assert_eq!(
        (status, &changed["amount"]),
        (200, &json!("20.50")),
        "{changed}"
    );
    assert_eq!(answer().await["totals"]["cost"], "20.50");
    let (status, changed) = change(json!({"currency": "EUR"})).await;
    assert_eq!((status, &changed["note"]), (200, &json!("corrected")));
    let totals = answer().await["totals"].take();
    assert_eq!(totals, json!({"cost": "20.50"}));
    let (status, _) = paid
        .site
        .call("DELETE", &path, &paid.key, Value::Null)
        .await;
    assert_eq!(status, 204);
    let after = answer().await;
    assert_eq!(
        (
            &after["totals"]["cost"],
            &after["meta"]["period_costs"]["count"]
        ),
        (&json!("0.00"), &json!(1))
    );
    let (status, _) = paid.site.get(&path, &paid.key).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn costs_that_cannot_be_are_refused() {
    let paid = Paid::new().await;
    let good = json!({"link": "a", "from": "2026-01-01", "to": "2026-01-02", "amount": "1"});
    for (change, field) in [
        (json!({"link": null}), "link"),
        (json!({"link": "nobody"}), "link"),
        (json!({"campaign": "Old"}), "link"),
        (json!({"from": "2026-01-01T00:07:00Z"}), "from"),
        (json!({"from": "yesterday"}), "from"),
        (json!({"to": "2026-01-01"}), "to"),
        (json!({"to": "2099-01-01"}), "to"),
        (json!({"to": null}), "to"),
        (json!({"amount": null}), "amount"),
        (json!({"amount": "-1"}), "decimal"),
        (json!({"currency": "euro"}), "currency"),
        (json!({"note": "a\u{0}b"}), "note"),
        (json!({"amonut": "1"}), "amonut"),
    ] {
        let mut body = good.clone();
        let fields = change.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(fields);
        let (status, problem) = paid.site.call("POST", "/v1/costs", &paid.key, body).await;
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(
            status == 400 && detail.contains(field),
            "{change}: {status} {problem}"
        );
    }
    // Of somebody else nobody is told.
    let cost = paid
        .pay(("link", "a"), ["2026-01-01", "2026-01-02"], "1")
        .await;
    let (_, other) = paid.site.account().await;
    let (status, _) = paid.site.get(&format!("/v1/costs/{cost}"), &other).await;
    assert_eq!(status, 404);
    let list = paid.site.good("/v1/costs", &other).await;
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn more_than_can_be_spread_at_once_is_refused() {
    let paid = Paid::new().await;
    let account = paid
        .site
        .app
        .catalog
        .read(|state| state.accounts(None, 1)[0].id);
    let mut changes = Vec::new();
    for n in 100..601 {
        let campaign = EntityId::new(model::EntityKind::Campaign, n);
        changes.push(Change::PutCampaign(Campaign {
            name: n.to_string().into(),
            ..Campaign::blank(campaign, account, NOW_MS)
        }));
    }
    let catalog = &paid.site.app.catalog;
    catalog.commit(|_| Ok(changes.clone())).await.unwrap();
    let cost = |n: u64| catalog::PeriodCost {
        id: format!("cst_{n}").into(),
        account,
        object: EntityId::new(model::EntityKind::Campaign, n),
        from: NOW_MS / 900_000 * 15,
        to: NOW_MS / 900_000 * 15 + 15,
        amount: catalog::Price::parse("1").unwrap(),
        currency: "USD".into(),
        note: None,
        created_ms: NOW_MS,
        changed_ms: NOW_MS,
    };
    let costs: Vec<Change> = (100..601).map(|n| Change::PutCost(cost(n))).collect();
    catalog.commit(|_| Ok(costs.clone())).await.unwrap();
    let asked = format!("/v1/stats?{WEEK}&metrics=cost");
    let (status, problem) = paid.site.get(&asked, &paid.key).await;
    assert_eq!((status, &problem["code"]), (400, &json!("too_many_costs")));
    let one = paid
        .site
        .good(&format!("{asked}&campaign=100"), &paid.key)
        .await;
    assert_eq!(
        one["meta"]["period_costs"]["unspread"],
        json!({"USD": "1.00"})
    );
    paid.site
        .good(&format!("/v1/stats?{WEEK}&metrics=clicks"), &paid.key)
        .await;
}
