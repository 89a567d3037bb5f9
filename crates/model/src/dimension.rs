//! Dimensions: what numbers are split by. All that is to be said of one is its row in the table
//! below: the cubes, the live fold, the SQL of the views and the names of the API follow from it.

use crate::{
    event::{Awaits, Event, EventKind, Facts},
    id::EntityKind,
    time,
};

/// Makes [`Dimension`], [`ROWS`] and [`CUBES`](crate::CUBES) of the table. A row is: name in Rust;
/// names in the API, if numbers can be grouped by it; whom it is kept for; value as SQL over the
/// table `events`, and which events are in the cube, if not all; the same in Rust; what it is; the
/// id, view and grain of each of its cubes. Ids and views are in what is stored: never change one, nor
/// use one again.
macro_rules! dimensions {
    ($($name:ident [$($group:literal)*] $kept:ident $sql:tt $(where $only:tt)?, $value:expr, $about:literal,
        $([$id:literal $view:literal $grain:ident])+;)*) => {
        /// What a cube splits its numbers by.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Dimension {
            $(#[doc = $about] $name,)*
        }

        static ROWS: &[Row] = &[$(Row {
            dimension: Dimension::$name,
            groups: &[$($group),*],
            kept: Kept::$kept,
            sql: ($sql, [$($only,)? "TRUE"][0]),
            value: $value,
            about: $about,
        }),*];

        /// Every cube.
        pub const CUBES: &[Cube] = &[$($(Cube {
            id: $id,
            name: $view,
            dimension: Dimension::$name,
            grain: Grain::$grain,
        },)+)*];
    };
}

/// [`MoneyValue`] of a value as SQL over the table `events`.
macro_rules! paid {
    ($of:literal) => {
        concat!(
            "CASE WHEN type = 'conversion' THEN 'v' ELSE 'c' END || chr(31) || \
             CASE WHEN type = 'conversion' THEN currency ELSE cost_currency END || chr(31) || ",
            $of
        )
    };
}

/// Which events have money: values of conversions, and costs of people's clicks.
const PAID: &str = "((type = 'conversion' AND value_micros IS NOT NULL) \
    OR (type = 'click' AND cost_micros IS NOT NULL AND bot IS NULL))";

dimensions! {
    Total [] All "''", |_, _, _| Some(""), "Nothing: one number.", [1 "minute" Minute] [2 "total" Quarter];
    Country ["country"] All "country", |e, _, _| Some(&e.country), "Country, ISO 3166-1 alpha-2.", [3 "country" Quarter];
    Browser ["browser"] All "browser", |_, f, _| Some(&f.browser), "Browser family.", [4 "browser" Quarter];
    Os ["os"] All "os", |_, f, _| Some(&f.os), "Operating system family.", [5 "os" Quarter];
    Device ["device_model"] All "device", |_, f, _| Some(&f.device), "Device family: its maker and model.", [6 "device" Quarter];
    Referrer ["referrer"] All "referrer_host", |_, f, _| Some(&f.referrer_host), "Host of the referrer.", [7 "referrer" Quarter];
    Object ["pixel" "goal"] Owners "object", |_, _, n| Some(&n.object), "Link, pixel or goal, by its id.", [8 "object" Quarter];
    Currency ["currency"] All "currency" where "value_micros IS NOT NULL", |e, _, _| e.value_micros.map(|_| e.currency.as_str()), "Currency of a value, ISO 4217; events without a value are left out.", [9 "currency" Quarter];
    Campaign ["campaign"] Accounts "COALESCE(campaign, '')", |_, _, n| Some(&n.campaign), "Campaign at the time of the event, by its id.", [10 "campaign" Quarter];
    Language ["language"] All "language", |_, f, _| Some(&f.language), "Language that is liked best, ISO 639.", [11 "language" Quarter];
    Channel ["channel"] All "channel", |_, f, _| Some(f.channel), "How visitors came: direct, search, social, email, referral, paid or ai.", [12 "channel" Quarter];
    Region ["region"] All "region" where "region <> ''", |e, _, _| some(&e.region), "First subdivision of the country.", [13 "region" Quarter];
    DeviceType ["device"] All "device_type", |_, f, _| Some(f.device_type), "Type of device: mobile, tablet, desktop, tv, bot or other.", [14 "device_type" Quarter];
    UtmSource ["utm_source"] All "utm_source" where "utm_source <> ''", |e, _, _| some(e.utm(0)), "Parameter utm_source of the request.", [15 "utm_source" Quarter];
    UtmCampaign ["utm_campaign"] All "utm_campaign" where "utm_campaign <> ''", |e, _, _| some(e.utm(2)), "Parameter utm_campaign of the request.", [16 "utm_campaign" Quarter];
    Variant ["variant"] All "variant" where "variant <> ''", |e, _, _| some(&e.variant), "Which of a link's destinations was served.", [17 "variant" Quarter];
    Trigger ["trigger"] All "trigger" where "trigger <> ''", |e, _, _| some(&e.trigger), "What led to the event: link or qr.", [18 "trigger" Quarter];
    Rule ["rule"] All "rule" where "rule <> ''", |e, _, _| some(&e.rule), "Which of a link's rules decided where it led.", [19 "rule" Quarter];
    Link ["link"] Owners "COALESCE(NULLIF(link, ''), object)" where "(type = 'click' OR link <> '')", |_, _, n| n.link.as_deref(), "Link, by its id: clicks on it, and the conversions they led to.", [20 "link" Quarter];
    Cost [] All "cost_currency" where "cost_micros IS NOT NULL AND bot IS NULL", |e, f, _| e.cost(f).map(|_| e.cost_currency.as_str()), "Currency of what a click of a person cost.", [21 "cost" Quarter];
    Domain ["domain"] All "domain" where "domain <> ''", |e, _, _| some(&e.domain), "Domain of the account that a click was made at.", [22 "domain" Quarter];
    LinkMoney [] Owners (paid!("COALESCE(NULLIF(link, ''), CASE WHEN type = 'click' THEN object ELSE '' END)")) where PAID, |_, _, n| n.money("link"), "Money by link.", [23 "link_money" Quarter];
    CampaignMoney [] Accounts (paid!("COALESCE(campaign, '')")) where PAID, |_, _, n| n.money("campaign"), "Money by campaign.", [24 "campaign_money" Quarter];
    GoalMoney [] Owners (paid!("CASE WHEN type = 'conversion' THEN object ELSE '' END")) where PAID, |_, _, n| n.money("goal"), "Money by goal.", [25 "goal_money" Quarter];
    VariantMoney [] All (paid!("COALESCE(variant, '')")) where PAID, |_, _, n| n.money("variant"), "Money by variant.", [26 "variant_money" Quarter];
    CountryMoney [] All (paid!("country")) where PAID, |_, _, n| n.money("country"), "Money by country.", [27 "country_money" Quarter];
    DeviceMoney [] All (paid!("COALESCE(device_type, '')")) where PAID, |_, _, n| n.money("device_type"), "Money by device_type.", [28 "device_type_money" Quarter];
    SourceMoney [] All (paid!("utm_source")) where PAID, |_, _, n| n.money("utm_source"), "Money by utm_source.", [29 "utm_source_money" Quarter];
    ReferrerDomain ["referrer_domain"] All "referrer_domain" where "referrer_domain <> ''", |_, f, _| some(&f.referrer_domain), "Domain of the referrer: what somebody registered of its host.", [30 "referrer_domain" Quarter];
    City ["city"] All "city" where "city <> ''", |e, _, _| some(&e.city), "City, by its English name.", [31 "city" Quarter];
    Continent ["continent"] All "continent" where "continent <> ''", |_, f, _| some(f.continent), "Continent of the country: AF, AN, AS, EU, NA, OC or SA.", [32 "continent" Quarter];
}

/// Dimensions most events have no value of: those events are not in the cube, and are what is left
/// of all.
const SPARSE: [Dimension; 10] = [
    Dimension::Region,
    Dimension::UtmSource,
    Dimension::UtmCampaign,
    Dimension::Variant,
    Dimension::Trigger,
    Dimension::Rule,
    Dimension::Domain,
    Dimension::ReferrerDomain,
    Dimension::City,
    Dimension::Continent,
];

/// Dimensions whose values senders make up: there may be any number of them.
const OPEN: [Dimension; 16] = [
    Dimension::Country,
    Dimension::Browser,
    Dimension::Os,
    Dimension::Device,
    Dimension::Referrer,
    Dimension::Language,
    Dimension::Region,
    Dimension::UtmSource,
    Dimension::UtmCampaign,
    Dimension::Variant,
    Dimension::Rule,
    Dimension::ReferrerDomain,
    Dimension::City,
    Dimension::VariantMoney,
    Dimension::CountryMoney,
    Dimension::SourceMoney,
];

/// Dimensions of which a conversion has its click's values.
const OF_CLICKS: [Dimension; 11] = [
    Dimension::Country,
    Dimension::Continent,
    Dimension::Region,
    Dimension::City,
    Dimension::Browser,
    Dimension::Os,
    Dimension::DeviceType,
    Dimension::Variant,
    Dimension::ReferrerDomain,
    Dimension::Campaign,
    Dimension::Link,
];

/// By what money is added up, and in which cube.
const BY_MONEY: [(Dimension, Dimension); 6] = [
    (Dimension::Link, Dimension::LinkMoney),
    (Dimension::Campaign, Dimension::CampaignMoney),
    (Dimension::Variant, Dimension::VariantMoney),
    (Dimension::Country, Dimension::CountryMoney),
    (Dimension::DeviceType, Dimension::DeviceMoney),
    (Dimension::UtmSource, Dimension::SourceMoney),
];

fn some(value: &str) -> Option<&str> {
    (!value.is_empty()).then_some(value)
}

/// A row of the table.
struct Row {
    dimension: Dimension,
    groups: &'static [&'static str],
    kept: Kept,
    sql: (&'static str, &'static str),
    value: Value,
    about: &'static str,
}

type Value = for<'a> fn(&'a Event, &'a Facts, &'a Names) -> Option<&'a str>;

/// Whom a dimension is kept for: where it could have but one value, it is not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    All,
    /// Accounts and campaigns.
    Owners,
    Accounts,
}

impl Dimension {
    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The value of this dimension for one event; `None`: the event is not in the cube.
    /// `names` are the text forms of the event's object and campaign, made once per event.
    pub fn value<'a>(
        self,
        event: &'a Event,
        facts: &'a Facts,
        names: &'a Names,
    ) -> Option<&'a str> {
        (self.row().value)(event, facts, names)
    }

    /// The same rule as [`Dimension::value`], as SQL over the table `events`: the expression of the
    /// value and the condition for being in the cube.
    pub fn sql(self) -> (&'static str, &'static str) {
        self.row().sql
    }

    /// What it is, for people.
    pub fn about(self) -> &'static str {
        self.row().about
    }

    /// Whether events without a value of it are not in its cube.
    pub fn is_sparse(self) -> bool {
        SPARSE.contains(&self)
    }

    /// Whether senders make up its values, so that a live cell counts only so many of them apart: see
    /// [`crate::cell::MOST_VALUES`].
    pub fn is_open(self) -> bool {
        OPEN.contains(&self)
    }

    /// Whether batch may yet move conversions between its groups that await this.
    pub fn is_decided_by_batch(self, awaits: Awaits) -> bool {
        match awaits {
            Awaits::Nothing => false,
            Awaits::Details => matches!(self, Self::Region | Self::City | Self::ReferrerDomain),
            Awaits::Click => OF_CLICKS.contains(&self),
        }
    }

    /// Whether it is kept for the money alone that it adds up: of costs, or of values and costs by another dimension.
    pub fn is_money(self) -> bool {
        let by_none = matches!(self, Self::Cost | Self::GoalMoney);
        by_none || BY_MONEY.iter().any(|(_, money)| *money == self)
    }

    /// What adds up money by this dimension; see [`MoneyValue`].
    pub fn money(self, kind: Option<EntityKind>) -> Option<Self> {
        let own = match (self, kind) {
            (Self::Object, Some(EntityKind::Goal)) => return Some(Self::GoalMoney),
            (own, _) => own,
        };
        let found = BY_MONEY.iter().find(|(by, _)| *by == own);
        found.map(|(_, money)| *money)
    }

    /// Whether its cube counts every event.
    pub fn counts_all(self) -> bool {
        !matches!(self, Self::Currency | Self::Link) && !self.is_sparse() && !self.is_money()
    }

    /// Whether it is kept for entities of this kind.
    pub fn is_for(self, kind: EntityKind) -> bool {
        match self.row().kept {
            Kept::All => true,
            Kept::Owners => !kind.is_object(),
            Kept::Accounts => kind == EntityKind::Account,
        }
    }
}

/// Width of a cube's buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grain {
    /// One minute.
    Minute,
    /// Fifteen minutes: the offset of every time zone is a multiple.
    Quarter,
}

impl Grain {
    /// Minutes in a bucket.
    pub fn minutes(self) -> i64 {
        match self {
            Grain::Minute => 1,
            Grain::Quarter => 15,
        }
    }

    /// The bucket of a unix minute.
    pub fn bucket(self, minute: i64) -> i64 {
        time::floor(minute, self.minutes())
    }
}

/// One definition of what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cube {
    /// Number in stored cells; never reused.
    pub id: u32,
    /// Name of the view and of its folder.
    pub name: &'static str,
    /// What it is split by.
    pub dimension: Dimension,
    /// How wide its buckets are.
    pub grain: Grain,
}

impl Cube {
    /// Whether the cube is kept for entities of this kind.
    pub fn is_for(&self, kind: EntityKind) -> bool {
        self.dimension.is_for(kind)
    }

    /// Whether it adds up values: only where currencies are kept apart.
    pub fn sums_values(&self) -> bool {
        self.dimension == Dimension::Currency
    }

    /// Whether it adds up money of any kind: values, costs or both.
    pub fn sums_money(&self) -> bool {
        self.sums_values() || self.dimension.is_money()
    }

    /// What it adds up of an event, in millionths of the currency: values, costs, or nothing.
    pub fn money(&self, event: &Event, facts: &Facts) -> Option<i64> {
        match self.dimension {
            Dimension::Currency => event.value_micros,
            Dimension::Cost => event.cost(facts),
            by if by.is_money() => event.value_micros.or_else(|| event.cost(facts)),
            _ => None,
        }
    }

    /// The bucket (unix minute) of an event in this cube.
    pub fn bucket(&self, event: &Event) -> i64 {
        self.grain.bucket(time::minute_of(event.occurred_ms))
    }

    /// The cube of this dimension and grain.
    pub fn find(dimension: Dimension, grain: Grain) -> Option<&'static Cube> {
        CUBES
            .iter()
            .find(|c| c.dimension == dimension && c.grain == grain)
    }
}

/// A name that numbers can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grouping {
    /// Its name in the API.
    pub name: &'static str,
    /// What it groups by.
    pub dimension: Dimension,
    /// Of objects, only those of this kind.
    pub kind: Option<EntityKind>,
}

impl Grouping {
    /// Every grouping.
    pub fn all() -> impl Iterator<Item = Self> {
        let of = |row: &'static Row| row.groups.iter().map(|name| Self::new(name, row.dimension));
        ROWS.iter().flat_map(of)
    }

    /// The grouping of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|grouping| grouping.name == name)
    }

    fn new(name: &'static str, dimension: Dimension) -> Self {
        let is_object = matches!(dimension, Dimension::Object | Dimension::Link);
        let mut kinds = EntityKind::ALL.into_iter().filter(|_| is_object);
        Self {
            name,
            dimension,
            kind: kinds.find(|kind| kind.name() == name),
        }
    }
}

/// Text forms of what an event names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The link, pixel or goal.
    pub object: String,
    /// The campaign, empty if none.
    pub campaign: String,
    /// The link: a click's own, or the one that led to a conversion.
    pub link: Option<String>,
    /// Values of the dimensions of money, if there is any, by what they are of.
    money: Vec<(&'static str, String)>,
}

impl Names {
    /// The names of one event.
    pub fn of(event: &Event, facts: &Facts) -> Self {
        let campaign = event.campaign_id();
        let object = event.object_id().to_string();
        let link = match event.kind() {
            EventKind::Click => Some(object.clone()),
            _ => event.link_id().map(|link| link.to_string()),
        };
        let mut names = Self {
            object,
            link,
            campaign: campaign.map(|c| c.to_string()).unwrap_or_default(),
            money: Vec::new(),
        };
        names.money = names.of_money(event, facts);
        names
    }

    fn of_money(&self, event: &Event, facts: &Facts) -> Vec<(&'static str, String)> {
        let is_value = event.kind() == EventKind::Conversion;
        let (is_paid, currency) = match is_value {
            true => (event.value_micros.is_some(), &event.currency),
            false => (event.cost(facts).is_some(), &event.cost_currency),
        };
        if !is_paid {
            return Vec::new();
        }
        let of = |name: &'static str, of: &str| {
            let value = MoneyValue {
                is_value,
                currency,
                of,
            };
            (name, value.to_string())
        };
        vec![
            of("link", self.link.as_deref().unwrap_or_default()),
            of("campaign", &self.campaign),
            of("goal", if is_value { &self.object } else { "" }),
            of("variant", &event.variant),
            of("country", &event.country),
            of("device_type", facts.device_type),
            of("utm_source", event.utm(0)),
        ]
    }

    fn money(&self, name: &str) -> Option<&str> {
        let found = self.money.iter().find(|(of, _)| *of == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A value of a dimension of money, whose text is `v` or `c`, the currency and what it is of, apart by a unit separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoneyValue<'a> {
    /// Whether it adds up values of conversions, or else costs of clicks.
    pub is_value: bool,
    /// ISO 4217.
    pub currency: &'a str,
    /// The value of the dimension that money is split by; empty if there is none.
    pub of: &'a str,
}

const UNIT: char = '\u{1f}';

impl<'a> MoneyValue<'a> {
    /// Reads the text; `None` if it is none.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(3, UNIT);
        let (kind, currency, of) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            is_value: kind == "v",
            currency,
            of,
        })
    }
}

impl std::fmt::Display for MoneyValue<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.is_value { 'v' } else { 'c' };
        write!(f, "{kind}{UNIT}{}{UNIT}{}", self.currency, self.of)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_row_is_its_dimensions() {
        for (place, row) in ROWS.iter().enumerate() {
            assert_eq!(row.dimension as usize, place);
            assert!(row.about.ends_with('.'), "{}", row.about);
        }
    }

    #[test]
    fn money_has_one_text_for_each_value() {
        let value = MoneyValue {
            is_value: true,
            currency: "EUR",
            of: "a\u{1f}b",
        };
        assert_eq!(MoneyValue::parse(&value.to_string()), Some(value));
        assert_eq!(MoneyValue::parse("DE"), None);
        for (by, money) in BY_MONEY {
            assert_eq!(by.money(None), Some(money));
            assert!(money.is_money() && !by.is_money());
        }
    }

    #[test]
    fn names_are_unique_and_objects_have_kinds() {
        let all: Vec<Grouping> = Grouping::all().collect();
        let names: HashSet<&str> = all.iter().map(|g| g.name).collect();
        assert_eq!(names.len(), all.len());
        for grouping in all {
            let is_object = matches!(grouping.dimension, Dimension::Object | Dimension::Link);
            assert_eq!(grouping.kind.is_some(), is_object, "{}", grouping.name);
            assert_eq!(Grouping::named(grouping.name), Some(grouping));
        }
        assert_eq!(Grouping::named("shoe_size"), None);
    }
}
