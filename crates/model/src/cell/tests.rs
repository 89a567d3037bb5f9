use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    counts::Measure,
    cube::CUBES,
    event::{Event, Facts},
    id::{EntityId, EntityKind},
    visitors::EXACT_LIMIT,
};

type Rows = BTreeMap<(u32, i64, String), Counts>;

/// What a cell says, in order.
fn rows(cell: &Cell) -> Rows {
    let of = |cube: &'static Cube| {
        let rows = cell.rows(cube);
        rows.map(|(bucket, value, counts)| ((cube.id, bucket, value.to_owned()), *counts))
    };
    CUBES.iter().flat_map(of).collect()
}

/// The same, counted in the plainest way.
fn plain(entity: EntityId, events: &[Event], facts: &Facts) -> Rows {
    let mut rows = Rows::new();
    for event in events
        .iter()
        .filter(|event| event.entities().any(|e| e == entity))
    {
        let names = crate::dimension::Names::of(event, facts);
        for cube in CUBES.iter().filter(|cube| cube.is_for(entity.kind)) {
            if let Some(value) = cube.dimension.value(event, facts, &names) {
                let place = (cube.id, cube.bucket(event), value.to_owned());
                *rows.entry(place).or_default() += Counts::of(cube, event, facts);
            }
        }
    }
    rows
}

fn event(kind: i32, object: u64, minute: i64, country: u8, visitor: u64) -> Event {
    Event {
        kind,
        account: 1,
        object,
        campaign: (object.is_multiple_of(2)).then_some(9),
        occurred_ms: minute * 60_000,
        country: format!("C{country}"),
        visitor,
        value_micros: (kind == 2).then_some(5_000_000),
        currency: if kind == 2 {
            "EUR".into()
        } else {
            String::new()
        },
        ..Event::default()
    }
}

/// The rows of a cell, with what is not counted apart under no name.
fn all(cell: &Cell, cube: &'static Cube) -> Counts {
    let apart = cell.rows(cube).map(|(.., counts)| *counts);
    let rest = cell.rest(cube).map(|(_, counts)| *counts);
    apart.chain(rest).fold(Counts::default(), |a, b| a + b)
}

proptest! {
    #[test]
    fn cells_count_as_one_counts_by_hand(events in proptest::collection::vec((0i32..3, 1u64..5, -2000i64..2000, 0u8..4, 0u64..50), 0..80)) {
        let (mut cells, facts) = (EpochCells::default(), Facts::default());
        let made = |(kind, object, minute, country, visitor): &(i32, u64, i64, u8, u64)| event(*kind, *object, *minute, *country, *visitor);
        let events: Vec<Event> = events.iter().map(made).collect();
        events.iter().for_each(|event| cells.fold(event, &facts));
        for entity in cells.entities() {
            let cell = cells.cell(entity);
            prop_assert_eq!(rows(&cell), plain(entity, &events, &facts));
            prop_assert_eq!(&Cell::decode(&cells.encode(entity).unwrap()).unwrap(), &cell);
            let total = all(&cell, &CUBES[0]);
            for cube in CUBES.iter().filter(|c| c.is_for(entity.kind) && c.dimension.counts_all()) {
                prop_assert_eq!(all(&cell, cube), total, "{} of {}", cube.name, entity);
            }
        }
    }

    #[test]
    fn sums_of_values_are_wider_than_any_value(values in proptest::collection::vec(any::<i64>(), 0..40)) {
        let mut cells = EpochCells::default();
        for value in &values {
            let event = Event {
                value_micros: Some(*value),
                currency: "EUR".into(),
                ..event(2, 1, 0, 0, 0)
            };
            cells.fold(&event, &Facts::default());
        }
        let sum = |cell: &Cell| -> i128 {
            let currencies = CUBES.iter().filter(|cube| cube.sums_values());
            currencies.flat_map(|cube| cell.rows(cube)).map(|(.., counts)| counts.micros).sum()
        };
        let expected: i128 = values.iter().copied().map(i128::from).sum();
        for entity in cells.entities() {
            let cell = Cell::decode(&cells.encode(entity).unwrap()).unwrap();
            prop_assert_eq!(sum(&cell), expected);
        }
    }

    #[test]
    fn damaged_cells_are_refused_or_can_be_read(
        visitors in proptest::collection::vec(any::<u64>(), 1..30), sketched in any::<bool>(),
        at in any::<prop::sample::Index>(), by in any::<u8>(), noise in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut cells = EpochCells::default();
        for visitor in &visitors {
            cells.fold(&event(2, 1, 0, 1, *visitor), &Facts::default());
        }
        if sketched {
            (0..=EXACT_LIMIT as u64).for_each(|n| cells.fold(&event(0, 1, 0, 1, n + 1), &Facts::default()));
        }
        let account = EntityId::new(EntityKind::Account, 1);
        let mut bytes = cells.encode(account).unwrap().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        bytes.splice(at..at, noise);
        if let Ok(read) = Cell::decode(&bytes) {
            for (_, _, set) in read.visitors() {
                set.count();
            }
            for cube in CUBES {
                all(&read, cube);
            }
        }
    }
}

fn from(referrer: usize, minute: i64) -> (Event, Facts) {
    let facts = Facts {
        referrer_host: format!("site-{referrer}.example"),
        ..Facts::default()
    };
    (event(0, 1, minute, 1, 1), facts)
}

#[test]
fn values_that_are_too_many_are_one_rest_and_totals_are_untouched() {
    let (mut cells, events) = (EpochCells::default(), 3 * MOST_VALUES);
    for n in 0..events {
        let (event, facts) = from(n, 0);
        cells.fold(&event, &facts);
    }
    // Known values go on to be counted apart, and another bucket has a bound of its own.
    for (n, minute) in [(0, 0), (MOST_VALUES - 1, 0), (events, 60)] {
        let (event, facts) = from(n, minute);
        cells.fold(&event, &facts);
    }
    let by_referrer = CUBES.iter().find(|cube| cube.name == "referrer").unwrap();
    for entity in cells.entities() {
        let cell = Cell::decode(&cells.encode(entity).unwrap()).unwrap();
        let first = cell.rows(by_referrer).filter(|(bucket, ..)| *bucket == 0);
        let first: BTreeMap<&str, i64> = first
            .map(|(_, value, n)| (value, n.get(Measure::Clicks)))
            .collect();
        assert_eq!(first.len(), MOST_VALUES);
        assert_eq!(
            (
                first["site-0.example"],
                first["site-999.example"],
                first["site-1.example"]
            ),
            (2, 2, 1)
        );
        assert!(
            cell.rows(by_referrer)
                .any(|(bucket, value, _)| bucket == 60 && value == "site-3000.example")
        );
        let rest: Vec<(i64, i64)> = cell
            .rest(by_referrer)
            .map(|(bucket, n)| (bucket, n.get(Measure::Clicks)))
            .collect();
        assert_eq!(rest, [(0, (events - MOST_VALUES) as i64)]);
        for cube in CUBES
            .iter()
            .filter(|c| c.is_for(entity.kind) && c.dimension.counts_all())
        {
            assert_eq!(
                all(&cell, cube).get(Measure::Clicks),
                events as i64 + 3,
                "{}",
                cube.name
            );
        }
    }
}

#[test]
fn a_cell_has_only_so_many_rows_of_made_up_values() {
    let mut cells = EpochCells::default();
    // As many buckets as it takes: each holds fewer values than may be counted apart. There is one country, too.
    for n in 0..MOST_ROWS {
        let (event, facts) = from(n, (n / 500) as i64 * 15);
        cells.fold(&event, &facts);
    }
    let cell = cells.cell(EntityId::new(EntityKind::Link, 1));
    let by_referrer = CUBES.iter().find(|cube| cube.name == "referrer").unwrap();
    assert!(cell.rows(by_referrer).count() < MOST_ROWS);
    assert_eq!(
        all(&cell, by_referrer).get(Measure::Clicks),
        MOST_ROWS as i64
    );
    assert!(cell.rest(by_referrer).count() > 0);
}
