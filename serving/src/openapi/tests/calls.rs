//! Calls everything that the document names, as it says.

use std::{collections::BTreeMap, str::FromStr, sync::Arc};

use ::webhooks::{EventType, signing};
use catalog::{
    Annotation, ApiKey, Campaign, Change, Domain, Goal, Link, PeriodCost, Pixel, Plan, Price,
    SavedSegment, Scope, Share, SomeQuotas, Webhook, WebhookFilters, WebhookKind, WebhookMethod,
    webhook::Begins,
};
use handover::erasures::{self, Asked};
use http::StatusCode;
use model::{EntityId, random::hash_secret};
use url::form_urlencoded;

use super::*;
use crate::{
    api::{objects::Resource, tests::FakeJobs},
    routes::document,
    testing::{NOW_MS, Site, TOKEN, clicks},
};

/// A site with what the examples name, and a key for all of it.
async fn site() -> (Site, String) {
    let site = Site::with_jobs(Arc::new(FakeJobs)).await;
    let (account, key) = site.account().await;
    let campaign = Some(id("cmp_0000000000006"));
    let spare = ApiKey {
        id: "key_0000000000009".into(),
        account,
        hash: hash_secret("spare").into(),
        name: "spare".into(),
        scopes: vec![Scope::Read],
        created_ms: NOW_MS,
        expires_ms: None,
        replaced: None,
        revoked: false,
    };
    let changes = vec![
        Change::PutCampaign(Campaign {
            name: "Spring".into(),
            ..blank("cmp_0000000000006", account)
        }),
        Change::PutLink(Link {
            slug: "spring".into(),
            destination: "https://shop.example/".into(),
            campaign,
            ..blank("lnk_0000000000005", account)
        }),
        Change::PutPixel(Pixel {
            name: "Footer".into(),
            ..blank("pxl_0000000000007", account)
        }),
        Change::PutGoal(Goal {
            name: "Sale".into(),
            ..blank("gol_0000000000008", account)
        }),
        Change::PutKey(spare),
        Change::PutDomain(Domain {
            host: "go.shop.example".into(),
            account,
            root_url: None,
            not_found_url: None,
            verified: true,
            created_ms: NOW_MS,
        }),
    ];
    let catalog = &site.app.catalog;
    catalog.commit(|_| Ok(changes.clone())).await.unwrap();
    let asked = site
        .app
        .asked
        .begin(&site.app, account, Some("report-8".into()));
    // It is being answered until the test is over.
    std::mem::forget(asked.unwrap());
    // Of a link that there is.
    let cost = Change::PutCost(PeriodCost {
        id: "cst_0000000000004".into(),
        account,
        object: id("lnk_0000000000005"),
        from: NOW_MS / 60_000 / 15 * 15,
        to: NOW_MS / 60_000 / 15 * 15 + 15,
        amount: Price::parse("1").unwrap(),
        currency: "EUR".into(),
        note: None,
        created_ms: NOW_MS,
        changed_ms: NOW_MS,
    });
    let annotation = Change::PutAnnotation(Annotation {
        id: "ann_0000000000004".into(),
        account,
        from: NOW_MS / 60_000,
        to: None,
        text: "Newsletter sent".into(),
        object: None,
        created_ms: NOW_MS,
    });
    let share = Change::PutShare(Share {
        id: "shr_0000000000004".into(),
        account,
        hash: hash_secret("spare").into(),
        name: "Agency".into(),
        filters: [("link".into(), "lnk_0000000000005".into())].into(),
        hides_money: false,
        expires_ms: None,
        created_ms: NOW_MS,
    });
    let webhook = Change::PutWebhook(Box::new(Webhook {
        id: "whk_0000000000004".into(),
        account,
        name: "Shop".into(),
        kind: WebhookKind::Webhook,
        method: WebhookMethod::Post,
        url: "https://shop.example.com/hooks".into(),
        types: [EventType::ConversionCreated].into(),
        filters: WebhookFilters::default(),
        secret: Box::<str>::from(signing::secret_of(&[1; 32])).into(),
        replaced: None,
        disabled: None,
        begins: Begins {
            manifest: 0,
            at_ms: NOW_MS,
        },
        created_ms: NOW_MS,
    }));
    let segment = Change::PutSegment(SavedSegment {
        id: "seg_0000000000004".into(),
        account,
        name: "German mail".into(),
        filters: [("country".into(), "DE".into())].into(),
        created_ms: NOW_MS,
    });
    let plan = Change::PutPlan(Plan {
        name: "pro".into(),
        quotas: SomeQuotas::default(),
        created_ms: NOW_MS,
    });
    let notes = vec![cost, annotation, segment, share, webhook, plan];
    catalog.commit(|_| Ok(notes.clone())).await.unwrap();
    let erasure = Asked {
        id: "ers_0000000000004".into(),
        account,
        at_ms: NOW_MS,
        visitor: Some(1),
        event: None,
        is_account: false,
        after: 0,
        carried: None,
    };
    let of_all = Asked {
        id: account.to_string().replace("acc_", "ers_"),
        is_account: true,
        visitor: None,
        ..erasure.clone()
    };
    for asked in [erasure, of_all] {
        erasures::ask(&site.app.env.store, &asked).await.unwrap();
    }
    let events = clicks(account, 1, 1, 4);
    site.stream(&events).await;
    site.fold(&events).await;
    (site, key)
}

fn id(text: &str) -> EntityId {
    EntityId::from_str(text).unwrap()
}

fn blank<T: Resource>(of: &str, account: EntityId) -> T {
    T::blank(id(of), account, NOW_MS)
}

/// The path with the examples of its parameters.
fn path_of(template: &str, operation: &Value) -> String {
    let mut path = template.to_owned();
    for parameter in parameters(operation, "path") {
        let name = format!("{{{}}}", parameter["name"].as_str().unwrap());
        path = path.replace(&name, parameter["example"].as_str().unwrap());
    }
    path
}

fn parameters<'a>(operation: &'a Value, place: &str) -> impl Iterator<Item = &'a Value> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.filter(move |parameter| parameter["in"] == place)
}

/// `path` with each parameter of the query by itself, and without any.
fn queries(path: &str, operation: &Value) -> Vec<String> {
    let examples = parameters(operation, "query").filter(|one| !one["example"].is_null());
    let with = |parameter: &Value| {
        let example = &parameter["example"];
        let value = example.as_str().map_or(example.to_string(), str::to_owned);
        let name = parameter["name"].as_str().unwrap();
        let mut query = form_urlencoded::Serializer::new(String::new());
        format!("{path}?{}", query.append_pair(name, &value).finish())
    };
    [path.to_owned()]
        .into_iter()
        .chain(examples.map(with))
        .collect()
}

fn body_of(operation: &Value) -> Value {
    operation["requestBody"]["content"]["application/json"]["example"].clone()
}

fn success_of(operation: &Value) -> StatusCode {
    let mut statuses = operation["responses"].as_object().unwrap().keys();
    let success = statuses.find(|status| status.starts_with('2')).unwrap();
    success.parse().unwrap()
}

/// The keys that open it; of what is open to all, none.
fn keys_of<'a>(operation: &Value, key: &'a str) -> Vec<&'a str> {
    let schemes = operation["security"].as_array().into_iter().flatten();
    let key_of = |scheme: &Value| match scheme.get("admin_token") {
        Some(_) => TOKEN,
        None => key,
    };
    let keys: Vec<&str> = schemes.map(key_of).collect();
    match keys.is_empty() {
        true => vec!["none"],
        false => keys,
    }
}

#[tokio::test]
async fn every_example_does_what_the_document_says() {
    for (template, method, operation) in operations(&document()) {
        let path = path_of(&template, &operation);
        for path in queries(&path, &operation) {
            let mut statuses = Vec::new();
            let (_, first_key) = site().await;
            for key in keys_of(&operation, &first_key) {
                // What one call makes or deletes is there, or not, for the next.
                let (site, _) = site().await;
                let account = site.app.catalog.read(|state| state.accounts(None, 1)[0].id);
                let path = path.replace("acc_0000000000001", &account.to_string());
                let (status, _) = site
                    .call(method.as_str(), &path, key, body_of(&operation))
                    .await;
                statuses.push(status);
            }
            // A parameter may be for one kind of key only.
            let success = success_of(&operation).as_u16();
            let all = statuses.iter().all(|status| *status == success);
            let one = path.contains('?') && statuses.contains(&success);
            assert!(all || one, "{method} {path}: {statuses:?}");
        }
    }
}

/// Handlers that are registered together answer at each other's addresses, whatever the document says.
#[tokio::test]
async fn an_address_takes_the_methods_of_the_document_and_no_others() {
    let (site, key) = site().await;
    let mut paths: BTreeMap<String, (String, Vec<Method>)> = BTreeMap::new();
    for (template, method, operation) in operations(&document()) {
        let new = || (path_of(&template, &operation), Vec::new());
        let (_, methods) = paths.entry(template.clone()).or_insert_with(new);
        methods.push(method);
    }
    for (template, (path, methods)) in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if methods.iter().any(|documented| documented == method) {
                continue;
            }
            let (status, _) = site.call(method, &path, &key, json!({})).await;
            assert_eq!(status, 405, "{method} {template}");
        }
    }
}

#[tokio::test]
async fn without_a_key_only_what_is_open_is_answered() {
    let (site, _) = site().await;
    for (template, method, operation) in operations(&document()) {
        let path = path_of(&template, &operation);
        let body = body_of(&operation);
        let (status, _) = site.call(method.as_str(), &path, "nobody", body).await;
        let expected = match operation.get("security") {
            Some(_) => StatusCode::UNAUTHORIZED,
            None => StatusCode::OK,
        };
        assert_eq!(status, expected.as_u16(), "{method} {path}");
    }
}
