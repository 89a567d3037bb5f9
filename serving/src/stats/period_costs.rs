//! What was paid in periods: spread over the clicks of what is asked about, when it is asked.
//!
//! A cost of a link or campaign is spread over all clicks of people of it in the period ([`super::spread`]). A question
//! about the account has all of it. One about a link has the link's own costs, and of those of campaigns what falls on
//! its clicks that were in them; one about a campaign has its own, and of those of links what falls on their clicks that
//! were in it.

pub(super) mod events;
mod parts;

use std::{collections::BTreeMap, sync::Arc};

use catalog::PeriodCost;
use futures::{StreamExt, TryStreamExt, stream};
use handover::{reading::Missing, views::ViewError};
use model::{EntityId, EntityKind, money_text, time};
use web::Problem;

use self::parts::Spreader;
use super::{
    live::{Age, Reading},
    merge::Merged,
    money::{ByCurrency, Money, add},
    query::{Query, bad},
};
use crate::{api_types::PeriodCostsMeta, app::App};

/// Links and campaigns with costs in one question at most: the cubes of each are read.
pub(super) const MOST_OBJECTS: usize = 500;
/// Costs in one question at most.
const MOST_COSTS: usize = 20_000;
/// Objects that are read at once.
const AT_ONCE: usize = 8;

/// The costs that may be in an answer, by what they are of.
pub(super) type Costs = BTreeMap<EntityId, Vec<Arc<PeriodCost>>>;

/// Why an answer could not be made.
pub(super) enum Failure {
    /// It may be tried with a newer manifest.
    View(ViewError),
    /// It may not.
    Problem(Problem),
}

impl From<ViewError> for Failure {
    fn from(error: ViewError) -> Self {
        Self::View(error)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// What costs of periods have added to an answer.
#[derive(Debug, Default)]
pub(super) struct PeriodPart {
    count: usize,
    changed_ms: i64,
    unspread: ByCurrency,
    /// Whether some of it is split by a guess, or not apart.
    pub rough: bool,
    /// What their objects' readings lack.
    pub missing: Vec<Missing>,
}

/// What a cost adds to a bucket.
struct Share {
    bucket: usize,
    group: Option<Box<str>>,
    currency: Box<str>,
    micros: i128,
}

/// What the costs of one object add.
#[derive(Default)]
struct OfObject {
    shares: Vec<Share>,
    part: PeriodPart,
}

impl PeriodPart {
    /// A cost is in the answer.
    fn count(&mut self, cost: &PeriodCost) {
        self.count += 1;
        self.changed_ms = self.changed_ms.max(cost.changed_ms);
    }

    fn take(&mut self, other: Self) {
        self.count += other.count;
        self.changed_ms = self.changed_ms.max(other.changed_ms);
        self.rough |= other.rough;
        for (currency, micros) in other.unspread {
            add(&mut self.unspread, &currency, micros);
        }
        let new = other.missing.into_iter();
        for missing in new {
            if !self.missing.contains(&missing) {
                self.missing.push(missing);
            }
        }
    }

    /// What is said of it; nothing if there is none.
    pub(super) fn told(&self) -> Option<PeriodCostsMeta> {
        let unspread = self.unspread.iter();
        let unspread =
            unspread.map(|(currency, micros)| (currency.to_string(), money_text(*micros)));
        (self.count > 0).then(|| PeriodCostsMeta {
            count: self.count,
            changed_at: time::rfc3339(self.changed_ms),
            unspread: unspread.collect(),
        })
    }
}

/// The costs that may be in the answer of `query` about `entity`.
pub(super) fn costs(app: &App, entity: EntityId, query: &Query) -> Result<Costs, Problem> {
    let mut costs = Costs::new();
    if !query.asks_cost() || matches!(entity.kind, EntityKind::Goal | EntityKind::Pixel) {
        return Ok(costs);
    }
    let Some(known) = app.catalog.describe(entity) else {
        return Ok(costs);
    };
    // Of a link's question those of other links are not, nor of a campaign's those of other campaigns.
    let is_asked = |cost: &&Arc<PeriodCost>| {
        let of_other = cost.object.kind == entity.kind && cost.object != entity;
        !of_other && cost.overlaps(query.start, query.end)
    };
    let mut count = 0;
    app.catalog.read(|state| {
        for cost in state.costs_of(known.account).filter(is_asked) {
            count += 1;
            costs.entry(cost.object).or_default().push(cost.clone());
        }
    });
    if costs.len() > MOST_OBJECTS || count > MOST_COSTS {
        let detail = format!(
            "costs of {} links and campaigns ({count} of them) lie within what is asked for, and at most {MOST_OBJECTS} \
             ({MOST_COSTS}) can be spread at once: ask for a shorter range, or for one link or campaign",
            costs.len()
        );
        return Err(bad("too_many_costs", detail));
    }
    Ok(costs)
}

/// Adds what was paid in periods to the money of an answer.
pub(super) async fn spread(
    app: &App,
    (entity, reading, age): (EntityId, &Reading, Age),
    query: &Query,
    costs: &Costs,
    (merged, money): (&Merged, &mut Money),
) -> Result<PeriodPart, Failure> {
    let mut all = PeriodPart::default();
    if costs.is_empty() {
        return Ok(all);
    }
    let spreader = Spreader::new(app, (entity, reading, age), query, costs, merged).await?;
    let each = costs
        .iter()
        .map(|(object, costs)| spreader.of(*object, costs));
    // Boxed: what waits for each other is long otherwise.
    let each: Vec<_> = each.map(Box::pin).collect();
    let mut each = stream::iter(each).buffered(AT_ONCE);
    while let Some(of) = each.try_next().await? {
        for share in of.shares {
            money.add_cost(
                share.group.as_deref(),
                share.bucket,
                &share.currency,
                share.micros,
            );
        }
        all.take(of.part);
    }
    drop(each);
    all.take(spreader.into_part());
    Ok(all)
}
