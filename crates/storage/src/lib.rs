//! The backends and their contracts: object store, ledger, stream, live cells, reservations and
//! leases, each in memory, on files, on S3 or in Redis. Every object key and every Redis key is built
//! here. `testing` has the contract suites that every implementation runs.

pub mod bell;
pub mod blocking;
pub mod cells;
pub mod counted;
pub mod durable_local;
pub mod env;
pub mod error;
pub mod leases;
pub mod ledger;
pub mod object_keys;
pub mod parquet_object;
pub(crate) mod prefixed;
pub mod private_files;
pub mod probe;
pub mod redis_address;
pub mod redis_client;
pub mod redis_keys;
pub mod reservations;
pub mod store;
pub mod stream;
#[cfg(feature = "testing")]
pub mod testing;
