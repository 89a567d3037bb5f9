mod costs;
mod money;

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    datatypes::{DataType, SchemaRef, TimeUnit, TimestampMillisecondType},
    ipc::reader::StreamReader,
    util::display::array_value_to_string,
};
use axum::body::{Body, to_bytes};
use catalog::{Change, Link};
use http::Request;
use model::{EventKind, Record};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    api::objects::Resource,
    testing::{NOW_MS, Site, clicks},
};

/// A site with four clicks of a link, two of one that is gone, and three sales in two currencies.
async fn site() -> (Site, String) {
    let site = Site::new().await;
    let (account, key) = site.account().await;
    let link = Link {
        slug: "spring".into(),
        destination: "https://shop.example/".into(),
        ..Link::blank("lnk_0000000000005".parse().unwrap(), account, NOW_MS)
    };
    let change = vec![Change::PutLink(link)];
    let catalog = &site.app.catalog;
    catalog.commit(|_| Ok(change.clone())).await.unwrap();
    let mut events = clicks(account, 1, 1, 9);
    events[4..6].iter_mut().for_each(|r| r.event.object = 55);
    let sale = |(record, currency): (&mut Record, &str)| {
        record.event.kind = EventKind::Conversion as i32;
        record.event.value_micros = Some(12_500_000);
        record.event.currency = currency.into();
    };
    events[6..]
        .iter_mut()
        .zip(["EUR", "USD", "USD"])
        .for_each(sale);
    site.fold(&events).await;
    (site, key)
}

async fn results(site: &Site, key: &str, query: &str) -> (Value, Value) {
    let mut answer = site.good(&format!("/v1/stats?{query}"), key).await;
    (answer["results"].take(), answer["totals"].take())
}

/// The rows of an Arrow stream as JSON has them, and the metadata of its schema.
async fn in_arrow(site: &Site, key: &str, query: &str) -> (Vec<RecordBatch>, SchemaRef) {
    let request = Request::builder()
        .uri(format!("/v1/stats?{query}"))
        .header("authorization", format!("Bearer {key}"))
        .header("accept", "application/vnd.apache.arrow.stream");
    let request = request.body(Body::empty()).unwrap();
    let response = site.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let reader = StreamReader::try_new(&bytes[..], None).unwrap();
    let schema = reader.schema();
    (reader.map(Result::unwrap).collect(), schema)
}

/// A cell as JSON has it: money without the noughts that it ends with is compared as a number.
fn shown(column: &ArrayRef, row: usize) -> Value {
    let text = || array_value_to_string(column, row).unwrap();
    match column.data_type() {
        _ if column.is_null(row) => Value::Null,
        DataType::Int64 | DataType::Float64 | DataType::Boolean => {
            serde_json::from_str(&text()).unwrap()
        }
        DataType::Decimal128(38, 6) => json!(text().parse::<f64>().unwrap()),
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            assert_eq!(zone.as_deref(), Some("UTC"));
            let ms = column.as_primitive::<TimestampMillisecondType>().value(row);
            json!(model::time::rfc3339(ms))
        }
        DataType::Map(..) => {
            let sums = column.as_map().value(row);
            let [currencies, sums] = [0, 1].map(|at| sums.column(at).clone());
            let pairs = (0..sums.len()).map(|at| {
                let currency = currencies.as_string::<i32>().value(at).to_owned();
                (currency, shown(&sums, at))
            });
            Value::Object(pairs.collect())
        }
        _ => json!(text()),
    }
}

#[tokio::test]
async fn rows_in_arrow_are_those_of_json() {
    let (site, key) = site().await;
    let money = |name: &str| ["value", "profit", "aov", "epc", "cost"].contains(&name);
    for query in [
        "group_by=link&metrics=clicks,conversions,value,aov,cr",
        "group_by=currency&metrics=conversions,value,aov",
        "group_by=link&limit=1&interval=day&range=2d&metrics=clicks,value,roi",
        "metrics=value,profit,clicks",
        "metrics=clicks&group_by=country&start=2020-01-01&end=2020-01-02",
    ] {
        let answer = site.good(&format!("/v1/stats?{query}"), &key).await;
        let (batches, schema) = in_arrow(&site, &key, query).await;
        let rows = answer["results"].as_array().unwrap();
        assert_eq!(
            batches.iter().map(RecordBatch::num_rows).sum::<usize>(),
            rows.len(),
            "{query}"
        );
        for (at, row) in rows.iter().enumerate() {
            for (field, column) in schema.fields().iter().zip(batches[0].columns()) {
                let name = field.name().as_str();
                let expected = match &row[name] {
                    Value::Null if name == "other" => json!(false),
                    Value::String(text) if money(name) => json!(text.parse::<f64>().unwrap()),
                    Value::Object(sums) => {
                        let number =
                            |text: &Value| json!(text.as_str().unwrap().parse::<f64>().unwrap());
                        Value::Object(
                            sums.iter()
                                .map(|(c, sum)| (c.clone(), number(sum)))
                                .collect(),
                        )
                    }
                    value => value.clone(),
                };
                assert_eq!(shown(column, at), expected, "{query}: {name}");
            }
            let unknown = |name: &&String| schema.column_with_name(name).is_none();
            assert_eq!(
                row.as_object().unwrap().keys().find(unknown),
                None,
                "{query}"
            );
        }
        let totals: Value = serde_json::from_str(&schema.metadata()["totals"]).unwrap();
        assert_eq!(totals, answer["totals"], "{query}");
        let meta: Value = serde_json::from_str(&schema.metadata()["meta"]).unwrap();
        assert_eq!(meta["query"], answer["meta"]["query"], "{query}");
    }
    let (_, schema) = in_arrow(
        &site,
        &key,
        "metrics=clicks,value&group_by=country&interval=day",
    )
    .await;
    let types: Vec<(&str, &DataType)> = schema
        .fields()
        .iter()
        .take(5)
        .map(|field| (field.name().as_str(), field.data_type()))
        .collect();
    let day = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let expected = [
        ("time", &day),
        ("country", &DataType::Utf8),
        ("other", &DataType::Boolean),
        ("clicks", &DataType::Int64),
        ("value", &DataType::Decimal128(38, 6)),
    ];
    assert_eq!(types, expected);
}

#[tokio::test]
async fn rows_are_named_by_their_group_and_add_up() {
    let (site, key) = site().await;
    let spring = json!({"link": "lnk_0000000000005", "slug": "spring", "clicks": 4});
    let (rows, totals) = results(&site, &key, "group_by=link").await;
    let gone = json!({"link": "lnk_000000000001q", "clicks": 2});
    assert_eq!(
        (rows, totals),
        (json!([spring, gone]), json!({"clicks": 6}))
    );
    let (rows, totals) = results(&site, &key, "group_by=link&limit=1").await;
    let others = json!({"link": "other", "other": true, "clicks": 2});
    assert_eq!(
        (rows, totals),
        (json!([spring, others]), json!({"clicks": 6}))
    );
    let (rows, _) = results(&site, &key, "group_by=country").await;
    assert_eq!(rows, json!([{"country": null, "clicks": 6}]));
}

#[tokio::test]
async fn money_adds_up_within_a_currency_only() {
    let (site, key) = site().await;
    let asked = "metrics=value,conversions&group_by=currency";
    let (rows, totals) = results(&site, &key, asked).await;
    let expected = json!([
        {"currency": "USD", "value": "25.00", "conversions": 2},
        {"currency": "EUR", "value": "12.50", "conversions": 1},
    ]);
    assert_eq!(rows, expected);
    let values = json!({"EUR": "12.50", "USD": "25.00"});
    let several = json!({"value": null, "values": values, "conversions": 3});
    assert_eq!(totals, several);
}

#[tokio::test]
async fn nought_in_another_currency_hides_no_total() {
    let site = Site::new().await;
    let (account, key) = site.account().await;
    let mut events = clicks(account, 1, 1, 2);
    for (record, (currency, micros)) in events.iter_mut().zip([("EUR", 5_000_000), ("XXX", 0)]) {
        record.event.kind = EventKind::Conversion as i32;
        record.event.value_micros = Some(micros);
        record.event.currency = currency.into();
    }
    site.fold(&events).await;
    let (_, totals) = results(&site, &key, "metrics=value").await;
    assert_eq!(totals, json!({"value": "5.00"}));
}

#[tokio::test]
async fn every_metric_is_told_of_every_bucket() {
    let (site, key) = site().await;
    let asked = "metrics=clicks,bot_clicks,views,bot_views,conversions,value,unique_visitors\
        &interval=hour&start=2026-01-02T02:00:00Z&end=2026-01-02T04:00:00Z";
    let (rows, totals) = results(&site, &key, asked).await;
    let mut row = json!({
        "time": "2026-01-02T02:00:00Z",
        "clicks": 0, "bot_clicks": 0, "views": 0, "bot_views": 0, "conversions": 0,
        "value": "0.00", "unique_visitors": 0,
    });
    assert_eq!(rows[0], row);
    row["time"] = json!("2026-01-02T03:00:00Z");
    for (metric, number) in [("clicks", 6), ("conversions", 3), ("unique_visitors", 6)] {
        row[metric] = json!(number);
    }
    row["value"] = Value::Null;
    row["values"] = json!({"EUR": "12.50", "USD": "25.00"});
    assert_eq!(rows[1], row);
    row.as_object_mut().unwrap().remove("time");
    assert_eq!(totals, row);
}

#[tokio::test]
async fn visitors_are_exact_in_days_of_the_account_and_else_say_so() {
    let site = Site::new().await;
    let (account, key) = site.account().await;
    site.fold(&clicks(account, 1, 1, 3)).await;
    site.refresh().await;
    let exact = async |range: &str| {
        let path = format!("/v1/stats?metrics=unique_visitors&{range}");
        let meta = site.good(&path, &key).await["meta"].clone();
        let per = json!({"counted_per": "day", "timezone": "UTC"});
        assert_eq!(meta["unique_visitors"], per);
        meta["exact"]["unique_visitors"].clone()
    };
    for (range, sure) in [
        ("range=today", true),
        ("range=7d&interval=day", true),
        ("range=7d&interval=day&timezone=America/Los_Angeles", false),
        ("range=7d&interval=day&timezone=Africa/Abidjan", true),
        // Half past an hour: within a day of the account, but not what is live.
        ("start=2026-01-01T10:30:00Z&end=2026-01-01T12:00:00Z", true),
        ("start=2026-01-02T02:15:00Z&end=2026-01-02T03:15:00Z", false),
        ("range=7d&interval=day&timezone=Asia/Kolkata", false),
    ] {
        assert_eq!(exact(range).await, sure, "{range}");
    }
    let path = "/v1/stats?metrics=unique_visitors&start=2026-01-01T10:07:00Z&end=2026-01-02";
    let by_minutes = site.good(path, &key).await;
    assert_eq!(by_minutes["meta"]["source"], "events", "no cube has it");
    let metrics = site.good("/v1/stats?metrics=clicks", &key).await;
    assert!(metrics["meta"].get("unique_visitors").is_none());
}

#[tokio::test]
async fn where_visitors_are_known_for_a_month_answers_say_so() {
    let site = Site::new().await;
    let (id, key) = site.account().await;
    let day = |text| model::time::parse_day(text).unwrap();
    let catalog = &site.app.catalog;
    let mut account = catalog::Account::clone(&catalog.account(id).unwrap());
    let memory = &mut account.settings.visitor_memory;
    for (to, date) in [
        (model::Memory::Month, "2025-11-20"),
        (model::Memory::Day, "2025-12-20"),
    ] {
        let from = day(date) * model::time::DAY;
        memory.set(to, from - 60, from);
    }
    let changes = vec![catalog::Change::PutAccount(account)];
    catalog.commit(|_| Ok(changes.clone())).await.unwrap();
    let meta = async |asked: &str| {
        let path = format!("/v1/stats?metrics=unique_visitors&{asked}");
        let meta = site.good(&path, &key).await["meta"].clone();
        (
            meta["unique_visitors"].clone(),
            meta["exact"]["unique_visitors"] == true,
        )
    };
    let per = |memory| json!({"counted_per": memory, "timezone": "UTC"});
    // Elsewhere midnight is another, but the month is the same.
    let there = "timezone=America/Los_Angeles&start=2025-12-02&end=2025-12-10";
    assert_eq!(meta(there).await, (per("month"), true));
    let over = "timezone=America/Los_Angeles&start=2025-11-28&end=2025-12-10";
    assert_eq!(meta(over).await, (per("month"), false));
    let days = "timezone=America/Los_Angeles&start=2025-12-25&end=2025-12-28";
    assert_eq!(meta(days).await, (per("day"), false));
    let (told, sure) = meta("start=2025-11-01&end=2025-12-28").await;
    let expected = json!({
        "counted_per": "day",
        "timezone": "UTC",
        "before": [
            {"until": "2025-11-20T00:00:00Z", "counted_per": "day"},
            {"until": "2025-12-20T00:00:00Z", "counted_per": "month"},
        ],
    });
    assert_eq!(
        (told, sure),
        (expected, false),
        "who came before and after counts twice"
    );
    let (_, sure) = meta("start=2025-11-20&end=2025-12-20").await;
    assert!(sure, "the changes are at its ends");
}

#[tokio::test]
async fn values_that_live_cells_do_not_count_apart_are_other_and_said() {
    let site = Site::new().await;
    let (account, key) = site.account().await;
    let mut events = clicks(account, 1, 1, 1_203);
    for (n, record) in events.iter_mut().enumerate() {
        record.event.country = format!("made-up-{n}");
    }
    site.fold(&events).await;
    let asked = "/v1/stats?group_by=country&limit=1000";
    let answer = site.good(asked, &key).await;
    let rows = answer["results"].as_array().unwrap();
    assert_eq!(rows.len(), 1_001);
    let others = json!({"country": "other", "other": true, "clicks": 203});
    assert_eq!(rows.last(), Some(&others));
    assert_eq!(answer["totals"], json!({"clicks": 1_203}));
    assert_eq!(answer["meta"]["exact"]["clicks"], false);
    assert_eq!(answer["meta"]["complete"], true);
    let answer = site.good("/v1/stats?interval=hour", &key).await;
    assert_eq!(answer["totals"], json!({"clicks": 1_203}));
    assert_eq!(answer["meta"]["exact"]["clicks"], true);
}
