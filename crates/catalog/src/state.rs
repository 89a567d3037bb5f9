//! The catalog at one moment: the sum of the changes up to entry `n`.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use model::{
    id::{EntityId, EntityKind},
    random::hash_secret,
};

use super::{
    cost::PeriodCost,
    domain::{self, Domain},
    error::CatalogError,
    table::Table,
    types::{Account, ApiKey, Campaign, Change, Format, Goal, Link, Pixel, Row},
};

/// Everything the catalog holds.
#[derive(Debug, Default)]
pub struct State {
    /// Last ledger entry that is in.
    pub n: u64,
    /// The newest of its entries' formats.
    pub(super) format: Format,
    /// Links; names are slugs, unique over the installation.
    pub links: Table<Link>,
    /// Pixels; names are unique within an account.
    pub pixels: Table<Pixel>,
    /// Goals; names are unique within an account.
    pub goals: Table<Goal>,
    /// Campaigns; names are unique within an account.
    pub campaigns: Table<Campaign>,
    accounts: BTreeMap<u64, Arc<Account>>,
    keys: BTreeMap<Box<str>, Arc<ApiKey>>,
    keys_by_hash: HashMap<Box<str>, Arc<ApiKey>>,
    keys_of: BTreeSet<(u64, Box<str>)>,
    /// Slugs that no link has any more, each with the account that had it last: what was printed leads
    /// nowhere else.
    given_up: BTreeMap<Box<str>, EntityId>,
    /// How many of them each account has.
    given_up_of: HashMap<u64, u64>,
    /// How many accounts allow an origin.
    origins: HashMap<Box<str>, usize>,
    /// Domains of accounts, by their names.
    domains: HashMap<Box<str>, Arc<Domain>>,
    domains_of: BTreeSet<(u64, Box<str>)>,
    /// What was paid in periods, by account and id.
    costs: BTreeMap<(u64, Box<str>), Arc<PeriodCost>>,
}

/// What history needs to know of an entity, also of a deleted one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Whose it is.
    pub account: EntityId,
    /// Its name, of a link the slug.
    pub name: Box<str>,
    /// The campaign it is in.
    pub campaign: Option<EntityId>,
    /// Whether it is only kept for history.
    pub deleted: bool,
}

impl State {
    /// The account with this id.
    pub fn account(&self, id: EntityId) -> Option<&Arc<Account>> {
        let account = self.accounts.get(&id.raw);
        account.filter(|_| id.kind == EntityKind::Account)
    }

    /// Accounts with ids above `after`, in the order of ids, at most `limit`.
    pub fn accounts(&self, after: Option<EntityId>, limit: usize) -> Vec<Arc<Account>> {
        let Some(first) = after.map_or(Some(0), |id| id.raw.checked_add(1)) else {
            return Vec::new();
        };
        let rest = self.accounts.range(first..);
        rest.map(|(_, a)| a.clone()).take(limit).collect()
    }

    /// The key whose secret this is, unless it is revoked.
    pub fn key(&self, secret: &str) -> Option<&Arc<ApiKey>> {
        let key = self.keys_by_hash.get(hash_secret(secret).as_str());
        key.filter(|key| !key.revoked)
    }

    /// The key with this id, revoked or not.
    pub fn key_by_id(&self, id: &str) -> Option<&Arc<ApiKey>> {
        self.keys.get(id)
    }

    /// All keys of an account, revoked ones too.
    pub fn keys_of(&self, account: EntityId) -> Vec<Arc<ApiKey>> {
        let first = (account.raw, Box::<str>::default());
        let of = self.keys_of.range(first..);
        of.take_while(|(owner, _)| *owner == account.raw)
            .filter_map(|(_, id)| self.keys.get(id).cloned())
            .collect()
    }

    /// The domain of this name, verified or not.
    pub fn domain(&self, host: &str) -> Option<&Arc<Domain>> {
        self.domains.get(host)
    }

    /// All domains of an account, in order.
    pub fn domains_of(&self, account: EntityId) -> impl Iterator<Item = &Arc<Domain>> {
        let first = (account.raw, Box::<str>::default());
        let of = self.domains_of.range(first..);
        of.take_while(move |(owner, _)| *owner == account.raw)
            .filter_map(|(_, host)| self.domains.get(host))
    }

    /// The cost of a period with this id.
    pub fn cost(&self, account: EntityId, id: &str) -> Option<&Arc<PeriodCost>> {
        self.costs.get(&(account.raw, id.into()))
    }

    /// What an account paid in periods, in the order of ids.
    pub fn costs_of(&self, account: EntityId) -> impl Iterator<Item = &Arc<PeriodCost>> {
        let first = (account.raw, Box::<str>::default());
        let of = self.costs.range(first..);
        of.take_while(move |((owner, _), _)| *owner == account.raw)
            .map(|(_, cost)| cost)
    }

    /// Whether any account has a domain.
    pub fn has_domains(&self) -> bool {
        !self.domains.is_empty()
    }

    /// Whether any account allows pages of `origin`.
    pub fn is_origin_allowed(&self, origin: &str) -> bool {
        self.origins.contains_key(origin)
    }

    /// Whether several accounts share the installation, so that quotas hold: one alone fills what is its own.
    pub fn is_shared(&self) -> bool {
        self.accounts.len() > 1
    }

    /// Whether a link of `account` may answer at `slug`, of one of its domains or of the installation: no live one
    /// does, and nobody else has given it up.
    pub fn is_slug_free(&self, domain: Option<&str>, slug: &str, account: EntityId) -> bool {
        if let Some(host) = domain {
            let scope = domain::scope(account, host);
            return self.links.named(scope, slug).is_none();
        }
        let kept = self.given_up.get(slug).is_some_and(|by| *by != account);
        !kept && self.links.named(0, slug).is_none()
    }

    /// Whether the domain that a link answers at is its account's.
    pub fn check_domain(&self, link: &Link) -> Result<(), CatalogError> {
        let own = |host: &str| self.domain(host).is_some_and(|d| d.account == link.account);
        match link.domain().is_none_or(own) {
            true => Ok(()),
            false => Err(CatalogError::invalid(
                "domain",
                "must be a domain of this account: see POST /v1/domains",
            )),
        }
    }

    /// How many slugs `account` has given up.
    pub fn given_up_of(&self, account: EntityId) -> u64 {
        self.given_up_of
            .get(&account.raw)
            .copied()
            .unwrap_or_default()
    }

    /// Whether `account` has given up `slug` before.
    pub fn has_given_up(&self, slug: &str, account: EntityId) -> bool {
        self.given_up.get(slug) == Some(&account)
    }

    /// What `id` is, deleted or not.
    pub fn describe(&self, id: EntityId) -> Option<Description> {
        match id.kind {
            EntityKind::Account => self.account(id).map(|account| Description {
                account: id,
                name: account.name.clone(),
                campaign: None,
                deleted: false,
            }),
            EntityKind::Campaign => self.campaigns.get(id).map(|row| describe(&**row)),
            EntityKind::Link => self.links.get(id).map(|row| describe(&**row)),
            EntityKind::Pixel => self.pixels.get(id).map(|row| describe(&**row)),
            EntityKind::Goal => self.goals.get(id).map(|row| describe(&**row)),
        }
    }

    /// Number of everything it holds.
    pub fn len(&self) -> usize {
        let objects = self.links.len() + self.pixels.len() + self.goals.len();
        let others = self.campaigns.len() + self.accounts.len() + self.keys.len();
        objects + others + self.given_up.len() + self.domains.len() + self.costs.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes one change in. Any change can be applied; whether it should be is decided before.
    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Format(format) => self.format = self.format.max(format),
            Change::PutAccount(account) => self.put_account(account),
            Change::PutKey(key) => self.put_key(key),
            Change::RevokeKey(id) => {
                if let Some(key) = self.keys.get(&id) {
                    let mut key = ApiKey::clone(key);
                    key.revoked = true;
                    self.put_key(key);
                }
            }
            Change::PutLink(link) => self.put_link(link),
            Change::PutPixel(pixel) => self.pixels.put(pixel),
            Change::PutGoal(goal) => self.goals.put(goal),
            Change::PutCampaign(campaign) => self.campaigns.put(campaign),
            Change::Delete(id) => match id.kind {
                EntityKind::Link => self.delete_link(id),
                EntityKind::Pixel => self.pixels.delete(id),
                EntityKind::Goal => self.goals.delete(id),
                EntityKind::Campaign => self.campaigns.delete(id),
                EntityKind::Account => {}
            },
            Change::GiveUpSlug { slug, account } => self.give_up(slug, account),
            Change::PutDomain(domain) => self.put_domain(domain),
            Change::PutCost(cost) => {
                let key = (cost.account.raw, cost.id.clone());
                self.costs.insert(key, Arc::new(cost));
            }
            Change::DeleteCost { account, id } => {
                self.costs.remove(&(account.raw, id));
            }
            Change::DeleteDomain(host) => {
                if let Some(old) = self.domains.remove(&host) {
                    self.domains_of.remove(&(old.account.raw, host));
                }
            }
        }
    }

    fn put_domain(&mut self, domain: Domain) {
        let (account, host) = (domain.account.raw, domain.host.clone());
        let old = self.domains.insert(host.clone(), Arc::new(domain));
        if let Some(old) = old {
            self.domains_of.remove(&(old.account.raw, host.clone()));
        }
        self.domains_of.insert((account, host));
    }

    fn put_account(&mut self, account: Account) {
        for origin in &account.settings.allowed_origins {
            *self.origins.entry(origin.clone()).or_default() += 1;
        }
        let old = self.accounts.insert(account.id.raw, Arc::new(account));
        let old = old.iter().flat_map(|old| &old.settings.allowed_origins);
        for origin in old {
            if let Some(count) = self.origins.get_mut(origin) {
                *count -= 1;
                if *count == 0 {
                    self.origins.remove(origin);
                }
            }
        }
    }

    fn put_link(&mut self, link: Link) {
        // Slugs of a domain are its account's anyhow.
        let old = self.links.get(link.id).filter(|old| old.domain().is_none());
        let left = |old: &&Arc<Link>| old.slug != link.slug || link.domain().is_some();
        let old = old.filter(left).map(|old| old.slug.clone());
        if let Some(old) = old {
            self.give_up(old, link.account);
        }
        if link.deleted && link.domain().is_none() {
            self.give_up(link.slug.clone(), link.account);
        }
        self.links.put(link);
    }

    fn delete_link(&mut self, id: EntityId) {
        if let Some(link) = self.links.get(id).filter(|link| link.domain().is_none()) {
            let (slug, account) = (link.slug.clone(), link.account);
            self.give_up(slug, account);
        }
        self.links.delete(id);
    }

    fn give_up(&mut self, slug: Box<str>, account: EntityId) {
        let before = self.given_up.insert(slug, account);
        *self.given_up_of.entry(account.raw).or_default() += 1;
        // It has one of the slug, whoever had it before.
        if let Some(count) = before.and_then(|by| self.given_up_of.get_mut(&by.raw)) {
            *count -= 1;
        }
    }

    fn put_key(&mut self, key: ApiKey) {
        let key = Arc::new(key);
        self.keys_of.insert((key.account.raw, key.id.clone()));
        self.keys_by_hash.insert(key.hash.clone(), key.clone());
        if let Some(old) = self.keys.insert(key.id.clone(), key.clone())
            && old.hash != key.hash
        {
            self.keys_by_hash.remove(&old.hash);
        }
    }

    /// The rows, in an order in which they can be applied again. Cheap: nothing is copied.
    pub(super) fn rows(&self) -> Vec<Put> {
        let mut rows = Vec::with_capacity(self.len() + 1);
        if self.format > Format::FIRST {
            rows.push(Put::Format(self.format));
        }
        rows.extend(self.accounts.values().cloned().map(Put::Account));
        rows.extend(self.keys.values().cloned().map(Put::Key));
        rows.extend(self.domains.values().cloned().map(Put::Domain));
        rows.extend(self.campaigns.iter().cloned().map(Put::Campaign));
        rows.extend(self.links.iter().cloned().map(Put::Link));
        rows.extend(self.pixels.iter().cloned().map(Put::Pixel));
        rows.extend(self.goals.iter().cloned().map(Put::Goal));
        rows.extend(self.costs.values().cloned().map(Put::Cost));
        // After the links: of a slug that changed hands before this was kept, the last owner counts.
        rows.extend(self.given_up.iter().map(|(slug, account)| Put::GivenUp {
            slug: slug.clone(),
            account: *account,
        }));
        rows
    }
}

fn describe(row: &impl Row) -> Description {
    Description {
        account: row.account(),
        name: row.name().into(),
        campaign: row.campaign(),
        deleted: row.deleted(),
    }
}

/// A row, shared.
#[derive(Debug, Clone)]
pub(super) enum Put {
    Format(Format),
    Account(Arc<Account>),
    Key(Arc<ApiKey>),
    Campaign(Arc<Campaign>),
    Link(Arc<Link>),
    Pixel(Arc<Pixel>),
    Goal(Arc<Goal>),
    GivenUp { slug: Box<str>, account: EntityId },
    Domain(Arc<Domain>),
    Cost(Arc<PeriodCost>),
}

impl Put {
    /// The change that puts this row.
    pub(super) fn to_change(&self) -> Change {
        match self {
            Put::Format(format) => Change::Format(*format),
            Put::Account(row) => Change::PutAccount(Account::clone(row)),
            Put::Key(row) => Change::PutKey(ApiKey::clone(row)),
            Put::Campaign(row) => Change::PutCampaign(Campaign::clone(row)),
            Put::Link(row) => Change::PutLink(Link::clone(row)),
            Put::Pixel(row) => Change::PutPixel(Pixel::clone(row)),
            Put::Goal(row) => Change::PutGoal(Goal::clone(row)),
            Put::Domain(row) => Change::PutDomain(Domain::clone(row)),
            Put::Cost(row) => Change::PutCost(PeriodCost::clone(row)),
            Put::GivenUp { slug, account } => Change::GiveUpSlug {
                slug: slug.clone(),
                account: *account,
            },
        }
    }
}
