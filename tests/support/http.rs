//! A customer of an installation, over HTTP.

use std::time::Duration;

use model::Clock;
use reqwest::{Response, redirect};
use serde_json::{Value, json};

use super::{eventually, process::Server};

/// How long the doors may take to learn of a new link or key.
const FOLLOW_LIMIT: Duration = Duration::from_secs(20);
/// How long live numbers may take to hold everything.
const LIVE_LIMIT: Duration = Duration::from_secs(60);

/// One account and its key.
#[derive(Clone)]
pub struct Customer {
    /// Follows no redirects.
    pub http: reqwest::Client,
    pub api: String,
    pub collector: String,
    pub key: String,
    pub operator: String,
}

impl Customer {
    /// Makes an account on an installation in one process.
    pub async fn of(server: &Server) -> Self {
        Self::new(&server.api, &server.collector, &server.admin_token()).await
    }

    /// Makes an account.
    pub async fn new(api: &str, collector: &str, operator: &str) -> Self {
        let http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(120));
        let mut customer = Self {
            http: http.build().unwrap(),
            api: api.to_owned(),
            collector: collector.to_owned(),
            key: operator.to_owned(),
            operator: operator.to_owned(),
        };
        let account = customer
            .post("/v1/accounts", &json!({"name": "tests"}))
            .await;
        // Who waits for numbers asks more often than people do.
        let id = account["id"].as_str().unwrap();
        let quotas = json!({"requests_a_minute": 1_000_000});
        customer
            .patch(&format!("/v1/accounts/{id}/quotas"), &quotas)
            .await;
        customer.key = account["api_key"].as_str().unwrap().to_owned();
        customer
    }

    /// Asks the API.
    pub async fn get(&self, path: &str) -> Value {
        let request = self
            .http
            .get(format!("{}{path}", self.api))
            .bearer_auth(&self.key);
        answer(path, request.send().await.unwrap()).await
    }

    /// Sends JSON to the API.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self
            .http
            .post(format!("{}{path}", self.api))
            .bearer_auth(&self.key)
            .json(body);
        answer(path, request.send().await.unwrap()).await
    }

    /// Changes something by the API.
    pub async fn patch(&self, path: &str, body: &Value) -> Value {
        let request = self
            .http
            .patch(format!("{}{path}", self.api))
            .bearer_auth(&self.key)
            .json(body);
        answer(path, request.send().await.unwrap()).await
    }

    /// Makes an object and waits until the collector knows it; gives its id.
    pub async fn create(&self, kind: &str, body: &Value) -> String {
        let made = self.post(&format!("/v1/{kind}"), body).await;
        let id = made["id"].as_str().unwrap().to_owned();
        match kind {
            "links" => self.wait_for_link(made["slug"].as_str().unwrap()).await,
            "pixels" => self.wait_until_known(&format!("/p/{id}.gif"), 200).await,
            _ => {}
        }
        id
    }

    /// Waits until the collector redirects at `slug`. A HEAD request is no click.
    pub async fn wait_for_link(&self, slug: &str) {
        self.wait_until_known(&format!("/{slug}"), 302).await;
    }

    async fn wait_until_known(&self, path: &str, expected: u16) {
        let url = format!("{}{path}", self.collector);
        eventually(
            "the collector to know an object",
            FOLLOW_LIMIT,
            async || {
                let status = self
                    .http
                    .head(&url)
                    .send()
                    .await
                    .map_err(|e| e.to_string())?
                    .status()
                    .as_u16();
                (status == expected)
                    .then_some(())
                    .ok_or(format!("{path} answers {status}"))
            },
        )
        .await;
    }

    /// Numbers, which must be complete and add up.
    pub async fn stats(&self, query: &str) -> Value {
        let answer = self.get(&format!("/v1/stats?{query}")).await;
        assert_eq!(
            answer["meta"]["complete"],
            json!(true),
            "{query}: {}",
            answer["meta"]
        );
        for metric in ["clicks", "views", "conversions", "bot_clicks"] {
            let Some(total) = answer["totals"][metric].as_i64() else {
                continue;
            };
            let part = |name: &str| answer["meta"][name][metric].as_i64().unwrap();
            assert_eq!(
                part("settled") + part("live"),
                total,
                "{query}: settled and live {metric} must add up"
            );
            if answer["meta"]["overlapping"] == true {
                continue;
            }
            let rows = answer["results"].as_array().unwrap().iter();
            assert_eq!(
                rows.map(|row| row[metric].as_i64().unwrap()).sum::<i64>(),
                total,
                "{query}: rows of {metric} must add up"
            );
        }
        answer
    }

    /// Waits until the answer to `query` is complete and `enough`.
    pub async fn wait_for_stats(&self, query: &str, enough: impl Fn(&Value) -> bool) -> Value {
        eventually("the numbers", LIVE_LIMIT, async || {
            let answer = self.get(&format!("/v1/stats?{query}")).await;
            let good = answer["meta"]["complete"] == json!(true) && enough(&answer);
            if good {
                Ok(answer)
            } else {
                Err(format!(
                    "{query}: totals {} meta {}",
                    answer["totals"], answer["meta"]
                ))
            }
        })
        .await
    }

    /// Rolls up everything that was accepted so far, and waits until the API shows it.
    pub async fn roll_up(&self) {
        let before = self.manifest().await;
        let run = self.run_rollup().await;
        eventually("the new manifest", LIVE_LIMIT, async || {
            let now = self.manifest().await;
            if now > before {
                Ok(())
            } else {
                Err(format!("manifest {now}; the run: {run}"))
            }
        })
        .await;
    }

    /// Rolls up what happens to be sealed, and waits until the API shows it.
    pub async fn roll_up_sealed(&self) {
        let before = self.manifest().await;
        eventually("something to be sealed", LIVE_LIMIT, async || {
            self.rollup("wait=true").await;
            let now = self.manifest().await;
            if now > before {
                Ok(())
            } else {
                Err(format!("manifest {now}"))
            }
        })
        .await;
    }

    /// Rolls up what is not covered yet, if anything, and waits until nothing is live any more.
    pub async fn settle(&self) {
        self.run_rollup().await;
        let metrics = ["clicks", "views", "conversions"];
        let query = format!(
            "metrics={}&exclude_bots=false&{}",
            metrics.join(","),
            all_days()
        );
        let settled = |answer: &Value| metrics.iter().all(|m| answer["meta"]["live"][m] == 0);
        self.wait_for_stats(&query, settled).await;
    }

    async fn run_rollup(&self) -> Value {
        self.rollup("close_epochs=true&wait=true").await
    }

    async fn rollup(&self, how: &str) -> Value {
        let url = format!("{}/v1/jobs/rollup/runs?{how}", self.api);
        let run = self.http.post(url).bearer_auth(&self.operator);
        answer("the job", run.send().await.unwrap()).await
    }

    /// Asks for a rollup without waiting until it is done. That may fail while processes come and go.
    pub async fn ask_for_rollup(&self) {
        let url = format!("{}/v1/jobs/rollup/runs?close_epochs=true", self.api);
        let _ = self.http.post(url).bearer_auth(&self.operator).send().await;
    }

    async fn manifest(&self) -> u64 {
        self.get("/v1/stats").await["meta"]["manifest"]
            .as_u64()
            .unwrap()
    }
}

/// Two days before today to two days after, as parameters: what all events of a test are in,
/// whatever the clocks of its processes say.
pub fn all_days() -> String {
    let day = |days: i64| {
        let ms = model::SystemClock.now_ms() + days * 86_400_000;
        let time = chrono::DateTime::from_timestamp_millis(ms).unwrap();
        time.format("%Y-%m-%d").to_string()
    };
    format!("start={}&end={}", day(-2), day(3))
}

/// The JSON of an answer that must be a success.
pub async fn answer(what: &str, response: Response) -> Value {
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{what} answered {status}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{what} answered {text}: {e}"))
}
