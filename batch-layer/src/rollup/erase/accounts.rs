//! Erasing accounts: what their events were of and what they said goes, and the sums of all that was theirs. That there were so many
//! events stays, as nobody's: of account 0, so that what was accepted, stored and counted still agree.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use bytes::Bytes;
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, new_null_array},
        compute::filter_record_batch,
        datatypes::{TimestampMillisecondType, UInt16Type, UInt64Type},
    },
    parquet::arrow::{ArrowWriter, ParquetRecordBatchStreamBuilder, ProjectionMask},
};
use futures::TryStreamExt;
use handover::{
    attributions,
    duplicates::{self, Duplicates},
    erasures::nobody,
    expiry::{self, Expired},
    manifest::{File, Manifest},
    runs::{RunFile, RunWriter, Table, kind_of, widened},
    touches::{self, Writer as Touches},
};
use model::{Cube, Dimension, EntityId, EntityKind, Epoch, Event, EventKind, Grain, Record, Seq};
use storage::{error::StorageError, object_keys::ObjectKey, parquet_object::ObjectReader};

use super::rewrite::batches;
use crate::rollup::{
    Enriched,
    deps::{RollupDeps, RollupError},
    events::properties,
    events_batch, events_schema,
    expire::kept,
    fold::{Fold, MAX_ROWS, Wanted},
    step,
    task::NewRun,
    write::{Writer, conform, run_key},
};

/// What is known of what goes.
struct Gone<'a> {
    deps: &'a RollupDeps,
    /// Accounts, by id as text.
    accounts: HashSet<String>,
    /// Events that are not counted.
    left_out: Duplicates,
    /// Events that nobody keeps, nor nobody.
    expired: Expired,
    /// Everything that had numbers.
    entities: HashSet<EntityId>,
    /// How many events there were, by account.
    counts: BTreeMap<String, u64>,
    runs: Vec<NewRun>,
}

/// Erases these accounts in a manifest, by raw number; tells how many events each had, by id.
pub(super) async fn erase(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    accounts: &BTreeSet<u64>,
) -> Result<BTreeMap<String, u64>, RollupError> {
    if accounts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids = accounts
        .iter()
        .map(|raw| EntityId::new(EntityKind::Account, *raw));
    let mut gone = Gone {
        deps,
        accounts: ids.clone().map(|id| id.to_string()).collect(),
        left_out: duplicates::read(&deps.env.store, manifest).await?,
        expired: expiry::read(&deps.env.store, manifest.expired.as_ref()).await?,
        entities: ids
            .clone()
            .chain(ids.flat_map(|id| objects(deps, id)))
            .collect(),
        counts: BTreeMap::new(),
        runs: Vec::new(),
    };
    let before = counted(manifest);
    for events in &mut manifest.event_files {
        let received = events.received;
        let key = move |name| ObjectKey::Events { received, name };
        let expired = gone.events(writer, &mut events.file, key).await?;
        events.is_rest |= expired > 0;
        manifest.expired_count += expired;
    }
    manifest.event_files.retain(|file| file.file.rows > 0);
    for (day, files) in &mut manifest.day_events {
        for file in files {
            let day = *day;
            let key = move |name| ObjectKey::DayEvents { day, name };
            manifest.expired_count += gone.events(writer, file, key).await?;
        }
    }
    for table in [Table::Sums, Table::Visits] {
        let mut left = Vec::new();
        for file in std::mem::take(manifest.runs_mut(table)) {
            left.extend(gone.run(writer, table, file).await?);
        }
        *manifest.runs_mut(table) = left;
    }
    step::add_runs(manifest, gone.runs);
    // Events that had expired are not there to be counted as nobody's.
    manifest.uncounted += before.saturating_sub(counted(manifest));
    of_visitors(deps, writer, manifest, accounts).await?;
    decisions(deps, writer, manifest, accounts).await?;
    manifest.erased_accounts.extend(accounts);
    Ok(gone.counts)
}

/// What an account had: the table shows no object whose events have all expired.
fn objects(deps: &RollupDeps, account: EntityId) -> Vec<EntityId> {
    let accounts = deps.accounts.as_ref();
    accounts.map_or_else(Vec::new, |accounts| accounts.objects(account))
}

/// How many events sums count.
fn counted(manifest: &Manifest) -> u64 {
    let total = Cube::find(Dimension::Total, Grain::Quarter).map(|cube| cube.id);
    let totals = manifest.sums.iter().flat_map(|file| &file.totals);
    let totals = totals.filter(|of| Some(of.cube) == total);
    let events: i64 = totals.map(|of| of.accounts).sum();
    u64::try_from(events).unwrap_or(0)
}

impl Gone<'_> {
    /// Puts in the place of a file of events one in which theirs are nobody's, and counts those. What is expired goes at once;
    /// tells how many events that were.
    async fn events(
        &mut self,
        writer: &mut Writer<'_>,
        file: &mut File,
        key: impl Fn(String) -> ObjectKey + Copy + Send + 'static,
    ) -> Result<u64, RollupError> {
        let path = key(file.name.clone()).path();
        let reader = ObjectReader::new(self.deps.env.store.clone(), path.clone(), file.bytes);
        if !self.has_events(reader).await? {
            return Ok(0);
        }
        let (mut nobodys, mut others, mut left) = (Vec::new(), Vec::new(), 0);
        for batch in batches(self.deps, path, file.bytes).await? {
            let batch = filter_record_batch(&batch, &kept(&batch, &self.expired))?;
            left += batch.num_rows() as u64;
            let theirs = self.are_theirs(&batch);
            for row in (0..batch.num_rows()).filter(|row| theirs[*row]) {
                // What cannot be read was not counted either.
                nobodys.extend(self.take(&batch, row));
            }
            let stays = theirs.iter().map(|is_theirs| Some(!is_theirs));
            others.push(filter_record_batch(
                &batch,
                &BooleanArray::from_iter(stays),
            )?);
        }
        self.count(writer, &nobodys).await?;
        let bytes = encode(&nobodys, &others)?;
        let expired = file.rows.saturating_sub(left);
        *file = writer.put(key, left, bytes).await?;
        Ok(expired)
    }

    async fn has_events(&self, reader: ObjectReader) -> Result<bool, RollupError> {
        let builder = ParquetRecordBatchStreamBuilder::new(reader).await?;
        let mask = ProjectionMask::columns(builder.parquet_schema(), ["account"]);
        let mut batches = builder.with_projection(mask).build()?;
        while let Some(batch) = batches.try_next().await? {
            if self.are_theirs(&batch).contains(&true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn are_theirs(&self, batch: &RecordBatch) -> Vec<bool> {
        let texts = batch.column_by_name("account");
        let texts = texts.and_then(|column| column.as_string_opt::<i32>());
        let texts = texts.into_iter().flatten();
        texts
            .map(|id| id.is_some_and(|id| self.accounts.contains(id)))
            .collect()
    }

    /// A row as nobody's event; what it was of is noted.
    fn take(&mut self, batch: &RecordBatch, row: usize) -> Option<Enriched> {
        let text = |name: &str| {
            let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
            column.is_valid(row).then(|| column.value(row))
        };
        let number = |name: &str| {
            let column = batch.column_by_name(name)?;
            Some(column.as_primitive_opt::<UInt64Type>()?.value(row))
        };
        let ms = |name: &str| {
            let column = batch.column_by_name(name)?;
            Some(
                column
                    .as_primitive_opt::<TimestampMillisecondType>()?
                    .value(row),
            )
        };
        for name in ["object", "campaign", "link"] {
            let entity = text(name).and_then(|text| text.parse::<EntityId>().ok());
            self.entities.extend(entity);
        }
        *self.counts.entry(text("account")?.to_owned()).or_default() += 1;
        let kinds = [EventKind::Click, EventKind::View, EventKind::Conversion];
        let kind = kinds
            .into_iter()
            .find(|kind| Some(kind.name()) == text("type"))?;
        let event = nobody(&Event {
            kind: kind as i32,
            occurred_ms: ms("time")?,
            received_ms: ms("received")?,
            ..Event::default()
        });
        Some(Enriched {
            log: text("log")?.parse().ok()?,
            is_expired: false,
            facts: self.deps.rules.facts(&event),
            record: Record {
                seq: Seq(number("seq")?),
                epoch: Epoch(number("epoch")?),
                event,
            },
        })
    }

    /// Counts nobody's events, as a new run.
    async fn count(
        &mut self,
        writer: &mut Writer<'_>,
        rows: &[Enriched],
    ) -> Result<(), RollupError> {
        let mut fold = Fold::new(Wanted::all());
        for row in rows {
            if !self.left_out.contains_key(&row.record.id(row.log)) {
                fold.add(&row.record.event, &row.facts);
            }
        }
        let counted = fold.finish()?;
        self.runs.push(NewRun {
            sums: writer.put_runs(Table::Sums, counted.sums, (0, 0)).await?,
            visits: writer
                .put_runs(Table::Visits, counted.visits, (0, 0))
                .await?,
        });
        Ok(())
    }

    /// The file without their rows; none if no other is in it.
    async fn run(
        &self,
        writer: &mut Writer<'_>,
        table: Table,
        file: RunFile,
    ) -> Result<Vec<RunFile>, RollupError> {
        let path = run_key(table, file.file.name.clone()).path();
        let reader = ObjectReader::new(self.deps.env.store.clone(), path, file.file.bytes);
        let builder = ParquetRecordBatchStreamBuilder::new(reader.clone()).await?;
        let mask = ProjectionMask::columns(builder.parquet_schema(), ["entity", "part"]);
        let mut keys = builder.with_projection(mask).build()?;
        let mut is_hit = false;
        while let Some(batch) = keys.try_next().await? {
            is_hit |= self.stays(&batch).false_count() > 0;
        }
        if !is_hit {
            return Ok(vec![file]);
        }
        let mut batches = ParquetRecordBatchStreamBuilder::new(reader)
            .await?
            .build()?;
        let mut out = RunWriter::new(table, MAX_ROWS);
        while let Some(batch) = batches.try_next().await? {
            let batch = match table {
                Table::Sums => widened(&batch)?,
                Table::Visits => batch,
            };
            out.write(&filter_record_batch(&batch, &self.stays(&batch))?)?;
        }
        let place = (file.run, file.level);
        writer.put_runs(table, out.finish()?, place).await
    }

    /// Which rows are somebody else's.
    fn stays(&self, batch: &RecordBatch) -> BooleanArray {
        let entities = batch.column_by_name("entity");
        let entities = entities.and_then(|column| column.as_primitive_opt::<UInt64Type>());
        let parts = batch.column_by_name("part");
        let parts = parts.and_then(|column| column.as_primitive_opt::<UInt16Type>());
        let rows = entities.into_iter().flat_map(|column| column.values());
        let rows = rows.zip(parts.into_iter().flat_map(|column| column.values()));
        let stays = |(entity, part): (&u64, &u16)| {
            let kind = kind_of(*part);
            let is_theirs =
                kind.is_some_and(|kind| self.entities.contains(&EntityId::new(kind, *entity)));
            Some(!is_theirs)
        };
        rows.map(stays).collect()
    }
}

/// A file of nobody's events and others.
fn encode(nobodys: &[Enriched], others: &[RecordBatch]) -> Result<Bytes, RollupError> {
    let mut out = ArrowWriter::try_new(Vec::new(), events_schema(), Some(properties()?))?;
    out.write(&events_batch(nobodys)?)?;
    for batch in others {
        let schema = events_schema();
        let column = |field: &Arc<datafusion::arrow::datatypes::Field>| -> ArrayRef {
            match batch.column_by_name(field.name()) {
                Some(column) => Arc::clone(column),
                // The file is older than the column.
                None => new_null_array(field.data_type(), batch.num_rows()),
            }
        };
        let columns = schema.fields().iter().map(column).collect();
        let whole = RecordBatch::try_new(schema.clone(), columns)?;
        out.write(&conform(&whole, &schema)?)?;
    }
    Ok(out.into_inner()?.into())
}

/// Takes the clicks of their visitors away.
async fn of_visitors(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    accounts: &BTreeSet<u64>,
) -> Result<(), RollupError> {
    let mut left = Vec::new();
    for file in std::mem::take(&mut manifest.touches) {
        let mut within = accounts.range(file.first.0..=file.last.0);
        if within.next().is_none() {
            left.push(file);
            continue;
        }
        let name = file.file.name.clone();
        let path = ObjectKey::Touches { name }.path();
        let mut out = Touches::new()?;
        for batch in batches(deps, path.clone(), file.file.bytes).await? {
            let mut rows = touches::decode(&batch, path.as_ref()).map_err(StorageError::from)?;
            rows.retain(|touch| !accounts.contains(&touch.account));
            out.write(&rows)?;
        }
        if let Some(finished) = out.finish()? {
            let key = |name| ObjectKey::Touches { name };
            let stored = writer.put(key, finished.rows, finished.bytes.clone());
            left.push(finished.stored(stored.await?, file.level));
        }
    }
    manifest.touches = left;
    Ok(())
}

/// Takes away what was decided about their conversions.
async fn decisions(
    deps: &RollupDeps,
    writer: &mut Writer<'_>,
    manifest: &mut Manifest,
    accounts: &BTreeSet<u64>,
) -> Result<(), RollupError> {
    let mut left = Vec::new();
    for mut of in std::mem::take(&mut manifest.attributions) {
        let all = attributions::read(&deps.env.store, [&of.file].into_iter(), |_| true).await;
        let mut all = all.map_err(StorageError::from)?;
        let count = all.len();
        all.retain(|_, decision| !accounts.contains(&decision.account));
        if all.len() < count && !all.is_empty() {
            let bytes = attributions::encode(all.values())?;
            let key = |name| ObjectKey::Attributions { name };
            of.file = writer.put(key, all.len() as u64, bytes).await?;
        }
        if !all.is_empty() {
            left.push(of);
        }
    }
    manifest.attributions = left;
    Ok(())
}
