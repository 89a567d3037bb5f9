//! A client of the collector's `POST /v1/events`: one request, and what its answer means.

use std::{io::Write, time::Duration};

use anyhow::bail;
use reqwest::{Response, StatusCode, header};
use serde::Deserialize;
use url::Url;

use crate::answers::{address, detail, is_passing, retry_after, shown};

/// Longest answer that is read, bytes.
const MAX_ANSWER: usize = 8 << 20;

/// A collector, and who sends to it, by a secret.
pub(crate) struct Client {
    http: reqwest::Client,
    url: Url,
    key: String,
}

/// What the collector took.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Answer {
    pub(crate) accepted: u64,
    #[serde(default)]
    pub(crate) duplicates: u64,
    #[serde(default)]
    pub(crate) rejected: Vec<Rejected>,
}

/// An event that it did not take.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Rejected {
    pub(crate) index: usize,
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) detail: String,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It will not be better the next time.
    Fatal(String),
    /// It may be, after a while that the collector may name.
    Later(String, Option<Duration>),
}

impl Client {
    /// A client of the collector at `to`.
    pub(crate) fn new(to: &str, key: &str, answer_limit: Duration) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(answer_limit)
            .connect_timeout(answer_limit.min(Duration::from_secs(10)))
            // A redirected POST becomes a GET.
            .redirect(reqwest::redirect::Policy::none());
        Ok(Self {
            http: http.build()?,
            url: events_url(to)?,
            key: key.trim().to_owned(),
        })
    }

    /// Where it sends to.
    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Sends events.
    pub(crate) async fn post(&self, body: Vec<u8>) -> Result<Answer, Failure> {
        let request = self
            .http
            .post(self.url.clone())
            .bearer_auth(&self.key)
            .header(header::CONTENT_ENCODING, "gzip")
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            .body(body);
        let response = request
            .send()
            .await
            .map_err(|error| self.unreached(error))?;
        let (status, asked) = (response.status(), retry_after(response.headers()));
        let location = response.headers().get(header::LOCATION).cloned();
        let text = text(response)
            .await
            .map_err(|error| self.unreached(error))?;
        if status.is_success() {
            return serde_json::from_str(&text).map_err(|_| {
                let url = &self.url;
                let shown = shown(&text);
                Failure::Fatal(format!(
                    "{url} is no collector: it answers {status} with `{shown}`"
                ))
            });
        }
        Err(match is_passing(status) {
            true => Failure::Later(
                format!("{} answers {status}: {}", self.url, detail(&text)),
                asked,
            ),
            false => Failure::Fatal(self.refused(status, location, &text)),
        })
    }

    fn unreached(&self, error: reqwest::Error) -> Failure {
        let fatal = error.is_builder();
        let error = anyhow::Error::from(error.without_url());
        match fatal {
            true => Failure::Fatal(format!(
                "the request cannot be made: {error:#}; is the key whole?"
            )),
            false => Failure::Later(format!("{} cannot be reached: {error:#}", self.url), None),
        }
    }

    fn refused(
        &self,
        status: StatusCode,
        location: Option<header::HeaderValue>,
        text: &str,
    ) -> String {
        let (url, detail) = (&self.url, detail(text));
        match status.as_u16() {
            401 => format!(
                "{url} does not know this key (401); it may be of another installation, or revoked"
            ),
            403 => format!("{url} does not let this key record events (403): {detail}"),
            404 | 405 => format!(
                "{url} does not take events ({status}): --to is the address of the collector, such as \
                 http://localhost:8080, not that of the API"
            ),
            413 => format!(
                "{url} finds a request too large (413): {detail}; does a proxy in front of it bound bodies \
                 (nginx: client_max_body_size)?"
            ),
            300..=399 => {
                let to = location.as_ref().and_then(|l| l.to_str().ok());
                format!(
                    "{url} answers with a redirect to {}: give that address as --to",
                    to.unwrap_or("nowhere")
                )
            }
            _ => format!("{url} answers {status}: {detail}"),
        }
    }
}

/// Events as a body: one a line, packed.
pub(crate) fn body<'a>(events: impl Iterator<Item = &'a str>) -> std::io::Result<Vec<u8>> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for event in events {
        packer.write_all(event.as_bytes())?;
        packer.write_all(b"\n")?;
    }
    packer.finish()
}

fn events_url(to: &str) -> anyhow::Result<Url> {
    let example = "--to is an address such as http://localhost:8080";
    let mut url = address(to, example)?;
    if !url.username().is_empty() || url.password().is_some() {
        bail!("--to must not have a user or a password");
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v1/events").unwrap_or(path);
    url.set_path(&format!("{path}/v1/events"));
    Ok(url)
}

async fn text(mut response: Response) -> reqwest::Result<String> {
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if text.len() + chunk.len() > MAX_ANSWER {
            break;
        }
        text.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_that_of_a_collector() {
        let url = |to| events_url(to).unwrap().to_string();
        assert_eq!(
            url("http://localhost:8080"),
            "http://localhost:8080/v1/events"
        );
        assert_eq!(
            url("https://x.example/c/ "),
            "https://x.example/c/v1/events"
        );
        assert_eq!(url("http://x/v1/events?a#b"), "http://x/v1/events");
        for to in ["localhost:8080", "x", "", "ftp://x", "http://u:p@x"] {
            assert!(events_url(to).is_err(), "{to}");
        }
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let wait = |asked: &str| {
            let headers = [
                (header::RETRY_AFTER, asked.parse().unwrap()),
                (
                    header::DATE,
                    "Thu, 26 Nov 2026 04:00:00 GMT".parse().unwrap(),
                ),
            ];
            retry_after(&headers.into_iter().collect()).map(|d| d.as_secs())
        };
        assert_eq!(wait("3"), Some(3));
        assert_eq!(wait("Thu, 26 Nov 2026 04:00:05 GMT"), Some(5));
        assert_eq!(wait("Thu, 26 Nov 2026 03:59:05 GMT"), None);
        assert_eq!(wait("soon"), None);
    }
}
