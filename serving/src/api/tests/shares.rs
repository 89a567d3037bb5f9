//! What somebody with a share sees.

use super::*;
use crate::testing::{Site, clicks};

/// A site with clicks on one link, and an admin's key.
async fn site() -> (Site, String, String) {
    let site = Site::new().await;
    let (account, key) = site.account().await;
    let change = catalog::Change::PutLink(catalog::Link {
        slug: "one".into(),
        destination: "https://shop.example/".into(),
        ..crate::api::objects::Resource::blank(
            "lnk_0000000000005".parse().unwrap(),
            account,
            NOW_MS,
        )
    });
    site.app
        .catalog
        .commit(|_| Ok(vec![change.clone()]))
        .await
        .unwrap();
    let other = json!({"slug": "two", "destination": "https://shop.example/"});
    let (_, other) = site.call("POST", "/v1/links", &key, other).await;
    let events = clicks(account, 1, 1, 4);
    site.stream(&events).await;
    site.fold(&events).await;
    site.refresh().await;
    (site, key, other["id"].as_str().unwrap().to_owned())
}

async fn share(site: &Site, key: &str, body: Value) -> (String, String) {
    let mut all = json!({"name": "Agency"});
    all.as_object_mut()
        .unwrap()
        .extend(body.as_object().unwrap().clone());
    let (status, made) = site.call("POST", "/v1/shares", key, all).await;
    assert_eq!(status, 201, "{made}");
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

#[tokio::test]
async fn a_share_shows_numbers_within_its_filters_and_nothing_else() {
    let (site, key, other) = site().await;
    let (id, token) = share(
        &site,
        &key,
        json!({"filters": "link=one", "hides_money": true}),
    )
    .await;
    let (_, all) = share(&site, &key, json!({})).await;
    let own = site
        .good("/v1/stats?range=today&metrics=clicks&link=one", &key)
        .await;
    assert!(own["totals"]["clicks"].as_i64().unwrap() > 0, "{own}");
    for (token, query) in [
        (&token, ""),
        (&token, "&link=one"),
        (&all, "&link=one"),
        (&all, ""),
    ] {
        let path = format!("/v1/stats?range=today&metrics=clicks{query}");
        let seen = site.good(&path, token).await;
        assert_eq!(seen["totals"], own["totals"], "{query}");
    }
    let (status, _) = site.get("/v1/live", &token).await;
    assert_eq!(status, 200);
    for query in [
        "link=two",
        "link=-one,two",
        "link=nothing",
        &format!("link={other}"),
    ] {
        for route in ["stats", "live"] {
            let (status, body) = site.get(&format!("/v1/{route}?{query}"), &token).await;
            assert_eq!(status, 404, "{route} {query}: {body}");
            assert!(!body.to_string().contains("lnk_") || query.contains("lnk_"));
        }
    }
    for query in [
        "metrics=value",
        "metrics=clicks,roi",
        "metrics=conversions&group_by=currency",
    ] {
        let (status, _) = site.get(&format!("/v1/stats?{query}"), &token).await;
        assert_eq!(status, 403, "{query}");
        let (status, seen) = site.get(&format!("/v1/stats?{query}"), &all).await;
        assert_eq!(status, 200, "{query}: {seen}");
    }
    let listed = site.good("/v1/shares", &key).await;
    let link = own["meta"]["query"]["entity"].as_str().unwrap();
    let shown = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["id"] == *id)
        .unwrap();
    assert_eq!(shown["filters"], format!("link={link}"));
    assert!(!listed.to_string().contains("mrs_"));
    let seen = site.good(&format!("/v1/links/{link}"), &token).await;
    assert_eq!(
        (&seen["slug"], &seen["note"], &seen["cost_per_click"]),
        (&json!("one"), &Value::Null, &Value::Null)
    );
    let (status, _) = site.get(&format!("/v1/links/{other}"), &token).await;
    assert_eq!(status, 404);
    let (status, _) = site.get(&format!("/v1/links/{link}"), &all).await;
    assert_eq!(status, 404, "it names none");
    let (status, _) = site
        .call("DELETE", &format!("/v1/shares/{id}"), &key, Value::Null)
        .await;
    assert_eq!(status, 204);
    for route in ["/v1/stats", "/v1/live", &format!("/v1/links/{link}")] {
        assert_eq!(site.get(route, &token).await.0, 401, "{route}");
    }
}

#[tokio::test]
async fn filters_of_a_share_are_named_by_id_and_known() {
    let (site, key, other) = site().await;
    let make = async |filters: &str| {
        let body = json!({"name": "x", "filters": filters});
        site.call("POST", "/v1/shares", &key, body).await
    };
    let (_, made) = make("link=-two&country=DE%2CAT&tag=mail").await;
    assert_eq!(
        made["filters"],
        format!("link=-{other}&country=DE%2CAT&tag=mail")
    );
    for wrong in ["colour=red", "metrics=clicks", "country=DE&country=AT"] {
        let (status, problem) = make(wrong).await;
        assert_eq!(
            (status, &problem["code"]),
            (400, &json!("invalid_filter")),
            "{wrong}"
        );
    }
    assert_eq!(make("link=nothing").await.0, 404);
}

/// The law of shares: whatever is asked, all filters of the share hold beside it.
#[test]
fn no_question_takes_a_filter_away() {
    use crate::stats::{StatsQuery, filters::Wanted};
    let shares = [
        vec![("link", "lnk_0000000000005")],
        vec![("country", "DE")],
        vec![("country", "-US"), ("campaign", "cmp_0000000000006")],
        vec![("link", "lnk_0000000000005"), ("device", "mobile")],
        vec![("country", "")],
        vec![("utm_campaign", r"\-20 %\, shoes")],
        vec![("link", r"\-spring")],
    ];
    let questions = [
        "",
        "country=DE",
        "country=US",
        "country=-DE",
        "country=",
        "link=two",
        "link=-two",
        "campaign=x&link=y",
        "bot=false",
        "group_by=country,link",
        "interval=day&tag=a,b",
        "compare=previous_period",
    ];
    for within in &shares {
        for question in questions {
            let mut asked = StatsQuery::parse(question).unwrap();
            asked.within = within
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect();
            let query = asked.understand(&Default::default(), NOW_MS).unwrap();
            for (name, value) in within {
                let wanted = Wanted::parse(name, value).unwrap();
                let is_object = query
                    .object
                    .as_ref()
                    .is_some_and(|object| wanted.object().as_ref() == Some(object));
                assert!(
                    is_object || query.filters.contains(&wanted),
                    "{within:?} {question}"
                );
            }
            assert!(query.object.is_none() || query.filters.is_empty());
        }
    }
}
