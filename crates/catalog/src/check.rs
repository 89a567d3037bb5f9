//! Whether a batch of changes may be applied: names, owners and texts.

use std::collections::{HashMap, HashSet};

use model::id::{EntityId, EntityKind};

use super::{
    annotation::Annotation,
    api_key::ApiKey,
    cost::PeriodCost,
    destination,
    domain::Domain,
    error::CatalogError,
    plan::{self, Plan},
    quotas::Quotas,
    retention, routing, rules,
    segment::SavedSegment,
    share::Share,
    state::State,
    table::Table,
    types::{Account, Change, Goal, Link, Row},
    webhook::Webhook,
};

/// Most changes in one entry.
pub const MAX_CHANGES: usize = 10_000;

/// Checks `changes` one after another on top of `state`. A name given up by one change is free
/// only for the next batch.
pub(super) fn check(state: &State, changes: &[Change]) -> Result<(), CatalogError> {
    // What was answered is no change.
    let is_change = |change: &&Change| !matches!(change, Change::Answered(_));
    let count = changes.iter().filter(is_change).count();
    if count > MAX_CHANGES {
        return Err(CatalogError::TooMany {
            count,
            max: MAX_CHANGES,
        });
    }
    let mut batch = Batch {
        state,
        accounts: HashSet::new(),
        plans: HashSet::new(),
        campaigns: HashMap::new(),
        added: HashMap::new(),
        renamed: HashMap::new(),
        names: HashMap::new(),
        external_ids: HashMap::new(),
        domains: HashMap::new(),
        entries: HashMap::new(),
    };
    changes.iter().try_for_each(|change| batch.check(change))
}

/// What earlier changes of the batch have added.
struct Batch<'a> {
    state: &'a State,
    accounts: HashSet<EntityId>,
    plans: HashSet<&'a str>,
    campaigns: HashMap<EntityId, EntityId>,
    /// How many rows of each kind are new, by account.
    added: HashMap<(EntityKind, u64), u64>,
    /// How many slugs links give up, by account.
    renamed: HashMap<u64, u64>,
    names: HashMap<(EntityKind, u64, &'a str), EntityId>,
    external_ids: HashMap<(u64, &'a str), EntityId>,
    /// How many domains are new, by account.
    domains: HashMap<u64, u64>,
    /// How many costs of periods, annotations, segments, shares and webhooks are new, by account.
    entries: HashMap<(&'static str, u64), u64>,
}

impl<'a> Batch<'a> {
    fn check(&mut self, change: &'a Change) -> Result<(), CatalogError> {
        let state = self.state;
        match change {
            Change::PutAccount(account) => self.account(account),
            Change::PutPlan(plan) => self.plan(plan),
            Change::DeletePlan(name) => self.plan_is_free(name),
            Change::PutKey(key) => self.key(key),
            Change::RevokeKey(id) => match state.key_by_id(id) {
                Some(_) => Ok(()),
                None => Err(CatalogError::not_found(id)),
            },
            Change::PutLink(link) => {
                self.link_texts(link)?;
                self.slug_is_free(link)?;
                self.external_id_is_free(link)?;
                self.row(&state.links, link, "slug")?;
                self.rename(link)
            }
            Change::PutPixel(pixel) => self.row(&state.pixels, pixel, "pixel name"),
            Change::PutGoal(goal) => {
                goal_texts(goal)?;
                self.row(&state.goals, goal, "goal name")
            }
            Change::PutDomain(domain) => self.domain(domain),
            Change::DeleteDomain(host) => match state.domain(host) {
                Some(_) => Ok(()),
                None => Err(CatalogError::not_found(host)),
            },
            Change::PutCost(cost) => self.cost(cost),
            Change::DeleteCost { account, id } => match state.cost(*account, id) {
                Some(_) => Ok(()),
                None => Err(CatalogError::not_found(id)),
            },
            Change::PutCampaign(campaign) => {
                self.row(&state.campaigns, campaign, "campaign name")?;
                self.campaigns.insert(campaign.id, campaign.account);
                Ok(())
            }
            Change::Delete(id) => match state.describe(*id) {
                Some(it) if !it.deleted && id.kind != EntityKind::Account => Ok(()),
                _ => Err(CatalogError::not_found(id)),
            },
            Change::PutAnnotation(annotation) => self.annotation(annotation),
            Change::DeleteAnnotation { account, id } => match state.annotation(*account, id) {
                Some(_) => Ok(()),
                None => Err(CatalogError::not_found(id)),
            },
            Change::PutSegment(segment) => self.segment(segment),
            Change::DeleteSegment { account, id } => match state.segment(*account, id) {
                Some(_) => Ok(()),
                None => Err(CatalogError::not_found(id)),
            },
            Change::PutShare(share) => self.share(share),
            Change::DeleteShare { account, id } => match state.share(*account, id) {
                Some(_) => Ok(()),
                None => Err(CatalogError::not_found(id)),
            },
            Change::PutWebhook(webhook) => self.webhook(webhook),
            Change::DeleteWebhook { account, id } => match state.webhook(*account, id) {
                Some(_) => Ok(()),
                None => Err(CatalogError::not_found(id)),
            },
            Change::Answered(_) | Change::KeyUsed { .. } => Ok(()),
            Change::Record(_) | Change::History { .. } => {
                Err(CatalogError::invalid("record", "is made by itself"))
            }
            Change::Format(_) => Err(CatalogError::invalid("format", "is named by itself")),
            // What deleting and renaming do.
            Change::GiveUpSlug { .. } => {
                Err(CatalogError::invalid("slug", "is given up by itself"))
            }
        }
    }

    fn link_texts(&self, link: &Link) -> Result<(), CatalogError> {
        let old = self.state.links.get(link.id);
        // What a link has stays, also where it could not get it any more.
        if old.is_none_or(|old| old.slug != link.slug) {
            rules::slug(&link.slug)?;
        }
        if old.is_none_or(|old| old.domain() != link.domain()) {
            self.state.check_domain(link)?;
        }
        let account = self.state.account(link.account);
        let schemes = account.map_or(&[][..], |account| &account.settings.allowed_schemes);
        link.check_routing(old.map(|old| &**old), schemes)?;
        link.title
            .as_deref()
            .map_or(Ok(()), |title| rules::name("title", title))
    }

    fn domain(&mut self, domain: &'a Domain) -> Result<(), CatalogError> {
        domain.check()?;
        self.owner_exists(domain.account)?;
        let stored = self.state.domain(&domain.host);
        if let Some(other) =
            stored.filter(|other| other.account != domain.account && other.verified)
        {
            return Err(taken("domain", &other.host));
        }
        if stored.is_none() {
            let added = self.domains.entry(domain.account.raw).or_default();
            let have = self.state.domains_of(domain.account).count() as u64 + *added;
            *added += 1;
            let max = self.quotas(domain.account).domains;
            if self.state.is_shared() && have >= max {
                return Err(CatalogError::Quota {
                    what: "domains",
                    max,
                });
            }
        }
        Ok(())
    }

    fn cost(&mut self, cost: &PeriodCost) -> Result<(), CatalogError> {
        cost.check()?;
        self.owner_exists(cost.account)?;
        let object = self.state.describe(cost.object);
        if object.is_none_or(|object| object.account != cost.account) {
            return Err(CatalogError::not_found(cost.object));
        }
        if self.state.cost(cost.account, &cost.id).is_some() {
            return Ok(());
        }
        let have = self.state.costs_of(cost.account).count();
        self.one_more(cost.account, have, "costs of periods", |quotas| {
            quotas.costs
        })
    }

    fn slug_is_free(&self, link: &Link) -> Result<(), CatalogError> {
        let old = self.state.links.get(link.id);
        let is_kept = old.is_some_and(|old| old.answers_as(link));
        let is_free = || {
            self.state
                .is_slug_free(link.domain(), &link.slug, link.account)
        };
        match is_kept || is_free() {
            true => Ok(()),
            false => Err(taken("slug", &link.slug)),
        }
    }

    fn external_id_is_free(&mut self, link: &'a Link) -> Result<(), CatalogError> {
        let Some(external) = link.external_id().filter(|_| !link.deleted) else {
            return Ok(());
        };
        let account = link.account;
        let stored = self.state.links.called(account, external);
        let stored = stored.map(|link| link.id);
        let added = self.external_ids.insert((account.raw, external), link.id);
        let mut others = stored.into_iter().chain(added);
        match others.all(|id| id == link.id) {
            true => Ok(()),
            false => Err(taken("external_id", external)),
        }
    }

    /// The slug that a link had stays its account's for good, so that there is an end to them.
    fn rename(&mut self, link: &Link) -> Result<(), CatalogError> {
        let (state, account) = (self.state, link.account);
        let old = state
            .links
            .get(link.id)
            .filter(|old| old.domain().is_none());
        let left = old
            .filter(|old| !old.answers_as(link))
            .map(|old| &*old.slug);
        let given_up = left.filter(|old| !state.has_given_up(old, account));
        if given_up.is_none() {
            return Ok(());
        }
        let quotas = self.quotas(account);
        let renamed = self.renamed.entry(account.raw).or_default();
        *renamed += 1;
        quotas.check_renamed(state, account, *renamed)
    }

    /// Of an account that is new in this batch, what those have of which nothing is said.
    fn quotas(&self, account: EntityId) -> Quotas {
        self.state.quotas(account)
    }

    fn plan(&mut self, plan: &'a Plan) -> Result<(), CatalogError> {
        plan.check()?;
        let is_new = |name: &str| self.state.plan(name).is_none();
        self.plans.insert(&plan.name);
        let added = self.plans.iter().filter(|name| is_new(name)).count();
        match self.state.plans().len() + added <= plan::MOST {
            true => Ok(()),
            false => {
                let why = format!(
                    "must be of a plan that there is: there are {} already, delete one",
                    plan::MOST
                );
                Err(CatalogError::invalid("name", why))
            }
        }
    }

    /// Whether there is such a plan, and no account has it.
    fn plan_is_free(&self, name: &str) -> Result<(), CatalogError> {
        if self.state.plan(name).is_none() {
            return Err(CatalogError::no_plan(name));
        }
        match self.state.accounts_with(name) {
            0 => Ok(()),
            accounts => Err(CatalogError::PlanInUse {
                plan: name.into(),
                accounts,
            }),
        }
    }

    fn plan_exists(&self, name: &str) -> Result<(), CatalogError> {
        match self.plans.contains(name) || self.state.plan(name).is_some() {
            true => Ok(()),
            false => {
                let why = "must be a plan that there is: see GET /v1/plans";
                Err(CatalogError::invalid("plan", why))
            }
        }
    }

    fn account(&mut self, account: &Account) -> Result<(), CatalogError> {
        kind_is(account.id, EntityKind::Account)?;
        rules::name("name", &account.name)?;
        rules::name("timezone", &account.settings.timezone)?;
        rules::origins(&account.settings.allowed_origins)?;
        destination::check_schemes(&account.settings.allowed_schemes)?;
        account.settings.visitor_memory.check()?;
        retention::check(account.settings.keep_events_days)?;
        account.quotas.check()?;
        account
            .plan
            .as_deref()
            .map_or(Ok(()), |name| self.plan_exists(name))?;
        let currency = account.settings.currency.as_deref();
        currency.map_or(Ok(()), rules::currency)?;
        let parameter = account.settings.click_id_param.as_deref();
        parameter.map_or(Ok(()), routing::parameter)?;
        let suspended = account.suspended.as_ref();
        suspended.map_or(Ok(()), |it| rules::name("reason", &it.reason))?;
        if account.settings.excluded_networks.len() > rules::MAX_NETWORKS {
            let why = format!("must be at most {}", rules::MAX_NETWORKS);
            return Err(CatalogError::invalid("excluded_networks", why));
        }
        self.accounts.insert(account.id);
        Ok(())
    }

    fn key(&self, key: &ApiKey) -> Result<(), CatalogError> {
        self.owner_exists(key.account)?;
        key.check(self.state.key_by_id(&key.id).map(|old| &**old))
    }

    fn annotation(&mut self, annotation: &Annotation) -> Result<(), CatalogError> {
        let account = annotation.account;
        annotation.check()?;
        self.owner_exists(account)?;
        if let Some(object) = annotation.object
            && (self.state.describe(object)).is_none_or(|object| object.account != account)
        {
            return Err(CatalogError::not_found(object));
        }
        if self.state.annotation(account, &annotation.id).is_some() {
            return Ok(());
        }
        let have = self.state.annotations_of(account).count();
        self.one_more(account, have, "annotations", |quotas| quotas.annotations)
    }

    fn segment(&mut self, segment: &SavedSegment) -> Result<(), CatalogError> {
        let account = segment.account;
        segment.check()?;
        self.owner_exists(account)?;
        let mut others = self.state.segments_of(account);
        if others.any(|other| other.id != segment.id && other.name == segment.name) {
            return Err(taken("segment", &segment.name));
        }
        if self.state.segment(account, &segment.id).is_some() {
            return Ok(());
        }
        let have = self.state.segments_of(account).count();
        self.one_more(account, have, "segments", |quotas| quotas.segments)
    }

    fn share(&mut self, share: &Share) -> Result<(), CatalogError> {
        let account = share.account;
        share.check()?;
        self.owner_exists(account)?;
        match self.state.share(account, &share.id) {
            Some(old) if old.hash != share.hash => return Err(taken("share id", &share.id)),
            Some(_) => return Ok(()),
            None => {}
        }
        let have = self.state.shares_of(account).count();
        self.one_more(account, have, "shares", |quotas| quotas.shares)
    }

    fn webhook(&mut self, webhook: &Webhook) -> Result<(), CatalogError> {
        let account = webhook.account;
        webhook.check()?;
        self.owner_exists(account)?;
        let old = self.state.webhook(account, &webhook.id);
        // What it is limited to may be deleted since.
        if old.is_none_or(|old| old.filters != webhook.filters) {
            for object in webhook.filters.objects() {
                let known = self.state.describe(object);
                if known.is_none_or(|it| it.account != account || it.deleted) {
                    return Err(CatalogError::not_found(object));
                }
            }
        }
        if old.is_some() {
            return Ok(());
        }
        let have = self.state.webhooks_of(account).count();
        self.one_more(account, have, "webhooks", |quotas| quotas.webhooks)
    }

    /// Whether an account that has so many, and those that are new in this batch, may have one more.
    fn one_more(
        &mut self,
        account: EntityId,
        have: usize,
        what: &'static str,
        quota: impl FnOnce(&Quotas) -> u64,
    ) -> Result<(), CatalogError> {
        let max = quota(&self.quotas(account));
        let added = self.entries.entry((what, account.raw)).or_default();
        let have = have as u64 + *added;
        *added += 1;
        match self.state.is_shared() && have >= max {
            true => Err(CatalogError::Quota { what, max }),
            false => Ok(()),
        }
    }

    fn row<T: Row>(
        &mut self,
        table: &Table<T>,
        row: &'a T,
        what: &'static str,
    ) -> Result<(), CatalogError> {
        kind_is(row.id(), T::KIND)?;
        self.owner_exists(row.account())?;
        rules::name("name", row.name())?;
        rules::tags(row.tags())?;
        let old = table.get(row.id());
        if old.is_some_and(|old| old.account() != row.account()) {
            return Err(CatalogError::not_found(row.id()));
        }
        // One that was deleted comes back when that is undone.
        if old.is_none_or(|old| old.deleted()) {
            self.quota(table, row)?;
        }
        if old.is_none_or(|old| old.campaign() != row.campaign()) {
            self.campaign_exists(row)?;
        }
        let (scope, name) = (row.name_scope(), row.name());
        let stored = table.named(scope, name).map(|other| other.id());
        let added = self.names.insert((T::KIND, scope, name), row.id());
        match [stored, added]
            .into_iter()
            .flatten()
            .all(|id| id == row.id())
        {
            true => Ok(()),
            false => Err(taken(what, name)),
        }
    }

    fn quota<T: Row>(&mut self, table: &Table<T>, row: &T) -> Result<(), CatalogError> {
        let quotas = self.quotas(row.account());
        let added = self.added.entry((T::KIND, row.account().raw)).or_default();
        quotas.check(self.state, table, row, *added)?;
        *added += 1;
        Ok(())
    }

    fn owner_exists(&self, account: EntityId) -> Result<(), CatalogError> {
        match self.accounts.contains(&account) || self.state.account(account).is_some() {
            true => Ok(()),
            false => Err(CatalogError::not_found(account)),
        }
    }

    fn campaign_exists(&self, row: &impl Row) -> Result<(), CatalogError> {
        let Some(id) = row.campaign() else {
            return Ok(());
        };
        let stored = self.state.campaigns.get(id).filter(|c| !c.deleted);
        let owner = stored
            .map(|c| c.account)
            .or(self.campaigns.get(&id).copied());
        match owner == Some(row.account()) {
            true => Ok(()),
            false => Err(CatalogError::not_found(id)),
        }
    }
}

fn goal_texts(goal: &Goal) -> Result<(), CatalogError> {
    let currency = goal.currency.as_deref();
    currency.map_or(Ok(()), rules::currency)?;
    let options = goal.options.as_deref();
    options.map_or(Ok(()), |options| options.check(currency))
}

fn kind_is(id: EntityId, kind: EntityKind) -> Result<(), CatalogError> {
    match id.kind == kind {
        true => Ok(()),
        false => Err(CatalogError::invalid(
            "id",
            format!("must start with `{}_`", kind.prefix()),
        )),
    }
}

fn taken(what: &'static str, name: &str) -> CatalogError {
    let name = name.to_string();
    CatalogError::Taken { what, name }
}
