//! Numbers that sort as rows do.

use handover::runs::period_of_minute;
use model::{EntityId, Grain, time};

use super::Fold;

/// What is the same for all cubes: ranks instead of the things themselves.
pub(super) struct Ranked {
    /// In the order of rows: by number, then kind.
    pub entities: Vec<EntityId>,
    /// Rank of each number that an event has.
    pub entity: Vec<u32>,
    pub minutes: Buckets,
    pub quarters: Buckets,
    pub days: Buckets,
}

/// Buckets of one width, ranked.
pub(super) struct Buckets {
    /// Their starts (unix minutes), in order.
    pub starts: Vec<i64>,
    /// The rank of each event's.
    pub of_event: Vec<u32>,
    /// The number, from 0, of the period that each bucket is in.
    pub period: Vec<u32>,
}

impl Buckets {
    fn new(minutes: &[i64], width: i64) -> Self {
        let start = |minute: &i64| time::floor(*minute, width);
        let mut starts: Vec<i64> = minutes.iter().map(start).collect();
        starts.sort_unstable();
        starts.dedup();
        let rank = |minute| starts.partition_point(|other| *other < start(minute)) as u32;
        let of_event = minutes.iter().map(rank).collect();
        let mut period = Vec::with_capacity(starts.len());
        let mut before = None;
        let mut number = 0;
        for start in &starts {
            let this = period_of_minute(*start);
            if before.is_some_and(|before| before != this) {
                number += 1;
            }
            before = Some(this);
            period.push(number);
        }
        Self {
            starts,
            of_event,
            period,
        }
    }
}

impl Ranked {
    pub(super) fn new(fold: &Fold) -> Self {
        let all = fold.entities.all();
        let mut order: Vec<u32> = (0..all.len() as u32).collect();
        order.sort_unstable_by_key(|place| {
            let entity = all[*place as usize];
            (entity.raw, entity.kind)
        });
        let mut entity = vec![0; order.len()];
        for (rank, place) in order.iter().enumerate() {
            entity[*place as usize] = rank as u32;
        }
        Self {
            entities: order.iter().map(|place| all[*place as usize]).collect(),
            entity,
            minutes: Buckets::new(&fold.minutes, 1),
            quarters: Buckets::new(&fold.minutes, Grain::Quarter.minutes()),
            days: Buckets::new(&fold.minutes, time::DAY),
        }
    }

    pub(super) fn buckets(&self, grain: Grain) -> &Buckets {
        match grain {
            Grain::Minute => &self.minutes,
            Grain::Quarter => &self.quarters,
        }
    }
}

/// Bits that numbers up to this one take.
pub(super) fn bits(most: usize) -> u32 {
    usize::BITS - most.leading_zeros()
}

/// A row's place as one number, as wide as it must be: narrow ones sort faster.
pub(super) trait Packed: Copy + Ord + Send + Sync {
    /// Makes room for `bits` below and fills it.
    fn push(self, value: u32, bits: u32) -> Self;
    /// Without the lowest bits.
    fn above(self, bits: u32) -> Self;
    /// The lowest bits.
    fn below(self, bits: u32) -> u32;
    const ZERO: Self;
}

macro_rules! packed {
    ($($type:ty)*) => {$(
        impl Packed for $type {
            const ZERO: Self = 0;

            fn push(self, value: u32, bits: u32) -> Self {
                self << bits | <$type>::from(value)
            }

            fn above(self, bits: u32) -> Self {
                self >> bits
            }

            fn below(self, bits: u32) -> u32 {
                (self & ((1 << bits) - 1)) as u32
            }
        }
    )*};
}

packed! { u64 u128 }
