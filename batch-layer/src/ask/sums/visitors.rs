//! Who was there: distinct visitors of rows, of buckets, and of all.

use std::collections::BTreeMap;

use asking::{ALL, AskError, Tags, VisitorsRow};
use hashbrown::{HashMap, HashSet};

use super::{
    places::{Place, bytes_of},
    room::Room,
    tally::enough,
};

/// What a visitor takes in a set that is as full as it becomes, bytes: 16, a byte of the table, and the room that is left.
const EACH: usize = 24;
/// Visitors that there is room for at first.
const LEAST: usize = 4;
/// Visitors that are put together before others on the thread have a turn.
const TURN: usize = 65_536;

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
    room: Room,
    taken: usize,
}

impl Seen {
    pub(super) fn new(share: Share, room: &Room) -> Self {
        Self {
            set: HashSet::new(),
            share,
            room: room.of_visitors(),
            taken: 0,
        }
    }

    /// Notes a visitor; says whether it is a new one.
    pub(super) fn add(&mut self, place: u32, visitor: u64) -> Result<bool, AskError> {
        if !self.share.has(visitor) {
            return Ok(false);
        }
        if self.set.len() == self.set.capacity() {
            // While it grows there is what it was beside what it becomes.
            let grown = (2 * self.set.capacity()).max(LEAST) * EACH;
            self.room.resize(self.taken + grown)?;
            self.set.reserve(1);
            self.taken = self.set.capacity() * EACH;
            self.room.resize(self.taken)?;
        }
        Ok(self.set.insert((place, visitor)))
    }
}

/// Distinct visitors while those of readers and of shares are put together.
pub(super) struct Visitors<'a> {
    rows: Rows<'a>,
    /// By number of a row.
    of_rows: Vec<u64>,
    of_buckets: BTreeMap<u32, u64>,
    all: u64,
    room: &'a Room,
}

/// Of each row, and of each group in all buckets at [`ALL`]; of each bucket, and of all at [`ALL`].
pub(super) type Counted = (Vec<VisitorsRow>, BTreeMap<u32, u64>);

impl<'a> Visitors<'a> {
    pub(super) fn new(tags: Option<&'a Tags>, room: &'a Room) -> Self {
        Self {
            rows: Rows::new(tags, room),
            of_rows: Vec::new(),
            of_buckets: BTreeMap::new(),
            all: 0,
            room,
        }
    }

    /// Adds whom the readers of one share saw. A link with several tags is in several rows, and a visitor of two links with
    /// one tag is one.
    pub(super) async fn add(
        &mut self,
        share: Share,
        seen: &[(&Seen, &[Place])],
    ) -> Result<(), AskError> {
        let mut of_rows = Seen::new(share, self.room);
        let mut of_buckets = Seen::new(share, self.room);
        let buckets = seen.iter().flat_map(|(_, places)| places.iter());
        let buckets: HashSet<u32> = buckets.map(|(bucket, _)| *bucket).collect();
        // Each reader has all places, whatever the share.
        self.rows.are_in_buckets = buckets.len() > 1;
        for (seen, places) in seen {
            let numbers = self.numbers(places)?;
            for (count, (place, visitor)) in seen.set.iter().enumerate() {
                let place = *place as usize;
                for row in &numbers[place] {
                    let is_new = of_rows.add(*row, *visitor)?;
                    self.of_rows[*row as usize] += u64::from(is_new);
                }
                if of_buckets.add(places[place].0, *visitor)? {
                    *self.of_buckets.entry(places[place].0).or_default() += 1;
                }
                turn(count).await;
            }
        }
        self.all += self.distinct(share, &of_buckets).await?;
        Ok(())
    }

    /// The rows of each place.
    fn numbers(&mut self, places: &[Place]) -> Result<Vec<Vec<u32>>, AskError> {
        let numbers = places.iter().map(|place| self.rows.numbers(place));
        let numbers = numbers.collect::<Result<_, _>>()?;
        self.of_rows.resize(self.rows.all.len(), 0);
        Ok(numbers)
    }

    /// How many there are in all buckets.
    async fn distinct(&self, share: Share, of_buckets: &Seen) -> Result<u64, AskError> {
        if self.of_buckets.len() <= 1 {
            return Ok(of_buckets.set.len() as u64);
        }
        let mut all = Seen::new(share, self.room);
        for (count, (_, visitor)) in of_buckets.set.iter().enumerate() {
            all.add(ALL, *visitor)?;
            turn(count).await;
        }
        Ok(all.set.len() as u64)
    }

    pub(super) fn counted(self) -> Counted {
        let has_all = self.rows.are_in_buckets;
        let rows = self.rows.all.into_iter().zip(self.of_rows);
        let rows = rows.flat_map(|((bucket, groups), visitors)| {
            let row = VisitorsRow {
                bucket,
                groups,
                visitors,
            };
            // What is in one bucket is all there is.
            let all = (!has_all).then(|| VisitorsRow {
                bucket: ALL,
                ..row.clone()
            });
            [row].into_iter().chain(all)
        });
        let mut all = self.of_buckets;
        all.insert(ALL, self.all);
        (rows.collect(), all)
    }
}

/// Lets others on the thread have a turn, now and then.
async fn turn(count: usize) {
    if count % TURN == TURN - 1 {
        tokio::task::yield_now().await;
    }
}

/// Rows of the answer by number.
struct Rows<'a> {
    tags: Option<&'a Tags>,
    known: HashMap<Place, u32>,
    all: Vec<Place>,
    /// Whether there are several buckets, so that groups have rows of all of them, too.
    are_in_buckets: bool,
    bytes: usize,
    room: Room,
}

impl<'a> Rows<'a> {
    fn new(tags: Option<&'a Tags>, room: &Room) -> Self {
        Self {
            tags,
            known: HashMap::new(),
            all: Vec::new(),
            are_in_buckets: false,
            bytes: 0,
            room: room.another(),
        }
    }

    /// The rows that a place belongs to. Without groups there are none but buckets.
    fn numbers(&mut self, place: &Place) -> Result<Vec<u32>, AskError> {
        let (bucket, groups) = place;
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let rows = match self.tags {
            Some(tags) => tags.groups(groups),
            None => vec![groups.clone()],
        };
        let mut numbers = Vec::with_capacity(2 * rows.len());
        for groups in rows {
            if self.are_in_buckets {
                numbers.push(self.number((ALL, groups.clone()))?);
            }
            numbers.push(self.number((*bucket, groups))?);
        }
        Ok(numbers)
    }

    fn number(&mut self, row: Place) -> Result<u32, AskError> {
        if let Some(known) = self.known.get(&row) {
            return Ok(*known);
        }
        enough(self.all.len())?;
        let number = self.all.len() as u32;
        self.bytes += 2 * bytes_of(&row);
        self.room.resize(self.bytes)?;
        self.known.insert(row.clone(), number);
        self.all.push(row);
        Ok(number)
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

    const WHOLE: Share = Share { part: 0, of: 1 };

    fn place(bucket: u32, group: &str) -> Place {
        (bucket, vec![group.into()])
    }

    fn seen(all: &[(u32, u64)], share: Share, room: &Room) -> Seen {
        let mut seen = Seen::new(share, room);
        for (place, visitor) in all {
            seen.add(*place, *visitor).unwrap();
        }
        seen
    }

    /// Whom a reader saw where, and its places.
    type Found<'a> = (&'a [(u32, u64)], Vec<Place>);

    async fn counted(
        found: &[Found<'_>],
        tags: Option<&Tags>,
        shares: u64,
    ) -> (BTreeMap<(u32, String), u64>, BTreeMap<u32, u64>) {
        let room = room(2 << 20);
        let mut visitors = Visitors::new(tags, &room);
        for part in 0..shares {
            let share = Share { part, of: shares };
            let sets = found.iter().map(|(all, _)| seen(all, share, &room));
            let sets: Vec<Seen> = sets.collect();
            let found = sets.iter().zip(found);
            let found = found.map(|(seen, (_, places))| (seen, &places[..]));
            visitors
                .add(share, &found.collect::<Vec<_>>())
                .await
                .unwrap();
        }
        let (rows, all) = visitors.counted();
        let rows = rows.into_iter();
        let rows = rows.map(|row| ((row.bucket, row.groups.concat()), row.visitors));
        (rows.collect(), all)
    }

    #[tokio::test]
    async fn a_visitor_is_one_in_whatever_is_added_up() {
        let places = vec![place(0, "a"), place(0, "b"), place(1, "a")];
        let one = (&[(0, 7), (1, 7), (2, 7)][..], places);
        // Another reader, who met the places in another order.
        let other = (&[(0, 7), (1, 8)][..], vec![place(1, "a"), place(0, "a")]);
        let (rows, all) = counted(&[one, other], None, 1).await;
        let expected = [
            ((0, "a".into()), 2),
            ((0, "b".into()), 1),
            ((1, "a".into()), 1),
            ((ALL, "a".into()), 2),
            ((ALL, "b".into()), 1),
        ];
        assert_eq!(rows, expected.into());
        assert_eq!(all, [(0, 2), (1, 1), (ALL, 2)].into());
    }

    #[tokio::test]
    async fn who_used_two_links_with_one_tag_is_one_of_it() {
        let tags = Tags {
            column: 0,
            of_links: [
                ("x".into(), vec!["red".into(), "blue".into()]),
                ("y".into(), vec!["red".into()]),
            ]
            .into(),
        };
        let places = vec![place(0, "x"), place(0, "y"), place(0, "z")];
        let found = (&[(0, 7), (1, 7), (1, 8), (2, 9)][..], places);
        let (rows, all) = counted(&[found], Some(&tags), 1).await;
        let expected = [("blue", 1), ("red", 2), ("", 1)];
        let expected = expected
            .into_iter()
            .flat_map(|(tag, count)| [0, ALL].map(|bucket| ((bucket, String::from(tag)), count)));
        assert_eq!(rows, expected.collect());
        assert_eq!(all, [(0, 3), (ALL, 3)].into());
    }

    #[tokio::test]
    async fn shares_add_up_to_all() {
        let many: Vec<(u32, u64)> = (0..1_000_u64).map(|n| (n as u32 % 2, n % 700)).collect();
        let places = vec![place(0, "a"), place(1, "b")];
        let whole = counted(&[(&many, places.clone())], None, 1).await;
        assert_eq!(counted(&[(&many, places)], None, 8).await, whole);
        assert_eq!(whole.1[&ALL], 700);
    }

    #[test]
    fn more_than_there_is_room_for_is_refused() {
        let room = room(20_000);
        let mut seen = Seen::new(WHOLE, &room);
        let refused = (0..10_000).find_map(|visitor| seen.add(0, visitor).err());
        assert!(matches!(refused, Some(AskError::TooMuch(_))));
        assert!(room.visitors_were_short());
        drop(seen);
        // It is given back.
        room.another().resize(9_000).unwrap();
    }

    /// Counting fewer of them at once helps wherever it was that the last byte was missing, but not if all else is too large.
    #[test]
    fn visitors_make_room_for_what_else_there_is() {
        let question = room(20_000);
        let seen = question.of_visitors();
        seen.resize(9_000).unwrap();
        assert!(question.another().resize(2_000).is_err());
        assert!(question.visitors_were_short());
        let question = room(20_000);
        let seen = question.of_visitors();
        seen.resize(9_000).unwrap();
        assert!(question.another().resize(11_000).is_err());
        assert!(!question.visitors_were_short());
    }

    #[test]
    fn what_others_have_is_not_too_much() {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(20_000));
        let (one, other, third) = (Room::new(&pool), Room::new(&pool), Room::new(&pool));
        one.resize(9_000).unwrap();
        other.resize(9_000).unwrap();
        assert!(matches!(third.resize(9_000), Err(AskError::Failed(_))));
        assert!(matches!(third.resize(11_000), Err(AskError::TooMuch(_))));
        assert!(!third.visitors_were_short());
        drop(one);
        third.resize(9_000).unwrap();
    }
}
