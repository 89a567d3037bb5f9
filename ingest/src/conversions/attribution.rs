//! Which click a conversion belongs to, by its click id.

use catalog::{
    Catalog, Goal, GoalOptions, Link,
    goal_options::{AttributeBy, Attribution},
    routing::{Aim, Variant as LinkVariant},
};
use enrich::click_id::{ClickId, ClickKey, NotAClickId, Variant, hash_of};
use model::{EntityId, EntityKind, Event, EventId, EventKind};

use super::lookup::Purpose;
use crate::recorder::EventRecorder;

const DAY_MS: i64 = 86_400_000;

/// Why a conversion with a click id belongs to no click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoClick {
    /// The click id is of another tracker, or of another account.
    Foreign,
    /// It was altered: its signature is wrong.
    Altered,
    /// The click is longer ago than the goal allows.
    Old,
    /// It names an event that cannot be found now.
    NotFound,
    /// It names an event that is no click.
    NotAClick,
}

impl NoClick {
    /// The word in answers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            NoClick::Foreign => "foreign_click_id",
            NoClick::Altered => "altered_click_id",
            NoClick::Old => "old_click",
            NoClick::NotFound => "click_not_found",
            NoClick::NotAClick => "not_a_click",
        }
    }
}

/// What is known of a click.
struct Click {
    event: EventId,
    received_ms: i64,
    link: u64,
    campaign: Option<u64>,
    clicked_ms: i64,
    country: String,
    region: String,
    city: String,
    device_type: String,
    browser: String,
    os: String,
    variant: String,
}

/// Writes into a conversion which click it belongs to, if its click id says so.
pub(crate) async fn attribute(
    recorder: &EventRecorder,
    goal: &Goal,
    event: &mut Event,
) -> Result<(), NoClick> {
    let usual = GoalOptions::default();
    let options = goal.options.as_deref().unwrap_or(&usual);
    let Some(text) = event.click_id.clone() else {
        seek(options, event);
        return Ok(());
    };
    // Who names a click means that one, or none.
    event.seeks_visitor = 0;
    let click = match text.parse::<EventId>() {
        // Event ids were click ids before these were signed.
        Ok(id) => looked_up(recorder, id, goal.account).await?,
        Err(_) => told(&recorder.catalog, &recorder.builder.click_key(), &text)?,
    };
    belong(&recorder.catalog, goal, click, event)
}

/// The same of what a signed id says itself: nothing is looked up.
pub(crate) fn attribute_told(
    catalog: &Catalog,
    key: &ClickKey,
    goal: &Goal,
    event: &mut Event,
) -> Result<(), NoClick> {
    let Some(text) = event.click_id.clone() else {
        let usual = GoalOptions::default();
        seek(goal.options.as_deref().unwrap_or(&usual), event);
        return Ok(());
    };
    event.seeks_visitor = 0;
    let click = told(catalog, key, &text)?;
    belong(catalog, goal, click, event)
}

/// Writes into a conversion that it belongs to a click.
fn belong(catalog: &Catalog, goal: &Goal, click: Click, event: &mut Event) -> Result<(), NoClick> {
    let (usual, link) = (
        GoalOptions::default(),
        EntityId::new(EntityKind::Link, click.link),
    );
    let options = goal.options.as_deref().unwrap_or(&usual);
    let account = catalog.link(link).map(|link| link.account);
    if account != Some(goal.account) {
        return Err(NoClick::Foreign);
    }
    let most_ms = i64::from(options.attribution_days) * DAY_MS;
    if event.occurred_ms.saturating_sub(click.clicked_ms) > most_ms {
        return Err(NoClick::Old);
    }
    if options.attribute_by == AttributeBy::Click {
        event.occurred_ms = click.clicked_ms;
    }
    event.link = Some(click.link);
    event.campaign = click.campaign.or(event.campaign);
    event.clicked_ms = Some(click.clicked_ms);
    event.country = click.country;
    event.region = click.region;
    event.city = click.city;
    event.device_type = click.device_type;
    event.browser = click.browser;
    event.os = click.os;
    event.variant = click.variant;
    event.click_event = click.event.to_string();
    event.click_received_ms = click.received_ms;
    Ok(())
}

/// Writes into a conversion of a named visitor how batch is to find the click: numbers follow from the log alone,
/// whatever becomes of the goal.
fn seek(options: &GoalOptions, event: &mut Event) {
    if event.seeks_visitor != 0 {
        event.seeks_first = options.attribution == Attribution::First;
        event.seeks_days = options.attribution_days.into();
    }
}

/// What a signed id says itself.
fn told(catalog: &Catalog, key: &ClickKey, text: &str) -> Result<Click, NoClick> {
    let id = ClickId::read(text, key);
    let id = id.map_err(|not| match not {
        NotAClickId::Foreign => NoClick::Foreign,
        NotAClickId::Altered => NoClick::Altered,
    })?;
    let variant = match id.variant {
        Variant::None => String::new(),
        Variant::Named(name) => name,
        Variant::Hashed(hash) => {
            let link = EntityId::new(EntityKind::Link, id.link);
            let link = catalog.link(link);
            link.and_then(|link| named(&link, hash)).unwrap_or_default()
        }
    };
    let clicked_ms = i64::from(id.second) * 1_000;
    Ok(Click {
        event: id.event,
        // A redirect is received when it happens.
        received_ms: clicked_ms,
        link: id.link,
        campaign: id.campaign,
        clicked_ms,
        country: id.country,
        region: String::new(),
        city: String::new(),
        device_type: id.device_type.to_owned(),
        browser: id.browser,
        os: id.os,
        variant,
    })
}

/// The variant of a link whose name has this hash.
fn named(link: &Link, hash: u64) -> Option<String> {
    let splits = link.rules().iter().filter_map(|rule| match &rule.to {
        Aim::One(_) => None,
        Aim::Split(variants) => Some(variants),
    });
    let mut names = splits.flatten().map(|variant: &LinkVariant| &*variant.name);
    names.find(|name| hash_of(name) == hash).map(str::to_owned)
}

async fn looked_up(
    recorder: &EventRecorder,
    id: EventId,
    account: EntityId,
) -> Result<Click, NoClick> {
    let own = Some(&recorder.log);
    let found = recorder.lookup.find(own, id, Purpose::ClickId).await;
    let event = found.ok_or(NoClick::NotFound)?.event;
    // Nobody is told what events of others are.
    if event.account_id() != account {
        return Err(NoClick::Foreign);
    }
    if event.kind() != EventKind::Click {
        return Err(NoClick::NotAClick);
    }
    let facts = recorder.builder.rules.facts(&event);
    Ok(Click {
        event: id,
        received_ms: event.received_ms,
        link: event.object,
        campaign: event.campaign,
        clicked_ms: event.occurred_ms,
        country: event.country,
        region: event.region,
        city: event.city,
        device_type: facts.device_type.to_owned(),
        browser: facts.browser.as_ref().to_owned(),
        os: facts.os.as_ref().to_owned(),
        variant: event.variant,
    })
}
