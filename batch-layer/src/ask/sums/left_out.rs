//! Events that no manifest counts, since another with the same sender's key is counted: they are in files all the same.

use std::collections::{HashMap, HashSet};

use asking::{AskError, Selection};
use datafusion::{
    arrow::{
        array::{Array, AsArray, BooleanArray, RecordBatch},
        compute::filter_record_batch,
        datatypes::{Int32Type, UInt64Type},
    },
    error::DataFusionError,
};
use handover::duplicates;

use crate::ask::Asker;

/// Their numbers by log.
pub(super) struct LeftOut(HashMap<String, HashSet<u64>>);

impl LeftOut {
    /// Those of an account, as of a moment.
    pub(super) async fn of(asker: &Asker, selection: &Selection) -> Result<Self, AskError> {
        let mut of_logs: HashMap<String, HashSet<u64>> = HashMap::new();
        let Some(file) = &selection.moment.published.manifest.duplicates else {
            return Ok(Self(of_logs));
        };
        let read = duplicates::read_file(&asker.lake.store, file);
        let all = asker.duplicates.of(file, read).await;
        let all = all.map_err(|error| AskError::Failed(error.to_string()))?;
        let own = all.values().filter(|it| it.account == selection.account);
        for duplicate in own {
            let log = duplicate.event.log.to_string();
            of_logs
                .entry(log)
                .or_default()
                .insert(duplicate.event.seq.0);
        }
        Ok(Self(of_logs))
    }

    /// Columns that tell them.
    pub(super) fn columns(&self) -> &'static [&'static str] {
        match self.0.is_empty() {
            true => &[],
            false => &["log", "seq"],
        }
    }

    /// The rows of a batch that are counted.
    pub(super) fn take_off(&self, batch: RecordBatch) -> Result<RecordBatch, DataFusionError> {
        if self.0.is_empty() {
            return Ok(batch);
        }
        let lacks = || DataFusionError::Internal("events without a log or a number".into());
        let logs = batch
            .column_by_name("log")
            .and_then(|logs| logs.as_dictionary_opt::<Int32Type>());
        let seqs = batch
            .column_by_name("seq")
            .and_then(|seqs| seqs.as_primitive_opt::<UInt64Type>());
        let (logs, seqs) = (logs.ok_or_else(lacks)?, seqs.ok_or_else(lacks)?);
        let names = logs.values().as_string::<i32>();
        // By the number of the log's name.
        let of_names: Vec<Option<&HashSet<u64>>> = (0..names.len())
            .map(|at| self.0.get(names.value(at)))
            .collect();
        let is_counted = |(log, seq): (&i32, &u64)| {
            let left_out = of_names.get(*log as usize).copied().flatten();
            Some(!left_out.is_some_and(|left_out| left_out.contains(seq)))
        };
        let mask: BooleanArray = logs
            .keys()
            .values()
            .iter()
            .zip(seqs.values())
            .map(is_counted)
            .collect();
        Ok(filter_record_batch(&batch, &mask)?)
    }
}
