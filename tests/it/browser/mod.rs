//! A person at the dashboard, in a real browser.

mod accessible;
mod driver;
mod events;
mod frame;
mod links;
mod overview;
mod page;
mod parts;
mod settings;

pub use driver::Driver;
use page::{PERSON, Page};
