//! What is measured, and the vector of measures that merges by addition.

use crate::{
    dimension::Cube,
    event::{Event, EventKind, Facts},
};

/// One additive number of an event. The order is the order of [`Counts`] in every stored form:
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
    /// Conversions.
    Conversions = 4,
    /// Value of conversions in millionths of a currency unit; only where the cube keeps
    /// currencies apart.
    ValueMicros = 5,
}

impl Measure {
    /// Every measure, in stored order.
    pub const ALL: [Measure; 6] = [
        Measure::Clicks,
        Measure::BotClicks,
        Measure::Views,
        Measure::BotViews,
        Measure::Conversions,
        Measure::ValueMicros,
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
        }
    }

    /// The one measure that counts this event.
    pub fn counted(event: &Event, facts: &Facts) -> Self {
        match (event.kind(), facts.bot.is_some()) {
            (EventKind::Click, false) => Measure::Clicks,
            (EventKind::Click, true) => Measure::BotClicks,
            (EventKind::View, false) => Measure::Views,
            (EventKind::View, true) => Measure::BotViews,
            (EventKind::Conversion, _) => Measure::Conversions,
        }
    }

    /// What one event adds to this measure in `cube`.
    pub fn of(self, cube: &Cube, event: &Event, facts: &Facts) -> i64 {
        match self {
            Measure::ValueMicros if cube.sums_values() => event.value_micros.unwrap_or(0),
            Measure::ValueMicros => 0,
            counter => i64::from(counter == Self::counted(event, facts)),
        }
    }

    /// The same rule as [`Measure::of`], as a SQL expression over one row of the `events` table.
    pub fn sql(self, cube: &Cube) -> &'static str {
        match self {
            Measure::Clicks => "CASE WHEN type = 'click' AND bot IS NULL THEN 1 ELSE 0 END",
            Measure::BotClicks => "CASE WHEN type = 'click' AND bot IS NOT NULL THEN 1 ELSE 0 END",
            Measure::Views => "CASE WHEN type = 'view' AND bot IS NULL THEN 1 ELSE 0 END",
            Measure::BotViews => "CASE WHEN type = 'view' AND bot IS NOT NULL THEN 1 ELSE 0 END",
            Measure::Conversions => "CASE WHEN type = 'conversion' THEN 1 ELSE 0 END",
            Measure::ValueMicros if cube.sums_values() => "COALESCE(value_micros, 0)",
            Measure::ValueMicros => "0",
        }
    }
}

/// One number per [`Measure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// How many events, by measure: all but values.
    pub events: [i64; COUNTERS],
    /// Sum of values in millionths of a currency unit.
    pub micros: i128,
}

/// The measures that count events; values come after them.
const COUNTERS: usize = Measure::ALL.len() - 1;

impl Counts {
    /// What one event adds in `cube`.
    pub fn of(cube: &Cube, event: &Event, facts: &Facts) -> Self {
        let mut counts = Self::default();
        counts.events[Measure::counted(event, facts) as usize] = 1;
        counts.micros = Measure::ValueMicros.of(cube, event, facts).into();
        counts
    }

    /// So many events of one measure.
    pub fn of_events(measure: Measure, events: i64) -> Self {
        let mut counts = Self::default();
        if let Some(count) = counts.events.get_mut(measure as usize) {
            *count = events;
        }
        counts
    }

    /// How many events a measure counts; values are no events.
    pub fn get(&self, measure: Measure) -> i64 {
        self.events.get(measure as usize).copied().unwrap_or(0)
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
    /// What is left of these without others that are among them; never less than nought.
    pub fn without(&self, others: &Self) -> Self {
        let left = |m: usize| self.events[m].saturating_sub(others.events[m]).max(0);
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
