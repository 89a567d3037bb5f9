//! What clients know in the end: what they sent, and what was acknowledged.

use std::collections::BTreeMap;

use super::{content::Content, deals::Deals};

/// An event as its client sees it.
#[derive(Debug, Clone)]
pub struct Sent {
    pub content: Content,
    /// Whether it was said to be recorded.
    pub acknowledged: bool,
    /// Whether it has a key, so that it was sent again until it was acknowledged.
    pub keyed: bool,
    /// How often it was sent.
    pub times: u64,
}

impl Sent {
    /// How often it must be counted at least, and may be at most.
    pub fn expected(&self) -> std::ops::RangeInclusive<u64> {
        u64::from(self.acknowledged)..=1
    }
}

/// What clients know.
#[derive(Default)]
pub struct Diary {
    /// By marker.
    pub sent: BTreeMap<String, Sent>,
    /// Markers by event id, as far as ids were told.
    pub ids: BTreeMap<String, String>,
    /// What was told of transactions.
    pub deals: Deals,
}

impl Diary {
    /// Takes in what another client knows. No two may have been told the same id.
    pub fn add(&mut self, other: Diary) {
        self.sent.extend(other.sent);
        self.deals.add(other.deals);
        for (id, marker) in other.ids {
            let before = self.ids.insert(id.clone(), marker.clone());
            assert_eq!(before, None, "{id} was given to {marker} and another event");
        }
    }

    /// How many events were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.sent.values().filter(|sent| sent.acknowledged).count()
    }

    /// Writes down that an event is about to be sent: from here on it may be counted.
    pub fn note_sending(&mut self, marker: &str, content: &Content, keyed: bool) {
        let new = || Sent {
            content: content.clone(),
            acknowledged: false,
            keyed,
            times: 0,
        };
        let sent = self.sent.entry(marker.to_owned()).or_insert_with(new);
        sent.times += 1;
    }

    /// Writes down that an event was acknowledged.
    pub fn acknowledge(&mut self, marker: &str, id: Option<&str>) {
        self.sent.get_mut(marker).unwrap().acknowledged = true;
        if let Some(id) = id {
            let before = self.ids.insert(id.to_owned(), marker.to_owned());
            assert!(
                before.is_none_or(|before| before == marker),
                "{id} was given twice"
            );
        }
    }
}
