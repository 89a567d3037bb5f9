//! The contracts of [`crate::store`], [`crate::stream`] and [`crate::cells`] as suites that every
//! implementation runs, and servers to run them on: real Redis, and one that speaks S3. Everything
//! here panics on failure.

pub mod cells_contract;
pub mod faulty_store;
pub mod redis_cluster;
pub mod redis_server;
pub mod reservations_contract;
pub mod s3_server;
pub mod store_contract;
pub mod stream_contract;
