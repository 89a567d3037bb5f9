//! Where one click is led: the link's rules, its macros, and what its address takes along.

use std::{borrow::Cow, collections::HashSet, fmt::Write, net::IpAddr, sync::atomic::Ordering};

use catalog::{
    Link,
    routing::{Choice, Macro, Template, Visit, choose},
};
use chrono_tz::Tz;
use enrich::continent;
use model::{Event, EventId, Facts};

use crate::recorder::EventRecorder;

/// The parameter that carries the click id, unless the link or the account names another.
const CLICK_ID: &str = "mr_click";

/// What was chosen for a click.
pub(super) struct Aim {
    /// Where it leads; `None`: to the link's destination, as it is.
    to: Option<Template>,
    /// What may stand in the place of macros.
    values: Option<Values>,
    /// The parameter that carries the click id, if the link or its account names one.
    click_id_param: Option<Box<str>>,
}

/// What macros stand for, beside the click id.
struct Values {
    event: Event,
    facts: Facts,
    query: Vec<(String, String)>,
}

impl Aim {
    /// Decides by the link's rules, and writes into the event what decided.
    pub(super) fn of(
        recorder: &EventRecorder,
        link: &Link,
        event: &mut Event,
        query: Vec<(String, String)>,
        ip: Option<IpAddr>,
    ) -> Self {
        let mut aim = Self {
            to: has_macros(&link.destination).then(|| Template::new(&link.destination)),
            values: None,
            click_id_param: None,
        };
        let is_plain = link.rules().is_empty() && aim.to.is_none();
        if is_plain && !link.append_click_id {
            return aim;
        }
        let account = recorder.catalog.account(link.account);
        let settings = account.as_ref().map(|account| &account.settings);
        let own = link
            .options
            .as_deref()
            .and_then(|o| o.click_id_param.clone());
        let accounts = || settings.and_then(|settings| settings.click_id_param.clone());
        aim.click_id_param = own.or_else(accounts);
        if is_plain {
            return aim;
        }
        let facts = recorder.builder.rules.facts(event);
        let zone = settings.and_then(|settings| settings.timezone.parse().ok());
        let visit = Visit {
            ip,
            query: &query,
            chance: recorder.turn.fetch_add(1, Ordering::Relaxed),
            timezone: zone.unwrap_or(Tz::UTC),
            ..visit(event, &facts)
        };
        if let Some(Choice { rule, variant, to }) = choose(link.rules(), &visit) {
            event.variant = variant.to_owned();
            event.rule = link.rules()[rule].name(rule);
            aim.to = Some(to.clone());
        }
        if aim.to.as_ref().is_some_and(|to| !to.is_plain()) {
            let event = event.clone();
            aim.values = Some(Values {
                event,
                facts,
                query,
            });
        }
        aim
    }

    /// The address, with all that goes along.
    pub(super) fn location(&self, link: &Link, query: Option<&str>, id: Option<EventId>) -> String {
        let to = match (&self.to, &self.values) {
            (Some(to), Some(values)) => to.filled(|name| values.of(name, link, id)),
            (Some(to), None) => Cow::Borrowed(to.text()),
            (None, _) => Cow::Borrowed(&*link.destination),
        };
        let click = id.filter(|_| link.append_click_id);
        let param = self.click_id_param.as_deref().unwrap_or(CLICK_ID);
        let click = click.map(|id| (param, id));
        let passed = query.filter(|query| link.pass_query && !query.is_empty());
        with_parameters(&to, link, passed, click)
    }
}

/// Whether a text may have macros: most have none, and are not looked at further.
fn has_macros(text: &str) -> bool {
    text.contains('{')
}

/// What an event says to rules.
fn visit<'a>(event: &'a Event, facts: &'a Facts) -> Visit<'a> {
    Visit {
        country: &event.country,
        region: &event.region,
        city: &event.city,
        continent: continent(&event.country),
        device: facts.device_type,
        os: &facts.os,
        browser: &facts.browser,
        language: &facts.language,
        referrer_host: &facts.referrer_host,
        query: &[],
        ip: None,
        bot: facts.bot.is_some(),
        visitor: event.visitor,
        chance: 0,
        at_ms: event.occurred_ms,
        timezone: Tz::UTC,
    }
}

impl Values {
    fn of<'a>(&'a self, name: &Macro, link: &'a Link, id: Option<EventId>) -> Cow<'a, str> {
        let event = &self.event;
        let nth = |list: &'a [String], at: usize| list.get(at).map_or("", String::as_str);
        match name {
            Macro::ClickId => id.map(|id| id.to_string()).unwrap_or_default().into(),
            Macro::Slug => Cow::Borrowed(&*link.slug),
            Macro::LinkId => link.id.to_string().into(),
            Macro::Campaign => link
                .campaign
                .map(|id| id.to_string())
                .unwrap_or_default()
                .into(),
            Macro::Country => Cow::Borrowed(&*event.country),
            Macro::Region => Cow::Borrowed(&*event.region),
            Macro::City => Cow::Borrowed(&*event.city),
            Macro::Device => Cow::Borrowed(self.facts.device_type),
            Macro::Os => Cow::Borrowed(&*self.facts.os),
            Macro::Browser => Cow::Borrowed(&*self.facts.browser),
            Macro::Language => Cow::Borrowed(&*self.facts.language),
            Macro::Variant => Cow::Borrowed(&*event.variant),
            Macro::Sub(at) => Cow::Borrowed(nth(&event.subs, *at)),
            Macro::Utm(at) => Cow::Borrowed(event.utm(*at)),
            Macro::Timestamp => (event.occurred_ms / 1000).to_string().into(),
            Macro::Query(name) => {
                let found = self.query.iter().find(|(key, _)| **key == **name);
                Cow::Borrowed(found.map_or("", |(_, value)| value.as_str()))
            }
        }
    }
}

/// The address as it was given, with the parameters that the link sets, lets pass and adds. Each replaces those of
/// its name that come before it in this order: the address's own, the link's utm, the request's, the click id.
fn with_parameters(
    to: &str,
    link: &Link,
    passed: Option<&str>,
    click: Option<(&str, EventId)>,
) -> String {
    let stored = catalog::destination::location(to);
    let set = link.options.as_deref().map(|options| &options.utm);
    let set = set.filter(|utm| !utm.is_empty());
    if passed.is_none() && click.is_none() && set.is_none() {
        return stored.into_owned();
    }
    // A parser of addresses would have ended the query there.
    let passed = passed.map(|q| catalog::destination::location(q).replace('#', "%23"));
    let (rest, fragment) = match stored.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment)),
        None => (&*stored, None),
    };
    let (base, own) = rest.split_once('?').unwrap_or((rest, ""));
    let mut new: Vec<Cow<'_, str>> = Vec::new();
    for (name, value) in set.iter().flat_map(|utm| utm.parameters()) {
        new.push(pair(name, value).into());
    }
    replace(
        &mut new,
        passed
            .iter()
            .flat_map(|passed| pieces(passed))
            .map(Cow::from),
    );
    if let Some((name, id)) = click {
        replace(&mut new, [format!("{name}={id}").into()].into_iter());
    }
    let names: HashSet<Cow<'_, str>> = new.iter().map(|piece| name(piece)).collect();
    let own = pieces(own).filter(|piece| !names.contains(&name(piece)));
    let all: Vec<&str> = own.chain(new.iter().map(|piece| &**piece)).collect();
    let mut whole = format!("{base}?{}", all.join("&"));
    if let Some(fragment) = fragment {
        // Writing to a text cannot fail.
        let _ = write!(whole, "#{fragment}");
    }
    whole
}

/// Puts parameters in the place of those of the same names.
fn replace<'a>(pieces: &mut Vec<Cow<'a, str>>, by: impl Iterator<Item = Cow<'a, str>>) {
    let by: Vec<Cow<'a, str>> = by.collect();
    let names: HashSet<String> = by.iter().map(|piece| name(piece).into_owned()).collect();
    pieces.retain(|piece| !names.contains(&*name(piece)));
    pieces.extend(by);
}

/// A parameter, escaped.
fn pair(name: &str, value: &str) -> String {
    let mut pair = url::form_urlencoded::Serializer::new(String::new());
    pair.append_pair(name, value).finish()
}

/// The parameters of a query, as they are written.
fn pieces(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|piece| !piece.is_empty())
}

/// The name of a parameter, decoded.
fn name(piece: &str) -> Cow<'_, str> {
    let mut parsed = url::form_urlencoded::parse(piece.as_bytes());
    parsed.next().map(|(name, _)| name).unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use catalog::routing::LinkOptions;
    use model::{EntityId, EntityKind, LogId, Seq};
    use serde_json::json;

    use super::*;

    pub(in crate::http) fn destination(
        link: &Link,
        query: Option<&str>,
        id: Option<EventId>,
    ) -> String {
        let aim = Aim {
            to: None,
            values: None,
            click_id_param: None,
        };
        aim.location(link, query, id)
    }

    fn link(pass_query: bool, append_click_id: bool) -> Link {
        Link {
            id: EntityId::new(EntityKind::Link, 1),
            account: EntityId::new(EntityKind::Account, 1),
            slug: "s".into(),
            destination: "https://example.com/a?b=1#part".into(),
            campaign: None,
            tags: [].into(),
            title: None,
            pass_query,
            append_click_id,
            expires_ms: None,
            options: None,
            created_ms: 0,
            deleted: false,
        }
    }

    #[test]
    fn the_destination_gets_what_the_link_allows() {
        let id = EventId {
            log: LogId(1),
            seq: Seq(5),
        };
        assert_eq!(
            destination(&link(false, false), Some("x=1"), Some(id)),
            "https://example.com/a?b=1#part"
        );
        assert_eq!(
            destination(&link(true, false), Some("x=1&y=%20"), None),
            "https://example.com/a?b=1&x=1&y=%20#part"
        );
        assert_eq!(
            destination(&link(false, true), None, Some(id)),
            format!("https://example.com/a?b=1&mr_click={id}#part")
        );
        assert_eq!(
            destination(&link(false, true), None, None),
            "https://example.com/a?b=1#part"
        );
        assert_eq!(
            destination(
                &link(true, true),
                Some("mr_click=forged&b=2&b=3&%6dr_click"),
                Some(id)
            ),
            format!("https://example.com/a?b=2&b=3&mr_click={id}#part"),
            "what the request brings replaces"
        );
        let odd = Link {
            destination: " https://Example.com:443/a b/../c?q=%zz&&x={y}".into(),
            ..link(true, false)
        };
        assert_eq!(
            destination(&odd, Some("z=ü"), None),
            "https://Example.com:443/a%20b/../c?q=%zz&x={y}&z=%C3%BC"
        );
        assert_eq!(
            destination(&odd, None, None),
            "https://Example.com:443/a%20b/../c?q=%zz&&x={y}",
            "bytes stay as they are"
        );
    }

    #[test]
    fn utm_fields_stand_between_the_address_and_the_request() {
        let options = json!({"utm": {"source": "news letter", "campaign": "ä&b"}});
        let options: LinkOptions = serde_json::from_value(options).unwrap();
        let link = |pass_query| Link {
            destination: "https://a.example/?utm_source=old&x=1#f".into(),
            options: Some(Box::new(options.clone())),
            ..link(pass_query, false)
        };
        assert_eq!(
            destination(&link(false), Some("utm_source=mine"), None),
            "https://a.example/?x=1&utm_source=news+letter&utm_campaign=%C3%A4%26b#f"
        );
        assert_eq!(
            destination(&link(true), Some("utm_source=mine&y=2"), None),
            "https://a.example/?x=1&utm_campaign=%C3%A4%26b&utm_source=mine&y=2#f"
        );
    }
}
