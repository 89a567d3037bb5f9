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
    annotation::Annotation,
    answered::{Answered, Answers},
    api_key::{ApiKey, Used},
    cost::PeriodCost,
    domain::{self, Domain},
    error::CatalogError,
    plan::Plan,
    record::{History, Record},
    segment::SavedSegment,
    share::Share,
    table::Table,
    types::{Account, Campaign, Change, Format, Goal, Link, Pixel, Row},
    webhook::Webhook,
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
    /// By their names.
    plans: BTreeMap<Box<str>, Arc<Plan>>,
    /// How many accounts have the plan of a name.
    accounts_by_plan: HashMap<Box<str>, usize>,
    keys: BTreeMap<Box<str>, Arc<ApiKey>>,
    /// By the hashes of their secrets: of the one that they have, and of the one that they had before.
    keys_by_hash: HashMap<Box<str>, (Arc<ApiKey>, Arc<Used>)>,
    /// When keys were used, by their ids.
    uses: BTreeMap<Box<str>, Arc<Used>>,
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
    /// Notes on curves, by account and id.
    annotations: BTreeMap<(u64, Box<str>), Arc<Annotation>>,
    /// What is shown to others, by account and id, and by the hash of its token.
    segments: BTreeMap<(u64, Box<str>), Arc<SavedSegment>>,
    shares: BTreeMap<(u64, Box<str>), Arc<Share>>,
    shares_by_hash: HashMap<Box<str>, Arc<Share>>,
    /// Who is told of what, by account and id.
    webhooks: BTreeMap<(u64, Box<str>), Arc<Webhook>>,
    /// Which entries are of which account.
    history: BTreeMap<u64, History>,
    /// What was answered to requests that name themselves.
    answers: Answers,
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

    /// The plan of this name.
    pub fn plan(&self, name: &str) -> Option<&Arc<Plan>> {
        self.plans.get(name)
    }

    /// All plans, in the order of their names.
    pub fn plans(&self) -> impl ExactSizeIterator<Item = &Arc<Plan>> {
        self.plans.values()
    }

    /// How many accounts have the plan of this name.
    pub fn accounts_with(&self, plan: &str) -> usize {
        self.accounts_by_plan.get(plan).copied().unwrap_or_default()
    }

    /// The key that this secret opens at the time `now_ms`. It takes note of that.
    pub fn key(&self, secret: &str, now_ms: i64) -> Option<&Arc<ApiKey>> {
        let hash = hash_secret(secret);
        let (key, used) = self.keys_by_hash.get(hash.as_str())?;
        let is_opened = key.is_opened_by(&hash, now_ms);
        if is_opened {
            used.note(now_ms.div_euclid(60_000));
        }
        is_opened.then_some(key)
    }

    /// Unix minute in which a key was last used, as far as it is known here.
    pub fn last_used(&self, id: &str) -> Option<i64> {
        self.uses.get(id)?.last()
    }

    /// Uses of keys that shall be stored, at most `limit`.
    pub(super) fn uses_due(&self, limit: usize) -> Vec<Change> {
        let due = self.uses.iter().filter_map(|(id, used)| {
            let (id, minute) = (id.clone(), used.due()?);
            Some(Change::KeyUsed { id, minute })
        });
        due.take(limit).collect()
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
        of(&self.costs, account)
    }

    /// The annotation with this id.
    pub fn annotation(&self, account: EntityId, id: &str) -> Option<&Arc<Annotation>> {
        self.annotations.get(&(account.raw, id.into()))
    }

    /// All annotations of an account, in the order of ids.
    pub fn annotations_of(&self, account: EntityId) -> impl Iterator<Item = &Arc<Annotation>> {
        of(&self.annotations, account)
    }

    /// The segment with this id.
    pub fn segment(&self, account: EntityId, id: &str) -> Option<&Arc<SavedSegment>> {
        self.segments.get(&(account.raw, id.into()))
    }

    /// All segments of an account, in the order of ids.
    pub fn segments_of(&self, account: EntityId) -> impl Iterator<Item = &Arc<SavedSegment>> {
        of(&self.segments, account)
    }

    /// The share with this id.
    pub fn share(&self, account: EntityId, id: &str) -> Option<&Arc<Share>> {
        self.shares.get(&(account.raw, id.into()))
    }

    /// All shares of an account, in the order of ids.
    pub fn shares_of(&self, account: EntityId) -> impl Iterator<Item = &Arc<Share>> {
        of(&self.shares, account)
    }

    /// The share whose token this is, if it shows anything at the time `now_ms`.
    pub fn share_by_token(&self, token: &str, now_ms: i64) -> Option<&Arc<Share>> {
        let share = self.shares_by_hash.get(hash_secret(token).as_str());
        share.filter(|share| share.is_valid(now_ms))
    }

    /// The webhook with this id.
    pub fn webhook(&self, account: EntityId, id: &str) -> Option<&Arc<Webhook>> {
        self.webhooks.get(&(account.raw, id.into()))
    }

    /// All webhooks of an account, in the order of ids.
    pub fn webhooks_of(&self, account: EntityId) -> impl Iterator<Item = &Arc<Webhook>> {
        of(&self.webhooks, account)
    }

    /// The webhooks that are told of what is recorded now: those that are not disabled, of accounts that are not suspended.
    pub fn open_webhooks(&self) -> impl Iterator<Item = &Arc<Webhook>> {
        let all = self.webhooks.values();
        all.filter(|it| it.disabled.is_none() && !self.is_suspended(it.account))
    }

    /// Whether an account may do nothing now.
    pub fn is_suspended(&self, account: EntityId) -> bool {
        let account = self.account(account);
        account.is_some_and(|account| account.suspended.is_some())
    }

    /// Entries that changed something of `account`, with numbers below `before`, the newest first.
    pub fn entries_of(&self, account: EntityId, before: u64, limit: usize) -> Vec<u64> {
        let history = self.history.get(&account.raw);
        history.map_or_else(Vec::new, |history| history.newest(before, limit))
    }

    /// What was answered to the request that names itself so.
    pub fn answered(&self, scope: u64, name: &str, now_ms: i64) -> Option<&Answered> {
        self.answers.get(scope, name, now_ms)
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
        let notes =
            self.annotations.len() + self.segments.len() + self.shares.len() + self.webhooks.len();
        let rest = self.given_up.len() + self.domains.len() + self.costs.len() + self.plans.len();
        objects + others + notes + rest
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
            Change::PutPlan(plan) => drop(self.plans.insert(plan.name.clone(), Arc::new(plan))),
            Change::DeletePlan(name) => drop(self.plans.remove(&name)),
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
            Change::Record(record) => self.remember(&record),
            Change::History { account, entries } => {
                let history = self.history.entry(account.raw).or_default();
                entries.iter().for_each(|n| history.push(*n));
            }
            Change::Answered(answered) => self.answers.put(*answered),
            Change::KeyUsed { id, minute } => self.uses.entry(id).or_default().take(minute),
            Change::PutAnnotation(row) => {
                let key = (row.account.raw, row.id.clone());
                self.annotations.insert(key, Arc::new(row));
            }
            Change::DeleteAnnotation { account, id } => {
                self.annotations.remove(&(account.raw, id));
            }
            Change::PutSegment(row) => {
                let key = (row.account.raw, row.id.clone());
                self.segments.insert(key, Arc::new(row));
            }
            Change::DeleteSegment { account, id } => {
                self.segments.remove(&(account.raw, id));
            }
            Change::PutShare(share) => self.put_share(share),
            Change::DeleteShare { account, id } => {
                if let Some(old) = self.shares.remove(&(account.raw, id)) {
                    self.shares_by_hash.remove(&old.hash);
                }
            }
            Change::PutWebhook(row) => {
                let key = (row.account.raw, row.id.clone());
                self.webhooks.insert(key, Arc::new(*row));
            }
            Change::DeleteWebhook { account, id } => {
                self.webhooks.remove(&(account.raw, id));
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
        if let Some(plan) = &account.plan {
            *self.accounts_by_plan.entry(plan.clone()).or_default() += 1;
        }
        let old = self.accounts.insert(account.id.raw, Arc::new(account));
        let old = old.as_deref();
        for origin in old.iter().flat_map(|old| &old.settings.allowed_origins) {
            one_less(&mut self.origins, origin);
        }
        if let Some(plan) = old.and_then(|old| old.plan.as_deref()) {
            one_less(&mut self.accounts_by_plan, plan);
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
        let used = Arc::clone(self.uses.entry(key.id.clone()).or_default());
        self.keys_of.insert((key.account.raw, key.id.clone()));
        if let Some(old) = self.keys.insert(key.id.clone(), key.clone()) {
            old.hashes()
                .for_each(|hash| drop(self.keys_by_hash.remove(hash)));
        }
        for hash in key.hashes() {
            let found = (key.clone(), Arc::clone(&used));
            self.keys_by_hash.insert(hash.into(), found);
        }
    }

    fn put_share(&mut self, share: Share) {
        let share = Arc::new(share);
        let key = (share.account.raw, share.id.clone());
        if let Some(old) = self.shares.insert(key, Arc::clone(&share)) {
            self.shares_by_hash.remove(&old.hash);
        }
        self.shares_by_hash.insert(share.hash.clone(), share);
    }

    /// Takes note of whose history an entry is.
    fn remember(&mut self, record: &Record) {
        for account in &record.accounts {
            self.history.entry(account.raw).or_default().push(record.n);
        }
    }

    /// The rows, in an order in which they can be applied again. Cheap: nothing is copied.
    pub(super) fn rows(&self) -> Vec<Put> {
        let mut rows = Vec::with_capacity(self.len() + 1);
        if self.format > Format::FIRST {
            rows.push(Put::Format(self.format));
        }
        rows.extend(self.plans.values().cloned().map(Put::Plan));
        rows.extend(self.accounts.values().cloned().map(Put::Account));
        rows.extend(self.keys.values().cloned().map(Put::Key));
        rows.extend(self.domains.values().cloned().map(Put::Domain));
        rows.extend(self.campaigns.iter().cloned().map(Put::Campaign));
        rows.extend(self.links.iter().cloned().map(Put::Link));
        rows.extend(self.pixels.iter().cloned().map(Put::Pixel));
        rows.extend(self.goals.iter().cloned().map(Put::Goal));
        rows.extend(self.costs.values().cloned().map(Put::Cost));
        rows.extend(self.annotations.values().cloned().map(Put::Annotation));
        rows.extend(self.segments.values().cloned().map(Put::Segment));
        rows.extend(self.shares.values().cloned().map(Put::Share));
        rows.extend(self.webhooks.values().cloned().map(Put::Webhook));
        rows.extend(self.history.iter().map(|(raw, history)| Put::History {
            account: EntityId::new(EntityKind::Account, *raw),
            entries: history.all(),
        }));
        rows.extend(
            self.answers
                .rows()
                .cloned()
                .map(Box::new)
                .map(Put::Answered),
        );
        rows.extend(self.uses.iter().filter_map(|(id, used)| {
            let (id, minute) = (id.clone(), used.stored()?);
            Some(Put::KeyUsed { id, minute })
        }));
        // After the links: of a slug that changed hands before this was kept, the last owner counts.
        rows.extend(self.given_up.iter().map(|(slug, account)| Put::GivenUp {
            slug: slug.clone(),
            account: *account,
        }));
        rows
    }
}

/// Counts one less of what is called so.
fn one_less(counts: &mut HashMap<Box<str>, usize>, name: &str) {
    if let Some(count) = counts.get_mut(name) {
        *count -= 1;
        if *count == 0 {
            counts.remove(name);
        }
    }
}

/// Rows of one account.
fn of<T>(
    rows: &BTreeMap<(u64, Box<str>), Arc<T>>,
    account: EntityId,
) -> impl Iterator<Item = &Arc<T>> {
    let first = (account.raw, Box::<str>::default());
    let of = rows.range(first..);
    of.take_while(move |((owner, _), _)| *owner == account.raw)
        .map(|(_, row)| row)
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
    Plan(Arc<Plan>),
    Account(Arc<Account>),
    Key(Arc<ApiKey>),
    Campaign(Arc<Campaign>),
    Link(Arc<Link>),
    Pixel(Arc<Pixel>),
    Goal(Arc<Goal>),
    GivenUp {
        slug: Box<str>,
        account: EntityId,
    },
    Domain(Arc<Domain>),
    Cost(Arc<PeriodCost>),
    Annotation(Arc<Annotation>),
    Segment(Arc<SavedSegment>),
    Share(Arc<Share>),
    Webhook(Arc<Webhook>),
    History {
        account: EntityId,
        entries: Box<[u64]>,
    },
    Answered(Box<Answered>),
    KeyUsed {
        id: Box<str>,
        minute: i64,
    },
}

impl Put {
    /// The change that puts this row.
    pub(super) fn to_change(&self) -> Change {
        match self {
            Put::Format(format) => Change::Format(*format),
            Put::Plan(row) => Change::PutPlan(Plan::clone(row)),
            Put::Account(row) => Change::PutAccount(Account::clone(row)),
            Put::Key(row) => Change::PutKey(ApiKey::clone(row)),
            Put::Campaign(row) => Change::PutCampaign(Campaign::clone(row)),
            Put::Link(row) => Change::PutLink(Link::clone(row)),
            Put::Pixel(row) => Change::PutPixel(Pixel::clone(row)),
            Put::Goal(row) => Change::PutGoal(Goal::clone(row)),
            Put::Domain(row) => Change::PutDomain(Domain::clone(row)),
            Put::Cost(row) => Change::PutCost(PeriodCost::clone(row)),
            Put::Annotation(row) => Change::PutAnnotation(Annotation::clone(row)),
            Put::Segment(row) => Change::PutSegment(SavedSegment::clone(row)),
            Put::Share(row) => Change::PutShare(Share::clone(row)),
            Put::Webhook(row) => Change::PutWebhook(Box::new(Webhook::clone(row))),
            Put::History { account, entries } => Change::History {
                account: *account,
                entries: entries.clone(),
            },
            Put::Answered(answered) => Change::Answered(answered.clone()),
            Put::KeyUsed { id, minute } => Change::KeyUsed {
                id: id.clone(),
                minute: *minute,
            },
            Put::GivenUp { slug, account } => Change::GiveUpSlug {
                slug: slug.clone(),
                account: *account,
            },
        }
    }
}
