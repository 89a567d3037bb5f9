//! Tells webhooks what was recorded: reads sealed segments, makes messages of them, sends these, and remembers how far it is.
//!
//! The way of a message: `feed.rs` knows which segments there are, `segments.rs` reads each once for all, `message.rs` makes
//! messages of the events of an account, `restated.rs` knows what changed of settled days, `courier.rs` has one webhook told them, `sender.rs` sends, `progress.rs` is what is
//! stored of it. See `docs/adr/0035-webhooks.md`.

mod courier;
mod desk;
mod feed;
mod message;
mod progress;
mod restated;
mod role;
mod segments;
mod sender;

pub use self::{
    desk::Desk,
    role::{DeliveriesDeps, run},
    sender::{HttpSender, Outgoing, Sender},
};
