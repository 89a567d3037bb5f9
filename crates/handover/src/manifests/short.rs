//! The short form of a manifest: what its lists have and lack beside those of an earlier one that is stored
//! whole. What is written at each step then follows what the step changed, not how much there is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::manifest::Manifest;

/// So many manifests after one that is stored whole, the next one is.
pub(super) const EVERY: u64 = 64;

/// Beside which manifest a short one is to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// Its number; it is stored whole.
    pub manifest: u64,
    /// Of each list, the names that are no longer in it.
    gone: BTreeMap<String, BTreeSet<String>>,
}

/// The lists that grow with history.
trait List {
    type Item: Clone + PartialEq;
    const NAME: &'static str;
    fn of(manifest: &mut Manifest) -> &mut Vec<Self::Item>;
    fn name(item: &Self::Item) -> &str;
}

macro_rules! lists {
    ($($list:ident $field:ident $item:ident $($name:ident).+;)*) => {
        $(
            struct $list;
            impl List for $list {
                type Item = crate::manifest::$item;
                const NAME: &'static str = stringify!($field);
                fn of(manifest: &mut Manifest) -> &mut Vec<Self::Item> {
                    &mut manifest.$field
                }
                fn name(item: &Self::Item) -> &str {
                    &item.$($name).+
                }
            }
        )*

        /// The manifest with its lists in the order in which all keep them: by name.
        pub(super) fn sorted(mut manifest: Manifest) -> Manifest {
            $($list::of(&mut manifest).sort_by(|a, b| $list::name(a).cmp($list::name(b)));)*
            manifest
        }

        /// What is to be stored of `manifest` beside `base`, which is manifest `n`.
        pub(super) fn short(mut manifest: Manifest, n: u64, mut base: Manifest) -> Manifest {
            let mut gone = BTreeMap::new();
            $(shorten::<$list>(&mut manifest, &mut base, &mut gone);)*
            manifest.since = Some(Since { manifest: n, gone });
            manifest
        }

        /// The manifest that is stored as `short`, with `base` to be read beside it.
        pub(super) fn whole(mut short: Manifest, mut base: Manifest) -> Manifest {
            if let Some(since) = short.since.take() {
                $(complete::<$list>(&mut short, &mut base, &since);)*
            }
            sorted(short)
        }
    };
}

lists! {
    EventFiles event_files EventsFile file.name;
    Sums sums RunFile file.name;
    Visits visits RunFile file.name;
    Keys sender_keys SenderKeysFile file.name;
    Attributions attributions AttributionsFile file.name;
    Touches touches TouchesFile file.name;
    DroppedObjects dropped Dropped path;
}

fn shorten<L: List>(
    manifest: &mut Manifest,
    base: &mut Manifest,
    gone: &mut BTreeMap<String, BTreeSet<String>>,
) {
    let before = L::of(base).iter().map(|item| (L::name(item), item));
    let mut before: BTreeMap<&str, &L::Item> = before.collect();
    // What is as it was is taken off both.
    L::of(manifest).retain(|item| match before.get(L::name(item)) {
        Some(old) if *old == item => {
            before.remove(L::name(item));
            false
        }
        _ => true,
    });
    if !before.is_empty() {
        let names = before.into_keys().map(str::to_owned);
        gone.insert(L::NAME.to_owned(), names.collect());
    }
}

fn complete<L: List>(short: &mut Manifest, base: &mut Manifest, since: &Since) {
    let none = BTreeSet::new();
    let gone = since.gone.get(L::NAME).unwrap_or(&none);
    let before = std::mem::take(L::of(base)).into_iter();
    let kept = before.filter(|item| !gone.contains(L::name(item)));
    L::of(short).extend(kept);
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::manifest::{Dropped, EventsFile, File};

    fn manifest(events: Vec<(u8, u64)>, dropped: Vec<u8>) -> Manifest {
        let events: BTreeMap<u8, u64> = events.into_iter().collect();
        let dropped: BTreeSet<u8> = dropped.into_iter().collect();
        Manifest {
            events_count: events.len() as u64,
            event_files: events
                .into_iter()
                .map(|(name, rows)| EventsFile {
                    file: File {
                        name: name.to_string(),
                        rows,
                        bytes: 7,
                    },
                    received: 1,
                    first_ms: 2,
                    last_ms: 3,
                    has_expired: false,
                    is_rest: false,
                })
                .collect(),
            dropped: dropped
                .into_iter()
                .map(|path| Dropped {
                    path: path.to_string(),
                    at_ms: 1,
                    manifest: 2,
                    longer_ms: 0,
                })
                .collect(),
            ..Manifest::default()
        }
    }

    fn any_manifest() -> impl Strategy<Value = Manifest> {
        let events = vec((any::<u8>(), 0u64..3), 0..40);
        (events, vec(any::<u8>(), 0..40)).prop_map(|(events, dropped)| manifest(events, dropped))
    }

    proptest! {
        #[test]
        fn what_is_stored_short_is_read_whole(before in any_manifest(), after in any_manifest()) {
            let stored = short(after.clone(), 7, before.clone());
            prop_assert_eq!(stored.since.as_ref().map(|since| since.manifest), Some(7));
            let text = serde_json::to_vec(&stored).unwrap();
            let read: Manifest = serde_json::from_slice(&text).unwrap();
            prop_assert_eq!(whole(read, before), sorted(after));
        }

        #[test]
        fn what_did_not_change_is_not_stored_again(before in any_manifest()) {
            let stored = short(before.clone(), 7, before);
            prop_assert!(stored.event_files.is_empty() && stored.dropped.is_empty());
        }
    }
}
