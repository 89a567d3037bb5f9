use handover::manifest::Manifest;
use model::Record;
use serde_json::{Value, json};

use crate::testing::{LOG, Site, clicks, id};

/// A site with four clicks of an account that nobody has carried on yet.
async fn site() -> (Site, String, Vec<Record>) {
    let site = Site::new().await;
    let (account, key) = site.account().await;
    (site, key, clicks(account, 1, 1, 4))
}

async fn receipt(site: &Site, key: &str, seq: u64) -> Value {
    site.good(&format!("/v1/events/{}", id(seq)), key).await
}

#[tokio::test]
async fn a_receipt_follows_its_event_from_the_log_to_the_views() {
    let (site, key, records) = site().await;
    let object = format!("raw/{LOG}/000000000001.seg");
    let says = async |state: &str, by: Value, stored: Value| {
        let receipt = receipt(&site, &key, 3).await;
        assert_eq!(receipt["state"], state, "{receipt}");
        assert_eq!(receipt["counted"]["by"], by, "{receipt}");
        assert_eq!(receipt["counted"]["complete"], !by.is_null(), "{receipt}");
        assert_eq!(receipt["stored"], stored, "{receipt}");
        receipt
    };
    let nowhere = json!({"segment": null, "sealed": false});

    site.stream(&records).await;
    let receipt = says("recorded", Value::Null, nowhere.clone()).await;
    let why = receipt["counted"]["missing"][0].as_str().unwrap();
    assert!(why.contains("yet to be folded"), "{why}");

    site.fold(&records).await;
    says("recorded", json!("live"), nowhere).await;

    site.ship(1, &records).await;
    says(
        "stored",
        json!("live"),
        json!({"segment": object, "sealed": false}),
    )
    .await;

    site.seal(1, &records).await;
    says(
        "sealed",
        json!("live"),
        json!({"segment": object, "sealed": true}),
    )
    .await;

    site.settle(&records[3], 1, Manifest::default()).await;
    site.refresh().await;
    let receipt = says(
        "settled",
        json!("batch"),
        json!({"segment": object, "sealed": true}),
    )
    .await;
    assert_eq!(receipt["counted"]["manifest"], 1);
}

#[tokio::test]
async fn a_receipt_says_what_the_event_is() {
    let (site, key, records) = site().await;
    site.ship(1, &records).await;
    let mut receipt = receipt(&site, &key, 2).await;
    let receipt = receipt.as_object_mut().unwrap();
    receipt.remove("counted");
    let expected = json!({
        "event_id": format!("{LOG}-2"),
        "type": "click",
        "link": "lnk_0000000000005",
        "campaign": "cmp_0000000000006",
        "occurred_at": "2026-01-02T03:04:04Z",
        "received_at": "2026-01-02T03:04:05Z",
        "excluded": false,
        "unchecked": false,
        "state": "stored",
        "log": LOG,
        "seq": 2,
        "epoch": 1,
        "stored": {"segment": format!("raw/{LOG}/000000000001.seg"), "sealed": false},
    });
    assert_eq!(json!(receipt), expected);
}

#[tokio::test]
async fn what_cannot_be_seen_and_what_is_not_ones_own_look_the_same() {
    let (site, key, records) = site().await;
    let (_, stranger) = site.account().await;
    site.stream(&records).await;
    site.ship(1, &records).await;
    receipt(&site, &key, 2).await;
    let theirs = site.get(&format!("/v1/events/{}", id(2)), &stranger).await;
    assert_eq!((theirs.0, &theirs.1["code"]), (404, &json!("not_found")));
    let unknown_log = "01ARZ3NDEKTSV4RRFFQ69G5FAV-1";
    for unknown in [&format!("{LOG}-5"), &format!("{LOG}-0"), unknown_log] {
        let answer = site.get(&format!("/v1/events/{unknown}"), &stranger).await;
        assert_eq!(answer, theirs, "{unknown}");
        assert_eq!(
            site.get(&format!("/v1/events/{unknown}"), &key).await,
            theirs
        );
    }
    // Nor is it told apart once it is settled.
    site.seal(1, &records).await;
    site.settle(&records[3], 1, Manifest::default()).await;
    site.refresh().await;
    assert_eq!(
        site.get(&format!("/v1/events/{}", id(2)), &stranger).await,
        theirs
    );
}

#[tokio::test]
async fn only_event_ids_are_looked_for_and_only_for_readers() {
    let (site, key, records) = site().await;
    site.ship(1, &records).await;
    for wrong in [
        "x",
        "1",
        "01arz3ndektsv4rrffq69g5fav-1",
        &format!("{LOG}-01"),
        &format!("{LOG}-99999999999999999999"),
    ] {
        let (status, body) = site.get(&format!("/v1/events/{wrong}"), &key).await;
        assert_eq!(
            (status, &body["code"]),
            (400, &json!("invalid_event_id")),
            "{wrong}"
        );
    }
    let path = format!("/v1/events/{}", id(1));
    assert_eq!(site.get(&path, "nobody").await.0, 401);
    assert_eq!(site.get(&path, crate::testing::TOKEN).await.0, 401);
    let reader = site.key(&key, "read").await;
    site.good(&path, &reader).await;
}

#[tokio::test]
async fn a_damaged_object_is_no_missing_event() {
    let (site, key, records) = site().await;
    site.ship(1, &records[..2]).await;
    site.ship(3, &records[2..]).await;
    let (status, body) = site.get(&format!("/v1/events/{}", id(4)), &key).await;
    assert_eq!((status, &body["code"]), (500, &json!("damaged")));
    assert!(!body["detail"].as_str().unwrap().contains("raw/"), "{body}");
}
