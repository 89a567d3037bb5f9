//! Small numbers for things that come again and again.

use std::hash::Hash;

use hashbrown::HashMap;

/// Numbers from 0 in order of first sight.
pub(super) struct Ids<T> {
    places: HashMap<T, u32>,
    all: Vec<T>,
}

impl<T> Default for Ids<T> {
    fn default() -> Self {
        Self {
            places: HashMap::default(),
            all: Vec::new(),
        }
    }
}

impl<T: Clone + Eq + Hash + Ord> Ids<T> {
    /// The number of a thing.
    pub(super) fn place(&mut self, thing: T) -> u32 {
        if let Some(place) = self.places.get(&thing) {
            return *place;
        }
        let place = self.all.len() as u32;
        self.all.push(thing.clone());
        self.places.insert(thing, place);
        place
    }

    /// All things in order, and for each number the place there.
    pub(super) fn ranked(&self) -> (Vec<&T>, Vec<u32>) {
        let mut order: Vec<u32> = (0..self.all.len() as u32).collect();
        order.sort_unstable_by_key(|place| &self.all[*place as usize]);
        let mut ranks = vec![0; order.len()];
        for (rank, place) in order.iter().enumerate() {
            ranks[*place as usize] = rank as u32;
        }
        let sorted = order.iter().map(|place| &self.all[*place as usize]);
        (sorted.collect(), ranks)
    }

    pub(super) fn all(&self) -> &[T] {
        &self.all
    }
}

impl Ids<Box<str>> {
    /// The number of a text; it is copied only if it is new.
    pub(super) fn place_of(&mut self, text: &str) -> u32 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        self.place(text.into())
    }
}
