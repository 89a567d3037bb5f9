//! Preprocessing shared by all layers: what a user agent, a referrer and an address say.
//!
//! Everything here is a pure function of its inputs and of data fixed at start, so that the speed
//! layer and a later full recompute give the same answer for the same event.

mod agent;
mod bots;
mod channel;
pub mod click_id;
mod continent;
mod device_type;
mod domain;
mod facts;
mod geo;
mod language;
mod lists;
mod mail_proxy;
mod network;
mod operators;
mod referrer;
mod sites;
mod visitor;

pub use agent::{Agent, MAX_AGENT, Rules, RulesError};
pub use channel::ad_parameter;
pub use continent::continent;
pub use domain::registrable_domain;
pub use geo::{Database, Geo, GeoError, Place};
pub use language::language;
pub use lists::{Lists, ListsError, MAX_LISTS, OwnLists};
pub use mail_proxy::is_mail_proxy;
pub use network::truncate_ip;
pub use referrer::referrer_host;
pub use visitor::{NamedKey, Salt};
