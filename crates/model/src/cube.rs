//! The cubes: every number that is kept, defined once. The live fold and the batch SQL are both
//! made from this table.

use serde::{Deserialize, Serialize};

use crate::{
    counts::Measure,
    event::{Event, Facts},
    id::EntityKind,
    time,
};

/// What a cube splits its numbers by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Nothing: one number.
    Total,
    /// Country code, empty if unknown.
    Country,
    /// Browser family.
    Browser,
    /// Operating system family.
    Os,
    /// Device family.
    Device,
    /// Host of the referrer.
    Referrer,
    /// Link, pixel or goal; kept for accounts and campaigns.
    Object,
    /// Currency of a conversion's value; events without a value are not in this cube.
    Currency,
    /// Campaign at the time of the event, empty if none; kept for accounts.
    Campaign,
}

impl Dimension {
    /// The value of this dimension for one event; `None`: the event is not in the cube.
    /// `names` are the text forms of the event's object and campaign, made once per event.
    pub fn value<'a>(
        self,
        event: &'a Event,
        facts: &'a Facts,
        names: &'a Names,
    ) -> Option<&'a str> {
        match self {
            Dimension::Total => Some(""),
            Dimension::Country => Some(&event.country),
            Dimension::Browser => Some(&facts.browser),
            Dimension::Os => Some(&facts.os),
            Dimension::Device => Some(&facts.device),
            Dimension::Referrer => Some(&facts.referrer_host),
            Dimension::Object => Some(&names.object),
            Dimension::Campaign => Some(&names.campaign),
            Dimension::Currency => event.value_micros.map(|_| event.currency.as_str()),
        }
    }

    /// The same rule as [`Dimension::value`], as SQL over the `events` table: the expression of the
    /// value and the condition for being in the cube.
    pub fn sql(self) -> (&'static str, &'static str) {
        match self {
            Dimension::Total => ("''", "TRUE"),
            Dimension::Country => ("country", "TRUE"),
            Dimension::Browser => ("browser", "TRUE"),
            Dimension::Os => ("os", "TRUE"),
            Dimension::Device => ("device", "TRUE"),
            Dimension::Referrer => ("referrer_host", "TRUE"),
            Dimension::Object => ("object", "TRUE"),
            Dimension::Campaign => ("COALESCE(campaign, '')", "TRUE"),
            Dimension::Currency => ("currency", "value_micros IS NOT NULL"),
        }
    }
}

/// Text forms of what an event names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The link, pixel or goal.
    pub object: String,
    /// The campaign, empty if none.
    pub campaign: String,
}

impl Names {
    /// The names of one event.
    pub fn of(event: &Event) -> Self {
        let campaign = event
            .campaign_id()
            .map(|c| c.to_string())
            .unwrap_or_default();
        Self {
            object: event.object_id().to_string(),
            campaign,
        }
    }
}

/// Width of a cube's buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grain {
    /// One minute.
    Minute,
    /// Fifteen minutes: the offset of every time zone is a multiple.
    Quarter,
}

impl Grain {
    /// Minutes in a bucket.
    pub fn minutes(self) -> i64 {
        match self {
            Grain::Minute => 1,
            Grain::Quarter => 15,
        }
    }
}

/// One definition of what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cube {
    /// Number in stored cells; never reused.
    pub id: u32,
    /// Name of the view and of its folder.
    pub name: &'static str,
    /// What it is split by.
    pub dimension: Dimension,
    /// How wide its buckets are.
    pub grain: Grain,
}

impl Cube {
    /// Whether the cube is kept for entities of this kind.
    pub fn is_for(&self, kind: EntityKind) -> bool {
        match self.dimension {
            Dimension::Object => !kind.is_object(),
            Dimension::Campaign => kind == EntityKind::Account,
            _ => true,
        }
    }

    /// The bucket (unix minute) of an event in this cube.
    pub fn bucket(&self, event: &Event) -> i64 {
        time::floor(time::minute_of(event.occurred_ms), self.grain.minutes())
    }

    /// The cube of this dimension and grain.
    pub fn find(dimension: Dimension, grain: Grain) -> Option<&'static Cube> {
        CUBES
            .iter()
            .find(|c| c.dimension == dimension && c.grain == grain)
    }
}

const fn cube(id: u32, name: &'static str, dimension: Dimension, grain: Grain) -> Cube {
    Cube {
        id,
        name,
        dimension,
        grain,
    }
}

/// Every cube.
pub const CUBES: &[Cube] = &[
    cube(1, "minute", Dimension::Total, Grain::Minute),
    cube(2, "total", Dimension::Total, Grain::Quarter),
    cube(3, "country", Dimension::Country, Grain::Quarter),
    cube(4, "browser", Dimension::Browser, Grain::Quarter),
    cube(5, "os", Dimension::Os, Grain::Quarter),
    cube(6, "device", Dimension::Device, Grain::Quarter),
    cube(7, "referrer", Dimension::Referrer, Grain::Quarter),
    cube(8, "object", Dimension::Object, Grain::Quarter),
    cube(9, "currency", Dimension::Currency, Grain::Quarter),
    cube(10, "campaign", Dimension::Campaign, Grain::Quarter),
];

/// Views of the cubes that there were before manifests said which of them count everything.
pub const FIRST_VIEWS: [&str; 10] = [
    "minute", "total", "country", "browser", "os", "device", "referrer", "object", "currency",
    "campaign",
];

/// Which cubes and measures a live cell counts. Both are only ever added to and never get an old
/// number again, so that a later fold has a greater version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FoldVersion(pub u64);

impl FoldVersion {
    /// The fold from before cells named theirs.
    pub const FIRST: Self = Self::of(10, 6);
    /// The fold of this program.
    pub const OURS: Self = Self::of(last_id(CUBES), Measure::ALL.len());

    const fn of(last_cube: u32, measures: usize) -> Self {
        Self((last_cube as u64) << 8 | measures as u64)
    }

    /// Whether it is the first one, which is not written down.
    pub fn is_first(&self) -> bool {
        *self == Self::FIRST
    }
}

impl Default for FoldVersion {
    /// What does not name its fold is from before.
    fn default() -> Self {
        Self::FIRST
    }
}

const fn last_id(cubes: &[Cube]) -> u32 {
    match cubes {
        [] => 0,
        [first, rest @ ..] => match last_id(rest) {
            last if last > first.id => last,
            _ => first.id,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_and_names_are_unique() {
        assert_eq!(
            CUBES.iter().map(|c| c.id).collect::<HashSet<_>>().len(),
            CUBES.len()
        );
        assert_eq!(
            CUBES.iter().map(|c| c.name).collect::<HashSet<_>>().len(),
            CUBES.len()
        );
    }

    #[test]
    fn a_later_fold_has_a_greater_version() {
        assert!(FoldVersion::of(10, 6) < FoldVersion::of(10, 7));
        assert!(FoldVersion::of(10, 7) < FoldVersion::of(11, 7));
        assert!(FoldVersion::FIRST <= FoldVersion::OURS);
        let first = CUBES.iter().filter(|c| c.id <= 10).map(|c| c.name);
        assert!(first.eq(FIRST_VIEWS), "what was stored says these names");
    }
}
