//! Where a link would lead somebody, and why.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use axum::{Json, extract::State};
use catalog::{
    Link, LinkState,
    routing::{CLICK_ID, MacroValues, Rule, Template, Visit, fallback, outcomes, with_parameters},
};
use chrono::DateTime;
use chrono_tz::Tz;
use model::{Event, Facts};
use serde::Deserialize;
use utoipa::ToSchema;
use web::Problem;

use super::{auth::Reader, body, objects, params::Segment};
use crate::{
    api_types::{Considered, Outcome, Simulated},
    app::App,
    openapi::refusals::{Body, Id, Key, Nothing, Refusals},
};

/// Stands for the id of a click that is not recorded.
const NO_CLICK: &str = "CLICK_ID";

/// Somebody who might follow a link. What is left out is not known.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Somebody {
    /// ISO 3166-1 alpha-2.
    #[schema(example = "DE")]
    country: String,
    /// First subdivision.
    #[schema(example = "Bavaria")]
    region: String,
    /// English name.
    #[schema(example = "Munich")]
    city: String,
    /// The header, from which device, system, browser and bots are known.
    #[schema(
        example = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
    )]
    user_agent: String,
    /// The header, of which the language that is liked best counts.
    #[schema(example = "de-AT,de;q=0.9")]
    accept_language: String,
    /// The header.
    #[schema(example = "https://news.example/story")]
    referrer: String,
    /// Parameters of the request.
    #[schema(example = json!({"sub1": "a"}))]
    query: BTreeMap<String, String>,
    /// Their address.
    #[schema(value_type = Option<String>, example = "192.0.2.7")]
    ip: Option<IpAddr>,
    /// When, RFC 3339; now, if it is left out.
    #[schema(example = "2026-12-24T18:00:00Z")]
    at: Option<String>,
}

/// Says where a link would lead somebody, and why; counts nothing
///
/// Which variant a visitor gets follows from a number that nobody can know beforehand, so that all are listed with their
/// shares. `CLICK_ID` stands for the id of the click.
#[utoipa::path(
    post, path = "/v1/links/{id}/simulate", tag = "Links",
    params(("id" = String, Path, description = "Its id.", example = "lnk_0000000000005")),
    request_body = Somebody,
    responses(
        (status = 200, description = "What would happen.", body = Simulated),
        Refusals<(Key, Id, Body, Nothing)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn simulate_link(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Segment(id): Segment,
    body::Body(somebody): body::Body<Somebody>,
) -> Result<Json<Simulated>, Problem> {
    let link = objects::find::<Link>(&app, caller.account, &id)?;
    let settings = app.catalog.account(caller.account);
    let settings = settings.as_ref().map(|account| &account.settings);
    let zone = settings.and_then(|settings| settings.timezone.parse().ok());
    let event = somebody.event(&link, app.env.clock.now_ms())?;
    let facts = app.rules.facts(&event);
    let query: Vec<(String, String)> = somebody.query.into_iter().collect();
    let visit = Visit {
        query: &query,
        ip: somebody.ip,
        timezone: zone.unwrap_or(Tz::UTC),
        ..Visit::of(&event, &facts)
    };
    let considered = consider(link.rules(), &visit);
    let param = settings.and_then(|settings| settings.click_id_param.as_deref());
    let led = Led {
        link: &link,
        event: &event,
        facts: &facts,
        query: &query,
        param,
    };
    let state = link.state(event.occurred_ms);
    let decided = considered.iter().position(|rule| rule.missed.is_none());
    let outcomes = match state {
        LinkState::Live => led.outcomes(decided),
        LinkState::NotYet | LinkState::Ended => led.instead(),
    };
    let rule = decided.filter(|_| state == LinkState::Live);
    Ok(Json(Simulated {
        state: match state {
            LinkState::Live => "live",
            LinkState::NotYet => "not_yet",
            LinkState::Ended => "ended",
        },
        rule: rule.map(|at| link.rules()[at].name(at)),
        outcomes,
        rules: considered,
    }))
}

impl Somebody {
    fn event(&self, link: &Link, now_ms: i64) -> Result<Event, Problem> {
        let wrong = |_| {
            Problem::bad_request(
                "invalid",
                "`at` must be RFC 3339, such as 2026-12-24T18:00:00Z",
            )
        };
        let at = self.at.as_deref().map(DateTime::parse_from_rfc3339);
        let at_ms = at
            .transpose()
            .map_err(wrong)?
            .map(|at| at.timestamp_millis());
        let given = |name: &str| self.query.get(name).cloned().unwrap_or_default();
        let utm = ["source", "medium", "campaign", "term", "content"];
        Ok(Event {
            account: link.account.raw,
            object: link.id.raw,
            campaign: link.campaign.map(|campaign| campaign.raw),
            occurred_ms: at_ms.unwrap_or(now_ms),
            user_agent: self.user_agent.clone(),
            referrer: self.referrer.clone(),
            accept_language: self.accept_language.clone(),
            country: self.country.to_ascii_uppercase(),
            region: self.region.clone(),
            city: self.city.clone(),
            subs: (1..=5).map(|n| given(&format!("sub{n}"))).collect(),
            utm: utm
                .iter()
                .map(|name| given(&format!("utm_{name}")))
                .collect(),
            ..Event::default()
        })
    }
}

/// What each rule says to a visit.
fn consider(rules: &[Rule], visit: &Visit<'_>) -> Vec<Considered> {
    let of = |(at, rule): (usize, &Rule)| {
        let missed = rule.when.missed(visit);
        Considered {
            name: rule.name(at),
            fits: missed.is_none(),
            missed,
        }
    };
    rules.iter().enumerate().map(of).collect()
}

/// Who is led.
struct Led<'a> {
    link: &'a Link,
    event: &'a Event,
    facts: &'a Facts,
    query: &'a [(String, String)],
    /// The account's parameter for click ids.
    param: Option<&'a str>,
}

impl Led<'_> {
    /// By the rule in that place, or to the link's destination.
    fn outcomes(&self, rule: Option<usize>) -> Vec<Outcome> {
        let own = Template::new(&self.link.destination);
        let all = match rule {
            Some(at) => outcomes(&self.link.rules()[at].to),
            None => vec![("", 1.0, &own)],
        };
        let status = self
            .link
            .options
            .as_deref()
            .map_or(302, |o| o.status.into());
        let of = |(variant, share, to): (&str, f64, &Template)| Outcome {
            variant: (!variant.is_empty()).then(|| variant.to_owned()),
            share,
            status,
            location: Some(self.location(variant, to)),
        };
        all.into_iter().map(of).collect()
    }

    fn location(&self, variant: &str, to: &Template) -> String {
        let link = self.link;
        let event = Event {
            variant: variant.to_owned(),
            ..self.event.clone()
        };
        let values = MacroValues {
            link,
            event: &event,
            facts: self.facts,
            query: self.query,
            click_id: Some(NO_CLICK),
        };
        let filled = to.filled(|name| values.of(name));
        let own = link
            .options
            .as_deref()
            .and_then(|o| o.click_id_param.as_deref());
        let param = own.or(self.param).unwrap_or(CLICK_ID);
        let click = link.append_click_id.then_some((param, NO_CLICK));
        let mut passed = url::form_urlencoded::Serializer::new(String::new());
        let passed = passed.extend_pairs(self.query).finish();
        let passed = Some(passed).filter(|passed| link.pass_query && !passed.is_empty());
        with_parameters(&filled, link, passed.as_deref(), click)
    }

    /// Of a link that leads nobody on.
    fn instead(&self) -> Vec<Outcome> {
        let ended = self.link.state(self.event.occurred_ms) == LinkState::Ended;
        let nothing = if ended { 410 } else { 404 };
        let address = fallback(self.link);
        vec![Outcome {
            variant: None,
            share: 1.0,
            status: if address.is_some() { 302 } else { nothing },
            location: address,
        }]
    }
}
