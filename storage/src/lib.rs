pub mod durable_local;
pub mod ledger;
pub mod object_keys;
pub mod store;
