//! What the catalog holds. Field names are the format of its ledger.

use ipnet::IpNet;
use model::id::{EntityId, EntityKind};
use serde::{Deserialize, Serialize};

use super::{
    annotation::Annotation,
    answered::Answered,
    api_key::ApiKey,
    cost::PeriodCost,
    destination,
    domain::{self, Domain},
    error::CatalogError,
    goal_options::GoalOptions,
    plan::Plan,
    price::Price,
    quotas::{self, SomeQuotas},
    record::Record,
    routing::{self, LinkOptions, Rule},
    segment::SavedSegment,
    share::Share,
    visitor_memory::VisitorMemory,
    webhook::Webhook,
};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: EntityId,
    /// For people.
    pub name: Box<str>,
    /// Unix milliseconds.
    pub created_ms: i64,
    /// How its events are taken and shown.
    #[serde(default)]
    pub settings: AccountSettings,
    /// The name of its plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Box<str>>,
    /// What whoever runs the installation has said of how much it may have: [`super::State::quotas`] has what holds.
    #[serde(
        default,
        with = "quotas::stored",
        skip_serializing_if = "SomeQuotas::is_empty"
    )]
    pub quotas: Box<SomeQuotas>,
    /// Why and since when it may do nothing, if whoever runs the installation has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspension>,
}

/// An account that may do nothing: its keys open nothing, its links lead nobody on, its events are refused. Nothing of
/// it is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// Unix milliseconds.
    pub since_ms: i64,
    /// For the account's people.
    pub reason: Box<str>,
    /// It is erased, and comes back never: nothing that was its is left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_erased: bool,
}

/// The currency of accounts that have set none.
pub const CURRENCY: &str = "USD";

/// Settings of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountSettings {
    /// IANA name; how days are cut when a question does not say.
    pub timezone: Box<str>,
    /// Of requests with `DNT: 1` or `Sec-GPC: 1` no visitor number, user agent, network or language is kept, of the
    /// place the country alone, of the referrer its origin. They are counted like others.
    pub honour_dnt: bool,
    /// Events from these networks are kept, and counted like those of bots.
    pub excluded_networks: Vec<IpNet>,
    /// Schemes that destinations may have beside http and https, lower case: of apps, `mailto`, `ftp`.
    pub allowed_schemes: Vec<Box<str>>,
    /// Origins of pages, such as `https://intern.example`, that may ask the API with a key of the account.
    pub allowed_origins: Vec<Box<str>>,
    /// The parameter of destinations that carries the click id; `mr_click` unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_id_param: Option<Box<str>>,
    /// ISO 4217; of what links and campaigns cost. [`CURRENCY`] unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Box<str>>,
    /// Visits from data centres count like other people's. Those of mail scanners never do.
    #[serde(skip_serializing_if = "is_false")]
    pub count_datacenters: bool,
    /// For how long visitors are known again whom nobody names.
    #[serde(skip_serializing_if = "VisitorMemory::is_default")]
    pub visitor_memory: VisitorMemory,
    /// For so many days events are kept with all their details: see [`crate::retention`]. `None`: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_events_days: Option<u32>,
}

impl AccountSettings {
    /// The currency of what links and campaigns cost.
    pub fn currency(&self) -> &str {
        self.currency.as_deref().unwrap_or(CURRENCY)
    }
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            timezone: "UTC".into(),
            honour_dnt: false,
            excluded_networks: Vec::new(),
            allowed_schemes: Vec::new(),
            allowed_origins: Vec::new(),
            click_id_param: None,
            currency: None,
            count_datacenters: false,
            visitor_memory: VisitorMemory::default(),
            keep_events_days: None,
        }
    }
}

/// A tracking link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its id.
    pub id: EntityId,
    /// Whose it is.
    pub account: EntityId,
    /// The path it answers at; unique among the live links of the installation.
    pub slug: Box<str>,
    /// Where it leads, as it was given: see [`super::destination::location`].
    pub destination: Box<str>,
    /// The campaign its events count for, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<EntityId>,
    /// For grouping.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub tags: Box<[Box<str>]>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Box<str>>,
    /// Query parameters of the request are handed on to the destination.
    #[serde(default, skip_serializing_if = "is_false")]
    pub pass_query: bool,
    /// The event id is handed on to the destination as `mr_click`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub append_click_id: bool,
    /// Unix milliseconds from which it leads nobody on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
    /// What else it says. Most links say nothing more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Box<LinkOptions>>,
    /// Unix milliseconds.
    pub created_ms: i64,
    /// Deleted: unknown to visitors, still known to history.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deleted: bool,
}

/// Whether a link leads visitors on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It does.
    Live,
    /// It will.
    NotYet,
    /// It did.
    Ended,
}

impl Link {
    /// Whether visitors who come at `now_ms` are led on. A deleted link is one that has ended.
    pub fn state(&self, now_ms: i64) -> LinkState {
        let options = self.options.as_deref();
        let is_archived = options.is_some_and(|options| options.archived);
        let is_over = self.expires_ms.is_some_and(|end| now_ms >= end);
        let starts_ms = options.and_then(|options| options.starts_ms);
        match starts_ms.is_some_and(|start| now_ms < start) {
            _ if self.deleted || is_archived || is_over => LinkState::Ended,
            true => LinkState::NotYet,
            false => LinkState::Live,
        }
    }

    /// What the account calls it.
    pub fn external_id(&self) -> Option<&str> {
        self.options.as_deref()?.external_id.as_deref()
    }

    /// Whether its destination and its options may be, if its account allows these schemes. What it had before, when the
    /// account may have allowed other ones, stays.
    pub fn check_routing(
        &self,
        old: Option<&Self>,
        schemes: &[Box<str>],
    ) -> Result<(), CatalogError> {
        if old.is_none_or(|old| old.destination != self.destination) {
            destination::check(&self.destination, schemes)?;
            routing::check_macros("destination", &self.destination)?;
        }
        let Some(options) = self.options.as_deref() else {
            return Ok(());
        };
        if let (Some(start), Some(end)) = (options.starts_ms, self.expires_ms)
            && start >= end
        {
            let why = "must be after `starts_at`";
            return Err(CatalogError::invalid("expires_at", why));
        }
        match old.is_some_and(|old| old.options == self.options) {
            true => Ok(()),
            false => options.check(schemes),
        }
    }

    /// Bytes of its options, as they are stored.
    pub fn options_bytes(&self) -> usize {
        self.options.as_deref().map_or(0, LinkOptions::bytes)
    }

    /// The domain of the account that it answers at; `None`: the installation's own.
    pub fn domain(&self) -> Option<&str> {
        self.options.as_deref()?.domain.as_deref()
    }

    /// Whether it answers where `other` does.
    pub fn answers_as(&self, other: &Self) -> bool {
        self.slug == other.slug && self.domain() == other.domain()
    }

    /// Within what its slug is unique.
    fn scope(&self) -> u64 {
        self.domain()
            .map_or(0, |host| domain::scope(self.account, host))
    }

    /// Its rules, in order.
    pub fn rules(&self) -> &[Rule] {
        self.options
            .as_deref()
            .map_or(&[], |options| &options.rules)
    }
}

macro_rules! named_types {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            /// Its id.
            pub id: EntityId,
            /// Whose it is.
            pub account: EntityId,
            /// For people, and for senders of events; unique among the account's live ones.
            pub name: Box<str>,
            $($(#[$field_doc])*
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub $field: $type,)*
            /// For grouping.
            #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
            pub tags: Box<[Box<str>]>,
            /// Unix milliseconds.
            pub created_ms: i64,
            /// Deleted: takes no events, still known to history.
            #[serde(default, skip_serializing_if = "is_false")]
            pub deleted: bool,
        }
    )*};
}
named_types! {
    /// An image whose showing is a view.
    Pixel {
        /// The campaign its events count for, too.
        campaign: Option<EntityId>,
    }
    /// What visitors are to reach; its events are conversions.
    Goal {
        /// The campaign its events count for, too.
        campaign: Option<EntityId>,
        /// ISO 4217; of values that come without one.
        currency: Option<Box<str>>,
        /// What else it says. Most goals say nothing more.
        options: Option<Box<GoalOptions>>,
    }
    /// A group of objects.
    Campaign {
        /// What a click on a link in it costs that says nothing itself, in the account's currency.
        cost_per_click: Option<Price>,
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

/// What the tables need to know of a row.
pub trait Row: Clone {
    /// Kind of its id.
    const KIND: EntityKind;
    /// Its id.
    fn id(&self) -> EntityId;
    /// Whose it is.
    fn account(&self) -> EntityId;
    /// Its unique name.
    fn name(&self) -> &str;
    /// Within what a name is unique: 0 for the installation, or the number of its account.
    fn scope_of(account: EntityId) -> u64;
    /// Within what the name is unique.
    fn name_scope(&self) -> u64;
    /// The campaign it is in.
    fn campaign(&self) -> Option<EntityId>;
    /// What its account calls it.
    fn external_id(&self) -> Option<&str>;
    /// For grouping.
    fn tags(&self) -> &[Box<str>];
    /// Whether it is only kept for history.
    fn deleted(&self) -> bool;
    /// Keeps it only for history: what that needs.
    fn delete(&mut self);
}

macro_rules! rows {
    ($($type:ident, $name:ident, $scope:expr, $own:expr, $campaign:expr, $external:path, $slim:expr;)*) => {$(
        impl Row for $type {
            const KIND: EntityKind = EntityKind::$type;
            fn id(&self) -> EntityId {
                self.id
            }
            fn account(&self) -> EntityId {
                self.account
            }
            fn name(&self) -> &str {
                &self.$name
            }
            fn scope_of(account: EntityId) -> u64 {
                $scope(account)
            }
            fn name_scope(&self) -> u64 {
                $own(self)
            }
            fn campaign(&self) -> Option<EntityId> {
                $campaign(self)
            }
            fn external_id(&self) -> Option<&str> {
                $external(self)
            }
            fn tags(&self) -> &[Box<str>] {
                &self.tags
            }
            fn deleted(&self) -> bool {
                self.deleted
            }
            fn delete(&mut self) {
                self.deleted = true;
                self.tags = Box::default();
                $slim(self);
            }
        }
    )*};
}
/// Accounts give ids to links alone.
fn not_called<T>(_: &T) -> Option<&str> {
    None
}

rows! {
    Link, slug, |_| 0, Link::scope, |link: &Link| link.campaign, Link::external_id, |link: &mut Link| {
        link.destination = Box::default();
        link.title = None;
        link.options = None;
    };
    Pixel, name, |account: EntityId| account.raw, |row: &Pixel| row.account.raw, |pixel: &Pixel| pixel.campaign, not_called, |_| ();
    Goal, name, |account: EntityId| account.raw, |row: &Goal| row.account.raw, |goal: &Goal| goal.campaign, not_called, |_| ();
    Campaign, name, |account: EntityId| account.raw, |row: &Campaign| row.account.raw, |_| None, not_called, |_| ();
}

/// The version of the form of entries and snapshots.
///
/// - 1: what has no format.
/// - 2: slugs that were given up are kept.
/// - 3: accounts know visitors for a day or a month.
/// - 4: links have options: rules, begin, archive and so on.
/// - 5: accounts have domains; goals say what their conversions are; clicks cost something.
/// - 6: what was paid in periods; goals say which click of a named visitor a conversion belongs to.
/// - 7: entries say who made them; annotations, shares, suspended accounts.
/// - 8: accounts have webhooks.
/// - 9: accounts have segments.
/// - 10: accounts are erased.
/// - 11: webhooks are told of restated numbers.
/// - 12: accounts say for how long they keep their events; plans, and of quotas what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub struct Format(u32);

impl Format {
    /// Of this program.
    pub const OURS: Self = Self(12);
    /// Of what names none.
    pub(super) const FIRST: Self = Self(1);
}

impl Default for Format {
    fn default() -> Self {
        Self::FIRST
    }
}

impl From<Format> for u32 {
    fn from(format: Format) -> Self {
        format.0
    }
}

impl TryFrom<u32> for Format {
    type Error = String;

    fn try_from(format: u32) -> Result<Self, Self::Error> {
        match Self(format) <= Self::OURS {
            true => Ok(Self(format)),
            false => Err(format!(
                "the catalog is of format {format}, and this program reads up to {}: upgrade it",
                Self::OURS.0
            )),
        }
    }
}

/// One step of the catalog's history. Applying it twice is applying it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// What follows is of this format: a program that does not know it reads, and so writes, nothing from here on. It
    /// is the first change of the entry with which a catalog becomes of that format.
    Format(Format),
    /// New, or changed as a whole.
    PutAccount(Account),
    /// New, or changed as a whole.
    PutKey(ApiKey),
    /// The key of this id opens nothing any more.
    RevokeKey(Box<str>),
    /// New, or changed as a whole.
    PutLink(Link),
    /// New, or changed as a whole.
    PutPixel(Pixel),
    /// New, or changed as a whole.
    PutGoal(Goal),
    /// New, or changed as a whole.
    PutCampaign(Campaign),
    /// A link, pixel, goal or campaign is kept only for history.
    Delete(EntityId),
    /// An account gave up a slug, by deleting or renaming its link: it stays this account's.
    GiveUpSlug {
        /// The slug.
        slug: Box<str>,
        /// Who alone may use it again.
        account: EntityId,
    },
    /// New, or changed as a whole.
    PutDomain(Domain),
    /// The domain of this name is nobody's any more.
    DeleteDomain(Box<str>),
    /// New, or changed as a whole.
    PutCost(PeriodCost),
    /// What was paid in a period is not any more.
    DeleteCost {
        /// Whose it was.
        account: EntityId,
        /// Its id.
        id: Box<str>,
    },
    /// Who made the changes of this entry, and what was before.
    Record(Box<Record>),
    /// Which entries are of an account; in snapshots alone.
    History {
        /// Which account.
        account: EntityId,
        /// Their numbers, in order.
        entries: Box<[u64]>,
    },
    /// A request was answered that names itself.
    Answered(Box<Answered>),
    /// A key was used, last in this unix minute.
    KeyUsed {
        /// Its id.
        id: Box<str>,
        /// Unix minute.
        minute: i64,
    },
    /// New, or changed as a whole.
    PutAnnotation(Annotation),
    /// An annotation is taken away.
    DeleteAnnotation {
        /// Whose it was.
        account: EntityId,
        /// Its id.
        id: Box<str>,
    },
    /// New, or changed as a whole.
    PutShare(Share),
    /// New, or changed as a whole.
    PutSegment(SavedSegment),
    /// A segment is taken away.
    DeleteSegment {
        /// Whose it was.
        account: EntityId,
        /// Its id.
        id: Box<str>,
    },
    /// A share shows nothing any more.
    DeleteShare {
        /// Whose it was.
        account: EntityId,
        /// Its id.
        id: Box<str>,
    },
    /// New, or changed as a whole.
    PutWebhook(Box<Webhook>),
    /// A webhook tells nothing any more.
    DeleteWebhook {
        /// Whose it was.
        account: EntityId,
        /// Its id.
        id: Box<str>,
    },
    /// New, or changed as a whole.
    PutPlan(Plan),
    /// The plan of this name is not any more.
    DeletePlan(Box<str>),
}
