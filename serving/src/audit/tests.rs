use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{ArrayRef, RecordBatch, StringArray, TimestampMillisecondArray},
    datatypes::{DataType, Field, Schema},
};
use handover::{
    manifest::{EventsFile, File, Manifest},
    tally::{self, Tally, Turned},
};
use model::{Counts, Cube, Dimension, EntityId, Grain, Measure, time};
use object_store::{ObjectStoreExt, path::Path};
use parquet::arrow::ArrowWriter;
use serde_json::json;
use storage::object_keys::ObjectKey;
use testing::runs::put_sums;

use crate::testing::{LOG, NOW_MS, Site, TOKEN, clicks};

fn today() -> i64 {
    time::day_of(time::minute_of(NOW_MS))
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let fields = columns
        .iter()
        .map(|(name, c)| Field::new(*name, DataType::clone(c.data_type()), false));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let batch = RecordBatch::try_new(
        schema.clone(),
        columns.into_iter().map(|(_, c)| c).collect(),
    );
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, None).unwrap();
    writer.write(&batch.unwrap()).unwrap();
    writer.into_inner().unwrap()
}

/// Settles events of accounts, and a view that counts `more` for each.
async fn settle(site: &Site, events: &[(EntityId, usize)], more: i64) -> Manifest {
    let accounts = events.iter().flat_map(|(a, n)| vec![a.to_string(); *n]);
    let accounts: Vec<String> = accounts.collect();
    let rows = accounts.len() as u64;
    let name = "one".to_owned();
    let column: ArrayRef = Arc::new(StringArray::from(accounts));
    let times = TimestampMillisecondArray::from(vec![NOW_MS; rows as usize]);
    let times: ArrayRef = Arc::new(times.with_timezone("UTC"));
    let body = parquet(vec![("account", column), ("time", times)]);
    let file = File {
        name,
        rows,
        bytes: body.len() as u64,
    };
    site.store.put(&events_path(), body.into()).await.unwrap();
    let events_file = EventsFile {
        file,
        received: today(),
        first_ms: NOW_MS,
        last_ms: NOW_MS,
        has_expired: false,
        is_rest: false,
    };
    let total = Cube::find(Dimension::Total, Grain::Quarter).unwrap();
    let sum = |(account, n): &(EntityId, usize)| {
        let counts = Counts::of_events(Measure::Clicks, *n as i64 + more);
        let bucket = time::floor(time::minute_of(NOW_MS), 15);
        (*account, total, bucket, "", counts)
    };
    let sums: Vec<_> = events.iter().map(sum).collect();
    Manifest {
        event_files: vec![events_file],
        events_count: rows,
        sums: vec![put_sums(&site.store, "one", &sums, 1).await],
        ..Manifest::default()
    }
}

fn events_path() -> Path {
    let (received, name) = (today(), "one".to_owned());
    ObjectKey::Events { received, name }.path()
}

async fn turn_away(site: &Site, account: EntityId, code: &str, events: u64) {
    let mut tally = tally::read(&site.store, LOG)
        .await
        .unwrap()
        .unwrap_or(Tally::new(LOG));
    tally.as_of_ms = NOW_MS;
    let turned = Turned {
        rejected: BTreeMap::from([(code.to_owned(), events)]),
        ..Turned::default()
    };
    tally.count(account, &turned);
    tally::write(&site.store, &tally).await.unwrap();
}

#[tokio::test]
async fn an_account_sees_its_own_and_nobody_elses() {
    let site = Site::new().await;
    let ((one, key), (two, stranger)) = (site.account().await, site.account().await);
    let manifest = settle(&site, &[(one, 3), (two, 40)], 0).await;
    let settled = clicks(one, 1, 1, 43);
    site.settle(settled.last().unwrap(), 1, manifest).await;
    let live = [clicks(one, 2, 44, 2), clicks(two, 2, 46, 5)].concat();
    site.fold(&live).await;
    turn_away(&site, one, "invalid_time", 6).await;
    turn_away(&site, two, "too_long", 7).await;
    site.refresh().await;
    let expected = |account: EntityId, stored: u64, live: u64, rejected: serde_json::Value| {
        json!({
            "account": account,
            "agrees": true,
            "settled": {
                "manifest": 1,
                "stored": stored,
                "counted": stored,
                "duplicates": 0,
                "days": [{
                    "date": "2026-01-02",
                    "stored": stored,
                    "counted": stored,
                    "duplicates": 0,
                    "agrees": true,
                }],
            },
            "live": {"counted": live, "complete": true},
            "unrecorded": {},
            "rejected": rejected,
            "turned_away_as_of": "2026-01-02T03:04:05Z",
        })
    };
    assert_eq!(
        site.good("/v1/audit", &key).await,
        expected(one, 3, 2, json!({"invalid_time": 6}))
    );
    assert_eq!(
        site.good("/v1/audit", &stranger).await,
        expected(two, 40, 5, json!({"too_long": 7}))
    );
}

#[tokio::test]
async fn a_view_that_counts_otherwise_does_not_agree() {
    let site = Site::new().await;
    let (account, key) = site.account().await;
    let manifest = settle(&site, &[(account, 3)], 1).await;
    let settled = clicks(account, 1, 1, 3);
    site.settle(&settled[2], 1, manifest).await;
    let audit = site.good("/v1/audit?days=1", &key).await;
    assert_eq!(audit["agrees"], false);
    let sums = (&audit["settled"]["stored"], &audit["settled"]["counted"]);
    assert_eq!(sums, (&json!(3), &json!(4)));
    let (_, nobody) = site.account().await;
    let audit = site.good("/v1/audit", &nobody).await;
    assert_eq!(
        audit["settled"]["days"],
        json!([]),
        "others' days are not told"
    );
    // A file that is gone is no nought.
    site.store.delete(&events_path()).await.unwrap();
    let (_, other) = site.account().await;
    let (status, body) = site.get("/v1/audit", &other).await;
    assert_eq!((status, &body["code"]), (500, &json!("damaged")));
}

#[tokio::test]
async fn the_admin_token_asks_for_the_installation() {
    let site = Site::new().await;
    let (_, key) = site.account().await;
    for (path, before) in [("/v1/audit", 6), ("/v1/audit?full=true", 0)] {
        let audit = site.good(path, TOKEN).await;
        assert_eq!(
            (&audit["agrees"], &audit["checked_before"]),
            (&json!(true), &json!(before))
        );
    }
    for (path, who) in [
        ("/v1/audit?full=true", &*key),
        ("/v1/audit?days=0", &key),
        ("/v1/audit?days=93", &key),
        ("/v1/audit?days=x", &key),
        ("/v1/audit?weeks=1", &key),
        ("/v1/audit?days=3", TOKEN),
    ] {
        let (status, body) = site.get(path, who).await;
        assert_eq!(
            (status, &body["code"]),
            (400, &json!("invalid_query")),
            "{path}"
        );
    }
    assert_eq!(site.get("/v1/audit", "nobody").await.0, 401);
    let reader = site.key(&key, "read").await;
    site.good("/v1/audit", &reader).await;
}
