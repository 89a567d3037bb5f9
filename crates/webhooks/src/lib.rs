//! Webhooks and outgoing postbacks without any I/O: what is signed, where it may go, when it is tried again.

#![deny(missing_docs)]

pub mod address;
pub mod backoff;
pub mod delivery;
mod event_type;
pub mod signing;
pub mod template;

pub use self::event_type::EventType;
