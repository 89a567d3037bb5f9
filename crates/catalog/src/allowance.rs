//! What holds of the quotas of an account: what whoever runs the installation has said of the account itself; else what its
//! plan says; else the plan `default`; else what is usual. Whoever checks a quota asks here.

use model::EntityId;

use super::{
    plan,
    quotas::{QuotaSources, Quotas, SomeQuotas},
    state::State,
    types::Account,
};

impl State {
    /// How much an account may have. Of one that is not known: what one without a plan may.
    pub fn quotas(&self, account: EntityId) -> Quotas {
        match self.account(account) {
            Some(account) => self.quotas_of(account).0,
            None => {
                SomeQuotas::default()
                    .over(&SomeQuotas::default(), &self.said_in(plan::DEFAULT))
                    .0
            }
        }
    }

    /// How much an account may have that is as `account` says, and where each of it comes from.
    pub fn quotas_of(&self, account: &Account) -> (Quotas, QuotaSources) {
        let plan = account.plan.as_deref().map(|name| self.said_in(name));
        let plan = plan.unwrap_or_default();
        account.quotas.over(&plan, &self.said_in(plan::DEFAULT))
    }

    fn said_in(&self, plan: &str) -> SomeQuotas {
        self.plan(plan).map(|plan| plan.quotas).unwrap_or_default()
    }
}
