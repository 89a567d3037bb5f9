//! Rows as readers get them.

use model::{Counts, time};

/// Sums of one entity, cube, bucket and value.
#[derive(Debug, Clone, PartialEq)]
pub struct SumRow {
    /// Start of the bucket, unix minute.
    pub bucket: i64,
    /// Value of the dimension.
    pub value: Box<str>,
    /// What was counted.
    pub counts: Counts,
}

/// The quarters of an hour of one UTC day, as bits: there are 96.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quarters(pub u128);

impl Quarters {
    /// How many a day has.
    pub const DAY: u32 = 96;

    /// Only that one in which a unix minute lies.
    pub fn at(minute: i64) -> Self {
        Self(1 << (minute.rem_euclid(time::DAY) / 15))
    }

    /// Those of `day` that begin in `start..end` (unix minutes).
    pub fn of_range(day: i64, start: i64, end: i64) -> Self {
        let place = |minute: i64| {
            let quarter = (minute - day * time::DAY).div_euclid(15);
            let up = i64::from((minute - day * time::DAY).rem_euclid(15) > 0);
            (quarter + up).clamp(0, i64::from(Self::DAY)) as u32
        };
        let below = |place: u32| (1u128 << place) - 1;
        Self(below(place(end)) & !below(place(start)))
    }

    /// Whether the two have one in common.
    pub fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// As two columns: the first 64, and the rest.
    pub fn split(self) -> (u64, u32) {
        (self.0 as u64, (self.0 >> 64) as u32)
    }

    /// The inverse of [`Quarters::split`].
    pub fn join(early: u64, late: u32) -> Self {
        Self(u128::from(early) | u128::from(late) << 64)
    }
}

/// One visitor of an entity on one UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// Since 1970-01-01, UTC.
    pub day: i64,
    /// The visitor.
    pub visitor: u64,
    /// When they came as a person.
    pub people: Quarters,
    /// When they came as a bot.
    pub bots: Quarters,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_range_has_the_quarters_that_begin_in_it(day in -3i64..3, start in -5000i64..5000, length in 0i64..5000) {
            let (end, quarters) = (start + length, Quarters::of_range(day, start, start + length));
            for quarter in 0..96 {
                let begins = day * time::DAY + quarter * 15;
                let within = (start..end).contains(&begins);
                prop_assert_eq!(quarters.meet(Quarters::at(begins)), within);
            }
            let (early, late) = quarters.split();
            prop_assert_eq!(Quarters::join(early, late), quarters);
        }
    }
}
