//! The same where an answer is counted from events: clicks of the object in all of the period, and those of them that are asked
//! about, as of one moment.

use std::{collections::BTreeMap, sync::Arc};

use asking::{AskError, Column, Filter, Moment, MoneyRow, Selection, SumsAsked};
use catalog::PeriodCost;
use futures::{StreamExt, TryStreamExt, stream};
use model::{EntityId, EntityKind, Measure};
use web::Problem;

use super::{Costs, PeriodPart};
use crate::{
    app::App,
    stats::{
        calendar, events, filters,
        money::add,
        query::{Query, bad},
        spread::{Clicks, Part},
    },
};

/// Links and campaigns with costs in one question at most: the events of each are read.
const MOST_OBJECTS: usize = 20;
/// Costs in one question at most: each begins and ends somewhere.
const MOST_COSTS: usize = 200;
/// Objects that are read at once.
const AT_ONCE: usize = 2;
/// What costs have themselves, and clicks need not have.
const CURRENCY: &str = "currency";

/// Whether costs can be spread over events for a question at all: not where the events are chosen by a currency.
pub(in crate::stats) fn can_be_spread(query: &Query) -> bool {
    !query.filters.iter().any(|filter| filter.name == CURRENCY)
}

/// What is asked, as of when.
pub(in crate::stats) struct Asked<'a> {
    pub app: &'a App,
    pub entity: EntityId,
    pub query: &'a Query,
    /// Of the events that are asked about.
    pub filters: &'a [Filter],
    pub moment: &'a Moment,
}

/// Why costs are not spread.
pub(in crate::stats) enum Unspread {
    /// The question is refused.
    Refused(Problem),
    /// It can be answered without them: clicks of their periods, which may be long, cannot be counted.
    LeftOut,
}

impl From<Problem> for Unspread {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<AskError> for Unspread {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Expired(_) | AskError::TooMuch(_) => Self::LeftOut,
            error => Self::Refused(events::problem(error)),
        }
    }
}

/// What was paid in periods, by bucket and group, and what is said of it.
pub(in crate::stats) async fn spread(
    asked: &Asked<'_>,
    costs: &Costs,
) -> Result<(Vec<MoneyRow>, PeriodPart), Unspread> {
    let count: usize = costs.values().map(Vec::len).sum();
    if costs.len() > MOST_OBJECTS || count > MOST_COSTS {
        let detail = format!(
            "costs of {} links and campaigns ({count} of them) lie within what is asked for, and at most {MOST_OBJECTS} \
             ({MOST_COSTS}) can be spread over events at once: ask for a shorter range, for one link or campaign, or by one dimension",
            costs.len()
        );
        return Err(bad("too_many_costs", detail).into());
    }
    let (mut rows, mut all) = (Vec::new(), PeriodPart::default());
    let each: Vec<_> = costs
        .iter()
        .map(|(object, costs)| Box::pin(of(asked, *object, costs)))
        .collect();
    let mut each = stream::iter(each).buffered(AT_ONCE);
    while let Some((more, part)) = each.try_next().await? {
        rows.extend(more);
        all.take(part);
    }
    Ok((rows, all))
}

/// What the costs of one object add.
async fn of(
    asked: &Asked<'_>,
    object: EntityId,
    costs: &[Arc<PeriodCost>],
) -> Result<(Vec<MoneyRow>, PeriodPart), Unspread> {
    let (query, mut rows, mut part) = (asked.query, Vec::new(), PeriodPart::default());
    let slots = Slots::new(query, costs);
    let wanted = clicks(asked, object, &slots, true).await?;
    let is_whole = asked.entity == object || asked.entity.kind == EntityKind::Account;
    let is_whole = is_whole && query.filters.is_empty();
    if wanted.is_empty() && !is_whole {
        return Ok((rows, part));
    }
    let all = clicks(asked, object, &slots, false).await?;
    for cost in costs {
        part.count(cost);
        let (clicks, groups) = slots.clicks(cost, &all, &wanted);
        let micros = cost.amount.micros().into();
        let Some(shares) = clicks.shares(micros) else {
            add(&mut part.unspread, &cost.currency, micros);
            continue;
        };
        for (bucket, part, micros) in shares {
            let Some(part) = part else {
                continue;
            };
            let mut groups = groups.get(part).cloned().unwrap_or_default();
            let place = query.columns.iter().position(is_currency);
            if let Some(place) = place {
                groups.insert(place, cost.currency.to_string());
            }
            rows.push(MoneyRow {
                bucket: u32::try_from(bucket).unwrap_or(u32::MAX),
                groups,
                is_value: false,
                currency: cost.currency.to_string(),
                micros,
            });
        }
    }
    Ok((rows, part))
}

fn is_currency(column: &Column) -> bool {
    column.name == CURRENCY
}

/// Clicks of people by slot and groups.
type BySlot = BTreeMap<(u32, Vec<String>), i64>;

/// Clicks of an object: those that are asked about, by group, or all in its periods.
async fn clicks(
    asked: &Asked<'_>,
    object: EntityId,
    slots: &Slots,
    is_wanted: bool,
) -> Result<BySlot, Unspread> {
    let (app, query) = (asked.app, asked.query);
    let mut filters = match is_wanted {
        true => asked.filters.to_vec(),
        false => Vec::new(),
    };
    let column = filters::column(object.kind.name());
    filters.extend(column.map(|column| Filter {
        column,
        is_not: false,
        values: vec![object.to_string()],
    }));
    let groups = query.columns.iter().filter(|column| !is_currency(column));
    let zone = query.zone;
    let sums = SumsAsked {
        selection: Selection {
            account: events::owner(app, object)?.raw,
            moment: asked.moment.clone(),
            minutes: match is_wanted {
                true => (query.start, query.end),
                false => slots.range(),
            },
            filters,
        },
        groups: match is_wanted {
            true => groups.copied().collect(),
            false => Vec::new(),
        },
        tags: None,
        buckets: slots.buckets(),
        offset: Arc::new(move |minute| calendar::offset(minute, zone)),
        money: false,
        visitors: None,
    };
    let sums = app.events.sums(sums).await?;
    let rows = sums.rows.into_iter();
    let rows = rows.map(|row| ((row.bucket, row.groups), row.counts.get(Measure::Clicks)));
    Ok(rows.filter(|(_, clicks)| *clicks > 0).collect())
}

/// Time, cut where a period begins or ends, and where a bucket does.
#[derive(Clone)]
struct Slots {
    query: Query,
    /// Where the question and the periods begin and end, in order.
    cuts: Vec<i64>,
}

impl Slots {
    fn new(query: &Query, costs: &[Arc<PeriodCost>]) -> Self {
        let ends = costs.iter().flat_map(|cost| [cost.from, cost.to]);
        let mut cuts: Vec<i64> = ends.chain([query.start, query.end]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        Self {
            query: query.clone(),
            cuts,
        }
    }

    /// From the first begin to the last end.
    fn range(&self) -> (i64, i64) {
        let first = self.cuts.first().copied().unwrap_or_default();
        (first, self.cuts.last().copied().unwrap_or(first))
    }

    /// Slots between two cuts: one for each bucket, and one for what is in none.
    fn width(&self) -> usize {
        self.query.buckets.len() + 1
    }

    fn slot(&self, minute: i64) -> usize {
        let cut = self.cuts.partition_point(|cut| *cut <= minute);
        let is_asked = (self.query.start..self.query.end).contains(&minute);
        let bucket = match is_asked {
            true => self.query.bucket(minute),
            false => self.query.buckets.len(),
        };
        cut.saturating_sub(1) * self.width() + bucket
    }

    fn buckets(&self) -> asking::Buckets {
        let slots = self.clone();
        Arc::new(move |minute| u32::try_from(slots.slot(minute)).unwrap_or(u32::MAX))
    }

    /// The clicks that a cost is spread over, and the groups by the names of their parts.
    fn clicks(
        &self,
        cost: &PeriodCost,
        all: &BySlot,
        wanted: &BySlot,
    ) -> (Clicks, BTreeMap<Box<str>, Vec<String>>) {
        let (mut clicks, mut groups) = (Clicks::default(), BTreeMap::new());
        // What is not asked about is what is left of all.
        let mut others: BTreeMap<usize, i64> = BTreeMap::new();
        for ((slot, _), more) in self.within(cost, all) {
            match self.place(slot) {
                (_, Some(bucket)) => *others.entry(bucket).or_default() += more,
                (start, None) if start < self.query.start => clicks.before += more,
                (_, None) => clicks.after += more,
            }
        }
        for ((slot, names), more) in self.within(cost, wanted) {
            let Some(bucket) = self.place(slot).1 else {
                continue;
            };
            let name: Box<str> = names.join(&events::BETWEEN.to_string()).into();
            *others.entry(bucket).or_default() -= more;
            clicks.add(bucket, Some(name.clone()), *more);
            groups.entry(name).or_insert_with(|| names.clone());
        }
        for (bucket, more) in others {
            clicks.add(bucket, Part::None, more);
        }
        (clicks, groups)
    }

    /// Those of a cost's period.
    fn within<'a>(
        &'a self,
        cost: &'a PeriodCost,
        of: &'a BySlot,
    ) -> impl Iterator<Item = ((usize, &'a Vec<String>), &'a i64)> {
        let rows = of.iter();
        let rows = rows.map(|((slot, groups), clicks)| ((*slot as usize, groups), clicks));
        rows.filter(|((slot, _), _)| (cost.from..cost.to).contains(&self.place(*slot).0))
    }

    /// Where the part of time of a slot begins, and its bucket.
    fn place(&self, slot: usize) -> (i64, Option<usize>) {
        let start = self.cuts.get(slot / self.width());
        let bucket = slot % self.width();
        let bucket = (bucket < self.query.buckets.len()).then_some(bucket);
        (start.copied().unwrap_or(i64::MAX), bucket)
    }
}
