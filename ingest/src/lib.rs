//! The collector: takes events, makes them durable, and hands them on.

pub mod log;
