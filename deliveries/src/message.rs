//! Messages: which events of a segment make which, and what they say. The same segment and the same webhook make the same
//! messages with the same ids, whenever and however often they are made; one that is changed meanwhile makes them of other events.

use std::collections::BTreeMap;

use bytes::Bytes;
use catalog::{Catalog, Webhook, WebhookKind, zone};
use chrono::DateTime;
use enrich::Rules;
use handover::restatements::Restatements;
use model::{
    Event, EventId, EventKind, Facts, LogId, Record, SegmentNo, Status, money::money_text,
    time::rfc3339,
};
use serde_json::{Value, json};
use webhooks::{EventType, delivery::TEST, template::Template};

use crate::progress::Place;

/// Clicks that go into one message, as far as they are wanted.
const CLICKS: usize = 200;
/// How ids of messages begin.
const PREFIX: &str = "msg_";

/// A message that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub id: String,
    /// Its `type`.
    pub kind: &'static str,
    pub url: String,
    /// Empty where it is sent without a body.
    pub body: Bytes,
}

/// A message that can be made.
pub(crate) struct Planned<'a> {
    pub place: Place,
    records: Vec<&'a Record>,
}

/// What messages are made with.
pub(crate) struct Maker<'a> {
    pub webhook: &'a Webhook,
    pub rules: &'a Rules,
    pub catalog: &'a Catalog,
}

impl Maker<'_> {
    /// The messages of a segment, in the order of their last events. `records` are those of the webhook's account.
    pub fn plan<'a>(
        &self,
        log: LogId,
        segment: SegmentNo,
        records: &'a [Record],
    ) -> Vec<Planned<'a>> {
        let place = |kind, first, last| Place {
            kind,
            log,
            segment,
            first,
            last,
        };
        let (clicks, conversions): (Vec<&Record>, Vec<&Record>) = records
            .iter()
            .partition(|record| record.event.kind() == EventKind::Click);
        let conversions = conversions
            .into_iter()
            .filter(|it| self.is_wanted(&it.event));
        let mut planned: Vec<Planned<'a>> = conversions
            .map(|it| Planned {
                place: place(kind_of(&it.event), it.seq, it.seq),
                records: vec![it],
            })
            .collect();
        // Which clicks go together does not depend on which are wanted: filters and rules may change meanwhile.
        for together in clicks.chunks(CLICKS) {
            let wanted = together.iter().filter(|it| self.is_wanted(&it.event));
            let wanted: Vec<&Record> = wanted.copied().collect();
            if let ([first, ..], [.., last]) = (together, together)
                && !wanted.is_empty()
            {
                planned.push(Planned {
                    place: place(EventType::LinkClicked, first.seq, last.seq),
                    records: wanted,
                });
            }
        }
        planned.sort_by_key(|planned| planned.place.last);
        planned
    }

    /// Whether the webhook is told of an event.
    fn is_wanted(&self, event: &Event) -> bool {
        let (webhook, filters) = (self.webhook, &self.webhook.filters);
        let is_click = event.kind() == EventKind::Click;
        let is_one = |ids: &[model::EntityId], id: Option<model::EntityId>| {
            ids.is_empty() || id.is_some_and(|id| ids.contains(&id))
        };
        let link = if is_click {
            Some(event.object_id())
        } else {
            event.link_id()
        };
        event.kind() != EventKind::View
            && event.account == webhook.account.raw
            && event.received_ms >= webhook.begins.at_ms
            && webhook.types.contains(&kind_of(event))
            && is_one(&filters.links, link)
            && (is_click || is_one(&filters.goals, Some(event.object_id())))
            && is_one(&filters.campaigns, event.campaign_id())
            // Last, since it takes longest.
            && (!is_click || filters.bots || self.rules.facts(event).bot.is_none())
    }

    /// Makes a message.
    pub fn make(&self, planned: &Planned<'_>) -> Message {
        let Place { kind, log, .. } = planned.place;
        let told = |record: &&Record| self.told(log, record);
        let received_ms = planned.records.last().map_or(0, |it| it.event.received_ms);
        let data = match kind {
            EventType::LinkClicked => {
                json!({"clicks": planned.records.iter().map(told).collect::<Vec<_>>()})
            }
            _ => planned.records.first().map(told).unwrap_or_default(),
        };
        let id = id(self.webhook, &planned.place);
        self.message(id, kind.name(), &rfc3339(received_ms), data)
    }

    /// What changed of the account's settled days, as the object of this name says; `None`: nothing.
    pub fn restated(&self, name: &str, told: &Restatements) -> Option<Message> {
        let account = self.webhook.account;
        let zone = self
            .catalog
            .account(account)
            .and_then(|it| it.settings.timezone.parse().ok())
            .unwrap_or_default();
        let days = told.by_day(account.raw, |minute| zone::day_of(minute, zone));
        let is_wanted = self.webhook.types.contains(&EventType::NumbersRestated);
        if !is_wanted || (days.is_empty() && told.is_whole()) {
            return None;
        }
        let days = days.into_iter().map(|(day, changed)| {
            let values = changed.values.into_iter();
            let values: BTreeMap<String, String> = values
                .map(|(currency, micros)| (currency, money(micros)))
                .collect();
            json!({"date": day.to_string(), "changed": changed.events, "value": values})
        });
        let data = json!({
            "cause": told.cause.name(),
            "days": days.collect::<Vec<_>>(),
            "is_whole": told.is_whole(),
        });
        let id = format!("{PREFIX}{}_restated-{name}", own_id(self.webhook));
        let kind = EventType::NumbersRestated.name();
        Some(self.message(id, kind, &rfc3339(told.at_ms), data))
    }

    /// A test message.
    pub fn test(&self, id: String, now_ms: i64) -> Message {
        let data = match self.webhook.kind {
            WebhookKind::Webhook => json!({"webhook": self.webhook.id, "name": self.webhook.name}),
            WebhookKind::Postback => example(now_ms),
        };
        self.message(id, TEST, &rfc3339(now_ms), data)
    }

    fn message(&self, id: String, kind: &'static str, timestamp: &str, data: Value) -> Message {
        let url = match self.webhook.kind {
            WebhookKind::Webhook => self.webhook.url.to_string(),
            WebhookKind::Postback => filled(&self.webhook.url, &data),
        };
        let body = match self.webhook.method {
            catalog::WebhookMethod::Get => String::new(),
            catalog::WebhookMethod::Post => {
                json!({"type": kind, "timestamp": timestamp, "data": data}).to_string()
            }
        };
        Message {
            id,
            kind,
            url,
            body: body.into(),
        }
    }

    fn told(&self, log: LogId, record: &Record) -> Value {
        let event = &record.event;
        let facts = self.rules.facts(event);
        match event.kind() {
            EventKind::Conversion => self.conversion(record.id(log), event, &facts),
            _ => self.click(record.id(log), event, &facts),
        }
    }

    fn click(&self, id: EventId, event: &Event, facts: &Facts) -> Value {
        let mut told = self.common(id, event, Some(event.object_id()));
        let more = json!({
            "region": text(&event.region),
            "city": text(&event.city),
            "browser": text(&facts.browser),
            "os": text(&facts.os),
            "device_type": facts.device_type,
            "language": text(&facts.language),
            "referrer_host": text(&facts.referrer_host),
            "channel": facts.channel,
            "utm_source": text(event.utm(0)),
            "utm_medium": text(event.utm(1)),
            "utm_campaign": text(event.utm(2)),
            "utm_term": text(event.utm(3)),
            "utm_content": text(event.utm(4)),
            "domain": text(&event.domain),
            "rule": text(&event.rule),
            "variant": text(&event.variant),
            "trigger": text(&event.trigger),
            "bot": facts.bot,
            "cost": event.cost(facts).map(money),
            "cost_currency": text(&event.cost_currency),
        });
        add(&mut told, more);
        told
    }

    fn conversion(&self, id: EventId, event: &Event, facts: &Facts) -> Value {
        let goal = self.catalog.goal(event.object_id());
        let before = event
            .taken_back
            .and_then(|status| Status::try_from(status).ok());
        let more = json!({
            "goal": event.object_id(),
            "goal_name": goal.map(|goal| goal.name.clone()),
            "transaction_id": event.transaction_id,
            "click_id": event.click_id,
            "status": event.status().name(),
            "status_before": before.map(Status::name),
            "value": event.amount_micros.or(event.value_micros).map(money),
            "value_change": event.value_micros.map(money),
            "currency": text(&event.currency),
            "change": event.step,
            "clicked_at": event.clicked_ms.map(rfc3339),
            "browser": text(&facts.browser),
            "os": text(&facts.os),
            "unchecked": event.unchecked,
        });
        let mut told = self.common(id, event, event.link_id());
        add(&mut told, more);
        told
    }

    fn common(&self, id: EventId, event: &Event, link: Option<model::EntityId>) -> Value {
        let mut told = json!({
            "event_id": id.to_string(),
            "occurred_at": rfc3339(event.occurred_ms),
            "received_at": rfc3339(event.received_ms),
            "link": link,
            "slug": link.and_then(|link| self.catalog.link(link)).map(|link| link.slug.clone()),
            "campaign": event.campaign_id(),
            "country": text(&event.country),
        });
        for place in 0..5 {
            let sub = event.subs.get(place).map(String::as_str);
            told[format!("sub{}", place + 1)] = json!(text(sub.unwrap_or_default()));
        }
        told
    }
}

/// What a webhook is told of an event as.
fn kind_of(event: &Event) -> EventType {
    match event.kind() {
        EventKind::Conversion if event.step > 0 => EventType::ConversionChanged,
        EventKind::Conversion => EventType::ConversionCreated,
        EventKind::Click | EventKind::View => EventType::LinkClicked,
    }
}

/// A webhook's id as those of its messages have it.
fn own_id(webhook: &Webhook) -> &str {
    webhook.id.trim_start_matches("whk_")
}

/// The id of a message: of its webhook and its events, and so the same each time.
pub(crate) fn id(webhook: &Webhook, place: &Place) -> String {
    let own = own_id(webhook);
    let (log, first, last) = (place.log, place.first, place.last);
    match place.kind {
        EventType::LinkClicked => format!("{PREFIX}{own}_{log}-{first}-{last}"),
        _ => format!("{PREFIX}{own}_{log}-{first}"),
    }
}

/// The address of a postback about a conversion.
fn filled(url: &str, data: &Value) -> String {
    let Ok(template) = Template::parse(url) else {
        // It was checked when it was set; what has no macros of ours is sent as it is.
        return url.to_owned();
    };
    template.fill(|name| match name {
        "occurred_unix" => unix(&data["occurred_at"]),
        name => plain(&data[name]),
    })
}

fn plain(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn unix(time: &Value) -> String {
    let time = time
        .as_str()
        .and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    time.map_or_else(String::new, |time| time.timestamp().to_string())
}

/// What a postback is tested with.
fn example(now_ms: i64) -> Value {
    json!({
        "event_id": "test", "occurred_at": rfc3339(now_ms), "link": "lnk_test", "slug": "test", "campaign": "cmp_test",
        "country": "DE", "sub1": "test1", "sub2": "test2", "sub3": "test3", "sub4": "test4", "sub5": "test5",
        "goal": "gol_test", "goal_name": "Test", "transaction_id": "test", "click_id": "test", "status": "approved",
        "value": "12.50", "currency": "EUR",
    })
}

/// A text; an empty one is none.
fn text(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn money(micros: i64) -> String {
    money_text(micros.into())
}

fn add(told: &mut Value, more: Value) {
    if let (Value::Object(told), Value::Object(more)) = (told, more) {
        told.extend(more);
    }
}

#[cfg(test)]
mod tests;
