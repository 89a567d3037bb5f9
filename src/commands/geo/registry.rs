//! What a registry of npm packages says of a release, and the release itself.

use std::time::Duration;

use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::StreamExt;
use reqwest::{Client, Response};
use ring::digest::{SHA512, digest};
use serde::Deserialize;

/// How long the registry may take to be reached, and for all of an answer.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const LIMIT: Duration = Duration::from_secs(300);
/// Longest description of a release, and largest package, bytes.
const MOST_SAID: usize = 1 << 20;
const MOST_PACKED: usize = 256 << 20;

/// A release, as far as it is looked at.
#[derive(Debug, Deserialize)]
pub(super) struct Release {
    pub version: String,
    #[serde(default)]
    pub license: String,
    pub dist: Dist,
}

#[derive(Debug, Deserialize)]
pub(super) struct Dist {
    pub tarball: String,
    /// Hashes of the package (W3C, Subresource Integrity), such as `sha512-…`.
    pub integrity: String,
}

pub(super) fn client() -> reqwest::Result<Client> {
    Client::builder()
        .connect_timeout(CONNECT_LIMIT)
        .timeout(LIMIT)
        .user_agent(concat!("millrace/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Asks for a release by its version or tag.
pub(super) async fn release(
    client: &Client,
    registry: &str,
    package: &str,
    release: &str,
) -> anyhow::Result<Release> {
    let registry = registry.trim_end_matches('/');
    // A scope is a part of the name.
    let url = format!("{registry}/{}/{release}", package.replace('/', "%2f"));
    let said = get(client, &url, MOST_SAID).await?;
    serde_json::from_slice(&said).with_context(|| format!("{url} does not describe a release"))
}

/// The package of a release, unchecked.
pub(super) async fn download(client: &Client, release: &Release) -> anyhow::Result<Vec<u8>> {
    get(client, &release.dist.tarball, MOST_PACKED).await
}

/// Whether a package is what the registry says that it is.
pub(super) fn check(release: &Release, packed: &[u8]) -> anyhow::Result<()> {
    let ours = integrity(packed);
    match release
        .dist
        .integrity
        .split_whitespace()
        .any(|hash| hash == ours)
    {
        true => Ok(()),
        false => bail!(
            "what was downloaded is not what the registry says: its hash is {ours}, not {}; nothing was changed. Try \
             again, and trust that registry less if it happens again",
            release.dist.integrity
        ),
    }
}

/// The hash of a package, as registries write it.
pub(super) fn integrity(packed: &[u8]) -> String {
    format!("sha512-{}", STANDARD.encode(digest(&SHA512, packed)))
}

async fn get(client: &Client, url: &str, most: usize) -> anyhow::Result<Vec<u8>> {
    let answer = client.get(url).send().await;
    let answer = answer.with_context(|| format!("{url} does not answer"))?;
    if !answer.status().is_success() {
        bail!(
            "{url} answered {}; is the package's name right?",
            answer.status()
        );
    }
    body(answer, most)
        .await
        .with_context(|| format!("{url} cannot be read"))
}

async fn body(answer: Response, most: usize) -> anyhow::Result<Vec<u8>> {
    let mut parts = answer.bytes_stream();
    let mut all = Vec::new();
    while let Some(part) = parts.next().await {
        let part = part?;
        if all.len() + part.len() > most {
            bail!("it is larger than {most} bytes");
        }
        all.extend_from_slice(&part);
    }
    Ok(all)
}
