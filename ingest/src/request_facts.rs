//! From what a request says to the event that is written. Pure.

use std::{net::IpAddr, sync::Arc};

use catalog::AccountSettings;
use chrono::DateTime;
use chrono_tz::Tz;
use enrich::{Geo, OwnLists, Place, Rules, click_id::ClickKey, is_mail_proxy, truncate_ip};
use ipnet::IpNet;
use model::{EntityId, Event, EventKind, Fetch, VisitorPeriod, time};
use url::Url;

use crate::{client_address::is_in, salts::CurrentSalts};

/// Longest text kept of a header, bytes.
pub const MAX_TEXT: usize = 2048;
/// Longest key, click id and sub parameter, bytes.
pub const MAX_SHORT: usize = 256;

/// What an event is recorded on.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The link, pixel or goal.
    pub object: EntityId,
    /// Its account.
    pub account: EntityId,
    /// Its campaign.
    pub campaign: Option<EntityId>,
}

/// What a request says about who saw what, and when.
#[derive(Debug, Clone, Default)]
pub struct RequestFacts {
    /// Unix milliseconds.
    pub occurred_ms: i64,
    /// Unix milliseconds.
    pub received_ms: i64,
    /// Address of the visitor.
    pub ip: Option<IpAddr>,
    /// User-Agent.
    pub user_agent: String,
    /// Referer.
    pub referrer: String,
    /// Accept-Language.
    pub accept_language: String,
    /// `DNT: 1` or `Sec-GPC: 1`.
    pub do_not_track: bool,
    /// What it was fetched for, as its headers say.
    pub fetch: Fetch,
    /// Name of the visitor, if the sender knows one.
    pub visitor: Option<String>,
    /// Country, if the sender knows it and we have no database.
    pub country: String,
    /// Key of a server-side event, if its sender gave one.
    pub idempotency_key: Option<String>,
    /// Key of a conversion, if its sender gave one.
    pub transaction_id: Option<String>,
    /// The click that led here.
    pub click_id: Option<String>,
    /// Value in millionths, and its currency.
    pub value: Option<(i64, String)>,
    /// `sub1..5`.
    pub subs: Vec<String>,
    /// The five `utm_` parameters, or none.
    pub utm: Vec<String>,
    /// Name of the first parameter that an advertising network added; empty if none did.
    pub ad_parameter: &'static str,
}

/// What the installation knows: places, user agents and the visitor key.
pub struct EventBuilder {
    /// Enrichment, for what is said of a user agent that is not kept.
    pub rules: Arc<Rules>,
    /// Geo database.
    pub geo: Geo,
    /// The operator's own lists.
    pub lists: OwnLists,
    /// What visitors are hashed with.
    pub salts: CurrentSalts,
}

impl EventBuilder {
    /// What signs the click ids of the installation.
    pub(crate) fn click_key(&self) -> ClickKey {
        ClickKey::of(&self.salts.named())
    }

    /// The event of request facts. The address ends here: only what it says goes on. Of a visitor
    /// who does not want to be tracked, where the account honours that, less goes on still.
    pub fn event(&self, target: Target, settings: &AccountSettings, seen: RequestFacts) -> Event {
        let hidden = seen.do_not_track && settings.honour_dnt;
        let ip = seen.ip.map(|ip| IpNet::from(ip.to_canonical()));
        let mut event = self.full_event(target, settings, seen);
        let from = ip.filter(|_| event.fetch() != Fetch::Proxy);
        self.lists.judge(&mut event, from);
        match hidden {
            true => self.without_tracks(event),
            false => event,
        }
    }

    /// Counted, with country, type of device (of a bot, too, whether its agent or its network says so) and the referrer's
    /// origin; nothing else of the visitor's browser or place. What the link says (its parameters) and the sender (its key) stays.
    fn without_tracks(&self, event: Event) -> Event {
        let device_type = match event.fetch() {
            Fetch::Proxy => "other",
            _ if event.listed_person => self.rules.agent(&event.user_agent).device_type,
            _ if self.rules.is_of_machines(&event) => "bot",
            _ => self.rules.agent(&event.user_agent).type_of_device(),
        };
        Event {
            visitor: 0,
            named: false,
            seeks_visitor: 0,
            foreign_salt: false,
            user_agent: String::new(),
            device_type: device_type.to_owned(),
            accept_language: String::new(),
            network: String::new(),
            referrer: origin(&event.referrer),
            region: String::new(),
            city: String::new(),
            asn: None,
            ..event
        }
    }

    /// The number of a visitor whom nobody names, and whether it is made with another period's salt.
    fn unnamed(
        &self,
        account: u64,
        settings: &AccountSettings,
        seen: &RequestFacts,
        ip: Option<IpAddr>,
    ) -> (u64, bool) {
        let minute = time::minute_of(seen.occurred_ms);
        let day = local_day(seen.occurred_ms, &settings.timezone);
        let received = time::day_of(time::minute_of(seen.received_ms));
        let period = VisitorPeriod::of(settings.visitor_memory.at(minute), day);
        let Some((salt, is_foreign)) = self.salts.of(period, received) else {
            // Nobody can be told apart, and answers say so.
            return (0, true);
        };
        let period = is_foreign.then_some(period);
        let number = salt.visitor(account, period, ip, &seen.user_agent);
        (number, is_foreign)
    }

    fn full_event(&self, target: Target, settings: &AccountSettings, seen: RequestFacts) -> Event {
        let kind = match target.object.kind {
            model::EntityKind::Pixel => EventKind::View,
            model::EntityKind::Goal => EventKind::Conversion,
            _ => EventKind::Click,
        };
        let fetch = match seen.fetch {
            _ if kind == EventKind::Conversion => Fetch::Direct,
            Fetch::Direct if is_mail_proxy(&seen.user_agent, kind) => Fetch::Proxy,
            fetch => fetch,
        };
        // What a mail client's proxy is and where it stands says nothing of who reads the mail.
        let whose = seen.ip.filter(|_| fetch != Fetch::Proxy);
        let place = whose.map_or_else(Place::default, |ip| self.geo.lookup(ip));
        let country = if place.country.is_empty() {
            seen.country.clone()
        } else {
            place.country
        };
        let account = target.account.raw;
        let is_conversion = kind == EventKind::Conversion;
        let named = seen
            .visitor
            .as_ref()
            .map(|name| self.salts.named().visitor(account, name));
        let (visitor, foreign_salt) = match (named, whose) {
            _ if is_conversion => (0, false),
            (Some(number), _) => (number, false),
            _ if fetch == Fetch::Proxy => (0, false),
            (None, None) if seen.user_agent.is_empty() => (0, false),
            (None, ip) => self.unnamed(account, settings, &seen, ip),
        };
        let (value_micros, currency) = seen
            .value
            .map_or((None, String::new()), |(v, c)| (Some(v), c));
        Event {
            kind: kind as i32,
            account,
            object: target.object.raw,
            campaign: target.campaign.map(|c| c.raw),
            occurred_ms: seen.occurred_ms,
            received_ms: seen.received_ms,
            user_agent: cut(seen.user_agent, MAX_TEXT),
            referrer: cut(seen.referrer, MAX_TEXT),
            accept_language: cut(seen.accept_language, MAX_SHORT),
            network: whose.map(truncate_ip).unwrap_or_default(),
            visitor,
            country,
            region: place.region,
            city: place.city,
            asn: place.asn,
            key: None,
            idempotency_key: seen.idempotency_key,
            transaction_id: seen.transaction_id,
            foreign_salt,
            unchecked: false,
            click_id: seen.click_id,
            value_micros,
            currency,
            subs: seen.subs,
            utm: seen.utm,
            excluded: seen
                .ip
                .is_some_and(|ip| is_in(&settings.excluded_networks, ip)),
            // What a link has chosen, its door says.
            variant: String::new(),
            trigger: String::new(),
            rule: String::new(),
            domain: String::new(),
            cost_micros: None,
            cost_currency: String::new(),
            // What a conversion is of, and what it does, is decided where its transaction is known.
            link: None,
            browser: String::new(),
            os: String::new(),
            clicked_ms: None,
            status: 0,
            taken_back: None,
            adjusts: false,
            step: 0,
            amount_micros: None,
            repeats: 0,
            device_type: String::new(),
            fetch: fetch as i32,
            ad_parameter: seen.ad_parameter.to_owned(),
            datacenters_count: settings.count_datacenters,
            // The log knows what came before.
            too_many: false,
            // What the operator's lists say is asked for at the end.
            listed_bot: String::new(),
            listed_person: false,
            listed_channel: String::new(),
            named: named.is_some() && !is_conversion,
            seeks_visitor: named.filter(|_| is_conversion).unwrap_or(0),
            // How, its goal says.
            seeks_first: false,
            seeks_days: 0,
            first_ms: None,
            first_event: String::new(),
            click_event: String::new(),
            click_received_ms: 0,
        }
    }
}

/// The day of the account on which something happened, as days since 1970-01-01.
fn local_day(ms: i64, zone: &str) -> i64 {
    let utc = time::day_of(time::minute_of(ms));
    let zone = Some(zone).filter(|zone| *zone != "UTC");
    let Some(zone) = zone.and_then(|zone| zone.parse::<Tz>().ok()) else {
        return utc;
    };
    let local = DateTime::from_timestamp_millis(ms).map(|at| at.with_timezone(&zone));
    local.map_or(utc, |at| at.date_naive().to_epoch_days().into())
}

/// Scheme and host of an address, without what it says beyond them.
fn origin(referrer: &str) -> String {
    let origin = Url::parse(referrer).map(|url| url.origin());
    origin.map_or_else(
        |_| String::new(),
        |origin| match origin.is_tuple() {
            true => format!("{}/", origin.ascii_serialization()),
            false => String::new(),
        },
    )
}

/// The five `utm_` parameters in order, or nothing if none is given.
pub fn utm(get: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let names = [
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
    ];
    let values: Vec<String> = names
        .iter()
        .map(|n| cut(get(n).unwrap_or_default(), MAX_SHORT))
        .collect();
    if values.iter().all(String::is_empty) {
        Vec::new()
    } else {
        values
    }
}

/// `sub1..5` in order, without the empty ones at the end.
pub fn subs(get: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut values: Vec<String> = (1..=5)
        .map(|i| cut(get(&format!("sub{i}")).unwrap_or_default(), MAX_SHORT))
        .collect();
    while values.last().is_some_and(String::is_empty) {
        values.pop();
    }
    values
}

/// At most `limit` bytes of a text, cut between characters.
pub fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let end = (0..=limit)
            .rev()
            .find(|i| text.is_char_boundary(*i))
            .unwrap_or(0);
        text.truncate(end);
        // What was cut off would be held as long as the event is.
        text.shrink_to_fit();
    }
    text
}

/// Salts of all dates that tests use.
#[cfg(test)]
pub(crate) fn salts() -> CurrentSalts {
    use enrich::{NamedKey, Salt};
    use model::VisitorPeriod::{Day, Month};
    let days = (-2..3).chain(20_500..20_530).map(Day);
    let months = (-1..1).chain(673..676).map(Month);
    let salt = |period: model::VisitorPeriod| {
        let name = blake3::hash(period.to_string().as_bytes());
        (period, Salt(*name.as_bytes()))
    };
    let all = days.chain(months).map(salt).collect();
    CurrentSalts::new(handover::salts::Salts::new(all, NamedKey([1; 32])))
}

#[cfg(test)]
mod tests;
