//! The event as it is written in the log, and the same event after enrichment.

use std::sync::Arc;

use crate::{
    id::{EntityId, EntityKind, EventId, LogId},
    position::{Epoch, Seq},
    visitors::FOREIGN,
};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum EventKind {
    /// A link was followed.
    Click = 0,
    /// A pixel was shown.
    View = 1,
    /// A goal was reached (postback).
    Conversion = 2,
}

impl EventKind {
    /// The name used in JSON and Parquet.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Click => "click",
            EventKind::View => "view",
            EventKind::Conversion => "conversion",
        }
    }

    /// The kind of object this event is recorded on.
    pub fn object_kind(self) -> EntityKind {
        match self {
            EventKind::Click => EntityKind::Link,
            EventKind::View => EntityKind::Pixel,
            EventKind::Conversion => EntityKind::Goal,
        }
    }
}

/// Who fetched what the event is recorded on, as far as it was not a person who looked at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Fetch {
    /// Nobody says anything else than a person.
    Direct = 0,
    /// A browser, ahead of a click that may never come: counted like a bot.
    Prefetch = 1,
    /// A browser or a messenger that shows what is behind a link: counted like a bot.
    Preview = 2,
    /// A mail client's image proxy, for a person of whom nothing is known: counted like a person.
    Proxy = 3,
}

impl Fetch {
    /// The name used in JSON and Parquet; empty for a person who came directly.
    pub fn name(self) -> &'static str {
        match self {
            Fetch::Direct => "",
            Fetch::Prefetch => "prefetch",
            Fetch::Preview => "preview",
            Fetch::Proxy => "proxy",
        }
    }

    /// Whether it counts like a bot's.
    pub fn is_ahead(self) -> bool {
        matches!(self, Fetch::Prefetch | Fetch::Preview)
    }
}

/// How far a conversion is agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Status {
    /// It counts.
    Approved = 0,
    /// It may come to count.
    Pending = 1,
    /// It does not.
    Rejected = 2,
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 3] = [Status::Approved, Status::Pending, Status::Rejected];

    /// The name used in JSON and Parquet.
    pub fn name(self) -> &'static str {
        match self {
            Status::Approved => "approved",
            Status::Pending => "pending",
            Status::Rejected => "rejected",
        }
    }
}

/// What a conversion lacks until batch has settled it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Awaits {
    /// Nothing: it is counted for all that it will ever count for.
    Nothing = 0,
    /// What its click id does not carry: the click's region, city, referrer and sub parameters.
    Details = 1,
    /// Its click: that of a visitor whom its sender named.
    Click = 2,
}

/// One event, exactly as accepted. Field numbers are the format of the log: never reuse one.
///
/// It holds no full IP address: what the door derived from it (visitor, place, network) stands
/// in its stead.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Event {
    /// What happened.
    #[prost(enumeration = "EventKind", tag = "1")]
    pub kind: i32,
    /// Number of the account.
    #[prost(fixed64, tag = "2")]
    pub account: u64,
    /// Number of the link, pixel or goal.
    #[prost(fixed64, tag = "3")]
    pub object: u64,
    /// Number of the campaign the object was in when the event happened.
    #[prost(fixed64, optional, tag = "4")]
    pub campaign: Option<u64>,
    /// When it happened, as the sender says; unix milliseconds.
    #[prost(int64, tag = "5")]
    pub occurred_ms: i64,
    /// When the door took it; unix milliseconds.
    #[prost(int64, tag = "6")]
    pub received_ms: i64,
    /// User-Agent header, cut at the door's limit.
    #[prost(string, tag = "7")]
    pub user_agent: String,
    /// Referer header, cut at the door's limit.
    #[prost(string, tag = "8")]
    pub referrer: String,
    /// Accept-Language header, cut at the door's limit.
    #[prost(string, tag = "9")]
    pub accept_language: String,
    /// The /24 or /48 network of the address; empty if there was none.
    #[prost(string, tag = "10")]
    pub network: String,
    /// Keyed hash of the visitor; 0: not to be known, or none.
    #[prost(fixed64, tag = "11")]
    pub visitor: u64,
    /// ISO 3166-1 alpha-2, empty if unknown.
    #[prost(string, tag = "12")]
    pub country: String,
    /// First subdivision, empty if unknown.
    #[prost(string, tag = "13")]
    pub region: String,
    /// English name, empty if unknown.
    #[prost(string, tag = "14")]
    pub city: String,
    /// Autonomous system.
    #[prost(uint32, optional, tag = "15")]
    pub asn: Option<u32>,
    /// Idempotency or transaction key of an event from before keys had scopes: all of an account's are
    /// one name space. No door writes it any more.
    #[prost(string, optional, tag = "16")]
    pub key: Option<String>,
    /// A key could not be checked for duplicates: the reservation store was down.
    #[prost(bool, tag = "17")]
    pub unchecked: bool,
    /// The click this conversion belongs to, as the sender says.
    #[prost(string, optional, tag = "18")]
    pub click_id: Option<String>,
    /// Value in millionths of the currency's unit.
    #[prost(int64, optional, tag = "19")]
    pub value_micros: Option<i64>,
    /// ISO 4217 code.
    #[prost(string, tag = "20")]
    pub currency: String,
    /// `sub1` to `sub5`; trailing empty ones are left out.
    #[prost(string, repeated, tag = "21")]
    pub subs: Vec<String>,
    /// `utm_source, utm_medium, utm_campaign, utm_term, utm_content` of the request; all or none.
    #[prost(string, repeated, tag = "22")]
    pub utm: Vec<String>,
    /// The account excludes this sender's network: counted like a bot.
    #[prost(bool, tag = "23")]
    pub excluded: bool,
    /// Which of a link's destinations was served, by its rules' names; empty if it has but one.
    #[prost(string, tag = "24")]
    pub variant: String,
    /// What led to the event: `link` or `qr`; empty if nobody said.
    #[prost(string, tag = "25")]
    pub trigger: String,
    /// Type of the device where the user agent was not kept, because the visitor does not want to be
    /// tracked: `mobile`, `tablet`, `desktop`, `tv`, `bot` or `other`; else empty.
    #[prost(string, tag = "26")]
    pub device_type: String,
    /// Who fetched it, if not a person who looked at it.
    #[prost(enumeration = "Fetch", tag = "27")]
    pub fetch: i32,
    /// Key of a server-side event, unique in its account, if the sender gave one.
    #[prost(string, optional, tag = "30")]
    pub idempotency_key: Option<String>,
    /// Key of a conversion, unique in its goal, if the sender gave one.
    #[prost(string, optional, tag = "31")]
    pub transaction_id: Option<String>,
    /// The visitor's number was made with the salt of another date or month than its own, since that is destroyed: who
    /// came then may have another number as well. Without a number: there was no salt at all.
    #[prost(bool, tag = "32")]
    pub foreign_salt: bool,
    /// Which of its link's rules decided where it led, by name; empty if none did.
    #[prost(string, tag = "33")]
    pub rule: String,
    /// Number of the link whose click led to this conversion: it counts for that link, too.
    #[prost(fixed64, optional, tag = "34")]
    pub link: Option<u64>,
    /// Browser and operating system of the click that led to this conversion, as its click id says. Empty:
    /// those of the user agent.
    #[prost(string, tag = "35")]
    pub browser: String,
    /// See `browser`.
    #[prost(string, tag = "36")]
    pub os: String,
    /// What a conversion is worth counting as.
    #[prost(enumeration = "Status", tag = "37")]
    pub status: i32,
    /// The status of the same transaction that this one takes back, as its door decided.
    #[prost(enumeration = "Status", optional, tag = "38")]
    pub taken_back: Option<i32>,
    /// It only changes the value of a transaction: a refund, or an addition.
    #[prost(bool, tag = "39")]
    pub adjusts: bool,
    /// Which change of its transaction it is: 0 is the first report of it.
    #[prost(uint32, tag = "40")]
    pub step: u32,
    /// The value that its sender gave, in millionths. `value_micros` is what it adds to the values of approved
    /// conversions: nothing while it is pending, less than this where it takes something back.
    #[prost(int64, optional, tag = "41")]
    pub amount_micros: Option<i64>,
    /// What a click cost, in millionths of `cost_currency`.
    #[prost(int64, optional, tag = "42")]
    pub cost_micros: Option<i64>,
    /// ISO 4217 code.
    #[prost(string, tag = "43")]
    pub cost_currency: String,
    /// When the click happened that led to this conversion, unix milliseconds, in seconds.
    #[prost(int64, optional, tag = "44")]
    pub clicked_ms: Option<i64>,
    /// The host, of several at which links answer, that a click was made at; empty: the installation's own.
    #[prost(string, tag = "45")]
    pub domain: String,
    /// What its goal did with another value of a transaction: 0 ignored it, 1 added it, 2 replaced what was. For
    /// batch, where the door could not see what was.
    #[prost(uint32, tag = "46")]
    pub repeats: u32,
    /// Name of the first parameter that an advertising network added to the request, such as `gclid`; empty if none did.
    #[prost(string, tag = "50")]
    pub ad_parameter: String,
    /// The account counts visits from data centres like other people's.
    #[prost(bool, tag = "51")]
    pub datacenters_count: bool,
    /// Its visitor had followed its link so often in that minute that this is no person: counted like a bot.
    #[prost(bool, tag = "52")]
    pub too_many: bool,
    /// Name of the entry of the operator's own lists by which it is a bot's; empty: none.
    #[prost(string, tag = "53")]
    pub listed_bot: String,
    /// The operator's own lists say that it is a person's, whatever its agent and its network say.
    #[prost(bool, tag = "54")]
    pub listed_person: bool,
    /// The channel of its referrer's host by the operator's own lists; empty: they do not say.
    #[prost(string, tag = "55")]
    pub listed_channel: String,
    /// Its visitor's number stands for a name that the sender gave: it is the same on all days.
    #[prost(bool, tag = "60")]
    pub named: bool,
    /// Of a conversion: number of the visitor whom its sender named, and whose click batch looks for; 0: none.
    #[prost(fixed64, tag = "61")]
    pub seeks_visitor: u64,
    /// Batch takes the first of that visitor's clicks, not the last.
    #[prost(bool, tag = "62")]
    pub seeks_first: bool,
    /// So many days before the conversion that click may be.
    #[prost(uint32, tag = "63")]
    pub seeks_days: u32,
    /// When the first report of its transaction happened, unix milliseconds; absent: this is the first.
    #[prost(int64, optional, tag = "64")]
    pub first_ms: Option<i64>,
    /// Name of that first report, whose click is that of all reports; empty: this is the first.
    #[prost(string, tag = "65")]
    pub first_event: String,
    /// Name of the click's event, of a conversion whose click id is valid. Batch adds what the id does not carry.
    #[prost(string, tag = "66")]
    pub click_event: String,
    /// When that click was received, unix milliseconds; the files of events are kept by that.
    #[prost(int64, tag = "67")]
    pub click_received_ms: i64,
}

impl Event {
    /// Whether it has a key of its sender's, so that it may repeat another event.
    pub fn has_key(&self) -> bool {
        self.key.is_some() || self.idempotency_key.is_some() || self.transaction_id.is_some()
    }

    /// What batch has yet to find out about a conversion before it knows all that it counts for.
    pub fn awaits(&self) -> Awaits {
        match self.kind() {
            EventKind::Conversion if !self.click_event.is_empty() => Awaits::Details,
            EventKind::Conversion if self.seeks_visitor != 0 => Awaits::Click,
            _ => Awaits::Nothing,
        }
    }

    /// The account as an entity.
    pub fn account_id(&self) -> EntityId {
        EntityId::new(EntityKind::Account, self.account)
    }

    /// The link, pixel or goal as an entity.
    pub fn object_id(&self) -> EntityId {
        EntityId::new(self.kind().object_kind(), self.object)
    }

    /// The campaign as an entity.
    pub fn campaign_id(&self) -> Option<EntityId> {
        self.campaign
            .map(|raw| EntityId::new(EntityKind::Campaign, raw))
    }

    /// A utm parameter of the request, by its place in the list; empty if there was none.
    pub fn utm(&self, place: usize) -> &str {
        self.utm.get(place).map_or("", String::as_str)
    }

    /// What it cost, in millionths: clicks of people alone are paid for.
    pub fn cost(&self, facts: &Facts) -> Option<i64> {
        self.cost_micros.filter(|_| facts.bot.is_none())
    }

    /// The visitor who was there, if it says who, and whether that is a bot. Whoever sends a
    /// conversion is not a visitor.
    fn visit(&self, facts: &Facts) -> Option<(u64, bool)> {
        let is_visit = self.kind() != EventKind::Conversion && self.visitor != 0;
        is_visit.then_some((self.visitor, facts.bot.is_some()))
    }

    /// Who is noted for it: the visitor, and [`FOREIGN`] where their number is of another date's salt, or there was
    /// no salt to give them one.
    pub fn visits(&self, facts: &Facts) -> impl Iterator<Item = (u64, bool)> {
        let is_rough = self.foreign_salt && self.kind() != EventKind::Conversion;
        let mark = is_rough.then_some((FOREIGN, facts.bot.is_some()));
        self.visit(facts).into_iter().chain(mark)
    }

    /// The link that it is counted for beside its object: the one whose click led to a conversion.
    pub fn link_id(&self) -> Option<EntityId> {
        self.link.map(|raw| EntityId::new(EntityKind::Link, raw))
    }

    /// Everything this event is counted for: account, campaign if any, object, and the link that led to it.
    pub fn entities(&self) -> impl Iterator<Item = EntityId> {
        [
            Some(self.account_id()),
            self.campaign_id(),
            Some(self.object_id()),
            self.link_id(),
        ]
        .into_iter()
        .flatten()
    }
}

/// An event at its place in a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Number within the log, from 1, without gaps.
    pub seq: Seq,
    /// The epoch it was accepted in.
    pub epoch: Epoch,
    /// What was accepted.
    pub event: Event,
}

impl Record {
    /// The public name of this event.
    pub fn id(&self, log: LogId) -> EventId {
        EventId { log, seq: self.seq }
    }
}

/// What the rules say about an event; a pure function of the event and the rule version. What a user
/// agent says is shared by all its events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// uap-core family, `Other` if unknown.
    pub browser: Arc<str>,
    /// uap-core family, `Other` if unknown.
    pub os: Arc<str>,
    /// uap-core family, `Other` if unknown.
    pub device: Arc<str>,
    /// `mobile`, `tablet`, `desktop`, `tv`, `bot` or `other`.
    pub device_type: &'static str,
    /// Lower-case host, `(none)` or `(other)`.
    pub referrer_host: String,
    /// The domain of that host which somebody registered; empty without a referrer, `(other)` as above.
    pub referrer_domain: String,
    /// `direct`, `search`, `social`, `email`, `referral`, `paid` or `ai`.
    pub channel: &'static str,
    /// Primary tag of the first language, lower case; empty if unknown.
    pub language: String,
    /// `AF, AN, AS, EU, NA, OC` or `SA`; empty if unknown.
    pub continent: &'static str,
    /// Why it is taken for a bot; `None` for people and for conversions, which servers send.
    pub bot: Option<Arc<str>>,
}
