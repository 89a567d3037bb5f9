//! Where one click is led: the link's rules, its macros, and what its address takes along.

use std::{borrow::Cow, net::IpAddr, sync::atomic::Ordering};

use catalog::{
    Link,
    routing::{CLICK_ID, Choice, MacroValues, Template, Visit, choose, with_parameters},
};
use chrono_tz::Tz;
use model::{Event, EventId, Facts};

use crate::recorder::EventRecorder;

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
            ..Visit::of(event, &facts)
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
        let needs_id = self.values.is_some() || link.append_click_id;
        let id = id.filter(|_| needs_id).map(|id| id.to_string());
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

/// Whether a text may have macros: most have none, and are not looked at further.
fn has_macros(text: &str) -> bool {
    text.contains('{')
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
