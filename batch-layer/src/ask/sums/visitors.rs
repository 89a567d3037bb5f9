//! Who was there: distinct visitors of rows, of buckets, and of all.

use std::collections::BTreeMap;

use asking::{ALL, AskError, Tags, VisitorsRow};
use hashbrown::{HashMap, HashSet};

use super::{places::Place, room::Room};

/// What a visitor takes in a set that is as full as it becomes, bytes: 16, a byte of the table, and the room that is left.
const EACH: usize = 24;

/// One of so many parts of all visitors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub part: u64,
    pub of: u64,
}

impl Share {
    /// Numbers of visitors are as if they were random.
    fn has(self, visitor: u64) -> bool {
        visitor % self.of == self.part
    }
}

/// Visitors by the number of a place: those of a share.
pub(super) struct Seen {
    set: HashSet<(u32, u64)>,
    share: Share,
}

impl Seen {
    pub(super) fn new(share: Share) -> Self {
        Self {
            set: HashSet::new(),
            share,
        }
    }

    pub(super) fn add(&mut self, place: u32, visitor: u64) {
        if self.share.has(visitor) {
            self.set.insert((place, visitor));
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.set.capacity() * EACH
    }
}

/// Distinct visitors of an answer.
#[derive(Default)]
pub(super) struct Visitors {
    /// Of each row.
    pub rows: Vec<VisitorsRow>,
    /// Of each bucket, and of all at [`ALL`].
    pub all: BTreeMap<u32, u64>,
}

/// Visitors by a number, and how many of each; says what it takes.
struct Distinct {
    set: HashSet<(u32, u64)>,
    counts: BTreeMap<u32, u64>,
    room: Room,
    taken: usize,
}

impl Distinct {
    fn new(room: Room) -> Self {
        Self {
            set: HashSet::new(),
            counts: BTreeMap::new(),
            room,
            taken: 0,
        }
    }

    fn add(&mut self, number: u32, visitor: u64) -> Result<(), AskError> {
        if self.set.insert((number, visitor)) {
            *self.counts.entry(number).or_default() += 1;
            let takes = self.set.capacity() * EACH;
            if takes > self.taken {
                self.room.resize(takes)?;
                self.taken = takes;
            }
        }
        Ok(())
    }
}

/// Counts whom several readers saw. A link with several tags is in several rows, and a visitor of two links with one tag is one.
pub(super) fn count(
    seen: Vec<(Seen, Vec<Place>)>,
    tags: Option<&Tags>,
    room: &Room,
) -> Result<Visitors, AskError> {
    let mut rows = Rows::new(tags);
    let mut of_rows = Distinct::new(room.another());
    let mut of_buckets = Distinct::new(room.another());
    let mut of_all = Distinct::new(room.another());
    for (seen, places) in seen {
        let numbers: Vec<Vec<u32>> = places.iter().map(|place| rows.numbers(place)).collect();
        for (place, visitor) in seen.set {
            let bucket = places[place as usize].0;
            of_buckets.add(bucket, visitor)?;
            if !rows.are_buckets {
                for row in &numbers[place as usize] {
                    of_rows.add(*row, visitor)?;
                }
            }
        }
    }
    // Of one bucket they are all there are.
    let mut all = of_buckets.counts.clone();
    let total = match of_buckets.counts.len() {
        0 | 1 => of_buckets.counts.values().sum(),
        _ => {
            for (_, visitor) in &of_buckets.set {
                of_all.add(ALL, *visitor)?;
            }
            of_all.counts.values().sum()
        }
    };
    all.insert(ALL, total);
    let counts = |(number, (bucket, groups)): (usize, Place)| {
        let counts = match rows.are_buckets {
            true => of_buckets.counts.get(&bucket),
            false => of_rows.counts.get(&(number as u32)),
        };
        let visitors = counts.copied().unwrap_or_default();
        VisitorsRow {
            bucket,
            groups,
            visitors,
        }
    };
    let rows = rows.all.into_iter().enumerate().map(counts);
    Ok(Visitors {
        rows: rows.collect(),
        all,
    })
}

/// Rows of the answer by number.
struct Rows<'a> {
    tags: Option<&'a Tags>,
    known: HashMap<Place, u32>,
    all: Vec<Place>,
    /// Whether there is a row for each bucket, and nothing else.
    are_buckets: bool,
}

impl<'a> Rows<'a> {
    fn new(tags: Option<&'a Tags>) -> Self {
        Self {
            tags,
            known: HashMap::new(),
            all: Vec::new(),
            are_buckets: true,
        }
    }

    /// The rows that a place belongs to.
    fn numbers(&mut self, place: &Place) -> Vec<u32> {
        let (bucket, groups) = place;
        self.are_buckets &= groups.is_empty();
        let rows = match self.tags {
            Some(tags) => tags.groups(groups),
            None => vec![groups.clone()],
        };
        let numbers = rows
            .into_iter()
            .map(|groups| self.number((*bucket, groups)));
        numbers.collect()
    }

    fn number(&mut self, row: Place) -> u32 {
        let next = self.all.len() as u32;
        let number = *self.known.entry(row.clone()).or_insert(next);
        if number == next {
            self.all.push(row);
        }
        number
    }
}

impl Visitors {
    /// With those of another share.
    pub(super) fn take(&mut self, other: Self) {
        let mut rows: BTreeMap<Place, u64> = BTreeMap::new();
        let all = std::mem::take(&mut self.rows).into_iter().chain(other.rows);
        for row in all {
            *rows.entry((row.bucket, row.groups)).or_default() += row.visitors;
        }
        let rows = rows
            .into_iter()
            .map(|((bucket, groups), visitors)| VisitorsRow {
                bucket,
                groups,
                visitors,
            });
        self.rows = rows.collect();
        for (bucket, visitors) in other.all {
            *self.all.entry(bucket).or_default() += visitors;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryPool};

    use super::*;

    fn room(bytes: usize) -> Room {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(bytes));
        Room::new(&pool)
    }

    fn place(bucket: u32, group: &str) -> Place {
        (bucket, vec![group.into()])
    }

    fn seen(all: &[(u32, u64)]) -> Seen {
        let mut seen = Seen::new(Share { part: 0, of: 1 });
        for (place, visitor) in all {
            seen.add(*place, *visitor);
        }
        seen
    }

    fn rows(visitors: &Visitors) -> BTreeMap<(u32, String), u64> {
        let rows = visitors.rows.iter();
        rows.map(|row| ((row.bucket, row.groups.concat()), row.visitors))
            .collect()
    }

    #[test]
    fn a_visitor_is_one_in_whatever_is_added_up() {
        let places = vec![place(0, "a"), place(0, "b"), place(1, "a")];
        let one = (seen(&[(0, 7), (1, 7), (2, 7)]), places);
        // Another reader, who met the places in another order.
        let other = (seen(&[(0, 7), (1, 8)]), vec![place(1, "a"), place(0, "a")]);
        let counted = count(vec![one, other], None, &room(1 << 20)).unwrap();
        let expected = [
            ((0, "a".into()), 2),
            ((0, "b".into()), 1),
            ((1, "a".into()), 1),
        ];
        assert_eq!(rows(&counted), expected.into());
        assert_eq!(counted.all, [(0, 2), (1, 1), (ALL, 2)].into());
    }

    #[test]
    fn who_used_two_links_with_one_tag_is_one_of_it() {
        let tags = Tags {
            column: 0,
            of_links: [
                ("x".into(), vec!["red".into(), "blue".into()]),
                ("y".into(), vec!["red".into()]),
            ]
            .into(),
        };
        let places = vec![place(0, "x"), place(0, "y"), place(0, "z")];
        let found = vec![(seen(&[(0, 7), (1, 7), (1, 8), (2, 9)]), places)];
        let counted = count(found, Some(&tags), &room(1 << 20)).unwrap();
        let expected = [
            ((0, "blue".into()), 1),
            ((0, "red".into()), 2),
            ((0, String::new()), 1),
        ];
        assert_eq!(rows(&counted), expected.into());
        assert_eq!(counted.all, [(0, 3), (ALL, 3)].into());
    }

    #[test]
    fn more_than_there_is_room_for_is_refused() {
        let many: Vec<(u32, u64)> = (0..10_000).map(|visitor| (0, visitor)).collect();
        let found = vec![(seen(&many), vec![(0, Vec::new())])];
        let room_of_few = room(10_000);
        let refused = count(found, None, &room_of_few);
        assert!(matches!(refused, Err(AskError::TooMuch(_))) && room_of_few.was_short());
        assert!(count(Vec::new(), None, &room(0)).is_ok_and(|none| none.all == [(ALL, 0)].into()));
    }

    #[test]
    fn shares_add_up_to_all() {
        let many: Vec<(u32, u64)> = (0..1_000_u64).map(|n| (n as u32 % 2, n % 700)).collect();
        let places = || vec![place(0, "a"), place(1, "b")];
        let of = |share: Share| {
            let mut seen = Seen::new(share);
            for (place, visitor) in &many {
                seen.add(*place, *visitor);
            }
            count(vec![(seen, places())], None, &room(1 << 20)).unwrap()
        };
        let whole = of(Share { part: 0, of: 1 });
        let mut added = Visitors::default();
        for part in 0..8 {
            added.take(of(Share { part, of: 8 }));
        }
        assert_eq!((rows(&added), &added.all), (rows(&whole), &whole.all));
    }
}
