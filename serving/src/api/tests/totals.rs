use super::*;
use crate::{
    api::objects::Resource,
    testing::{Site, clicks},
};
use catalog::{Change, Link};

const PATH: &str = "/v1/imported-totals/bitly";
const DAYS: &str = "/v1/stats?start=2025-12-01&end=2026-02-01&interval=month";

async fn site() -> (Site, String) {
    let site = Site::new().await;
    let (account, key) = site.account().await;
    let links = ["spring", "autumn"].map(|slug| {
        let id = model::EntityId::new(model::EntityKind::Link, u64::from(slug == "autumn") + 1);
        Change::PutLink(Link {
            slug: slug.into(),
            destination: "https://shop.example/".into(),
            ..Link::blank(id, account, NOW_MS)
        })
    });
    site.app
        .catalog
        .commit(|_| Ok(links.to_vec()))
        .await
        .unwrap();
    site.fold(&clicks(account, 1, 1, 4)).await;
    (site, key)
}

async fn imported(site: &Site, key: &str, query: &str) -> Value {
    let (status, answer) = site.get(query, key).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        answer["meta"]["live"]["clicks"], answer["totals"]["clicks"],
        "it is added to nothing"
    );
    answer["meta"]["imported"].clone()
}

#[tokio::test]
async fn what_others_counted_is_a_part_of_its_own() {
    let (site, key) = site().await;
    assert_eq!(imported(&site, &key, DAYS).await, Value::Null);
    let body = json!({"as_of": "2026-01-20T00:00:00Z", "rows": [
        {"link": "spring", "day": "2025-12-31", "clicks": 5},
        {"link": "spring", "day": "2026-01-01", "clicks": 7},
        {"link": "spring", "day": "2024-01-01", "clicks": 100},
        {"link": "autumn", "since": "2025-12-05T00:00:00Z", "clicks": 11},
        {"link": "autumn", "day": "soon", "clicks": 1},
        {"link": "nowhere", "clicks": 1},
    ]});
    let (status, answer) = site.call("PUT", PATH, &key, body).await;
    assert_eq!(
        (status, &answer["taken"], &answer["clicks"]),
        (200, &json!(4), &json!(123)),
        "{answer}"
    );
    let codes: Vec<&str> = answer["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["invalid", "not_found"]);
    let all = json!({"clicks": 23, "beyond": 0, "sources": ["bitly"], "results": [
        {"time": "2025-12-01T00:00:00Z", "clicks": 5}, {"time": "2026-01-01T00:00:00Z", "clicks": 7}]});
    assert_eq!(imported(&site, &key, DAYS).await, all);
    let later = "/v1/stats?start=2026-01-01&end=2026-02-01&link=autumn";
    let beyond = json!({"clicks": 0, "beyond": 11, "sources": ["bitly"]});
    assert_eq!(imported(&site, &key, later).await, beyond);

    // The newest list of a source stands; another source is beside it.
    let body = json!({"rows": [{"link": "spring", "day": "2026-01-01", "clicks": 8}]});
    for path in [PATH, PATH, "/v1/imported-totals/yourls"] {
        assert_eq!(site.call("PUT", path, &key, body.clone()).await.0, 200);
    }
    let two = imported(&site, &key, "/v1/stats?start=2026-01-01&end=2026-02-01").await;
    assert_eq!(
        two,
        json!({"clicks": 16, "beyond": 0, "sources": ["bitly", "yourls"]})
    );
    let (_, list) = site.get("/v1/imported-totals", &key).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert_eq!(site.call("DELETE", PATH, &key, Value::Null).await.0, 204);
    let one = imported(&site, &key, "/v1/stats?start=2026-01-01&end=2026-02-01").await;
    assert_eq!(one["sources"], json!(["yourls"]));
}

#[tokio::test]
async fn nobody_sees_or_counts_anothers() {
    let (site, key) = site().await;
    let (_, other) = site.account().await;
    let body = json!({"rows": [{"link": "spring", "day": "2026-01-01", "clicks": 8}]});
    site.call("PUT", PATH, &key, body.clone()).await;
    let (status, answer) = site.call("PUT", PATH, &other, body).await;
    assert_eq!(
        (status, &answer["rejected"][0]["code"]),
        (200, &json!("not_found")),
        "{answer}"
    );
    let (_, answer) = site.get(DAYS, &other).await;
    assert_eq!(answer["meta"]["imported"], Value::Null);
    assert_eq!(site.call("DELETE", PATH, &other, Value::Null).await.0, 204);
    assert_eq!(imported(&site, &key, DAYS).await["clicks"], 8);
}

#[tokio::test]
async fn counts_are_bounded() {
    let (site, key) = site().await;
    let one = json!({"link": "spring", "day": "2026-01-01", "clicks": 1});
    let body = json!({"rows": vec![one.clone(); 100_001]});
    assert_eq!(site.call("PUT", PATH, &key, body).await.0, 413);
    let body = json!({"rows": [one]});
    for n in 0..20 {
        let path = format!("/v1/imported-totals/source{n}");
        assert_eq!(site.call("PUT", &path, &key, body.clone()).await.0, 200);
    }
    let (status, answer) = site.call("PUT", PATH, &key, body.clone()).await;
    assert_eq!((status, &answer["code"]), (400, &json!("too_many_sources")));
    let (status, answer) = site
        .call("PUT", "/v1/imported-totals/a%20b", &key, body)
        .await;
    assert_eq!((status, &answer["code"]), (400, &json!("invalid_source")));
}
