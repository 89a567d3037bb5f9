//! The numbers of one cell by their place. Most cells have a few: those are a list in order, which needs a third of the
//! memory of a table, and all of it at one place.

use hashbrown::HashMap;

use super::fold::Place;

/// With more rows than this they are a table.
const FEW: usize = 64;

/// Counts by place.
#[derive(Debug)]
pub(super) enum Rows {
    /// In order.
    Few(Vec<(Place, i64)>),
    Many(HashMap<Place, i64>),
}

impl Default for Rows {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Rows {
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Few(rows) if rows.is_empty())
    }

    /// Adds to a row; `false` if there is no such row.
    pub(super) fn count(&mut self, place: Place, more: i64) -> bool {
        let count = match self {
            Self::Few(rows) => {
                let found = rows.binary_search_by_key(&place, |row| row.0);
                found.ok().map(|at| &mut rows[at].1)
            }
            Self::Many(rows) => rows.get_mut(&place),
        };
        count.map(|count| *count += more).is_some()
    }

    /// Adds to a row, which it makes if there is none; tells whether it did.
    pub(super) fn count_or_insert(&mut self, place: Place, more: i64) -> bool {
        if self.count(place, more) {
            return false;
        }
        if let Self::Few(rows) = self
            && rows.len() >= FEW
        {
            *self = Self::Many(rows.drain(..).collect());
        }
        match self {
            Self::Few(rows) => {
                let at = rows.partition_point(|row| row.0 < place);
                rows.insert(at, (place, more));
            }
            Self::Many(rows) => {
                rows.insert(place, more);
            }
        }
        true
    }

    pub(super) fn contains(&self, place: Place) -> bool {
        match self {
            Self::Few(rows) => rows.binary_search_by_key(&place, |row| row.0).is_ok(),
            Self::Many(rows) => rows.contains_key(&place),
        }
    }

    /// Every row; in order while they are few.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Place, i64)> {
        let (few, many) = match self {
            Self::Few(rows) => (Some(rows.iter().copied()), None),
            Self::Many(rows) => (None, Some(rows.iter().map(|(place, n)| (*place, *n)))),
        };
        few.into_iter().flatten().chain(many.into_iter().flatten())
    }
}
