//! The batch layer: exact aggregates of sealed epochs, and forecasts of them.

pub mod forecast;
