//! Events as a customer sees them.

use handover::reading::Missing;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventsPage {
    /// The newest first.
    pub items: Vec<ListedEvent>,
    /// What `cursor` must be for the next page; null: this is the last one.
    #[schema(required, example = json!(null))]
    pub next_cursor: Option<String>,
    /// How true they are.
    pub meta: EventsMeta,
}

/// Rows of a question in SQL.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rows {
    /// Each an object: names are those of the columns, and what is null is left out.
    #[schema(value_type = Vec<Object>, example = json!([{"country": "DE", "clicks": 12}]))]
    pub rows: Vec<Box<RawValue>>,
    /// How true they are.
    pub meta: EventsMeta,
}

/// How true an answer of events is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventsMeta {
    /// The moment of the answer, for other questions about the same one.
    #[schema(example = "7.0000000000000000000000002D-42")]
    pub as_of: String,
    /// Whether nothing is missing.
    pub complete: bool,
    /// What may be missing, and why; absent: nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<String>>)]
    pub missing: Vec<Missing>,
    /// The first day of which there are all events, UTC, where it is later than what was asked for: those before are not kept
    /// (`keep_events_days`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-01-01")]
    pub kept_from: Option<String>,
}

macro_rules! listed {
    ($($(#[doc = $about:literal])+ $name:ident: $kind:ty,)*) => {
        /// An event. What it has not is left out.
        #[derive(Debug, Serialize, Deserialize, ToSchema)]
        pub(crate) struct ListedEvent {
            /// Its id, as the collector gave it.
            #[schema(example = "0000000000000000000000002D-3")]
            pub event_id: String,
            /// `click`, `view` or `conversion`.
            #[schema(example = "click")]
            pub r#type: String,
            /// When it happened.
            #[schema(example = "2026-01-02T03:04:05.123Z")]
            pub time: String,
            /// Whether a batch has settled it.
            pub settled: bool,
            $($(#[doc = $about])+
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub $name: Option<$kind>,)*
        }

        impl ListedEvent {
            /// Leaves out texts that are empty.
            fn tidy(mut self) -> Self {
                $(self.$name = self.$name.filter(|value| !Empty::is_empty(value));)*
                self
            }
        }
    };
}

/// Whether a value says nothing.
trait Empty {
    fn is_empty(&self) -> bool;
}

impl Empty for String {
    fn is_empty(&self) -> bool {
        str::is_empty(self)
    }
}

impl Empty for i64 {
    fn is_empty(&self) -> bool {
        false
    }
}

impl Empty for bool {
    fn is_empty(&self) -> bool {
        !self
    }
}

listed! {
    /// The link, pixel or goal, by its id.
    object: String,
    /// Its campaign, by its id.
    campaign: String,
    /// The link whose click led to a conversion.
    link: String,
    /// When it was received.
    received: String,
    /// The visitor's number, in hexadecimal digits.
    visitor: String,
    /// The account excludes its network.
    excluded: bool,
    /// A sender's key could not be checked.
    unchecked: bool,
    /// Why it is a bot's; absent: it is a person's.
    bot: String,
    /// Autonomous system of the network.
    asn: i64,
    /// What it adds to the values of approved conversions, in millionths of the currency.
    value_micros: i64,
    /// The value that its sender gave, in millionths of the currency.
    amount_micros: i64,
    /// What a click cost, in millionths of its currency.
    cost_micros: i64,
    /// ISO 4217 code of the value.
    currency: String,
    /// ISO 4217 code of the cost.
    cost_currency: String,
    /// The sender's key.
    key: String,
    /// The click id that its sender gave.
    click_id: String,
    /// What a conversion was reported as.
    status: String,
    /// The status that it takes back.
    taken_back: String,
    /// It only changes the value of a transaction.
    adjusts: bool,
    /// ISO 3166-1 alpha-2.
    country: String,
    /// First subdivision.
    region: String,
    /// City.
    city: String,
    /// Continent.
    continent: String,
    /// Browser family.
    browser: String,
    /// Operating system family.
    os: String,
    /// Device family.
    device: String,
    /// Type of device.
    device_type: String,
    /// Host of the referrer.
    referrer_host: String,
    /// Domain of the referrer.
    referrer_domain: String,
    /// How the visitor came.
    channel: String,
    /// Language.
    language: String,
    /// The /24 or /48 network of the address.
    network: String,
    /// User-Agent header.
    user_agent: String,
    /// Referer header.
    referrer: String,
    /// Accept-Language header.
    accept_language: String,
    /// Which of a link's destinations was served.
    variant: String,
    /// What led to the event: `link` or `qr`.
    trigger: String,
    /// Which of a link's rules decided where it led.
    rule: String,
    /// Domain of the account at which it was made.
    domain: String,
    /// Who fetched it, if not a person who looked at it.
    fetched_as: String,
    /// Parameter sub1.
    sub1: String,
    /// Parameter sub2.
    sub2: String,
    /// Parameter sub3.
    sub3: String,
    /// Parameter sub4.
    sub4: String,
    /// Parameter sub5.
    sub5: String,
    /// Parameter utm_source.
    utm_source: String,
    /// Parameter utm_medium.
    utm_medium: String,
    /// Parameter utm_campaign.
    utm_campaign: String,
    /// Parameter utm_term.
    utm_term: String,
    /// Parameter utm_content.
    utm_content: String,
}

impl ListedEvent {
    /// Reads one line of what the engine writes.
    pub(crate) fn read(line: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<Self>(line).map(Self::tidy)
    }

    /// Its place in the list.
    pub(crate) fn place(&self) -> String {
        let at = chrono::DateTime::parse_from_rfc3339(&self.time);
        let ms = at.map_or(0, |at| at.timestamp_millis());
        format!("{ms}.{}", self.event_id)
    }
}
