//! Room that all senders share, of which nobody may take more than half: not one account, and not one client.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};

use model::EntityId;

/// Who takes room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    Account(EntityId),
    /// An address, or the network that is one client's in IPv6.
    Client(IpAddr),
}

impl Holder {
    /// The account, and the client where its address is known.
    pub(crate) fn of(account: EntityId, ip: Option<IpAddr>) -> Vec<Self> {
        let client = ip.map(|ip| Self::Client(client(ip)));
        [Some(Self::Account(account)), client]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// An address, or the first of the network that is one client's in IPv6.
pub(crate) fn client(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => Ipv6Addr::from(u128::from(ip) >> 64 << 64).into(),
    }
}

/// Room for so much in all, of whatever unit.
#[derive(Debug)]
pub struct Room {
    /// What is refused for want of it, in metrics.
    name: &'static str,
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// Only of those who have some.
    each: HashMap<Holder, usize>,
}

/// Room that is taken, given back when dropped.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    room: &'a Room,
    holders: Vec<Holder>,
    amount: usize,
}

impl Room {
    pub(crate) fn new(name: &'static str, most: usize) -> Self {
        Self {
            name,
            most,
            taken: Mutex::default(),
        }
    }

    /// Nothing yet, for these holders.
    pub(crate) fn enter(&self, holders: Vec<Holder>) -> Held<'_> {
        Held {
            room: self,
            holders,
            amount: 0,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held<'_> {
    /// Takes more; `false`, and nothing is taken, if there is no room for it.
    pub(crate) fn take(&mut self, more: usize) -> bool {
        let mut taken = self.room.lock();
        let most = self.room.most;
        let own = |holder| taken.each.get(holder).copied().unwrap_or(0);
        let crowds = self
            .holders
            .iter()
            .find(|holder| own(holder) + more > most.div_ceil(2));
        let reason = match crowds {
            Some(Holder::Account(_)) => Some("account"),
            Some(Holder::Client(_)) => Some("client"),
            None => (taken.all + more > most).then_some("all"),
        };
        if let Some(reason) = reason {
            drop(taken);
            metrics::counter!("millrace_room_refusals_total", "room" => self.room.name, "of" => reason)
                .increment(1);
            return false;
        }
        taken.all += more;
        for holder in &self.holders {
            *taken.each.entry(*holder).or_default() += more;
        }
        self.amount += more;
        true
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut taken = self.room.lock();
        taken.all -= self.amount;
        for holder in &self.holders {
            let left = taken.each.get(holder).copied().unwrap_or(0);
            match left.saturating_sub(self.amount) {
                0 => drop(taken.each.remove(holder)),
                left => drop(taken.each.insert(*holder, left)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::EntityKind;

    use super::*;

    fn holders(account: u64, ip: &str) -> Vec<Holder> {
        let account = EntityId::new(EntityKind::Account, account);
        Holder::of(account, Some(ip.parse().unwrap()))
    }

    #[test]
    fn neither_an_account_nor_a_client_takes_more_than_half() {
        let room = Room::new("test", 10);
        let mut one = room.enter(holders(1, "203.0.113.1"));
        assert!(one.take(3) && one.take(2) && !one.take(1));
        let mut same_account = room.enter(holders(1, "203.0.113.2"));
        assert!(!same_account.take(1));
        let mut same_client = room.enter(holders(2, "203.0.113.1"));
        assert!(!same_client.take(1), "whatever account it names");
        let mut other = room.enter(holders(3, "2001:db8::1"));
        assert!(other.take(4));
        let mut third = room.enter(holders(4, "2001:db8::2:1"));
        assert!(
            third.take(1) && !third.take(1),
            "one network, and all is taken"
        );
        drop(one);
        assert!(same_account.take(5) && !same_client.take(6));
        drop((same_account, same_client, other, third));
        let taken = room.lock();
        assert_eq!((taken.all, taken.each.len()), (0, 0));
    }

    #[test]
    fn one_that_fits_in_nobodys_half_fits_for_one() {
        let room = Room::new("test", 1);
        let mut one = room.enter(holders(1, "203.0.113.1"));
        assert!(one.take(1) && !one.take(1));
    }
}
