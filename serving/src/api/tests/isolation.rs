//! Every route of the document with every id of another account, and with a share: never data of others.

use super::*;
use crate::{
    routes::document,
    testing::{Site, clicks},
};

/// What no answer to somebody else may have in it.
const MARK: &str = "ours-alone";

/// Ids of one account's things, by the examples that the document has for them.
async fn things(site: &Site, key: &str) -> Vec<(&'static str, String)> {
    let make = async |path: &str, body: Value| {
        let (status, made) = site.call("POST", path, key, body).await;
        assert_eq!(status, 201, "{path}: {made}");
        made["id"].as_str().unwrap().to_owned()
    };
    let link = make(
        "/v1/links",
        json!({"slug": MARK, "destination": "https://a.example"}),
    )
    .await;
    let cost = json!({"link": link, "from": "2026-01-01", "to": "2026-01-02", "amount": "1", "note": MARK});
    let note = json!({"from": "2026-01-02", "text": MARK});
    vec![
        (
            "cmp_0000000000006",
            make("/v1/campaigns", json!({"name": MARK})).await,
        ),
        (
            "pxl_0000000000007",
            make("/v1/pixels", json!({"name": MARK})).await,
        ),
        (
            "gol_0000000000008",
            make("/v1/goals", json!({"name": MARK})).await,
        ),
        ("cst_0000000000004", make("/v1/costs", cost).await),
        ("ann_0000000000004", make("/v1/annotations", note).await),
        (
            "seg_0000000000004",
            make(
                "/v1/segments",
                json!({"name": MARK, "filters": "country=DE"}),
            )
            .await,
        ),
        (
            "shr_0000000000004",
            make("/v1/shares", json!({"name": MARK})).await,
        ),
        (
            "whk_0000000000004",
            make(
                "/v1/webhooks",
                json!({"name": MARK, "url": "https://shop.example.com/hooks"}),
            )
            .await,
        ),
        (
            "key_0000000000009",
            make("/v1/keys", json!({"name": MARK, "scopes": ["read"]})).await,
        ),
        (
            "go.shop.example",
            make("/v1/domains", json!({"host": "ours-alone.example"})).await,
        ),
        ("lnk_0000000000005", link),
    ]
}

/// A call that the document has an example of.
struct Call {
    method: Method,
    path: String,
    body: Value,
    is_operators: bool,
}

/// All of them, with the ids of `things` in the place of those of the examples.
fn calls(things: &[(&'static str, String)], account: &str, change: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    let document = document();
    for (template, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation["tags"] == json!(["Collector"]) || operation["security"].is_null() {
                continue;
            }
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let of = |place: &'static str| parameters.clone().filter(move |one| one["in"] == place);
            let mut path = template.clone();
            for parameter in of("path") {
                let name = format!("{{{}}}", parameter["name"].as_str().unwrap());
                path = path.replace(&name, parameter["example"].as_str().unwrap());
            }
            let body = operation["requestBody"]["content"]["application/json"]["example"].clone();
            let filters = ["link", "pixel", "goal", "campaign", "object"];
            let filters =
                of("query").filter(|one| filters.contains(&one["name"].as_str().unwrap()));
            let queries =
                filters.map(|one| format!("{path}?{}={MARK}", one["name"].as_str().unwrap()));
            let security = operation["security"].as_array().unwrap();
            for path in [path.clone()].into_iter().chain(queries) {
                let replace = |text: String| {
                    let text = text
                        .replace("acc_0000000000001", account)
                        .replace("/changes/3.0/", change);
                    things
                        .iter()
                        .fold(text, |text, (example, id)| text.replace(example, id))
                };
                calls.push(Call {
                    method: method.to_uppercase().parse().unwrap(),
                    path: replace(path),
                    body: serde_json::from_str(&replace(body.to_string())).unwrap(),
                    is_operators: security.iter().all(|scheme| scheme["key"].is_null()),
                });
            }
        }
    }
    calls
}

#[tokio::test]
async fn no_route_gives_one_account_anything_of_another() {
    let site = Site::with_jobs(Arc::new(FakeJobs)).await;
    let (account, ours) = site.account().await;
    let (_, theirs) = site.account().await;
    let things = things(&site, &ours).await;
    let events = clicks(account, 1, 1, 4);
    site.stream(&events).await;
    site.fold(&events).await;
    let newest = site
        .app
        .catalog
        .read(|state| state.entries_of(account, u64::MAX, 1)[0]);
    let before = site.app.catalog.read(|state| {
        let link = state.links.named(0, MARK).cloned();
        (
            link,
            state.keys_of(account).len(),
            state.entries_of(account, u64::MAX, 1_000),
        )
    });
    let calls = calls(
        &things,
        &account.to_string(),
        &format!("/changes/{newest}.0/"),
    );
    assert!(calls.len() > 80, "{}", calls.len());
    // What a share and another account's key see of us: the share is theirs.
    let body = json!({"name": "theirs"});
    let (_, share) = site.call("POST", "/v1/shares", &theirs, body).await;
    let share = share["token"].as_str().unwrap();
    for key in [&*theirs, share] {
        for call in &calls {
            let what = format!("{} {}", call.method, call.path);
            let (status, answer) = site
                .call(call.method.as_str(), &call.path, key, call.body.clone())
                .await;
            assert_ne!(status, 500, "{what}: {answer}");
            let names_ours = things.iter().any(|(_, id)| call.path.contains(id.as_str()))
                || call.path.contains(&account.to_string());
            let text = answer.to_string();
            if names_ours || call.is_operators || call.path.contains("/changes/") {
                assert!((400..500).contains(&status), "{what}: {status} {answer}");
            }
            if status < 400 {
                assert!(!text.contains(MARK), "{what}: {answer}");
                assert!(!text.contains(&account.to_string()), "{what}: {answer}");
                // A list of refusals names what was sent.
                let sent = call.body.to_string();
                let told = |id: &str| text.contains(id) && !sent.contains(id);
                let ids = things.iter().filter(|(_, id)| told(id));
                assert_eq!(ids.count(), 0, "{what}: {answer}");
            }
            if key == share && status < 400 {
                let path = call.path.split('?').next().unwrap();
                assert!(
                    ["/v1/stats", "/v1/live"].contains(&path),
                    "{what}: {answer}"
                );
            }
        }
    }
    let after = site.app.catalog.read(|state| {
        let link = state.links.named(0, MARK).cloned();
        (
            link,
            state.keys_of(account).len(),
            state.entries_of(account, u64::MAX, 1_000),
        )
    });
    assert_eq!(before, after, "nothing of it has changed");
}
