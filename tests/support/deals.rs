//! Transactions of which more is told later: what their sender tells, and what they must come to.

use std::collections::BTreeMap;

use model::{Event, Status};
use rand::{Rng, rngs::StdRng};

/// How the names of transactions begin.
pub const DEAL: &str = "deal-";

/// What a transaction is worth, and what a refund takes from it.
const WORTH_MICROS: i64 = 1_250_000;
const REFUND_MICROS: i64 = -500_000;

/// What may be told, in the words of the goals that [`super::objects::Objects::add_deals`] makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    Lead,
    Sale,
    Refund,
    Trash,
}

/// A report of a transaction.
#[derive(Debug, Clone)]
pub struct Report {
    pub transaction: String,
    pub told: Told,
    is_change: bool,
}

/// What a goal's transactions come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    pub conversions: i64,
    pub pending: i64,
    pub rejected: i64,
    pub value_micros: i64,
}

/// What was acknowledged of transactions: their goals, and what was told, in order.
#[derive(Debug, Default)]
pub struct Deals(BTreeMap<String, (String, Vec<Told>)>);

impl Told {
    /// The word for its status, if it says one.
    pub fn status(self) -> Option<&'static str> {
        match self {
            Self::Lead => Some("lead"),
            Self::Sale => Some("sale"),
            Self::Trash => Some("trash"),
            Self::Refund => None,
        }
    }

    /// The value that is told, in millionths.
    pub fn value_micros(self) -> i64 {
        match self {
            Self::Refund => REFUND_MICROS,
            _ => WORTH_MICROS,
        }
    }

    /// What is told next, if anything is.
    fn next(self, random: &mut StdRng) -> Option<Self> {
        match (self, random.random_range(0..10)) {
            (Self::Lead, 0..=5) => Some(Self::Sale),
            (Self::Lead, 6..=7) => Some(Self::Trash),
            (Self::Sale, 0..=2) => Some(Self::Refund),
            (Self::Sale, 3..=5) => Some(Self::Trash),
            (Self::Refund, 0..=3) => Some(Self::Trash),
            _ => None,
        }
    }
}

impl Report {
    /// The first of a transaction.
    pub fn first(transaction: String, random: &mut StdRng) -> Self {
        let told = match random.random_bool(0.7) {
            true => Told::Lead,
            false => Told::Sale,
        };
        Self {
            transaction,
            told,
            is_change: false,
        }
    }

    /// The one after it, if there is to be one.
    pub fn next(&self, random: &mut StdRng) -> Option<Self> {
        let transaction = self.transaction.clone();
        let told = self.told.next(random)?;
        Some(Self {
            transaction,
            told,
            is_change: true,
        })
    }

    /// Whether another one was told before.
    pub fn is_change(&self) -> bool {
        self.is_change
    }

    /// What its event is known by.
    pub fn marker(&self) -> String {
        format!("{}-{:?}", self.transaction, self.told)
    }
}

/// The marker of a report of a transaction, as it is recorded; `None`: it is another event.
pub fn marker(event: &Event) -> Option<String> {
    let transaction = event.transaction_id.as_ref()?;
    let told = match Status::try_from(event.status).unwrap() {
        _ if event.amount_micros < Some(0) => Told::Refund,
        Status::Approved => Told::Sale,
        Status::Pending => Told::Lead,
        Status::Rejected => Told::Trash,
    };
    let is_deal = transaction.starts_with(DEAL);
    is_deal.then(|| format!("{transaction}-{told:?}"))
}

impl Deals {
    /// A report was acknowledged.
    pub fn acknowledged(&mut self, goal: &str, report: &Report) {
        let new = || (goal.to_owned(), Vec::new());
        let told = self.0.entry(report.transaction.clone()).or_insert_with(new);
        told.1.push(report.told);
    }

    /// Takes in those of another client.
    pub fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// What each goal must count in the end.
    pub fn sums(&self) -> BTreeMap<String, Sums> {
        let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
        for (goal, told) in self.0.values() {
            sums.entry(goal.clone()).or_default().add(told);
        }
        sums
    }
}

impl Sums {
    fn add(&mut self, told: &[Told]) {
        match told.iter().rfind(|told| **told != Told::Refund) {
            Some(Told::Lead) => self.pending += 1,
            Some(Told::Trash) => self.rejected += 1,
            _ => {
                self.conversions += 1;
                let refunds = told.iter().filter(|told| **told == Told::Refund);
                let refunded: i64 = refunds.map(|told| told.value_micros()).sum();
                self.value_micros += WORTH_MICROS + refunded;
            }
        }
    }
}
