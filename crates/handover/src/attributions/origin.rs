//! What a conversion takes over of its click.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Int64Array, PrimitiveArray, StringArray, UInt64Array},
    datatypes::{DataType, Field, Int64Type, UInt64Type},
};
use model::{Event, Facts};

use super::table::get;
use crate::{sender_keys::Columns, views::ViewError};

/// See the module. Texts are empty where nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// Raw number of the link.
    pub link: Option<u64>,
    /// Raw number of the campaign that it was in.
    pub campaign: Option<u64>,
    /// When the click happened, unix milliseconds.
    pub clicked_ms: i64,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// First subdivision.
    pub region: String,
    /// English name.
    pub city: String,
    /// As in [`Facts`].
    pub device_type: String,
    /// As in [`Facts`].
    pub browser: String,
    /// As in [`Facts`].
    pub os: String,
    /// Which of the link's destinations was served.
    pub variant: String,
    /// As in [`Facts`].
    pub referrer_domain: String,
    /// `sub1` to `sub5`.
    pub subs: [String; 5],
}

type Text = fn(&Origin) -> &String;
/// The columns of texts.
const TEXTS: [(&str, Text); 13] = [
    ("country", |o| &o.country),
    ("region", |o| &o.region),
    ("city", |o| &o.city),
    ("device_type", |o| &o.device_type),
    ("browser", |o| &o.browser),
    ("os", |o| &o.os),
    ("variant", |o| &o.variant),
    ("referrer_domain", |o| &o.referrer_domain),
    ("sub1", |o| &o.subs[0]),
    ("sub2", |o| &o.subs[1]),
    ("sub3", |o| &o.subs[2]),
    ("sub4", |o| &o.subs[3]),
    ("sub5", |o| &o.subs[4]),
];

impl Origin {
    /// What a click says.
    pub fn of(click: &Event, facts: &Facts) -> Self {
        let sub = |place: usize| click.subs.get(place).cloned().unwrap_or_default();
        Self {
            link: Some(click.object),
            campaign: click.campaign,
            clicked_ms: click.occurred_ms,
            country: click.country.clone(),
            region: click.region.clone(),
            city: click.city.clone(),
            device_type: facts.device_type.to_owned(),
            browser: facts.browser.as_ref().to_owned(),
            os: facts.os.as_ref().to_owned(),
            variant: click.variant.clone(),
            referrer_domain: facts.referrer_domain.clone(),
            subs: [0, 1, 2, 3, 4].map(sub),
        }
    }

    /// Writes into a conversion what it lacks: all of it, or what a click id does not carry. Sub parameters that its own
    /// sender gave stay.
    pub(super) fn write(&self, event: &mut Event, all: bool) {
        if all {
            event.link = self.link;
            event.campaign = self.campaign.or(event.campaign);
            event.clicked_ms = Some(self.clicked_ms);
            event.country.clone_from(&self.country);
            event.device_type.clone_from(&self.device_type);
            event.browser.clone_from(&self.browser);
            event.os.clone_from(&self.os);
            event.variant.clone_from(&self.variant);
        }
        event.region.clone_from(&self.region);
        event.city.clone_from(&self.city);
        event.subs.resize(self.subs.len(), String::new());
        for (own, clicks) in event.subs.iter_mut().zip(&self.subs) {
            if own.is_empty() {
                own.clone_from(clicks);
            }
        }
        while event.subs.last().is_some_and(String::is_empty) {
            event.subs.pop();
        }
    }

    /// The columns of one.
    pub fn fields() -> impl Iterator<Item = Field> {
        let numbers = [
            Field::new("link", DataType::UInt64, true),
            Field::new("campaign", DataType::UInt64, true),
            Field::new("clicked", DataType::Int64, true),
        ];
        let texts = TEXTS.map(|(name, _)| Field::new(name, DataType::Utf8, true));
        numbers.into_iter().chain(texts)
    }
}

/// Columns of rows some of which have one.
pub(crate) fn columns<'a>(
    rows: impl Iterator<Item = Option<&'a Origin>> + Clone,
) -> impl Iterator<Item = ArrayRef> {
    let links = rows.clone().map(|o| o.and_then(|o| o.link));
    let campaigns = rows.clone().map(|o| o.and_then(|o| o.campaign));
    let clicked = rows.clone().map(|o| o.map(|o| o.clicked_ms));
    let numbers: [ArrayRef; 3] = [
        Arc::new(UInt64Array::from_iter(links)),
        Arc::new(UInt64Array::from_iter(campaigns)),
        Arc::new(Int64Array::from_iter(clicked)),
    ];
    let texts = TEXTS.map(|(_, text)| -> ArrayRef {
        Arc::new(StringArray::from_iter(rows.clone().map(|o| o.map(text))))
    });
    numbers.into_iter().chain(texts)
}

/// The columns of a batch that has [`Origin::fields`].
pub(crate) struct Rows<'a> {
    links: &'a PrimitiveArray<UInt64Type>,
    campaigns: &'a PrimitiveArray<UInt64Type>,
    clicked: &'a PrimitiveArray<Int64Type>,
    texts: Vec<&'a StringArray>,
}

/// The columns of a batch.
pub(crate) fn rows<'a>(columns: &Columns<'a>) -> Result<Rows<'a>, ViewError> {
    let texts = TEXTS.iter().map(|(name, _)| columns.text(name));
    Ok(Rows {
        links: columns.primitive("link")?,
        campaigns: columns.primitive("campaign")?,
        clicked: columns.primitive("clicked")?,
        texts: texts.collect::<Result<_, _>>()?,
    })
}

impl Rows<'_> {
    pub(crate) fn row(&self, i: usize) -> Origin {
        let mut texts = self.texts.iter().map(|text| text.value(i).to_owned());
        let mut text = || texts.next().unwrap_or_default();
        Origin {
            link: get(self.links, i),
            campaign: get(self.campaigns, i),
            clicked_ms: self.clicked.value(i),
            country: text(),
            region: text(),
            city: text(),
            device_type: text(),
            browser: text(),
            os: text(),
            variant: text(),
            referrer_domain: text(),
            subs: [text(), text(), text(), text(), text()],
        }
    }
}
