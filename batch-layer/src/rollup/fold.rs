//! New sums: events in, sorted rows of runs out. An event is looked at once; what it counts for is
//! packed into numbers that sort as the rows do, and runs of equal numbers are added up.

mod ids;
mod packed;
mod sums;
mod visits;

use datafusion::arrow::record_batch::RecordBatch;
use datafusion::{arrow::error::ArrowError, parquet::errors::ParquetError};
use handover::runs::{Finished, Quarters, RunWriter, Table};
use model::{
    Cube, Dimension, EntityId, Event, Facts, Measure, counts::Counted as CountedEvent,
    dimension::Names, time::minute_of,
};

use self::ids::Ids;

/// No value of a dimension, or no campaign.
const NONE: u32 = u32::MAX;
/// Rows of one file of a new run.
pub(crate) const MAX_ROWS: usize = 1 << 22;

/// What is to be counted.
#[derive(Clone)]
pub(crate) struct Wanted {
    /// These cubes.
    pub cubes: Vec<&'static Cube>,
    /// And who was there when.
    pub visits: bool,
}

impl Wanted {
    /// Everything that is kept.
    pub(crate) fn all() -> Self {
        Self {
            cubes: model::CUBES.iter().collect(),
            visits: true,
        }
    }
}

/// Files of new runs.
#[derive(Default)]
pub(crate) struct Counted {
    pub sums: Vec<Finished>,
    pub visits: Vec<Finished>,
}

/// Events as columns of numbers.
pub(crate) struct Fold {
    wanted: Wanted,
    entities: Ids<EntityId>,
    /// Account, object, campaign and link of each event, as places in `entities`.
    of_event: Vec<[u32; 4]>,
    /// When it happened.
    minutes: Vec<i64>,
    counted: Vec<CountedEvent>,
    dimensions: Vec<Values>,
    /// Events with a value, and it.
    values: Vec<(u32, i64)>,
    /// Events that cost something, and how much.
    costs: Vec<(u32, i64)>,
    /// Events with a visitor, and whether it is a bot.
    visitors: Vec<(u32, u64, bool)>,
}

/// The values of one dimension.
struct Values {
    dimension: Dimension,
    names: Ids<Box<str>>,
    /// Of each event, as places in `names`; [`NONE`] if it is not in the cube.
    of_event: Vec<u32>,
}

impl Fold {
    pub(crate) fn new(wanted: Wanted) -> Self {
        let mut dimensions: Vec<Values> = Vec::new();
        for cube in &wanted.cubes {
            if dimensions.iter().all(|d| d.dimension != cube.dimension) {
                dimensions.push(Values {
                    dimension: cube.dimension,
                    names: Ids::default(),
                    of_event: Vec::new(),
                });
            }
        }
        Self {
            wanted,
            entities: Ids::default(),
            of_event: Vec::new(),
            minutes: Vec::new(),
            counted: Vec::new(),
            dimensions,
            values: Vec::new(),
            costs: Vec::new(),
            visitors: Vec::new(),
        }
    }

    /// Counts one event.
    pub(crate) fn add(&mut self, event: &Event, facts: &Facts) {
        let number = self.minutes.len() as u32;
        let campaign = event.campaign_id().map(|c| self.entities.place(c));
        let link = event.link_id().map(|link| self.entities.place(link));
        self.of_event.push([
            self.entities.place(event.account_id()),
            self.entities.place(event.object_id()),
            campaign.unwrap_or(NONE),
            link.unwrap_or(NONE),
        ]);
        self.minutes.push(minute_of(event.occurred_ms));
        self.counted.push(Measure::counted(event, facts));
        let value = event.value_micros.map(|micros| (number, micros));
        let cost = event.cost(facts).map(|micros| (number, micros));
        self.values.extend(value);
        self.costs.extend(cost);
        let visits = event.visits(facts);
        self.visitors
            .extend(visits.map(|(visitor, bot)| (number, visitor, bot)));
        let names = Names::of(event, facts);
        for values in &mut self.dimensions {
            let value = values.dimension.value(event, facts, &names);
            let place = value.map_or(NONE, |value| values.names.place_of(value));
            values.of_event.push(place);
        }
    }

    /// The files of what has been counted.
    pub(crate) fn finish(self) -> Result<Counted, FoldError> {
        let ranked = packed::Ranked::new(&self);
        let (sums, visits) = rayon::join(
            || written(Table::Sums, |out| sums::emit(&self, &ranked, out)),
            || match self.wanted.visits {
                true => written(Table::Visits, |out| visits::emit(&self, &ranked, out)),
                false => Ok(Vec::new()),
            },
        );
        Ok(Counted {
            sums: sums?,
            visits: visits?,
        })
    }
}

/// Why a fold has no files.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// Rows could not be built.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
    /// A file could not be written.
    #[error(transparent)]
    Parquet(#[from] ParquetError),
}

/// Takes batches in order.
type Sink<'a> = &'a mut dyn FnMut(RecordBatch) -> Result<(), FoldError>;

fn written(
    table: Table,
    emit: impl FnOnce(Sink<'_>) -> Result<(), FoldError>,
) -> Result<Vec<Finished>, FoldError> {
    let mut writer = RunWriter::new(table, MAX_ROWS);
    emit(&mut |batch| Ok(writer.write(&batch)?))?;
    Ok(writer.finish()?)
}

/// The quarter of an hour of a minute.
fn quarter(minute: i64) -> u32 {
    Quarters::at(minute).0.trailing_zeros()
}

#[cfg(test)]
mod tests;
