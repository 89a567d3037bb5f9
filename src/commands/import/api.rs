//! A client of the API: one request, again while it may get better.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Method, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::Door;

/// How often a request is sent that fails for a reason that passes.
const TRIES: u32 = 6;
/// The pause before the second of them; it doubles.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest pause that a server may ask for: who says more means another day.
const MOST_ASKED: Duration = Duration::from_secs(60);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(120);

/// An API, and who asks it, by a secret.
pub struct Api {
    http: reqwest::Client,
    url: Url,
    key: String,
}

impl Api {
    pub fn new(door: &Door) -> anyhow::Result<Self> {
        let example = "--url is the address of the API, such as http://localhost:8081";
        let url = replay::address(&door.url, example)?;
        let http = reqwest::Client::builder()
            .timeout(ANSWER)
            .connect_timeout(Duration::from_secs(10));
        Ok(Self {
            http: http.redirect(reqwest::redirect::Policy::none()).build()?,
            url,
            key: door.key.reveal().trim().to_owned(),
        })
    }

    /// Whether bodies of links have a field of this name here.
    pub async fn links_have(&self, field: &str) -> anyhow::Result<bool> {
        let document: Value = self.call(Method::GET, "openapi.json", None).await?;
        Ok(document["components"]["schemas"]["LinkBody"]["properties"]
            .get(field)
            .is_some())
    }

    /// Asks, and reads the answer.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<T> {
        let mut pause = PAUSE;
        let mut tries = 0;
        loop {
            tries += 1;
            let (why, asked) = match self.once(&method, path, body).await? {
                Ok(text) => {
                    return serde_json::from_str(&text).with_context(|| {
                        format!(
                            "{} does not answer like our API: `{}`",
                            self.url,
                            replay::shown(&text)
                        )
                    });
                }
                Err(passing) => passing,
            };
            if tries >= TRIES || asked.is_some_and(|asked| asked > MOST_ASKED) {
                bail!("{why}; what was taken before stays, run the import again later");
            }
            tokio::time::sleep(asked.unwrap_or(pause)).await;
            pause *= 2;
        }
    }

    /// One request; inside is what may be better the next time.
    async fn once(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Result<String, (String, Option<Duration>)>> {
        let base = self.url.as_str().trim_end_matches('/');
        let mut request = self
            .http
            .request(method.clone(), format!("{base}/{path}"))
            .bearer_auth(&self.key);
        if let Some(body) = body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if error.is_builder() => {
                bail!("the request cannot be made; is the key whole?")
            }
            Err(error) => {
                let error = anyhow::Error::from(error.without_url());
                return Ok(Err((
                    format!("{} cannot be reached: {error:#}", self.url),
                    None,
                )));
            }
        };
        let status = answer.status();
        let asked = replay::retry_after(answer.headers());
        let text = match answer.text().await {
            Ok(text) => text,
            Err(_) => {
                return Ok(Err((
                    format!("the answer of {} broke off", self.url),
                    asked,
                )));
            }
        };
        if status.is_success() {
            return Ok(Ok(text));
        }
        let why = format!("{} answers {status}: {}", self.url, replay::detail(&text));
        match status {
            status if replay::is_passing(status) => Ok(Err((why, asked))),
            StatusCode::NOT_FOUND => {
                bail!("{why}; --url is the address of the API, not that of the collector")
            }
            _ => bail!("{why}"),
        }
    }
}
