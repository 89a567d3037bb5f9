//! A fold counts what live cells count, in order.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::{
    arrow::{
        array::AsArray,
        datatypes::{
            Date32Type, Decimal128Type, Int32Type, Int64Type, TimestampMillisecondType, UInt16Type,
            UInt32Type, UInt64Type,
        },
    },
    parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder,
};
use handover::runs::{Key, cube_of, kind_of};
use model::{CUBES, Counts, EntityKind, VisitorSet, cell::EpochCells};
use proptest::prelude::*;

use super::*;

type Sums = BTreeMap<(Key, i64, String), Counts>;
type Visits = BTreeSet<(EntityId, i64, bool, u64)>;

fn batches(files: &[Finished]) -> Vec<RecordBatch> {
    let read = |file: &Finished| {
        let reader = ParquetRecordBatchReaderBuilder::try_new(file.bytes.clone()).unwrap();
        reader
            .build()
            .unwrap()
            .map(Result::unwrap)
            .collect::<Vec<_>>()
    };
    files.iter().flat_map(read).collect()
}

fn key(batch: &RecordBatch, row: usize) -> Key {
    Key::from((
        batch.column(0).as_primitive::<Int32Type>().value(row),
        batch.column(1).as_primitive::<UInt64Type>().value(row),
        batch.column(2).as_primitive::<UInt16Type>().value(row),
    ))
}

fn sums(files: &[Finished]) -> Sums {
    let mut all = Sums::new();
    for batch in batches(files) {
        for row in 0..batch.num_rows() {
            let time = batch.column(3).as_primitive::<TimestampMillisecondType>();
            let value = batch.column(4).as_string::<i32>().value(row).to_owned();
            let mut counts = Counts::default();
            for measure in 0..5 {
                let column = batch.column(5 + measure).as_primitive::<Int64Type>();
                counts.events[measure] = column.value(row);
            }
            let micros = batch.column(10).as_primitive::<Decimal128Type>().value(row);
            counts.micros = micros;
            let place = (key(&batch, row), time.value(row) / 60_000, value);
            let in_order = all.last_key_value().is_none_or(|(last, _)| *last < place);
            assert!(in_order, "{place:?} follows {:?}", all.last_key_value());
            all.insert(place, counts);
        }
    }
    all
}

/// Visits by hour, as cells have them.
fn visits(files: &[Finished]) -> Visits {
    let mut all = Visits::new();
    let mut last = None;
    for batch in batches(files) {
        for row in 0..batch.num_rows() {
            let of = key(&batch, row);
            let day = i64::from(batch.column(3).as_primitive::<Date32Type>().value(row));
            let visitor = batch.column(4).as_primitive::<UInt64Type>().value(row);
            let place = (of, day, visitor);
            assert!(
                last.replace(place).is_none_or(|last| last < place),
                "in order"
            );
            let quarters = |column: usize| {
                let early = batch.column(column).as_primitive::<UInt64Type>().value(row);
                let late = batch.column(column + 1).as_primitive::<UInt32Type>();
                Quarters::join(early, late.value(row))
            };
            let entity = EntityId::new(kind_of(of.part).unwrap(), of.entity);
            for (bot, set) in [(false, quarters(5)), (true, quarters(7))] {
                let hours = (0..24).filter(|hour| set.0 >> (hour * 4) & 15 != 0);
                all.extend(hours.map(|hour| (entity, day * 1440 + hour * 60, bot, visitor)));
            }
        }
    }
    all
}

/// The same of live cells.
fn live(events: &[Event]) -> (Sums, Visits) {
    let mut cells = EpochCells::default();
    for event in events {
        cells.fold(event, &facts(event));
    }
    let (mut sums, mut visits) = (Sums::new(), Visits::new());
    for entity in cells.entities() {
        let cell = cells.cell(entity);
        for cube in CUBES.iter().filter(|cube| cube.is_for(entity.kind)) {
            for (bucket, value, counts) in cell.rows(cube) {
                let key = Key::new(entity, Some(cube), bucket.div_euclid(1440));
                sums.insert((key, bucket, value.to_owned()), *counts);
            }
        }
        for (hour, bot, set) in cell.visitors() {
            let VisitorSet::Exact(set) = set else {
                panic!("the sets of this test are small")
            };
            visits.extend(set.iter().map(|visitor| (entity, hour, bot, *visitor)));
        }
    }
    (sums, visits)
}

fn facts(event: &Event) -> Facts {
    Facts {
        browser: format!("B{}", event.object).into(),
        bot: (event.visitor % 3 == 1).then(|| "made up".into()),
        ..Facts::default()
    }
}

fn event() -> impl Strategy<Value = Event> {
    let time = prop_oneof![
        4 => 0i64..3 * 86_400_000,
        1 => 0i64..100 * 86_400_000,
        1 => 946_684_800_000i64..4_000_000_000_000,
    ];
    let value = prop_oneof![-5i64..5, Just(i64::MAX), Just(i64::MIN)];
    let value = prop::option::weighted(0.3, value);
    (
        0i32..3,
        0u64..4,
        time,
        0u8..3,
        0u64..6,
        prop::option::of(1u64..3),
        value,
    )
        .prop_map(
            |(kind, object, occurred_ms, country, visitor, campaign, value)| Event {
                kind,
                account: 1 + object / 2,
                object: if object == 0 { u64::MAX } else { object },
                campaign,
                occurred_ms,
                country: ["", "DE", "AT"][country as usize].to_owned(),
                visitor,
                value_micros: value,
                currency: if value.is_some() {
                    "EUR".into()
                } else {
                    String::new()
                },
                ..Event::default()
            },
        )
}

proptest! {
    #[test]
    fn it_counts_what_live_cells_count(events in prop::collection::vec(event(), 0..120)) {
        let mut fold = Fold::new(Wanted::all());
        events.iter().for_each(|event| fold.add(event, &facts(event)));
        let counted = fold.finish().unwrap();
        let expected = live(&events);
        prop_assert_eq!(sums(&counted.sums), expected.0);
        prop_assert_eq!(visits(&counted.visits), expected.1);
    }
}

#[test]
fn some_cubes_can_be_counted_alone() {
    let country = CUBES.iter().find(|cube| cube.name == "country").unwrap();
    let wanted = Wanted {
        cubes: vec![country],
        visits: false,
    };
    let mut fold = Fold::new(wanted);
    let click = Event {
        account: 1,
        object: 2,
        visitor: 3,
        ..Event::default()
    };
    fold.add(&click, &Facts::default());
    let counted = fold.finish().unwrap();
    let keys: Vec<Key> = sums(&counted.sums)
        .into_keys()
        .map(|(key, ..)| key)
        .collect();
    assert_eq!(keys.len(), 2, "the account's and the link's");
    assert!(keys.iter().all(|key| cube_of(key.part) == country.id));
    assert_eq!(kind_of(keys[0].part), Some(EntityKind::Account));
    assert!(counted.visits.is_empty());
}
