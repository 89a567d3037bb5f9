//! What the files of decisions have in common.

use arrow::{
    array::{Array, PrimitiveArray},
    datatypes::{ArrowPrimitiveType, UInt64Type},
};
use model::{EventId, Seq};

use crate::{sender_keys::Columns, views::ViewError};

/// The events that two columns name.
pub(crate) fn ids(
    columns: &Columns<'_>,
    log: &'static str,
    seq: &'static str,
) -> Result<Vec<EventId>, ViewError> {
    let (logs, seqs) = (columns.text(log)?, columns.primitive::<UInt64Type>(seq)?);
    let id = |i: usize| {
        Ok(EventId {
            log: columns.log(log, logs.value(i))?,
            seq: Seq(seqs.value(i)),
        })
    };
    (0..seqs.len()).map(id).collect()
}

/// The value of a row, if it has one.
pub(super) fn get<T: ArrowPrimitiveType>(of: &PrimitiveArray<T>, row: usize) -> Option<T::Native> {
    of.is_valid(row).then(|| of.value(row))
}
