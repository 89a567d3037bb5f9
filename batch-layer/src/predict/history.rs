//! What is forecast from: clicks per entity and hour or day, a part at a time.

use datafusion::{
    arrow::{
        array::{AsArray, RecordBatch, StringArray},
        compute::cast,
        datatypes::{DataType, Int64Type},
    },
    error::DataFusionError,
    execution::SendableRecordBatchStream,
};
use futures::TryStreamExt;
use handover::manifest::Manifest;
use model::{Cube, Dimension, EntityId, Grain, Measure, time};

use crate::{
    RollupDeps, engine,
    forecast::{Grid, Observation},
    settled::{self, Days},
};

/// Name of the table that is read.
const TOTAL: &str = "total";
/// Hours that are looked back: more weeks than any model looks at.
const HOURS: i64 = 60 * 24;
/// Days that are looked back: a little more than two years.
const DAYS: i64 = 800;
/// Rows that are held at once, and one entity's more.
const PART: usize = 200_000;

/// Which part of the past, and whose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    step: i64,
    /// First bucket, unix milliseconds.
    start: i64,
    /// End of the last bucket, exclusive.
    end: i64,
    /// Entities whose first bucket is later than this are too young.
    old_enough: i64,
    max_series: usize,
}

impl Window {
    /// The buckets that are over at `until`.
    pub(super) fn new(grid: Grid, until: i64, min_points: usize, max_series: usize) -> Self {
        let step = grid.step();
        let buckets = match grid {
            Grid::Hour => HOURS,
            Grid::Day => DAYS,
        };
        let end = until.div_euclid(step) * step;
        let needed = (min_points as i64).clamp(1, buckets);
        let (start, old_enough) = (end - buckets * step, end - needed * step);
        Self {
            step,
            start,
            end,
            old_enough,
            max_series,
        }
    }

    /// The days that it touches.
    fn days(&self) -> Days {
        let day = |ms: i64| time::day_of(time::minute_of(ms));
        (day(self.start), day(self.end - 1))
    }

    /// Clicks of the busiest entities by bucket, sorted by both. Whole-number arithmetic in UTC.
    fn sql(&self) -> String {
        let Self {
            step,
            start,
            end,
            old_enough,
            max_series,
        } = self;
        let clicks = Measure::Clicks.column();
        format!(
            "WITH counted AS (SELECT entity, CAST(time AS BIGINT) / {step} * {step} AS at, SUM({clicks}) AS clicks \
             FROM {TOTAL} WHERE {clicks} > 0 AND CAST(time AS BIGINT) >= {start} AND CAST(time AS BIGINT) < {end} \
             GROUP BY entity, CAST(time AS BIGINT) / {step} * {step}), \
             busiest AS (SELECT entity FROM counted GROUP BY entity HAVING MIN(at) <= {old_enough} \
             ORDER BY SUM(clicks) DESC, entity LIMIT {max_series}) \
             SELECT counted.entity, counted.at, counted.clicks FROM counted JOIN busiest ON counted.entity = busiest.entity \
             ORDER BY counted.entity, counted.at"
        )
    }
}

/// The whole history of some entities.
#[derive(Debug)]
pub(super) struct History {
    /// By position: `series` of the observations.
    pub(super) entities: Vec<EntityId>,
    pub(super) observations: Vec<Observation>,
    /// Where it ends, unix milliseconds.
    pub(super) until: i64,
}

/// Reads the histories in a window, some entities at a time.
pub(super) struct Histories {
    rows: Option<SendableRecordBatchStream>,
    until: i64,
    /// What has been read of the part to come.
    open: Part,
}

#[derive(Default)]
struct Part {
    entities: Vec<EntityId>,
    observations: Vec<Observation>,
}

impl Histories {
    /// Begins to read.
    pub(super) async fn open(
        deps: &RollupDeps,
        manifest: &Manifest,
        window: Window,
    ) -> Result<Self, DataFusionError> {
        let cube = Cube::find(Dimension::Total, Grain::Quarter);
        let rows = match cube.filter(|_| window.start < window.end) {
            None => None,
            Some(cube) => {
                let context = engine::context(deps)?;
                let total = settled::cube(&context, manifest, cube, window.days()).await?;
                context.register_table(TOTAL, total.into_view())?;
                Some(context.sql(&window.sql()).await?.execute_stream().await?)
            }
        };
        Ok(Self {
            rows,
            until: window.end,
            open: Part::default(),
        })
    }

    /// The next part; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<History>, DataFusionError> {
        let Some(rows) = &mut self.rows else {
            return Ok(None);
        };
        while let Some(batch) = rows.try_next().await? {
            self.open.add(&batch)?;
            if self.open.observations.len() >= PART
                && let Some(part) = self.open.split()
            {
                return Ok(Some(part.history(self.until)));
            }
        }
        self.rows = None;
        let last = std::mem::take(&mut self.open);
        Ok((!last.entities.is_empty()).then(|| last.history(self.until)))
    }
}

impl Part {
    fn add(&mut self, batch: &RecordBatch) -> Result<(), DataFusionError> {
        let entities = cast(batch.column(0), &DataType::Utf8)?;
        let entities: &StringArray = entities.as_string();
        let times = batch.column(1).as_primitive::<Int64Type>();
        let clicks = batch.column(2).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let Ok(entity) = entities.value(row).parse::<EntityId>() else {
                continue;
            };
            if self.entities.last() != Some(&entity) {
                self.entities.push(entity);
            }
            self.observations.push(Observation {
                series: self.entities.len() as u32 - 1,
                time: times.value(row),
                value: clicks.value(row) as f64,
                line: row as u64,
            });
        }
        Ok(())
    }

    /// Takes out all but the last entity, whose rows may go on; `None` if there is no other.
    fn split(&mut self) -> Option<Part> {
        let last = self
            .entities
            .len()
            .checked_sub(1)
            .filter(|last| *last > 0)?;
        let at = self
            .observations
            .partition_point(|o| o.series < last as u32);
        let mut rest = Part {
            entities: self.entities.split_off(last),
            observations: self.observations.split_off(at),
        };
        rest.observations.iter_mut().for_each(|o| o.series = 0);
        Some(std::mem::replace(self, rest))
    }

    fn history(self, until: i64) -> History {
        History {
            entities: self.entities,
            observations: self.observations,
            until,
        }
    }
}

#[cfg(test)]
mod tests {
    use model::EntityKind;

    use super::*;

    #[test]
    fn a_window_ends_with_the_last_bucket_that_is_over() {
        const HOUR: i64 = 3_600_000;
        let window = Window::new(Grid::Hour, 100 * HOUR + 1, 72, 5);
        assert_eq!((window.end, window.old_enough), (100 * HOUR, 28 * HOUR));
        assert_eq!(Window::new(Grid::Hour, 100 * HOUR, 72, 5).end, 100 * HOUR);
        assert_eq!(Window::new(Grid::Day, 100 * HOUR, 14, 5).end, 96 * HOUR);
    }

    #[test]
    fn an_entity_is_never_split_between_parts() {
        let id = |raw| EntityId::new(EntityKind::Link, raw);
        let seen = |series, time| Observation {
            series,
            time,
            value: 1.0,
            line: 0,
        };
        let mut open = Part {
            entities: vec![id(1)],
            observations: vec![seen(0, 1), seen(0, 2)],
        };
        assert!(open.split().is_none());
        open.entities.push(id(2));
        open.observations.push(seen(1, 1));
        let part = open.split().unwrap();
        assert_eq!((part.entities, part.observations.len()), (vec![id(1)], 2));
        assert_eq!(
            (open.entities, open.observations),
            (vec![id(2)], vec![seen(0, 1)])
        );
    }
}
