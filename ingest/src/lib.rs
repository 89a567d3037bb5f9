//! The collector: takes events, makes them durable, and hands them on.

mod client_address;
mod conversions;
mod fetch_purpose;
mod follow;
mod http;
mod key_restorer;
pub mod log;
mod max_clicks;
mod old_keys;
mod recorder;
mod rejected;
mod request_facts;
mod role;
mod room;
mod salts;
mod sender_keys;
pub mod session;
mod ship;
mod streamer;
mod tallies;
mod tasks;
mod unknown_slugs;

pub use client_address::TrustedProxies;
pub use conversions::imported::{ImportedConversions, Said, Told};
pub use http::EVENT_ID;
pub use max_clicks::ClickCounts;
pub use request_facts::{EventBuilder, MAX_SHORT, MAX_TEXT, RequestFacts, Target, cut, subs, utm};
pub use role::{CollectorDeps, CollectorError, CollectorSettings, run};
pub use salts::{CurrentSalts, SaltFollower};
