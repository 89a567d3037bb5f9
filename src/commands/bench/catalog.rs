//! A large catalog: what a million links and a hundred thousand domains take in memory, how long a process reads them at its
//! start, and how long one is looked up at a request.

use std::{sync::Arc, time::Instant};

use catalog::{Account, AccountSettings, Catalog, Change, Domain, Link};
use model::{EntityId, EntityKind, SystemClock, random::SystemRandom};
use storage::{bell::Bell, env::Env, store};

use super::report::{Report, Row};

const DOMAINS: u64 = 100_000;
const LINKS: u64 = 1_000_000;
/// Changes of one entry.
const BATCH: u64 = 10_000;
const LOOKS: u64 = 1_000_000;

pub(super) async fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let env = Env {
        store: store::open(&format!("file://{}", folder.path().display()))?,
        bell: Bell::default(),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    };
    let account = EntityId::new(EntityKind::Account, 1);
    let catalog = Catalog::open(env.clone()).await?;
    let made = Instant::now();
    catalog
        .commit(|_| Ok(vec![Change::PutAccount(owner(account))]))
        .await?;
    for first in (0..DOMAINS).step_by(BATCH as usize) {
        let domains = (first..first + BATCH).map(|n| Change::PutDomain(domain(account, n)));
        let domains: Vec<Change> = domains.collect();
        catalog.commit(|_| Ok(domains.clone())).await?;
    }
    for first in (0..LINKS).step_by(BATCH as usize) {
        let links = (first..first + BATCH).map(|n| Change::PutLink(link(account, n)));
        let links: Vec<Change> = links.collect();
        catalog.commit(|_| Ok(links.clone())).await?;
    }
    let each = made.elapsed().as_secs_f64() * 1e6 / (DOMAINS + LINKS) as f64;
    report.add(Row::new(
        "making a link or a domain, 10,000 at once",
        each,
        "µs",
    ));
    drop(catalog);
    let before = resident_mib();
    let begun = Instant::now();
    let catalog = Catalog::open(env).await?;
    let seconds = begun.elapsed().as_secs_f64();
    report.add(Row::new(
        "a start with 1,000,000 links and 100,000 domains",
        seconds,
        "s",
    ));
    let memory = resident_mib() - before;
    report.add(Row::new("memory that they take, about", memory, "MiB"));
    let begun = Instant::now();
    let mut found = 0;
    for look in 0..LOOKS {
        // Far apart, so that caches do not help more than they would.
        let n = look.wrapping_mul(2_654_435_761) % LINKS;
        let domain = catalog.verified_domain(&host(n % DOMAINS));
        found += u64::from(catalog.link_at(domain.as_deref(), &slug(n)).is_some());
    }
    anyhow::ensure!(found == LOOKS, "{found} of {LOOKS} links were found");
    let each = begun.elapsed().as_secs_f64() * 1e9 / LOOKS as f64;
    report.add(Row::new("looking up a domain and its link", each, "ns"));
    Ok(())
}

fn owner(id: EntityId) -> Account {
    Account {
        id,
        name: "large".into(),
        created_ms: 0,
        settings: AccountSettings::default(),
        plan: None,
        quotas: Box::default(),
        suspended: None,
    }
}

fn host(n: u64) -> String {
    format!("go{n}.customer.example")
}

fn slug(n: u64) -> String {
    format!("k{n}")
}

fn domain(account: EntityId, n: u64) -> Domain {
    Domain {
        host: host(n).into(),
        account,
        root_url: None,
        not_found_url: None,
        verified: true,
        created_ms: 0,
    }
}

fn link(account: EntityId, n: u64) -> Link {
    let options = catalog::routing::LinkOptions {
        domain: Some(host(n % DOMAINS).into()),
        ..Default::default()
    };
    Link {
        id: EntityId::new(EntityKind::Link, n + 1),
        account,
        slug: slug(n).into(),
        destination: format!("https://example.com/landing/page-{n}?utm_source=x").into(),
        campaign: None,
        tags: Box::default(),
        title: None,
        pass_query: false,
        append_click_id: false,
        expires_ms: None,
        options: Some(Box::new(options)),
        created_ms: 0,
        deleted: false,
    }
}

/// What the process has in memory; nought where the system does not say.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
