//! Tables of numbers for people: each counts every event at most once, so that any sum of its rows is right.
//!
//! What is stored has rows of accounts, of campaigns and of links, pixels and goals. They are tables of their own
//! here, all with the account, and what a cube leaves out is in them under the empty text. docs/TABLES.md
//! describes them.

use datafusion::{
    arrow::datatypes::DataType,
    common::JoinType,
    dataframe::DataFrame,
    error::DataFusionError,
    functions_aggregate::expr_fn::{min, sum},
    logical_expr::{Expr, cast, lit},
    prelude::{SessionContext, col},
};
use handover::{manifest::Manifest, views::VISITORS};
use model::{CUBES, Cube, Dimension, EntityKind, Grain, Measure};

use crate::settled;

/// The table of everything but dimensions: account, campaign and object of every event.
pub(super) const STATS: &str = "stats";
/// Who was there, in the names of tables.
pub(super) const VISITS: &str = "visits";

/// Whose numbers a table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Account,
    Campaign,
    Object,
}

impl Level {
    pub(super) const ALL: [Self; 3] = [Self::Account, Self::Campaign, Self::Object];

    /// The column of its ids, and the beginning of its tables' names.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Campaign => "campaign",
            Self::Object => "object",
        }
    }

    fn kinds(self) -> &'static [EntityKind] {
        match self {
            Self::Account => &[EntityKind::Account],
            Self::Campaign => &[EntityKind::Campaign],
            Self::Object => &[EntityKind::Link, EntityKind::Pixel, EntityKind::Goal],
        }
    }

    fn has(self, cube: &Cube) -> bool {
        self.kinds().iter().any(|kind| cube.is_for(*kind))
    }

    /// The cube that says which account each entity is of.
    fn owners(self) -> Option<&'static Cube> {
        let dimension = match self {
            Self::Account => return None,
            Self::Campaign => Dimension::Campaign,
            Self::Object => Dimension::Object,
        };
        Cube::find(dimension, Grain::Quarter)
    }
}

/// A table of numbers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Numbers {
    Stats,
    Sums(Level, &'static Cube),
    Visits(Level),
}

/// All of them.
pub(super) fn all() -> impl Iterator<Item = Numbers> {
    let of_cube = |cube| {
        let levels = Level::ALL.into_iter().filter(move |level| level.has(cube));
        levels.map(move |level| Numbers::Sums(level, cube))
    };
    std::iter::once(Numbers::Stats)
        .chain(CUBES.iter().flat_map(of_cube))
        .chain(Level::ALL.map(Numbers::Visits))
}

/// What there is instead of a table that had rows of all levels.
pub(super) fn instead_of(old: &str) -> Option<(&'static str, String)> {
    let cubes = CUBES.iter().map(|cube| cube.name);
    let old = cubes.chain([VISITS]).find(|name| *name == old)?;
    let end = format!("_{old}");
    let names = all().map(|table| table.name());
    let names: Vec<String> = names
        .filter(|name| {
            Level::ALL
                .iter()
                .any(|l| *name == format!("{}{end}", l.name()))
        })
        .collect();
    Some((old, names.join(" or ")))
}

impl Numbers {
    pub(super) fn name(self) -> String {
        match self {
            Self::Stats => STATS.to_owned(),
            Self::Sums(level, cube) => format!("{}_{}", level.name(), cube.name),
            Self::Visits(level) => format!("{}_{VISITS}", level.name()),
        }
    }

    /// Whether all that is settled is in it.
    pub(super) fn is_whole(self, manifest: &Manifest) -> bool {
        let whole = |cube: Option<&Cube>| cube.is_none_or(|cube| manifest.is_whole(cube));
        match self {
            Self::Stats => whole(Level::Object.owners()),
            Self::Sums(level, cube) => {
                let rest = Cube::find(Dimension::Total, cube.grain);
                whole(Some(cube)) && whole(rest) && whole(level.owners())
            }
            Self::Visits(level) => {
                !manifest.day_views.contains_key(VISITORS) && whole(level.owners())
            }
        }
    }

    pub(super) async fn rows(
        self,
        context: &SessionContext,
        manifest: &Manifest,
    ) -> Result<DataFrame, DataFusionError> {
        let stored = Stored { context, manifest };
        match self {
            Self::Stats => stored.stats().await,
            Self::Sums(level, cube) => {
                let rows = stored.sums(level, cube).await?;
                let mut columns = vec![col("time")];
                columns.extend(value_column(cube));
                columns.extend(measures(cube).map(|m| col(m.column())));
                stored.with_accounts(level, rows, columns).await
            }
            Self::Visits(level) => {
                let rows = settled::visits_of(context, manifest, level.kinds()).await?;
                let names: Vec<String> = rows
                    .schema()
                    .fields()
                    .iter()
                    .skip(1)
                    .map(|f| f.name().clone())
                    .collect();
                let columns = names.into_iter().map(col).collect();
                stored.with_accounts(level, rows, columns).await
            }
        }
    }
}

/// What the cube splits by, under its name.
fn value_column(cube: &Cube) -> Option<Expr> {
    match cube.dimension {
        Dimension::Total => None,
        // As in `events`.
        Dimension::Campaign => Some(known("value").alias(cube.name)),
        _ => Some(col("value").alias(cube.name)),
    }
}

/// A text, null if it is empty.
fn known(column: &str) -> Expr {
    use datafusion::logical_expr::when;
    let known = when(col(column).not_eq(lit("")), col(column)).end();
    known.unwrap_or_else(|_| col(column))
}

/// What is counted; values only where currencies are apart.
fn measures(cube: &Cube) -> impl Iterator<Item = Measure> {
    let values = cube.sums_money();
    let all = Measure::ALL.into_iter();
    all.filter(move |measure| values || *measure != Measure::ValueMicros)
}

/// What is settled.
struct Stored<'a> {
    context: &'a SessionContext,
    manifest: &'a Manifest,
}

impl Stored<'_> {
    async fn cube(&self, level: Level, cube: &Cube) -> Result<DataFrame, DataFusionError> {
        let days = settled::all_days();
        settled::cube_of(self.context, self.manifest, cube, level.kinds(), days).await
    }

    /// A cube of one level: every event of it once. Those that the cube leaves out are under the empty text.
    async fn sums(&self, level: Level, cube: &Cube) -> Result<DataFrame, DataFusionError> {
        let rows = self.cube(level, cube).await?;
        let total = Cube::find(Dimension::Total, cube.grain);
        let Some(total) = total.filter(|_| !cube.dimension.counts_all()) else {
            return Ok(rows);
        };
        let keys = || [col("entity"), col("time")];
        let all = self.cube(level, total).await?;
        let rest = all.select(keys().into_iter().chain(counted()).collect::<Vec<_>>())?;
        let less = rows
            .clone()
            .select(keys().into_iter().chain(negated()).collect::<Vec<_>>())?;
        let rest = left(rest.union(less)?, &keys())?;
        let nothing =
            cast(lit(0), DataType::Decimal128(38, 0)).alias(Measure::ValueMicros.column());
        // A union takes columns by their places.
        let measures = Measure::ALL.into_iter().map(|measure| match measure {
            Measure::ValueMicros => nothing.clone(),
            counter => col(counter.column()),
        });
        let columns = keys().into_iter().chain([lit("").alias("value")]);
        let rest = rest.select(columns.chain(measures).collect::<Vec<_>>())?;
        rows.union(rest)
    }

    /// Every event once, by account, campaign and object: those of campaigns as they are kept, and what is left of
    /// each object.
    async fn stats(&self) -> Result<DataFrame, DataFusionError> {
        let Some(cube) = Cube::find(Dimension::Object, Grain::Quarter) else {
            return Err(DataFusionError::Internal("no cube of objects".into()));
        };
        let in_campaigns = self.cube(Level::Campaign, cube).await?;
        let keys = || [col("time"), col("value").alias("object")];
        let all = self.cube(Level::Account, cube).await?;
        let all = all.select(keys().into_iter().chain(counted()).collect::<Vec<_>>())?;
        let less = in_campaigns
            .clone()
            .select(keys().into_iter().chain(negated()).collect::<Vec<_>>())?;
        let rest = left(all.union(less)?, &["time", "object"].map(col))?;
        let none =
            cast(lit(datafusion::common::ScalarValue::Null), DataType::Utf8).alias("campaign");
        let order = ["time", "object"].map(col);
        let rest = rest.select(
            order
                .clone()
                .into_iter()
                .chain([none])
                .chain(counted())
                .collect::<Vec<_>>(),
        )?;
        let campaign = cast(col("entity"), DataType::Utf8).alias("campaign");
        let columns = keys().into_iter().chain([campaign]).chain(counted());
        let rows = in_campaigns
            .select(columns.collect::<Vec<_>>())?
            .union(rest)?;
        let owners = self.owners(Level::Object).await?;
        let Some(owners) = owners else {
            return Err(DataFusionError::Internal("no owners of objects".into()));
        };
        let rows = rows.join(owners, JoinType::Left, &["object"], &["owned"], None)?;
        let columns = ["time", "account", "campaign", "object"].map(col);
        rows.select(columns.into_iter().chain(counted()).collect::<Vec<_>>())
    }

    /// The columns after the ids of account and, if it is another, entity.
    async fn with_accounts(
        &self,
        level: Level,
        rows: DataFrame,
        columns: Vec<Expr>,
    ) -> Result<DataFrame, DataFusionError> {
        let Some(owners) = self.owners(level).await? else {
            let account = col("entity").alias("account");
            return rows.select(std::iter::once(account).chain(columns).collect::<Vec<_>>());
        };
        let rows = rows.join(owners, JoinType::Left, &["entity"], &["owned"], None)?;
        let ids = [col("account"), col("entity").alias(level.name())];
        rows.select(ids.into_iter().chain(columns).collect::<Vec<_>>())
    }

    /// The account of each entity: one row each, so that a join adds none.
    async fn owners(&self, level: Level) -> Result<Option<DataFrame>, DataFusionError> {
        let Some(cube) = level.owners() else {
            return Ok(None);
        };
        let rows = self.cube(Level::Account, cube).await?;
        let rows = rows.filter(col("value").not_eq(lit("")))?;
        let owned = vec![col("value").alias("owned")];
        let account = vec![min(col("entity")).alias("account")];
        rows.aggregate(owned, account).map(Some)
    }
}

/// The columns that count events.
fn counted() -> impl Iterator<Item = Expr> {
    counters().map(|measure| col(measure.column()))
}

fn negated() -> impl Iterator<Item = Expr> {
    counters().map(|measure| (lit(0_i64) - col(measure.column())).alias(measure.column()))
}

fn counters() -> impl Iterator<Item = Measure> {
    Measure::ALL
        .into_iter()
        .filter(|measure| *measure != Measure::ValueMicros)
}

/// What is left after what was taken away.
fn left(rows: DataFrame, keys: &[Expr]) -> Result<DataFrame, DataFusionError> {
    let sums = counters().map(|m| sum(col(m.column())).alias(m.column()));
    let rows = rows.aggregate(keys.to_vec(), sums.collect())?;
    let some = counters().map(|m| col(m.column()).not_eq(lit(0_i64)));
    rows.filter(some.reduce(Expr::or).unwrap_or_else(|| lit(false)))
}
