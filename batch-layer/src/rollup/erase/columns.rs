//! What an erasure takes off events, in columns of the table `events`: the same as [`Erased::apply`] takes off one event.

use std::sync::Arc;

use datafusion::arrow::{
    array::{ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array, UInt64Array},
    datatypes::{UInt32Type, UInt64Type},
    error::ArrowError,
};
use handover::erasures::{Erased, ErasedEvents};
use model::{EventId, LogId, Seq};

/// Columns that become empty.
const TEXTS: [&str; 9] = [
    "user_agent",
    "referrer",
    "accept_language",
    "network",
    "sub1",
    "sub2",
    "sub3",
    "sub4",
    "sub5",
];
/// Columns of texts that become null.
const MAYBE_TEXTS: [&str; 2] = ["key", "click_id"];
/// Columns of visitors' numbers.
const VISITORS: [&str; 2] = ["visitor", super::super::events::NAMED_VISITOR];

/// What is erased of the rows of a batch; `None` if nothing is.
pub(super) fn hits<'a>(
    batch: &RecordBatch,
    erased: &'a ErasedEvents,
) -> Option<Vec<Option<&'a Erased>>> {
    let logs = batch.column_by_name("log")?.as_string_opt::<i32>()?;
    let seqs = batch
        .column_by_name("seq")?
        .as_primitive_opt::<UInt64Type>()?;
    let mut last: (&str, Option<LogId>) = ("", None);
    let mut is_any = false;
    let mut of = |row: usize| {
        let text = logs.value(row);
        if last.0 != text {
            last = (text, text.parse().ok());
        }
        let (log, seq) = (last.1?, Seq(seqs.value(row)));
        let found = erased.get(&EventId { log, seq });
        is_any |= found.is_some();
        found
    };
    let hits: Vec<_> = (0..batch.num_rows()).map(&mut of).collect();
    is_any.then_some(hits)
}

/// The batch with what is left of its erased events; `None` if it has none. It has the columns of the table `events`, or some
/// of them.
pub(crate) fn erased_batch(
    batch: &RecordBatch,
    erased: &ErasedEvents,
) -> Result<Option<RecordBatch>, ArrowError> {
    let Some(hits) = hits(batch, erased) else {
        return Ok(None);
    };
    let schema = batch.schema();
    let fields = schema.fields().iter().zip(batch.columns());
    let columns = fields.map(|(field, column)| left(field.name(), column, &hits));
    RecordBatch::try_new(schema.clone(), columns.collect()).map(Some)
}

/// What is left of a column.
fn left(name: &str, column: &ArrayRef, hits: &[Option<&Erased>]) -> ArrayRef {
    let texts = || column.as_string_opt::<i32>();
    if TEXTS.contains(&name)
        && let Some(texts) = texts()
    {
        let texts = texts.iter().zip(hits);
        let texts = texts.map(|(text, hit)| text.map(|text| if hit.is_some() { "" } else { text }));
        return Arc::new(texts.collect::<StringArray>());
    }
    if MAYBE_TEXTS.contains(&name)
        && let Some(texts) = texts()
    {
        let texts = texts.iter().zip(hits);
        let texts = texts.map(|(text, hit)| text.filter(|_| hit.is_none()));
        return Arc::new(texts.collect::<StringArray>());
    }
    if VISITORS.contains(&name)
        && let Some(numbers) = column.as_primitive_opt::<UInt64Type>()
    {
        let numbers = numbers.iter().zip(hits);
        let number = |(number, hit): (Option<u64>, &Option<&Erased>)| match (number, hit) {
            (Some(0) | None, _) | (_, None) => number,
            (Some(_), Some(erased)) => Some(erased.visitor),
        };
        return Arc::new(numbers.map(number).collect::<UInt64Array>());
    }
    if name == "asn"
        && let Some(numbers) = column.as_primitive_opt::<UInt32Type>()
    {
        let numbers = numbers.iter().zip(hits);
        let numbers = numbers.map(|(number, hit)| number.filter(|_| hit.is_none()));
        return Arc::new(numbers.collect::<UInt32Array>());
    }
    Arc::clone(column)
}

#[cfg(test)]
mod tests {
    use enrich::Rules;
    use model::{Epoch, Event, EventKind, Record};
    use proptest::{collection::vec, option, prelude::*};

    use super::*;
    use crate::rollup::{Enriched, events_batch};

    fn text() -> impl Strategy<Value = String> {
        "[a-z]{0,4}"
    }

    prop_compose! {
        fn any_event()(
            kind in 0..3i32,
            visitor in 0..3u64,
            seeks in 0..2u64,
            texts in vec(text(), 4),
            maybe in vec(option::of(text()), 4),
            subs in vec(text(), 0..6),
            asn in option::of(1..9u32),
        ) -> Event {
            Event {
                kind,
                account: 7,
                object: 8,
                visitor,
                seeks_visitor: if kind == EventKind::Conversion as i32 { seeks } else { 0 },
                user_agent: texts[0].clone(),
                referrer: format!("https://{}.example/x", texts[1]),
                accept_language: texts[2].clone(),
                network: texts[3].clone(),
                country: "AT".into(),
                key: maybe[0].clone(),
                idempotency_key: maybe[1].clone(),
                transaction_id: maybe[2].clone(),
                click_id: maybe[3].clone(),
                subs,
                asn,
                ..Event::default()
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Whoever reads the event and whoever reads the file come to the same.
        #[test]
        fn columns_lose_what_events_lose(events in vec((any_event(), any::<bool>()), 1..20)) {
            let rules = Rules::new().unwrap();
            let mut erased = ErasedEvents::new();
            let mut rows = Vec::new();
            for (n, (event, is_erased)) in (1..).zip(events) {
                let id = EventId { log: LogId(3), seq: Seq(n) };
                if is_erased {
                    erased.insert(id, Erased { event: id, account: 7, received: 0, visitor: 99, erasure: "ers_1".into() });
                }
                let facts = rules.facts(&event);
                rows.push(Enriched { log: LogId(3), record: Record { seq: Seq(n), epoch: Epoch(1), event }, facts, is_expired: false });
            }
            let before = events_batch(&rows).unwrap();
            rows.iter_mut().for_each(|row| row.erase(&erased));
            let expected = events_batch(&rows).unwrap();
            let left = erased_batch(&before, &erased).unwrap();
            prop_assert_eq!(left.is_none(), erased.is_empty());
            prop_assert_eq!(left.unwrap_or(before), expected);
        }
    }
}
