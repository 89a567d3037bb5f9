//! Accounts and their keys.

use catalog::{Account, AccountSettings, ApiKey, Scope, State};
use ipnet::IpNet;
use model::{EntityId, Memory, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

use super::quotas::{QuotaSourcesView, QuotasView};

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountView {
    /// Its id.
    #[schema(value_type = String, example = "acc_0000000000001")]
    pub id: EntityId,
    /// For people.
    #[schema(value_type = String, example = "Shop")]
    pub name: Box<str>,
    /// How its events are taken and shown.
    pub settings: Settings,
    /// The name of its plan, if whoever runs the installation has given it one.
    #[schema(required, value_type = Option<String>, example = "pro")]
    pub plan: Option<Box<str>>,
    /// How much it may have, where it is not the only account.
    pub quotas: QuotasView,
    /// Where each of these comes from.
    pub quotas_from: QuotaSourcesView,
    /// For how many days its events are kept with all their details: as its settings say, or its quotas if that is less; null: for ever.
    #[schema(required, example = 365)]
    pub keep_events_days: Option<u32>,
    /// Why it may do nothing now, if whoever runs the installation has said so.
    #[schema(required)]
    pub suspended: Option<SuspensionView>,
    /// When it was made.
    #[schema(example = "2026-01-02T03:04:05Z")]
    pub created_at: String,
}

/// Why an account may do nothing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Suspension)]
pub(crate) struct SuspensionView {
    /// For its people.
    #[schema(value_type = String, example = "phishing")]
    reason: Box<str>,
    /// Since when.
    #[schema(example = "2026-01-02T03:04:05Z")]
    since: String,
    /// It is erased, and comes back never.
    #[schema(example = false)]
    erased: bool,
}

/// Settings of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Settings {
    /// IANA name; how days are cut when a question does not say.
    #[schema(value_type = String, example = "Europe/Amsterdam")]
    timezone: Box<str>,
    /// Of requests with `DNT: 1` or `Sec-GPC: 1` no visitor number, user agent, network or language is kept, of the
    /// place the country alone, of the referrer its origin. They are counted like others.
    honour_dnt: bool,
    /// Events from these networks are kept, and counted like those of bots.
    #[schema(value_type = Vec<String>, example = json!(["192.0.2.0/24"]))]
    excluded_networks: Vec<IpNet>,
    /// Schemes that destinations may have beside http and https.
    #[schema(value_type = Vec<String>, example = json!(["myapp"]))]
    allowed_schemes: Vec<Box<str>>,
    /// Origins of pages that may ask this API with a key of the account.
    #[schema(value_type = Vec<String>, example = json!(["https://intern.example"]))]
    allowed_origins: Vec<Box<str>>,
    /// The parameter of destinations that carries the click id; null: `mr_click`.
    #[schema(required, value_type = Option<String>, example = "cid")]
    click_id_param: Option<Box<str>>,
    /// The currency of what links and campaigns cost, ISO 4217.
    #[schema(example = "USD")]
    currency: String,
    /// Whether visits from data centres count like other people's; else they are bots'.
    count_datacenters: bool,
    /// For how long a visitor is known again whom the sender does not name: a day or a month of the account.
    #[schema(value_type = String, example = "day")]
    visitor_memory: Memory,
    /// From when on that holds, if it was ever changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-01-03T00:00:00Z")]
    visitor_memory_from: Option<String>,
    /// For so many days events are to be kept with all their details; null: for ever.
    #[schema(required, example = 365)]
    keep_events_days: Option<u32>,
}

/// A new account and its first key.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewAccount {
    /// The account.
    #[serde(flatten)]
    pub account: AccountView,
    /// The secret of a key with the scope `admin`. It is shown once.
    #[schema(example = "mr_7h4c…")]
    pub api_key: String,
}

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct KeyView {
    /// Names the key without giving it away.
    #[schema(value_type = String, example = "key_0000000000009")]
    pub id: Box<str>,
    /// For people.
    #[schema(value_type = String, example = "reports")]
    pub name: Box<str>,
    /// What it may do.
    #[schema(value_type = Vec<String>, example = json!(["read"]))]
    pub scopes: Vec<Scope>,
    /// When it was made.
    #[schema(example = "2026-01-02T03:04:05Z")]
    pub created_at: String,
    /// From when on it opens nothing; null: it has no end.
    #[schema(required, example = "2027-01-01T00:00:00Z")]
    pub expires_at: Option<String>,
    /// Until when the secret that it had before opens the same; null: it has had one alone.
    #[schema(required, example = "2026-01-03T03:04:05Z")]
    pub old_secret_until: Option<String>,
    /// The minute in which it was last used, as far as it is known: uses at other processes are known an hour later. Null:
    /// never since this is noted.
    #[schema(required, example = "2026-01-02T03:04:00Z")]
    pub last_used: Option<String>,
    /// Whether it opens nothing any more.
    pub revoked: bool,
}

/// A new API key.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewKey {
    /// The key.
    #[serde(flatten)]
    pub key: KeyView,
    /// Its secret. It is shown once.
    #[schema(example = "mr_7h4c…")]
    pub api_key: String,
}

impl AccountView {
    /// As it is, or as it would be if it were so.
    pub(crate) fn new(state: &State, account: &Account) -> Self {
        let (quotas, sources) = state.quotas_of(account);
        Self {
            id: account.id,
            name: account.name.clone(),
            settings: Settings::from(&account.settings),
            plan: account.plan.clone(),
            quotas: quotas.into(),
            quotas_from: sources.into(),
            keep_events_days: state.kept_by(account),
            suspended: account.suspended.as_ref().map(|it| SuspensionView {
                reason: it.reason.clone(),
                since: rfc3339(it.since_ms),
                erased: it.is_erased,
            }),
            created_at: rfc3339(account.created_ms),
        }
    }
}

impl From<&AccountSettings> for Settings {
    fn from(settings: &AccountSettings) -> Self {
        let (visitor_memory, from) = settings.visitor_memory.latest();
        Self {
            timezone: settings.timezone.clone(),
            honour_dnt: settings.honour_dnt,
            excluded_networks: settings.excluded_networks.clone(),
            allowed_schemes: settings.allowed_schemes.clone(),
            allowed_origins: settings.allowed_origins.clone(),
            click_id_param: settings.click_id_param.clone(),
            currency: settings.currency().to_owned(),
            count_datacenters: settings.count_datacenters,
            visitor_memory,
            visitor_memory_from: from.map(|minute| rfc3339(minute * 60_000)),
            keep_events_days: settings.keep_events_days,
        }
    }
}

impl KeyView {
    /// As clients see it; `last_used`: a Unix minute.
    pub(crate) fn new(key: &ApiKey, last_used: Option<i64>) -> Self {
        let before = key.replaced.as_ref();
        Self {
            expires_at: key.expires_ms.map(rfc3339),
            old_secret_until: before.map(|old| rfc3339(old.until_ms)),
            last_used: last_used.map(|minute| rfc3339(minute * 60_000)),
            id: key.id.clone(),
            name: key.name.clone(),
            scopes: key.scopes.clone(),
            created_at: rfc3339(key.created_ms),
            revoked: key.revoked,
        }
    }
}
