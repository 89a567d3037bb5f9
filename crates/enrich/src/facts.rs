//! What the rules say about an event; the same in every layer.

use std::sync::Arc;

use model::{Event, EventKind, Facts, Fetch};

use crate::{
    Rules, channel::channel, continent, device_type, domain::Host, language, referrer_host,
};

/// Why an event of an excluded network is not counted among people's.
const EXCLUDED: &str = "excluded";

/// Why an event of a bot is one whose user agent was not kept.
const NOT_KEPT: &str = "not_kept";

/// Why an event is a bot's by an entry of the operator's own lists, which is named after it.
const LISTED: &str = "list";

/// Why a click of somebody who clicks too fast is not a person's.
const RATE: &str = "rate";

impl Rules {
    /// The facts of one event: a pure function of the event and these rules.
    pub fn facts(&self, event: &Event) -> Facts {
        let agent = match event.fetch() {
            // What the proxy says of a browser and a system is not the person's.
            Fetch::Proxy => self.agent(""),
            _ => self.agent(&event.user_agent),
        };
        let kept = device_type::named(&event.device_type);
        let bot = match event.kind() {
            // Postbacks are sent by servers, and are no less real for it.
            EventKind::Conversion => None,
            _ if event.excluded => Some(EXCLUDED.into()),
            _ if event.fetch().is_ahead() => Some(event.fetch().name().into()),
            _ if !event.listed_bot.is_empty() => {
                Some(format!("{LISTED}:{}", event.listed_bot).into())
            }
            _ if event.listed_person => event.too_many.then(|| RATE.into()),
            _ if kept == Some("bot") => Some(NOT_KEPT.into()),
            _ => {
                let by_itself = agent.bot.clone();
                by_itself
                    .or_else(|| self.of_machines(event))
                    .or_else(|| event.too_many.then(|| RATE.into()))
            }
        };
        let referrer_host = referrer_host(&event.referrer);
        let referrer = Host::of(&referrer_host);
        let device_type = match (kept.unwrap_or(agent.type_of_device()), event.kind()) {
            // A server that sends a postback is nobody's device.
            ("bot", EventKind::Conversion) => "other",
            (device_type, _) => device_type,
        };
        // What a conversion's click was made with stands for what a server sends it with.
        let told = |own: &str, found: &Arc<str>| match own.is_empty() {
            true => Arc::clone(found),
            false => own.into(),
        };
        Facts {
            browser: told(&event.browser, &agent.browser),
            os: told(&event.os, &agent.os),
            device: agent.device.clone(),
            device_type,
            channel: channel(&self.sites, event, referrer),
            referrer_domain: domain_of(referrer),
            referrer_host,
            language: language(&event.accept_language),
            continent: continent(&event.country),
            bot,
        }
    }
}

impl Rules {
    /// Whether its network says that an event is a bot's.
    pub fn is_of_machines(&self, event: &Event) -> bool {
        self.of_machines(event).is_some()
    }

    /// Why the network of an event is one of machines. A mail's reader whose mail program's proxy came is in no network.
    fn of_machines(&self, event: &Event) -> Option<Arc<str>> {
        self.operators
            .reason(event.asn, &event.user_agent, event.datacenters_count)
    }
}

/// The registrable domain of a referrer's host; empty if there was no referrer.
fn domain_of(referrer: Host<'_>) -> String {
    match referrer.whole {
        "(none)" => String::new(),
        _ => referrer.domain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bots_are_flagged_but_never_conversions() {
        let rules = Rules::new().unwrap();
        let event = |kind: EventKind| Event {
            kind: kind as i32,
            user_agent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
                .into(),
            ..Event::default()
        };
        assert!(rules.facts(&event(EventKind::Click)).bot.is_some());
        assert_eq!(rules.facts(&event(EventKind::Conversion)).bot, None);
        let device_types = [EventKind::Click, EventKind::Conversion]
            .map(|kind| rules.facts(&event(kind)).device_type);
        assert_eq!(device_types, ["bot", "other"]);
        let untracked = |device_type: &str| {
            rules.facts(&Event {
                device_type: device_type.into(),
                ..Event::default()
            })
        };
        assert_eq!(untracked("tv").device_type, "tv");
        assert_eq!(untracked("tv").bot, None);
        assert_eq!(untracked("bot").bot.as_deref(), Some("not_kept"));
        let excluded = Event {
            excluded: true,
            ..Event::default()
        };
        assert_eq!(rules.facts(&excluded).bot.as_deref(), Some("excluded"));
    }

    #[test]
    fn clicks_and_views_from_data_centres_are_bots_if_the_account_does_not_count_them() {
        let rules = Rules::new().unwrap();
        let bot = |kind: EventKind, datacenters_count| {
            let event = Event {
                kind: kind as i32,
                user_agent:
                    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
                asn: Some(16509),
                datacenters_count,
                ..Event::default()
            };
            let facts = rules.facts(&event);
            assert_eq!(facts.device_type, "desktop");
            facts.bot.map(|reason| reason.to_string())
        };
        for kind in [EventKind::Click, EventKind::View] {
            assert_eq!(bot(kind, false).as_deref(), Some("datacenter"));
            assert_eq!(bot(kind, true), None);
        }
        assert_eq!(bot(EventKind::Conversion, false), None);
    }

    #[test]
    fn clicks_that_are_too_many_are_bots_unless_there_is_more_to_say() {
        let rules = Rules::new().unwrap();
        let bot = |asn| {
            let event = Event {
                too_many: true,
                asn,
                ..Event::default()
            };
            rules.facts(&event).bot.map(|reason| reason.to_string())
        };
        assert_eq!(bot(None).as_deref(), Some("rate"));
        assert_eq!(bot(Some(16509)).as_deref(), Some("datacenter"));
    }

    #[test]
    fn what_fetched_it_decides_before_its_user_agent() {
        let rules = Rules::new().unwrap();
        let bot = |kind: EventKind, fetch: Fetch, excluded: bool| {
            let event = Event {
                kind: kind as i32,
                fetch: fetch as i32,
                excluded,
                user_agent: "Mozilla/5.0 (via ggpht.com GoogleImageProxy)".into(),
                ..Event::default()
            };
            rules.facts(&event).bot.map(|reason| reason.to_string())
        };
        let click = |fetch, excluded| bot(EventKind::Click, fetch, excluded);
        let listed = Some("pattern:GoogleImageProxy".to_owned());
        assert_eq!(click(Fetch::Direct, false), listed, "an event from before");
        assert_eq!(click(Fetch::Prefetch, false).as_deref(), Some("prefetch"));
        assert_eq!(click(Fetch::Preview, false).as_deref(), Some("preview"));
        assert_eq!(click(Fetch::Proxy, false), None);
        assert_eq!(click(Fetch::Proxy, true).as_deref(), Some("excluded"));
        assert_eq!(bot(EventKind::View, Fetch::Proxy, false), None);
        assert_eq!(bot(EventKind::Conversion, Fetch::Prefetch, false), None);
    }
}
