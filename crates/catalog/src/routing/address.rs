//! The address that a visit is led to: macros filled, parameters put in.

use std::{borrow::Cow, collections::HashSet, fmt::Write};

use chrono_tz::Tz;
use model::{Event, Facts};

use super::{Macro, Visit};
use crate::{destination, types::Link};

impl<'a> Visit<'a> {
    /// What an event says to rules. Its address, parameters, chance and time zone are not in it.
    pub fn of(event: &'a Event, facts: &'a Facts) -> Self {
        Self {
            country: &event.country,
            region: &event.region,
            city: &event.city,
            continent: facts.continent,
            device: facts.device_type,
            os: &facts.os,
            browser: &facts.browser,
            language: &facts.language,
            referrer_host: &facts.referrer_host,
            query: &[],
            ip: None,
            bot: facts.bot.is_some(),
            link: event.object,
            visitor: event.visitor,
            chance: 0,
            at_ms: event.occurred_ms,
            timezone: Tz::UTC,
        }
    }
}

/// What macros stand for.
pub struct MacroValues<'a> {
    /// The link.
    pub link: &'a Link,
    /// The event, with the variant that was chosen.
    pub event: &'a Event,
    /// What is known of it.
    pub facts: &'a Facts,
    /// Parameters of the request, decoded.
    pub query: &'a [(String, String)],
    /// The id of the click, if it was recorded.
    pub click_id: Option<&'a str>,
}

impl<'a> MacroValues<'a> {
    /// What stands for one of them; empty if there is nothing.
    pub fn of(&self, name: &Macro) -> Cow<'a, str> {
        let (event, link) = (self.event, self.link);
        let nth = |list: &'a [String], at: usize| list.get(at).map_or("", String::as_str);
        match name {
            Macro::ClickId => Cow::Borrowed(self.click_id.unwrap_or_default()),
            Macro::Slug | Macro::LinkId | Macro::Campaign => of_link(name, link),
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

/// What is known of the link alone.
fn of_link<'a>(name: &Macro, link: &'a Link) -> Cow<'a, str> {
    match name {
        Macro::Slug => Cow::Borrowed(&*link.slug),
        Macro::LinkId => link.id.to_string().into(),
        Macro::Campaign => {
            let campaign = link.campaign.map(|id| id.to_string());
            campaign.unwrap_or_default().into()
        }
        _ => Cow::Borrowed(""),
    }
}

/// Where a link leads that leads nobody on, if it says so: of macros what is known of the link.
pub fn fallback(link: &Link) -> Option<String> {
    let to = link.options.as_deref()?.fallback.as_ref()?;
    let address = to.filled(|name| of_link(name, link));
    Some(destination::location(&address).into_owned())
}

/// The address as it was given, with the parameters that the link sets, lets pass and adds. Each replaces those of
/// its name that come before it in this order: the address's own, the link's utm, the request's, the click id.
pub fn with_parameters(
    to: &str,
    link: &Link,
    passed: Option<&str>,
    click: Option<(&str, &str)>,
) -> String {
    let stored = destination::location(to);
    let set = link.options.as_deref().map(|options| &options.utm);
    let set = set.filter(|utm| !utm.is_empty());
    if passed.is_none() && click.is_none() && set.is_none() {
        return stored.into_owned();
    }
    // A parser of addresses would have ended the query there.
    let passed = passed.map(|q| destination::location(q).replace('#', "%23"));
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
