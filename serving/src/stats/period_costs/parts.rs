//! Which clicks the costs of one object are spread over, and what of them is asked about.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use catalog::PeriodCost;
use model::{Dimension, EntityId, EntityKind};
use tokio::sync::OnceCell;

use super::{Costs, Failure, MOST_OBJECTS, OfObject, PeriodPart, Share};
use crate::{
    app::App,
    stats::{
        group_by::GroupBy,
        live::{self, Age, Reading},
        merge::Merged,
        query::Query,
        spread::{Clicks, Part},
        timeline::Timeline,
    },
};

/// By campaign, its clicks by link.
type ByCampaign = BTreeMap<EntityId, Timeline>;

/// Spreads the costs of one question.
pub(super) struct Spreader<'a> {
    app: &'a App,
    entity: EntityId,
    reading: &'a Reading,
    age: Age,
    query: &'a Query,
    /// From the begin of the first period to the end of the last one.
    range: (i64, i64),
    /// Campaigns that were clicked in what is asked about.
    clicked: Vec<EntityId>,
    /// Of the campaign that is asked about, or of those that links with costs are in now.
    campaigns: ByCampaign,
    /// Of all others that were clicked, once they are needed.
    others: OnceCell<ByCampaign>,
    /// What concerns no object alone.
    part: Mutex<PeriodPart>,
}

impl<'a> Spreader<'a> {
    pub(super) async fn new(
        app: &'a App,
        (entity, reading, age): (EntityId, &'a Reading, Age),
        query: &'a Query,
        costs: &Costs,
        merged: &Merged,
    ) -> Result<Self, Failure> {
        let all = || costs.values().flatten();
        let start = all().map(|cost| cost.from).min().unwrap_or_default();
        let end = all().map(|cost| cost.to).max().unwrap_or_default();
        let mut spreader = Self {
            app,
            entity,
            reading,
            age,
            query,
            range: (start, end),
            clicked: Vec::new(),
            campaigns: ByCampaign::new(),
            others: OnceCell::new(),
            part: Mutex::default(),
        };
        let links = costs.keys().filter(|id| id.kind == EntityKind::Link);
        let wanted: BTreeSet<EntityId> = match entity.kind {
            EntityKind::Campaign => links.map(|_| entity).collect(),
            EntityKind::Account if spreader.by() == Some(Dimension::Campaign) => {
                let names: BTreeSet<&str> = merged.groups.keys().map(|(_, name)| &**name).collect();
                spreader.clicked = names.iter().filter_map(|name| name.parse().ok()).collect();
                let now = |link: &EntityId| app.catalog.link(*link)?.campaign;
                links.filter_map(now).collect()
            }
            _ => BTreeSet::new(),
        };
        spreader.campaigns = spreader.by_campaign(wanted.into_iter()).await?;
        Ok(spreader)
    }

    /// What concerns no object alone.
    pub(super) fn into_part(self) -> PeriodPart {
        self.part
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What its costs add to the answer.
    pub(super) async fn of(
        &self,
        object: EntityId,
        costs: &[Arc<PeriodCost>],
    ) -> Result<OfObject, Failure> {
        match self.entity.kind {
            EntityKind::Link if object.kind == EntityKind::Campaign => {
                self.of_campaign_on_link(object, costs).await
            }
            EntityKind::Campaign if object.kind == EntityKind::Link => {
                self.of_link_on_campaign(object, costs).await
            }
            _ => self.whole(object, costs).await,
        }
    }

    fn by(&self) -> Option<Dimension> {
        self.query.group.map(GroupBy::dimension)
    }

    /// By what numbers of `object` are split for the groups; [`Dimension::Total`]: its clicks are all in one.
    fn split(&self, object: EntityId) -> Dimension {
        match (self.by(), object.kind) {
            (None | Some(Dimension::Currency), _) => Dimension::Total,
            (Some(Dimension::Link), EntityKind::Link) => Dimension::Total,
            (Some(Dimension::Campaign), _) => Dimension::Total,
            (Some(by), _) => by,
        }
    }

    /// The group of clicks that a cube has under `value`.
    fn group(&self, object: EntityId, currency: &str, value: &Part) -> Part {
        match (self.by(), object.kind) {
            (None, _) => None,
            (Some(Dimension::Currency), _) => Some(currency.into()),
            (Some(Dimension::Link), EntityKind::Link)
            | (Some(Dimension::Campaign), EntityKind::Campaign) => Some(object.to_string().into()),
            _ => value.clone(),
        }
    }

    /// Of the account, or of the object itself: all of it.
    async fn whole(
        &self,
        object: EntityId,
        costs: &[Arc<PeriodCost>],
    ) -> Result<OfObject, Failure> {
        let mut of = OfObject::default();
        let mut clicks = self
            .timeline(object, self.split(object), &mut of.part)
            .await?;
        if self.by() == Some(Dimension::Campaign) && object.kind == EntityKind::Link {
            self.split_by_campaigns(object, &mut clicks, &mut of.part)
                .await?;
        }
        of.part.rough |= clicks.has_rest;
        for cost in costs {
            of.part.count(cost);
            let period = (cost.from, cost.to);
            let clicks = clicks.clicks(self.query, period, Part::clone);
            let micros = cost.amount.micros().into();
            let Some(shares) = clicks.shares(micros) else {
                super::add(&mut of.part.unspread, &cost.currency, micros);
                continue;
            };
            of.shares
                .extend(shares.map(|(bucket, value, micros)| Share {
                    bucket,
                    group: self.group(object, &cost.currency, value),
                    currency: cost.currency.clone(),
                    micros,
                }));
        }
        Ok(of)
    }

    /// What falls on the link's clicks of the costs of a campaign.
    async fn of_campaign_on_link(
        &self,
        campaign: EntityId,
        costs: &[Arc<PeriodCost>],
    ) -> Result<OfObject, Failure> {
        let mut of = OfObject::default();
        let link: Box<str> = self.entity.to_string().into();
        let in_campaign = self
            .timeline(campaign, Dimension::Link, &mut of.part)
            .await?;
        let costs = costs.iter();
        let costs = costs.filter(|cost| in_campaign.has(&link, (cost.from, cost.to)));
        let costs: Vec<&Arc<PeriodCost>> = costs.collect();
        if costs.is_empty() {
            return Ok(OfObject::default());
        }
        let own = self.own_split(self.entity, &mut of.part).await?;
        for cost in costs {
            let clicks = in_campaign.clicks(self.query, (cost.from, cost.to), Part::clone);
            self.split_share(&mut of, (cost, &clicks, &link), (&own, &in_campaign, &link));
        }
        Ok(of)
    }

    /// What falls on its clicks in the campaign of the costs of a link.
    async fn of_link_on_campaign(
        &self,
        link: EntityId,
        costs: &[Arc<PeriodCost>],
    ) -> Result<OfObject, Failure> {
        let mut of = OfObject::default();
        let (name, campaign) = (link.to_string(), self.entity.to_string());
        let Some(in_campaign) = self.campaigns.get(&self.entity) else {
            return Ok(of);
        };
        let costs = costs.iter();
        let costs = costs.filter(|cost| in_campaign.has(&name, (cost.from, cost.to)));
        let costs: Vec<&Arc<PeriodCost>> = costs.collect();
        if costs.is_empty() {
            return Ok(of);
        }
        let mut all = self.timeline(link, Dimension::Total, &mut of.part).await?;
        all.split_by([(&*campaign, in_campaign, &*name)].into_iter());
        let own = self.own_split(link, &mut of.part).await?;
        for cost in costs {
            let clicks = all.clicks(self.query, (cost.from, cost.to), Part::clone);
            self.split_share(
                &mut of,
                (cost, &clicks, &campaign),
                (&own, in_campaign, &name),
            );
        }
        Ok(of)
    }

    /// A link's own clicks by what is grouped by; `None`: they are all in one group.
    async fn own_split(
        &self,
        link: EntityId,
        part: &mut PeriodPart,
    ) -> Result<Option<Timeline>, Failure> {
        match self.split(link) {
            Dimension::Total => Ok(None),
            by => self.timeline(link, by, part).await.map(Some),
        }
    }

    /// Adds those shares of a cost that fall on `part` of the clicks. No cube has the clicks of a link in a campaign by
    /// anything else, so that groups are made of all clicks of the link: exact unless it was elsewhere, too.
    fn split_share(
        &self,
        of: &mut OfObject,
        (cost, clicks, part): (&PeriodCost, &Clicks, &str),
        (own, in_campaign, link): (&Option<Timeline>, &Timeline, &str),
    ) {
        of.part.count(cost);
        let (query, currency) = (self.query, &cost.currency);
        let of_link = match self.entity.kind {
            EntityKind::Link => self.entity,
            _ => link.parse().unwrap_or(self.entity),
        };
        let period = (cost.from.max(query.start), cost.to.min(query.end));
        let mut groups: BTreeMap<usize, Clicks> = BTreeMap::new();
        if let Some(own) = own {
            of.part.rough |= own.has_rest || !own.is_all_in(in_campaign, link, period);
            for ((bucket, value), more) in own.clicks(query, period, Part::clone).cells {
                groups.entry(bucket).or_default().add(bucket, value, more);
            }
        }
        let shares = clicks.shares(cost.amount.micros().into());
        let shares = shares.into_iter().flatten();
        for (bucket, _, micros) in shares.filter(|(_, of, _)| of.as_deref() == Some(part)) {
            let groups = groups.get(&bucket);
            let split = groups.and_then(|groups| groups.shares(micros));
            let mut add = |group, micros| {
                let currency = currency.clone();
                of.shares.push(Share {
                    bucket,
                    group,
                    currency,
                    micros,
                });
            };
            match split {
                Some(split) => split.for_each(|(_, value, micros)| add(value.clone(), micros)),
                None => add(self.group(of_link, currency, &None), micros),
            }
        }
    }

    /// Splits clicks of a link by the campaigns that they were in.
    async fn split_by_campaigns(
        &self,
        link: EntityId,
        clicks: &mut Timeline,
        part: &mut PeriodPart,
    ) -> Result<(), Failure> {
        let name = link.to_string();
        let now = self.app.catalog.link(link).and_then(|link| link.campaign);
        let now = now.and_then(|now| Some((now, self.campaigns.get(&now)?)));
        let period = (self.query.start, self.query.end);
        let mut campaigns: Vec<(String, &Timeline)> = Vec::new();
        let is_all = now.is_some_and(|(_, now)| clicks.is_all_in(now, &name, period));
        campaigns.extend(now.map(|(now, timeline)| (now.to_string(), timeline)));
        if !is_all {
            let known = |id: &&EntityId| !self.campaigns.contains_key(*id);
            let others: Vec<EntityId> = self.clicked.iter().filter(known).copied().collect();
            part.rough |= others.len() > MOST_OBJECTS;
            let read = || self.by_campaign(others.into_iter().take(MOST_OBJECTS));
            let others = self.others.get_or_try_init(read).await?;
            let all = self.campaigns.iter().chain(others);
            let all = all.filter(|(id, _)| now.is_none_or(|(now, _)| now != **id));
            campaigns.extend(all.map(|(id, timeline)| (id.to_string(), timeline)));
            campaigns.sort_by(|a, b| a.0.cmp(&b.0));
        }
        let parts = campaigns.iter();
        clicks.split_by(parts.map(|(id, timeline)| (&**id, *timeline, &*name)));
        Ok(())
    }

    async fn by_campaign(
        &self,
        campaigns: impl Iterator<Item = EntityId>,
    ) -> Result<ByCampaign, Failure> {
        let mut all = ByCampaign::new();
        let mut part = PeriodPart::default();
        for campaign in campaigns {
            let timeline = self.timeline(campaign, Dimension::Link, &mut part).await?;
            all.insert(campaign, timeline);
        }
        let mut own = self.part.lock().unwrap_or_else(PoisonError::into_inner);
        own.take(part);
        Ok(all)
    }

    /// Clicks of an object, in all periods.
    async fn timeline(
        &self,
        of: EntityId,
        dimension: Dimension,
        part: &mut PeriodPart,
    ) -> Result<Timeline, Failure> {
        let other;
        let reading = match of == self.entity {
            true => self.reading,
            false => {
                other = live::read_of(self.app, of, self.age).await?;
                part.missing.extend(other.missing.iter().cloned());
                &other
            }
        };
        let missing = &mut part.missing;
        let timeline = Timeline::read(self.app, (of, reading), dimension, self.range, missing);
        Ok(timeline.await?)
    }
}
