//! The links and pixels that rows name; links that are missing are made, if that is wanted.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use catalog::{Account, Catalog, Change, EXTERNAL, Link, Row as _, routing::LinkOptions, rules};
use imports::{
    Refusal,
    clicks::{ClickRow, Named},
};
use ingest::Target;
use model::{
    EntityId, EntityKind,
    random::{SystemRandom, new_id, new_slug},
};
use tokio::runtime::Handle;
use url::Url;

/// Names that are kept in memory; beyond that they are looked up again.
const MOST_KNOWN: usize = 1_000_000;
/// Longest external id, bytes: what is longer is hashed.
const MAX_EXTERNAL_ID: usize = 128;
/// What the external id of a link begins with whose name may not be a slug.
const PATH: &str = "path:";

/// What an account has. Clones share what they know.
#[derive(Clone)]
pub(super) struct Targets {
    catalog: Catalog,
    pub(super) account: Arc<Account>,
    /// Whether missing links are made.
    creates: bool,
    site: Option<Url>,
    known: Arc<Mutex<HashMap<Named, Target>>>,
}

impl Targets {
    pub(super) fn new(
        catalog: Catalog,
        account: Arc<Account>,
        creates: bool,
        site: Option<Url>,
    ) -> Self {
        Self {
            catalog,
            account,
            creates,
            site,
            known: Arc::default(),
        }
    }

    pub(super) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The account that everything is for.
    pub(super) fn account_id(&self) -> EntityId {
        self.account.id
    }

    /// What a row names.
    pub(super) fn find(&self, named: &Named) -> Result<Target, Refusal> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(target) = known.get(named) {
            return Ok(*target);
        }
        let found = self.look(named).ok_or_else(|| unknown(named))?;
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(named.clone(), found);
        Ok(found)
    }

    fn look(&self, named: &Named) -> Option<Target> {
        let account = self.account.id;
        self.catalog.read(|state| match named {
            Named::Link(name) => {
                let called = || state.links.called(account, &external_id(name));
                let link = state.links.find(account, name).or_else(called);
                link.filter(|link| !link.deleted())
                    .map(|link| target(&**link))
            }
            Named::Pixel(name) => {
                let pixel = state
                    .pixels
                    .find(account, name)
                    .filter(|pixel| !pixel.deleted());
                pixel.map(|pixel| target(&**pixel))
            }
            Named::Goal(name) => {
                let goal = state
                    .goals
                    .find(account, name)
                    .filter(|goal| !goal.deleted());
                goal.map(|goal| target(&**goal))
            }
        })
    }

    /// Makes the links that rows name and that do not exist, in one commit; gives how many. What cannot be made is found
    /// missing afterwards.
    ///
    /// # Errors
    ///
    /// The catalog cannot be changed.
    pub(super) fn make_missing<'r>(
        &self,
        rows: impl Iterator<Item = &'r ClickRow>,
        now_ms: i64,
    ) -> anyhow::Result<u64> {
        if !self.creates {
            return Ok(0);
        }
        let mut seen: HashSet<&Named> = HashSet::new();
        let mut new: Vec<Change> = Vec::new();
        let mut slugs: HashSet<Box<str>> = HashSet::new();
        for row in rows {
            if seen.insert(&row.target)
                && self.find(&row.target).is_err()
                && let Some(link) = self.link(row, now_ms, &slugs)
            {
                slugs.insert(link.slug.clone());
                new.push(Change::PutLink(link));
            }
        }
        let count = new.len() as u64;
        if count > 0 {
            Handle::current().block_on(self.catalog.commit(|_| Ok(new.clone())))?;
        }
        Ok(count)
    }

    /// The link that a row names, as it would be made: with the first destination that a link may have.
    fn link(&self, row: &ClickRow, now_ms: i64, taken: &HashSet<Box<str>>) -> Option<Link> {
        let Named::Link(name) = &row.target else {
            return None;
        };
        let said = row.link.clone().unwrap_or_default();
        let slug = said.slug.unwrap_or_else(|| name.clone());
        let in_site = self
            .site
            .as_ref()
            .and_then(|site| site.join(&format!("/{slug}")).ok());
        let destinations = [said.destination, in_site.map(String::from)];
        let is_named = rules::slug(name).is_ok();
        let is_free = |slug: &str| {
            !taken.contains(slug)
                && self.catalog.link_named(slug).is_none()
                && rules::slug(slug).is_ok()
        };
        let link = |destination: String, slug: &str| Link {
            id: new_id(EntityKind::Link, &SystemRandom),
            account: self.account.id,
            slug: slug.into(),
            destination: destination.into(),
            campaign: None,
            tags: Box::default(),
            title: None,
            pass_query: false,
            append_click_id: false,
            expires_ms: None,
            options: (!is_named).then(|| {
                Box::new(LinkOptions {
                    external_id: Some(external_id(name).into()),
                    ..LinkOptions::default()
                })
            }),
            created_ms: now_ms,
            deleted: false,
        };
        let slug = match is_free(&slug) {
            true => slug,
            // A link whose name is its slug cannot be made where that is taken.
            false if is_named => return None,
            false => new_slug(&SystemRandom),
        };
        let mut links = destinations.into_iter().flatten().map(|to| link(to, &slug));
        links.find(|link| {
            self.catalog
                .accepts(&[Change::PutLink(link.clone())])
                .is_ok()
        })
    }
}

fn target<T: catalog::Row>(row: &T) -> Target {
    Target {
        object: row.id(),
        account: row.account(),
        campaign: row.campaign(),
    }
}

fn unknown(named: &Named) -> Refusal {
    let (kind, name) = match named {
        Named::Link(name) => ("link", name),
        Named::Pixel(name) => ("pixel", name),
        Named::Goal(name) => ("goal", name),
    };
    let name: String = name.chars().take(80).collect();
    let detail = match kind {
        "link" => format!(
            "this account has no link `{name}`; import the links first, or give --create-links"
        ),
        kind => format!("this account has no {kind} `{name}`"),
    };
    Refusal::new("unknown_object", detail)
}

/// What a link is called whose name may be no slug: what the name says after `ext_`, or the name as a path, without
/// the `/` that an external id may not have.
fn external_id(name: &str) -> String {
    let id = match name.strip_prefix(EXTERNAL) {
        Some(id) => id.to_owned(),
        None => format!("{PATH}{}", name.replace('%', "%25").replace('/', "%2F")),
    };
    match id.len() <= MAX_EXTERNAL_ID && !id.contains(|c: char| c == '/' || c.is_control()) {
        true => id,
        false => format!("{PATH}{}", blake3::hash(name.as_bytes()).to_hex()),
    }
}
