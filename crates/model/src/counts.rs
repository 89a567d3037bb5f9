//! What is measured, and the vector of measures that merges by addition.

use crate::{
    dimension::{Cube, Dimension},
    event::{Event, EventKind, Facts, Status},
};

/// One additive number of an event. The order is the order of measures in every stored form:
/// append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Measure {
    /// Clicks by people.
    Clicks = 0,
    /// Clicks by bots.
    BotClicks = 1,
    /// Pixel views by people.
    Views = 2,
    /// Pixel views by bots.
    BotViews = 3,
    /// Approved conversions.
    Conversions = 4,
    /// Sum of the cube, in millionths of a currency unit: of values, or of costs; only where the cube keeps
    /// currencies apart.
    ValueMicros = 5,
    /// Conversions that are pending.
    Pending = 6,
    /// Conversions that were rejected.
    Rejected = 7,
    /// Events that change a conversion reported before: what they take back makes up for what they add, so that
    /// the sum of all counters is the number of events.
    Changes = 8,
}

impl Measure {
    /// Every measure, in stored order.
    pub const ALL: [Measure; 9] = [
        Measure::Clicks,
        Measure::BotClicks,
        Measure::Views,
        Measure::BotViews,
        Measure::Conversions,
        Measure::ValueMicros,
        Measure::Pending,
        Measure::Rejected,
        Measure::Changes,
    ];
    /// Those that count events, in the order of [`Counts::events`].
    pub const COUNTERS: [Measure; 8] = [
        Measure::Clicks,
        Measure::BotClicks,
        Measure::Views,
        Measure::BotViews,
        Measure::Conversions,
        Measure::Pending,
        Measure::Rejected,
        Measure::Changes,
    ];

    /// The column's name in views.
    pub fn column(self) -> &'static str {
        match self {
            Measure::Clicks => "clicks",
            Measure::BotClicks => "bot_clicks",
            Measure::Views => "views",
            Measure::BotViews => "bot_views",
            Measure::Conversions => "conversions",
            Measure::ValueMicros => "value_micros",
            Measure::Pending => "pending",
            Measure::Rejected => "rejected",
            Measure::Changes => "changes",
        }
    }

    /// What an event adds to it in `cube`, as a SQL expression over one row of the table `events`: the definition that
    /// people read.
    pub fn sql(self, cube: &Cube) -> &'static str {
        match self {
            Measure::Clicks => "CASE WHEN type = 'click' AND bot IS NULL THEN 1 ELSE 0 END",
            Measure::BotClicks => "CASE WHEN type = 'click' AND bot IS NOT NULL THEN 1 ELSE 0 END",
            Measure::Views => "CASE WHEN type = 'view' AND bot IS NULL THEN 1 ELSE 0 END",
            Measure::BotViews => "CASE WHEN type = 'view' AND bot IS NOT NULL THEN 1 ELSE 0 END",
            Measure::Conversions => {
                "CASE WHEN type <> 'conversion' OR COALESCE(adjusts, FALSE) THEN 0 ELSE \
                 CASE WHEN COALESCE(status, 'approved') = 'approved' THEN 1 ELSE 0 END \
                 - CASE WHEN taken_back = 'approved' THEN 1 ELSE 0 END END"
            }
            Measure::Pending => {
                "CASE WHEN type <> 'conversion' OR COALESCE(adjusts, FALSE) THEN 0 ELSE \
                 CASE WHEN status = 'pending' THEN 1 ELSE 0 END \
                 - CASE WHEN taken_back = 'pending' THEN 1 ELSE 0 END END"
            }
            Measure::Rejected => {
                "CASE WHEN type <> 'conversion' OR COALESCE(adjusts, FALSE) THEN 0 ELSE \
                 CASE WHEN status = 'rejected' THEN 1 ELSE 0 END \
                 - CASE WHEN taken_back = 'rejected' THEN 1 ELSE 0 END END"
            }
            Measure::Changes => {
                "CASE WHEN type = 'conversion' AND (COALESCE(adjusts, FALSE) \
                 OR COALESCE(taken_back, '') <> '') THEN 1 ELSE 0 END"
            }
            Measure::ValueMicros => match cube.dimension {
                Dimension::Currency => "COALESCE(value_micros, 0)",
                Dimension::Cost => "COALESCE(cost_micros, 0)",
                by if by.is_money() => "COALESCE(value_micros, cost_micros, 0)",
                _ => "0",
            },
        }
    }

    /// Its place in [`Counts::events`]; `None` of sums of money.
    pub fn counter(self) -> Option<usize> {
        Self::COUNTERS.iter().position(|counter| *counter == self)
    }

    /// Whether files from before it was counted lack its column: it is nought there.
    pub fn is_later(self) -> bool {
        self as usize > Measure::ValueMicros as usize
    }

    fn of_status(status: Status) -> Self {
        match status {
            Status::Approved => Measure::Conversions,
            Status::Pending => Measure::Pending,
            Status::Rejected => Measure::Rejected,
        }
    }

    /// What an event adds to counters, each at most once: one in all.
    pub fn counted(event: &Event, facts: &Facts) -> Counted {
        let is_bot = facts.bot.is_some();
        match (event.kind(), is_bot) {
            (EventKind::Click, false) => Counted::one(Measure::Clicks),
            (EventKind::Click, true) => Counted::one(Measure::BotClicks),
            (EventKind::View, false) => Counted::one(Measure::Views),
            (EventKind::View, true) => Counted::one(Measure::BotViews),
            (EventKind::Conversion, _) => Counted::conversion(event),
        }
    }
}

/// What one event adds to counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    all: [(Measure, i8); 3],
    len: u8,
}

impl Counted {
    fn one(measure: Measure) -> Self {
        Self {
            all: [(measure, 1); 3],
            len: 1,
        }
    }

    /// A conversion counts by its status. What it takes back is counted down.
    fn conversion(event: &Event) -> Self {
        let is_now = Measure::of_status(event.status());
        let was = event.taken_back.and_then(|was| Status::try_from(was).ok());
        let change = (Measure::Changes, 1);
        match was.map(Measure::of_status) {
            _ if event.adjusts => Self::one(Measure::Changes),
            None => Self::one(is_now),
            Some(was) if was == is_now => Self::one(Measure::Changes),
            Some(was) => Self {
                all: [(is_now, 1), (was, -1), change],
                len: 3,
            },
        }
    }

    /// What it mostly is.
    pub fn first(self) -> Measure {
        self.all[0].0
    }

    /// Each measure and what is added to it.
    pub fn iter(self) -> impl Iterator<Item = (Measure, i64)> {
        let all = self.all.into_iter().take(self.len.into());
        all.map(|(measure, more)| (measure, more.into()))
    }
}

/// One number per [`Measure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// How many events, in the order of [`Measure::COUNTERS`].
    pub events: [i64; COUNTERS],
    /// Sum of values, or of costs, in millionths of a currency unit.
    pub micros: i128,
}

const COUNTERS: usize = Measure::COUNTERS.len();

impl Counts {
    /// What one event adds in `cube`.
    pub fn of(cube: &Cube, event: &Event, facts: &Facts) -> Self {
        let mut counts = Self::default();
        for (measure, more) in Measure::counted(event, facts).iter() {
            counts += Self::of_events(measure, more);
        }
        counts.micros = cube.money(event, facts).unwrap_or(0).into();
        counts
    }

    /// So many events of one measure.
    pub fn of_events(measure: Measure, events: i64) -> Self {
        let mut counts = Self::default();
        counts.set(measure, events);
        counts
    }

    /// Says how many events a measure counts; of sums of money nothing.
    pub fn set(&mut self, measure: Measure, events: i64) {
        let counter = measure.counter();
        if let Some(count) = counter.and_then(|at| self.events.get_mut(at)) {
            *count = events;
        }
    }

    /// How many events a measure counts; values are no events.
    pub fn get(&self, measure: Measure) -> i64 {
        let counter = measure.counter();
        counter.map_or(0, |at| self.events[at])
    }

    /// Whether nothing was counted.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl std::ops::AddAssign for Counts {
    /// Values are wide enough for all events there can be; whatever is hostile ends at the limit.
    fn add_assign(&mut self, other: Self) {
        for (mine, theirs) in self.events.iter_mut().zip(other.events) {
            *mine = mine.saturating_add(theirs);
        }
        self.micros = self.micros.saturating_add(other.micros);
    }
}

impl Counts {
    /// What is left of these without others that are among them; clicks and views are never less than nought.
    pub fn without(&self, others: &Self) -> Self {
        let least = |m: usize| match m <= Measure::BotViews as usize {
            true => 0,
            false => i64::MIN,
        };
        let left = |m: usize| {
            self.events[m]
                .saturating_sub(others.events[m])
                .max(least(m))
        };
        Self {
            events: std::array::from_fn(left),
            micros: self.micros.saturating_sub(others.micros),
        }
    }
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}
