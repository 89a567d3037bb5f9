//! What doors decide by, applied to events that they have taken already: networks that accounts exclude, and the operator's
//! own lists. A full run that begins takes those of its day and keeps them as an object that its manifest names, so that every
//! task that reads these events, then and later, comes to the same.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use enrich::Lists;
use handover::manifest::{DoorRulesFile, Manifest};
use ipnet::IpNet;
use model::{Event, EventKind, Horizon, LogId, Record};
use serde::{Deserialize, Serialize};
use storage::{
    error::StorageError,
    object_keys::ObjectKey,
    store::{self, Store},
};

use super::{deps::RollupError, write::Writer};

/// What doors decide by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorRules {
    /// Networks that accounts exclude, by the account's raw number.
    pub excluded: BTreeMap<u64, Vec<IpNet>>,
    /// The content of the operator's file of lists. Without one, events keep what their doors have said of them.
    pub lists: Option<String>,
}

/// The same with the events that it holds for: what is beyond was taken by doors that knew it.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    horizon: Horizon,
    rules: DoorRules,
}

/// What a task applies.
#[derive(Default)]
pub(super) struct Applied {
    horizon: Horizon,
    excluded: BTreeMap<u64, Vec<IpNet>>,
    lists: Option<Lists>,
}

impl DoorRules {
    /// Tells them from others.
    pub(super) fn hash(&self) -> String {
        let mut hash = blake3::Hasher::new();
        for (account, networks) in &self.excluded {
            hash.update(format!("{account} {networks:?}\n").as_bytes());
        }
        hash.update(&[u8::from(self.lists.is_some())]);
        hash.update(self.lists.as_deref().unwrap_or_default().as_bytes());
        hash.finalize().to_hex()[..32].to_owned()
    }

    /// Keeps them for all events that `current` covers.
    pub(super) async fn keep(
        &self,
        writer: &mut Writer<'_>,
        current: &Manifest,
    ) -> Result<DoorRulesFile, RollupError> {
        let stored = Stored {
            horizon: current.horizon.clone(),
            rules: self.clone(),
        };
        let bytes = serde_json::to_vec(&stored).map_err(|error| {
            RollupError::Version(format!(
                "rules of the doors that cannot be written: {error}"
            ))
        })?;
        let key = |name| ObjectKey::DoorRules { name };
        let rows = self.excluded.len() as u64;
        Ok(DoorRulesFile {
            file: writer.put(key, rows, Bytes::from(bytes)).await?,
            hash: self.hash(),
        })
    }
}

impl Applied {
    /// What is kept in a file.
    pub(super) async fn read(
        store: &Store,
        file: Option<&DoorRulesFile>,
    ) -> Result<Arc<Self>, RollupError> {
        let Some(DoorRulesFile { file, .. }) = file else {
            return Ok(Arc::default());
        };
        let name = file.name.clone();
        let path = ObjectKey::DoorRules { name }.path();
        let damaged = |why: &dyn std::fmt::Display| {
            StorageError::damaged(format!("{path} cannot be read: {why}"))
        };
        let bytes = store::read(store, &path).await?;
        let bytes = bytes.ok_or_else(|| damaged(&"it is gone"))?;
        let Stored { horizon, rules } =
            serde_json::from_slice(&bytes).map_err(|error| damaged(&error))?;
        let lists = rules.lists.as_deref().map(Lists::parse).transpose();
        Ok(Arc::new(Self {
            horizon,
            excluded: rules.excluded,
            lists: lists.map_err(|error| damaged(&error))?,
        }))
    }

    /// Writes into an event what its door would have, as far as that can be told by the network that is kept of an address.
    pub(super) fn apply(&self, log: LogId, record: &mut Record) {
        if self.horizon.of(log).epoch < record.epoch {
            return;
        }
        let event = &mut record.event;
        let from: Option<IpNet> = event.network.parse().ok();
        if let Some(from) = from {
            self.exclude(event, from);
        }
        // Of who does not want to be tracked nothing is kept that a list could be asked about.
        // Where an entry is about a part of the network, its door's word stands.
        if let Some(lists) = &self.lists
            && event.device_type.is_empty()
            && !from.is_some_and(|from| lists.is_partly(&from))
        {
            lists.judge(event, from);
        }
    }

    fn exclude(&self, event: &mut Event, from: IpNet) {
        if event.kind() == EventKind::Conversion {
            return;
        }
        let networks = self.excluded.get(&event.account).map_or(&[][..], |n| n);
        let holds_all = networks.iter().any(|network| network.contains(&from));
        let holds_some = networks.iter().any(|network| from.contains(network));
        // Where a part of the network is excluded only the door knew in which part the address was.
        if holds_all || !holds_some {
            event.excluded = holds_all;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Covered, Epoch, Seq};

    fn applied(networks: &[&str], lists: Option<&str>) -> Applied {
        let networks = networks.iter().map(|n| n.parse().unwrap()).collect();
        let covered = Covered {
            epoch: Epoch(3),
            ..Covered::default()
        };
        Applied {
            horizon: Horizon([(LogId(1), covered)].into()),
            excluded: [(7, networks)].into(),
            lists: lists.map(|text| Lists::parse(text).unwrap()),
        }
    }

    fn record(epoch: u64, account: u64, network: &str, excluded: bool) -> Record {
        Record {
            seq: Seq(1),
            epoch: Epoch(epoch),
            event: Event {
                account,
                network: network.into(),
                excluded,
                user_agent: "acme/1".into(),
                listed_bot: "old".into(),
                ..Event::default()
            },
        }
    }

    /// Whether an event is excluded afterwards.
    fn excluded(rules: &Applied, mut record: Record) -> bool {
        rules.apply(LogId(1), &mut record);
        record.event.excluded
    }

    #[test]
    fn networks_are_applied_as_far_as_they_can_be_told() {
        let rules = applied(&["198.51.100.0/23", "203.0.113.7/32"], None);
        let whole = "198.51.100.0/24";
        assert!(excluded(&rules, record(3, 7, whole, false)));
        assert!(
            !excluded(&rules, record(4, 7, whole, false)),
            "its door knew"
        );
        assert!(
            !excluded(&rules, record(3, 8, whole, false)),
            "of another account"
        );
        assert!(
            !excluded(&rules, record(3, 7, "192.0.2.0/24", true)),
            "no longer"
        );
        for door in [true, false] {
            let part = record(3, 7, "203.0.113.0/24", door);
            assert_eq!(excluded(&rules, part), door, "the door knew the address");
            assert_eq!(
                excluded(&rules, record(3, 7, "", door)),
                door,
                "nothing is kept"
            );
        }
    }

    #[test]
    fn lists_are_applied_where_there_are_any() {
        let listed = |rules: &Applied| {
            let mut record = record(3, 7, "", false);
            rules.apply(LogId(1), &mut record);
            record.event.listed_bot
        };
        let acme = "[[bots]]\nname = \"acme\"\nagents = [\"acme\"]";
        assert_eq!(listed(&applied(&[], Some(acme))), "acme");
        assert_eq!(listed(&applied(&[], Some(""))), "");
        assert_eq!(listed(&applied(&[], None)), "old", "as its door has said");
        let part = "[[bots]]\nname = \"acme\"\nnetworks = [\"203.0.113.7/32\"]";
        let mut of_part = record(3, 7, "203.0.113.0/24", false);
        applied(&[], Some(part)).apply(LogId(1), &mut of_part);
        assert_eq!(
            of_part.event.listed_bot, "old",
            "only its door knew the address"
        );
    }

    #[test]
    fn others_have_another_hash() {
        let rules = |account: u64, network: &str, lists: Option<&str>| DoorRules {
            excluded: [(account, vec![network.parse().unwrap()])].into(),
            lists: lists.map(Into::into),
        };
        let all = [
            DoorRules::default(),
            rules(1, "10.0.0.0/8", None),
            rules(2, "10.0.0.0/8", None),
            rules(1, "10.0.0.0/9", None),
            rules(1, "10.0.0.0/8", Some("")),
            rules(1, "10.0.0.0/8", Some("# a")),
        ];
        let hashes: std::collections::BTreeSet<_> = all.iter().map(DoorRules::hash).collect();
        assert_eq!(hashes.len(), all.len());
    }
}
