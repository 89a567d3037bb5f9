//! Conversions at the door: whose click they belong to, and what they change of a transaction reported before.

pub(crate) mod attribution;
pub(crate) mod history;
pub(crate) mod imported;
pub(crate) mod lookup;
pub(crate) mod record;
pub(crate) mod report;
