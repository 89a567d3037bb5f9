//! Who was listed before, in whatever session of a worker: one that begins again and again lists nobody twice.

use std::collections::{BTreeMap, HashSet};

use model::{EntityId, Epoch};

/// See the module. Of the epochs that are yet to be flushed, in the present generations of the live store.
#[derive(Debug, Default)]
pub struct Listed {
    generations: String,
    epochs: BTreeMap<Epoch, HashSet<EntityId>>,
}

impl Listed {
    /// Those of `entities` that are yet to be listed. Another generation of the live store may have lost every list.
    pub fn missing(
        &mut self,
        generations: &str,
        epoch: Epoch,
        entities: &[EntityId],
    ) -> Vec<EntityId> {
        if self.generations != generations {
            generations.clone_into(&mut self.generations);
            self.epochs.clear();
        }
        let known = self.epochs.get(&epoch);
        let is_known = |entity: &EntityId| known.is_some_and(|known| known.contains(entity));
        let missing = entities.iter().filter(|entity| !is_known(entity));
        missing.copied().collect()
    }

    /// They are listed.
    pub fn add(&mut self, epoch: Epoch, entities: Vec<EntityId>) {
        self.epochs.entry(epoch).or_default().extend(entities);
    }

    /// Epochs before this one are over.
    pub fn forget_before(&mut self, epoch: Epoch) {
        self.epochs = self.epochs.split_off(&epoch);
    }
}

#[cfg(test)]
mod tests {
    use model::EntityKind;

    use super::*;

    #[test]
    fn nobody_is_listed_twice_unless_lists_may_be_lost() {
        let [a, b] = [1, 2].map(|raw| EntityId::new(EntityKind::Link, raw));
        let mut listed = Listed::default();
        assert_eq!(listed.missing("g", Epoch(1), &[a]), [a]);
        listed.add(Epoch(1), vec![a]);
        assert_eq!(listed.missing("g", Epoch(1), &[a, b]), [b]);
        assert_eq!(listed.missing("g", Epoch(2), &[a, b]), [a, b]);
        listed.add(Epoch(2), vec![b]);
        listed.forget_before(Epoch(2));
        assert_eq!(listed.missing("g", Epoch(1), &[a]), [a]);
        assert_eq!(listed.missing("g", Epoch(2), &[b]), []);
        assert_eq!(listed.missing("h", Epoch(2), &[b]), [b]);
    }
}
