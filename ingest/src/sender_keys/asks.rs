//! Events of one request that share keys: in which order they ask, and what an answer says of the others. Pure.

use std::collections::{HashMap, HashSet};

use handover::sender_keys;
use model::{Event, EventId};

use super::Reservation;

/// Rounds in which the events of a request ask. Events with two keys can hang together in chains; what is open
/// after so many is to be sent again.
const ROUNDS: usize = 8;

/// What the events of one request ask.
pub(super) struct Asks {
    /// The keys of each event.
    keys: Vec<Vec<String>>,
    reservations: Vec<Reservation>,
    /// Events that have not asked yet.
    waiting: Vec<usize>,
    /// Which event has asked for a key and may have it.
    holders: HashMap<String, usize>,
    /// Keys of which an event was recorded before.
    taken: HashMap<String, Option<EventId>>,
    rounds: usize,
}

impl Asks {
    pub(super) fn new(events: &[Event]) -> Self {
        let of = |event: &Event| sender_keys::names(event).collect();
        let keys: Vec<Vec<String>> = events.iter().map(of).collect();
        let waiting = (0..keys.len()).filter(|place| !keys[*place].is_empty());
        Self {
            reservations: keys.iter().map(|_| Reservation::Free).collect(),
            waiting: waiting.collect(),
            keys,
            holders: HashMap::new(),
            taken: HashMap::new(),
            rounds: 0,
        }
    }

    /// The events that ask now, none of which shares a key with another, nor with one before it that is still open.
    /// Empty at the end.
    pub(super) fn round(&mut self) -> Vec<(usize, Vec<String>)> {
        self.rounds += 1;
        let mut now = Vec::new();
        let mut blocked: HashSet<String> = HashSet::new();
        for place in std::mem::take(&mut self.waiting) {
            let keys = &self.keys[place];
            let is_open = |key: &String| self.holders.contains_key(key) || blocked.contains(key);
            if let Some(said) = self.said_by_others(place) {
                self.reservations[place] = said;
            } else if self.rounds > ROUNDS {
                self.reservations[place] = Reservation::Pending;
            } else if keys.iter().any(is_open) {
                blocked.extend(keys.iter().cloned());
                self.waiting.push(place);
            } else {
                let keys = keys.clone();
                self.holders
                    .extend(keys.iter().map(|key| (key.clone(), place)));
                now.push((place, keys));
            }
        }
        now
    }

    /// What was answered to the event at this place; and which of its keys was taken, if one was and that is known.
    pub(super) fn answer(&mut self, place: usize, reservation: Reservation, taken: Option<String>) {
        if let Reservation::Taken(by) = reservation {
            // It is not recorded: its other keys are as free as before.
            for key in &self.keys[place] {
                self.holders.remove(key);
            }
            self.taken.extend(taken.map(|key| (key, by)));
        }
        self.reservations[place] = reservation;
    }

    /// What is known of an event before it asks: it repeats one that was recorded before, or one of this request that is
    /// to be.
    fn said_by_others(&self, place: usize) -> Option<Reservation> {
        let keys = &self.keys[place];
        let taken = keys.iter().find_map(|key| self.taken.get(key));
        let holder = || keys.iter().find_map(|key| self.holders.get(key));
        match taken {
            Some(by) => Some(Reservation::Taken(*by)),
            None => match self.reservations[*holder()?] {
                Reservation::Ours(_) | Reservation::Unchecked(_) => Some(Reservation::Taken(None)),
                Reservation::Pending => Some(Reservation::Pending),
                // It is being asked.
                Reservation::Free | Reservation::Taken(_) => None,
            },
        }
    }

    pub(super) fn into_reservations(self) -> Vec<Reservation> {
        self.reservations
    }
}
