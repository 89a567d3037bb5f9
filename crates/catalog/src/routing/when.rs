//! Whom a rule fits.

use std::{collections::BTreeMap, net::IpAddr};

use chrono_tz::Tz;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    hours::{Days, Hours, Zone, local},
    mix,
};
use crate::error::CatalogError;

/// Most values of one condition.
const MAX_VALUES: usize = 500;
/// Longest of them, bytes.
const MAX_VALUE: usize = 256;
/// Most parameters that are asked for.
const MAX_PARAMETERS: usize = 20;

/// What a rule may look at.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// ISO 3166-1 alpha-2; empty, like the others, if it is not known.
    pub country: &'a str,
    /// First subdivision.
    pub region: &'a str,
    /// English name.
    pub city: &'a str,
    /// `AF, AN, AS, EU, NA, OC` or `SA`.
    pub continent: &'a str,
    /// `mobile`, `tablet`, `desktop`, `tv`, `bot` or `other`.
    pub device: &'a str,
    /// Family, as uap-core names it.
    pub os: &'a str,
    /// Family, as uap-core names it.
    pub browser: &'a str,
    /// Primary tag.
    pub language: &'a str,
    /// Host of the referrer, lower case.
    pub referrer_host: &'a str,
    /// Parameters of the request, decoded.
    pub query: &'a [(String, String)],
    /// The visitor's address.
    pub ip: Option<IpAddr>,
    /// Whether it is no person.
    pub bot: bool,
    /// The number of the link: in the next link of theirs visitors are dealt out anew.
    pub link: u64,
    /// The visitor's number; 0 if there is none.
    pub visitor: u64,
    /// Decides for a visitor without a number.
    pub chance: u64,
    /// Unix milliseconds.
    pub at_ms: i64,
    /// Of the account, for rules that name no zone.
    pub timezone: Tz,
}

impl Visit<'_> {
    /// What decides between variants: the same for a visitor of a link each time.
    pub(super) fn ticket(&self) -> u64 {
        match self.visitor {
            0 => mix(self.chance),
            visitor => mix(visitor ^ mix(self.link)),
        }
    }
}

/// Any of some texts; nothing: whatever it is. A single text may stand for a list of one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "OneOrMany")]
pub struct OneOf(Box<[Box<str>]>);

/// A text, or a list of texts of which any will do.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(example = json!(["DE", "AT"]))]
pub enum OneOrMany {
    /// The only one.
    #[schema(value_type = String)]
    One(Box<str>),
    /// Any of these.
    #[schema(value_type = Vec<String>)]
    Many(Box<[Box<str>]>),
}

impl From<OneOrMany> for OneOf {
    fn from(given: OneOrMany) -> Self {
        match given {
            OneOrMany::One(text) => Self([text].into()),
            OneOrMany::Many(texts) => Self(texts),
        }
    }
}

impl OneOf {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it demands something that `fits` no text.
    fn misses(&self, fits: impl Fn(&str) -> bool) -> bool {
        !self.is_empty() && !self.0.iter().any(|text| fits(text))
    }

    fn is_bounded(&self) -> bool {
        let fits = |text: &str| (1..=MAX_VALUE).contains(&text.len());
        self.0.len() <= MAX_VALUES && self.0.iter().all(|text| fits(text))
    }
}

/// All that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"country": ["DE", "AT"], "device": "mobile", "hours": {"from": "08:00", "to": "20:00"}, "timezone": "Europe/Berlin"}))]
pub struct When {
    /// ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "OneOf::is_empty")]
    #[schema(value_type = Option<OneOrMany>)]
    pub country: OneOf,
    /// As numbers are grouped by it.
    #[serde(skip_serializing_if = "OneOf::is_empty")]
    #[schema(value_type = Option<OneOrMany>)]
    pub region: OneOf,
    /// As numbers are grouped by it.
    #[serde(skip_serializing_if = "OneOf::is_empty")]
    #[schema(value_type = Option<OneOrMany>)]
    pub city: OneOf,
    /// `AF, AN, AS, EU, NA, OC` or `SA`.
    #[serde(skip_serializing_if = "OneOf::is_empty")]
    #[schema(value_type = Option<OneOrMany>)]
    pub continent: OneOf,
    /// `mobile`, `tablet`, `desktop`, `tv`, `bot` or `other`.
    #[serde(skip_serializing_if = "OneOf::is_empty")]
    #[schema(value_type = Option<OneOrMany>)]
    pub device: OneOf,
    /// As numbers are grouped by it.
    #[serde(skip_serializing_if = "OneOf::is_empty")]
    #[schema(value_type = Option<OneOrMany>)]
    pub os: OneOf,
    /// As numbers are grouped by it; `Chrome` is `Chrome Mobile`, too.
    #[serde(skip_serializing_if = "OneOf::is_empty")]
    #[schema(value_type = Option<OneOrMany>)]
    pub browser: OneOf,
    /// Of the language that is liked best, the part before `-`.
    #[serde(skip_serializing_if = "OneOf::is_empty")]
    #[schema(value_type = Option<OneOrMany>)]
    pub language: OneOf,
    /// A host, or one that it is under.
    #[serde(skip_serializing_if = "OneOf::is_empty")]
    #[schema(value_type = Option<OneOrMany>)]
    pub referrer_domain: OneOf,
    /// Parameters with their values; null: any value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Option<BTreeMap<String, Option<String>>>)]
    pub query: BTreeMap<Box<str>, Option<Box<str>>>,
    /// Networks of the visitor's address.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["192.0.2.0/24"]))]
    pub ip: Box<[IpNet]>,
    /// A part of the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// Days of the week.
    #[serde(skip_serializing_if = "Days::is_empty")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["sat", "sun"]))]
    pub days: Days,
    /// Of hours and days; without one the account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "Europe/Berlin")]
    pub timezone: Option<Zone>,
    /// Whether it is for bots alone, or for people alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot: Option<bool>,
}

impl When {
    /// Whether it fits everybody.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The first condition that a visit does not fulfil; `None`: it fits.
    pub fn missed(&self, visit: &Visit<'_>) -> Option<&'static str> {
        let same = |list: &OneOf, known: &str| list.misses(|text| text.eq_ignore_ascii_case(known));
        let families = |list: &OneOf, known: &str| list.misses(|text| is_family(text, known));
        let hosts = |text: &str| is_under(visit.referrer_host, text);
        let conditions = [
            ("bot", self.bot.is_some_and(|bot| bot != visit.bot)),
            ("country", same(&self.country, visit.country)),
            ("continent", same(&self.continent, visit.continent)),
            ("region", same(&self.region, visit.region)),
            ("city", same(&self.city, visit.city)),
            ("device", same(&self.device, visit.device)),
            ("os", families(&self.os, visit.os)),
            ("browser", families(&self.browser, visit.browser)),
            ("language", same(&self.language, visit.language)),
            ("referrer_domain", self.referrer_domain.misses(hosts)),
            ("query", self.misses_query(visit)),
            ("ip", self.misses_address(visit)),
        ];
        let missed = conditions.iter().find(|(_, missed)| *missed);
        missed
            .map(|(name, _)| *name)
            .or_else(|| self.missed_time(visit))
    }

    fn misses_query(&self, visit: &Visit<'_>) -> bool {
        let mut asked = self.query.iter();
        !asked.all(|(name, value)| {
            let fits = |(key, given): &(String, String)| {
                **key == **name && value.as_deref().is_none_or(|value| value == given)
            };
            visit.query.iter().any(fits)
        })
    }

    fn misses_address(&self, visit: &Visit<'_>) -> bool {
        let holds = |ip: IpAddr| {
            self.ip
                .iter()
                .any(|network| network.contains(&ip.to_canonical()))
        };
        !self.ip.is_empty() && !visit.ip.is_some_and(holds)
    }

    fn missed_time(&self, visit: &Visit<'_>) -> Option<&'static str> {
        if self.hours.is_none() && self.days.is_empty() {
            return None;
        }
        let zone = self.timezone.map_or(visit.timezone, |zone| zone.0);
        let Some((minute, day)) = local(visit.at_ms, zone) else {
            return Some("hours");
        };
        if self.hours.is_some_and(|hours| !hours.holds(minute)) {
            return Some("hours");
        }
        // The small hours after midnight belong to the day on which they began.
        let night = self.hours.is_some_and(|hours| hours.began_before(minute));
        let day = if night { day.pred() } else { day };
        (!self.days.is_empty() && !self.days.holds(day)).then_some("days")
    }

    pub(super) fn check(&self) -> Result<(), CatalogError> {
        let lists = [
            ("country", &self.country),
            ("region", &self.region),
            ("city", &self.city),
            ("continent", &self.continent),
            ("device", &self.device),
            ("os", &self.os),
            ("browser", &self.browser),
            ("language", &self.language),
            ("referrer_domain", &self.referrer_domain),
        ];
        for (name, list) in lists {
            if !list.is_bounded() {
                let why = format!(
                    "`{name}` must be at most {MAX_VALUES} texts of 1 to {MAX_VALUE} bytes"
                );
                return Err(super::wrong(why));
            }
        }
        known(
            &self.device,
            "device",
            &["mobile", "tablet", "desktop", "tv", "bot", "other"],
        )?;
        known(
            &self.continent,
            "continent",
            &["AF", "AN", "AS", "EU", "NA", "OC", "SA"],
        )?;
        let letters = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|b| b.is_ascii_alphabetic())
        };
        if let Some(odd) = self.country.0.iter().find(|text| !letters(text, 2)) {
            return Err(super::wrong(format!("`{odd}` is no country such as DE")));
        }
        let is_language = |text: &str| letters(text, 2) || letters(text, 3);
        if let Some(odd) = self.language.0.iter().find(|text| !is_language(text)) {
            return Err(super::wrong(format!("`{odd}` is no language such as de")));
        }
        let is_host = |text: &str| {
            let is_part = |c: char| c.is_alphanumeric() || "-_.()".contains(c);
            text.chars().all(is_part) && !text.starts_with('.')
        };
        if let Some(odd) = self.referrer_domain.0.iter().find(|text| !is_host(text)) {
            return Err(super::wrong(format!(
                "`{odd}` is no host such as news.example"
            )));
        }
        let is_mapped = |network: &&IpNet| match network {
            IpNet::V4(_) => false,
            IpNet::V6(network) => network.addr().to_ipv4_mapped().is_some(),
        };
        if let Some(odd) = self.ip.iter().find(is_mapped) {
            return Err(super::wrong(format!(
                "`{odd}` never fits: write it as a network of IPv4"
            )));
        }
        let is_short = |text: &str| text.len() <= MAX_VALUE;
        let parameters = self.query.iter();
        let are_short = parameters
            .flat_map(|(name, value)| [Some(name), value.as_ref()])
            .flatten()
            .all(|text| is_short(text));
        if self.query.len() > MAX_PARAMETERS || !are_short || self.ip.len() > MAX_VALUES {
            let why = format!(
                "must ask for at most {MAX_PARAMETERS} parameters of up to {MAX_VALUE} bytes and {MAX_VALUES} networks"
            );
            return Err(super::wrong(why));
        }
        Ok(())
    }
}

fn known(list: &OneOf, name: &str, values: &[&str]) -> Result<(), CatalogError> {
    let is_known = |text: &str| values.iter().any(|value| value.eq_ignore_ascii_case(text));
    match list.0.iter().find(|text| !is_known(text)) {
        None => Ok(()),
        Some(odd) => Err(super::wrong(format!(
            "`{odd}` is no {name}: they are {}",
            values.join(", ")
        ))),
    }
}

/// Whether a family is meant: by its name, or by it without `Mobile`.
fn is_family(text: &str, family: &str) -> bool {
    let plain = family
        .strip_suffix(" Mobile")
        .or_else(|| family.strip_prefix("Mobile "))
        .unwrap_or(family);
    text.eq_ignore_ascii_case(family) || text.eq_ignore_ascii_case(plain)
}

/// Whether a host is this domain, or under it.
fn is_under(host: &str, domain: &str) -> bool {
    let Some(rest) = host.len().checked_sub(domain.len()) else {
        return false;
    };
    let (Some(under), Some(end)) = (host.get(..rest), host.get(rest..)) else {
        return false;
    };
    end.eq_ignore_ascii_case(domain) && (under.is_empty() || under.ends_with('.'))
}
