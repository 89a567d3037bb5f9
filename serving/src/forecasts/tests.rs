use axum::{
    Router,
    body::{Body, to_bytes},
};
use handover::{
    forecasts::{Backtest, Forecast, LEDGER, Point},
    manifest::File,
};
use http::{Method, Request, StatusCode};
use model::EntityKind;
use object_store::ObjectStoreExt;
use serde_json::{Value, json};
use storage::{
    ledger::{Ledger, Stamp},
    object_keys::ObjectKey,
    store::Store,
};
use testing::Installation;
use tower::ServiceExt;

use super::*;
use crate::{
    openapi::tests::promised,
    routes,
    testing::{NOW_MS, TOKEN, deps, settings},
};

struct App {
    router: Router,
    store: Store,
}

impl App {
    async fn new() -> Self {
        let installation = Installation::new(NOW_MS);
        let app = crate::app::App::new(deps(&installation).await, settings());
        let router = routes::router(Arc::new(app));
        Self {
            router,
            store: installation.env.store,
        }
    }

    async fn call(&self, method: Method, path: &str, key: &str, body: Value) -> (u16, Value) {
        let request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        promised(&method, path, status, &bytes);
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn get(&self, path: &str, key: &str) -> (u16, Value) {
        self.call(Method::GET, path, key, Value::Null).await
    }

    async fn results(&self, path: &str, key: &str) -> Vec<Value> {
        let (status, body) = self.get(path, key).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body["results"].as_array().unwrap().clone()
    }

    async fn make(&self, path: &str, key: &str, body: Value) -> Value {
        let (status, made) = self.call(Method::POST, path, key, body).await;
        assert!(status < 300, "{made}");
        made
    }

    /// An account with its key and a link with this slug.
    async fn account(&self, slug: &str) -> (EntityId, String, EntityId) {
        let made = self
            .make("/v1/accounts", TOKEN, json!({"name": slug}))
            .await;
        let key = made["api_key"].as_str().unwrap().to_owned();
        let body = json!({"destination": "https://example.com/", "slug": slug});
        let link = self.make("/v1/links", &key, body).await;
        let id = |value: &Value| value.as_str().unwrap().parse().unwrap();
        (id(&made["id"]), key, id(&link["id"]))
    }

    async fn publish(&self, manifest: u64, mut all: Vec<Forecast>) {
        let (bytes, rows) = forecasts::encode(&mut all).unwrap();
        let name = format!("run-{manifest}");
        let path = ObjectKey::Forecast { name: name.clone() }.path();
        let file = File {
            name,
            rows,
            bytes: bytes.len() as u64,
        };
        self.store.put(&path, bytes.into()).await.unwrap();
        let made = Made {
            file,
            manifest,
            made_ms: NOW_MS,
            series: all.len() as u64,
        };
        let ledger = Ledger::new(self.store.clone(), LEDGER);
        let n = ledger.newest().await.unwrap() + 1;
        let stamp = Stamp {
            nonce: u128::from(n),
            at_ms: NOW_MS,
        };
        ledger.append(n, &made, stamp).await.unwrap();
    }
}

fn forecast(entity: EntityId, grain: Grain, value: f64) -> Forecast {
    let backtest = Backtest {
        smape: 10.0,
        mase: 0.5,
        naive_mase: 1.0,
        coverage_80: 0.8,
        coverage_95: 0.95,
        origins: 12,
    };
    let point = |step: i64| Point {
        time_ms: 1_767_312_000_000 + step * 3_600_000,
        value,
        lower_80: value - 1.0,
        upper_80: value + 1.0,
        lower_95: value - 2.0,
        upper_95: value + 2.0,
    };
    Forecast {
        entity,
        grain,
        model: "theta".into(),
        made_ms: NOW_MS,
        backtest: (grain == Grain::Hour).then_some(backtest),
        points: (0..3).map(point).collect(),
    }
}

#[tokio::test]
async fn before_the_first_run_there_are_none() {
    let app = App::new().await;
    let (account, key, _) = app.account("one").await;
    let (status, body) = app
        .get("/v1/forecasts?grain=hourly&entity=account", &key)
        .await;
    assert_eq!(status, 200);
    let meta = json!({"entity": account, "manifest": null, "made_at": null});
    assert_eq!(body, json!({"results": [], "meta": meta}));
}

#[tokio::test]
async fn an_account_reads_the_newest_forecasts_of_its_own() {
    let app = App::new().await;
    let (account, key, link) = app.account("one").await;
    let (other, _, others_link) = app.account("two").await;
    app.publish(1, vec![forecast(account, Grain::Hour, 1.0)])
        .await;
    let all = [account, link, other, others_link];
    let both = |id| Grain::ALL.map(|grain| forecast(id, grain, 7.5));
    app.publish(2, all.into_iter().flat_map(both).collect())
        .await;

    let (_, body) = app
        .get("/v1/forecasts?grain=hourly&entity=account", &key)
        .await;
    let made_at = "2026-01-02T03:04:05Z";
    assert_eq!(
        body["meta"],
        json!({"entity": account, "manifest": 2, "made_at": made_at})
    );
    let result = &body["results"][0];
    assert_eq!(result["entity"], json!(account));
    assert_eq!(
        (&result["grain"], &result["model"]),
        (&json!("hourly"), &json!("theta"))
    );
    assert_eq!(result["made_at"], made_at);
    assert_eq!(result["backtest"]["smape"], 10.0);
    assert_eq!(result["points"].as_array().map(Vec::len), Some(3));
    let point = json!({
        "time": "2026-01-02T01:00:00Z", "value": 7.5,
        "lower_80": 6.5, "upper_80": 8.5, "lower_95": 5.5, "upper_95": 9.5,
    });
    assert_eq!(result["points"][1], point);

    let daily = app.results("/v1/forecasts?grain=daily", &key).await;
    assert_eq!((daily.len(), &daily[0]["backtest"]), (1, &Value::Null));
    assert_eq!(app.results("/v1/forecasts", &key).await.len(), 2);
    for of_link in [
        format!("entity={link}"),
        format!("link={link}"),
        "link=one".into(),
    ] {
        let results = app.results(&format!("/v1/forecasts?{of_link}"), &key).await;
        assert_eq!(
            (results.len(), &results[0]["entity"]),
            (2, &json!(link)),
            "{of_link}"
        );
    }
}

#[tokio::test]
async fn entities_of_others_do_not_exist() {
    let app = App::new().await;
    let (_, key, _) = app.account("one").await;
    let (other, _, others_link) = app.account("two").await;
    app.publish(
        1,
        vec![
            forecast(other, Grain::Hour, 1.0),
            forecast(others_link, Grain::Hour, 1.0),
        ],
    )
    .await;
    let nobody = EntityId::new(EntityKind::Campaign, 5);
    for query in [
        format!("entity={other}"),
        format!("entity={others_link}"),
        format!("link={others_link}"),
        "link=two".into(),
        "link=nowhere".into(),
        "campaign=nothing".into(),
        format!("campaign={nobody}"),
    ] {
        let (status, body) = app.get(&format!("/v1/forecasts?{query}"), &key).await;
        assert_eq!(
            (status, &body["code"]),
            (404, &json!("not_found")),
            "{query}: {body}"
        );
    }
}

#[tokio::test]
async fn bad_questions_and_keys_are_refused() {
    let app = App::new().await;
    let (_, key, _) = app.account("one").await;
    for (query, code) in [
        ("grain=weekly", "invalid_query"),
        ("grian=daily", "invalid_query"),
        ("entity=xyz", "invalid_id"),
        ("entity=account&link=one", "invalid_query"),
    ] {
        let (status, body) = app.get(&format!("/v1/forecasts?{query}"), &key).await;
        assert_eq!(
            (status, &body["code"]),
            (400, &json!(code)),
            "{query}: {body}"
        );
    }
    assert_eq!(app.get("/v1/forecasts", "mr_wrong").await.0, 401);
}
