//! Where one click is led: the link's rules, its macros, and what its address takes along.

use std::{borrow::Cow, net::IpAddr, sync::atomic::Ordering};

use catalog::{
    Link, Price,
    routing::{CLICK_ID, Choice, MacroValues, Template, Visit, choose, with_parameters},
};
use chrono_tz::Tz;
use enrich::click_id::{ClickId, ClickKey, Variant};
use model::{Event, EventId, Facts, LogId, Seq};

use crate::recorder::EventRecorder;

/// What was chosen for a click.
#[derive(Default)]
pub(super) struct Aim {
    /// Where it leads; `None`: to the link's destination, as it is.
    to: Option<Template>,
    /// What may stand in the place of macros.
    values: Option<Values>,
    /// The parameter that carries the click id, if the link or its account names one.
    click_id_param: Option<Box<str>>,
    /// What the click id says, if one goes along: all but the event.
    click: Option<ClickId>,
    /// What the click costs, if the variant says so.
    pub(super) cost_per_click: Option<Price>,
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
            ..Self::default()
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
        let facts = recorder.builder.rules.facts(event);
        if is_plain {
            aim.click = Some(click(event, &facts));
            return aim;
        }
        let zone = settings.and_then(|settings| settings.timezone.parse().ok());
        let visit = Visit {
            ip,
            query: &query,
            chance: recorder.turn.fetch_add(1, Ordering::Relaxed),
            timezone: zone.unwrap_or(Tz::UTC),
            ..Visit::of(event, &facts)
        };
        let chosen = choose(link.rules(), &visit);
        if let Some(Choice {
            rule,
            variant,
            to,
            cost_per_click,
        }) = chosen
        {
            aim.cost_per_click = cost_per_click;
            event.variant = variant.to_owned();
            event.rule = link.rules()[rule].name(rule);
            aim.to = Some(to.clone());
        }
        let has_macros = aim.to.as_ref().is_some_and(|to| !to.is_plain());
        aim.click = (has_macros || link.append_click_id).then(|| click(event, &facts));
        if has_macros {
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
    pub(super) fn location(
        self,
        key: impl FnOnce() -> ClickKey,
        link: &Link,
        query: Option<&str>,
        event: Option<EventId>,
    ) -> String {
        let click = self.click.zip(event);
        let id = click.map(|(click, event)| ClickId { event, ..click }.text(&key()));
        let to = match (&self.to, &self.values) {
            (Some(to), Some(values)) => {
                let values = MacroValues {
                    link,
                    event: &values.event,
                    facts: &values.facts,
                    query: &values.query,
                    click_id: id.as_deref(),
                };
                to.filled(|name| values.of(name))
            }
            (Some(to), None) => Cow::Borrowed(to.text()),
            (None, _) => Cow::Borrowed(&*link.destination),
        };
        let param = self.click_id_param.as_deref().unwrap_or(CLICK_ID);
        let click = id.as_deref().filter(|_| link.append_click_id);
        let passed = query.filter(|query| link.pass_query && !query.is_empty());
        with_parameters(&to, link, passed, click.map(|id| (param, id)))
    }
}

/// What the id of a click says, but for the event, which has no name yet.
fn click(event: &Event, facts: &Facts) -> ClickId {
    ClickId {
        event: EventId {
            log: LogId(0),
            seq: Seq::ZERO,
        },
        link: event.object,
        campaign: event.campaign,
        second: u32::try_from(event.occurred_ms / 1_000).unwrap_or(u32::MAX),
        country: event.country.clone(),
        device_type: facts.device_type,
        browser: facts.browser.as_ref().to_owned(),
        os: facts.os.as_ref().to_owned(),
        variant: match event.variant.is_empty() {
            true => Variant::None,
            false => Variant::Named(event.variant.clone()),
        },
    }
}

/// Whether a text may have macros: most have none, and are not looked at further.
fn has_macros(text: &str) -> bool {
    text.contains('{')
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::OnceLock;

    use catalog::routing::LinkOptions;
    use model::{EntityId, EntityKind, LogId, Seq};
    use serde_json::json;

    use super::*;

    pub(in crate::http) fn destination(
        link: &Link,
        query: Option<&str>,
        id: Option<EventId>,
    ) -> String {
        let event = Event {
            object: link.id.raw,
            ..Event::default()
        };
        let rules = rules();
        let aim = Aim {
            click: link
                .append_click_id
                .then(|| click(&event, &rules.facts(&event))),
            ..Aim::default()
        };
        aim.location(key, link, query, id)
    }

    fn rules() -> &'static enrich::Rules {
        static RULES: OnceLock<enrich::Rules> = OnceLock::new();
        RULES.get_or_init(|| enrich::Rules::new().unwrap())
    }

    pub(in crate::http) fn key() -> ClickKey {
        ClickKey::of(&enrich::NamedKey([1; 32]))
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
        let event = Event {
            object: 1,
            ..Event::default()
        };
        let facts = rules().facts(&event);
        let of = click(&event, &facts);
        let text = ClickId { event: id, ..of }.text(&key());
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
            format!("https://example.com/a?b=1&mr_click={text}#part")
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
            format!("https://example.com/a?b=2&b=3&mr_click={text}#part"),
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
