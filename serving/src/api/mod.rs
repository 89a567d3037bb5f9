//! Accounts, keys, links, pixels, goals, campaigns and jobs over HTTP.

pub(crate) mod accounts;
pub(crate) mod annotations;
pub(crate) mod api_keys;
pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod bulk;
pub(crate) mod campaigns;
pub(crate) mod cancel;
pub(crate) mod changes;
pub(crate) mod costs;
pub(crate) mod domains;
mod entries;
pub(crate) mod erased_accounts;
pub(crate) mod erasures;
pub(crate) mod events;
pub(crate) mod failure;
pub(crate) mod files;
pub(crate) mod goals;
mod handlers;
pub mod jobs;
pub(crate) mod links;
mod meant;
pub(crate) mod objects;
pub(crate) mod once;
pub(crate) mod page;
pub(crate) mod params;
pub(crate) mod pixels;
pub(crate) mod plans;
pub(crate) mod preconditions;
pub(crate) mod prometheus;
mod quotas;
pub(crate) mod rejected;
pub(crate) mod restatements;
pub(crate) mod search;
pub(crate) mod segments;
pub(crate) mod shares;
pub(crate) mod simulate;
mod strict;
pub(crate) mod tenants;
pub(crate) mod totals;
pub(crate) mod webhooks;

#[cfg(test)]
pub(crate) mod tests;
