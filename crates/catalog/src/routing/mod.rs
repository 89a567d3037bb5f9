//! Where a link leads whom: rules in order, weighted variants, and what else a link may say. All of it is data of the
//! catalog, made ready when it is read; choosing needs no memory.

mod address;
mod hours;
mod options;
mod template;
mod when;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::{
    address::{MacroValues, fallback, with_parameters},
    hours::{Days, Hours, Zone},
    options::{LinkOptions, RedirectStatus, Utm, external_id, parameter},
    template::{Macro, Template},
    when::{OneOf, OneOrMany, Visit, When},
};
use super::{destination, error::CatalogError, price::Price};

/// The parameter that carries the click id, unless the link or the account names another.
pub const CLICK_ID: &str = "mr_click";
/// Most rules of a link, and variants of a rule.
pub const MAX_RULES: usize = 50;
/// See [`MAX_RULES`].
pub const MAX_VARIANTS: usize = 20;
/// Longest name of a rule or a variant, characters.
pub const MAX_RULE_NAME: usize = 64;
/// Largest weight.
pub const MAX_WEIGHT: u32 = 1_000_000;

/// Whoever fits `when` is led to `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What events say of it; without one its place in the list, from 1.
    #[schema(value_type = Option<String>, example = "phones")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
    /// Whom it fits. Everybody, if it says nothing.
    #[serde(default, skip_serializing_if = "When::is_empty")]
    pub when: When,
    /// Where they are led.
    pub to: Aim,
}

/// Where a rule leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Aim {
    /// To one address.
    #[schema(value_type = String, example = "https://m.shop.example/?c={click_id}")]
    One(Template),
    /// To one of several, by weight.
    #[schema(value_type = Vec<Variant>)]
    Split(Box<[Variant]>),
}

/// One of several addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// What events say of it. A visitor stays with a name, not with a place in the list.
    #[schema(value_type = String, example = "blue")]
    pub name: Box<str>,
    /// Its share, against those of the others; 0: nobody new.
    #[serde(default = "one")]
    #[schema(default = 1, maximum = 1_000_000)]
    pub weight: u32,
    /// Where it leads.
    #[schema(value_type = String, example = "https://shop.example/blue")]
    pub to: Template,
    /// What a click that it leads costs, in the account's currency; without it what the link says.
    #[schema(value_type = Option<String>, example = "0.05")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_per_click: Option<Price>,
}

fn one() -> u32 {
    1
}

/// What was chosen for a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice<'a> {
    /// The place of the rule.
    pub rule: usize,
    /// The variant's name, if there are several.
    pub variant: &'a str,
    /// Where it leads.
    pub to: &'a Template,
    /// What the click costs, if the variant says so.
    pub cost_per_click: Option<Price>,
}

/// The first rule that fits.
pub fn choose<'a>(rules: &'a [Rule], visit: &Visit<'_>) -> Option<Choice<'a>> {
    let fits = |rule: &Rule| rule.when.missed(visit).is_none();
    let at = rules.iter().position(fits)?;
    let (variant, to, cost_per_click) = rules[at].to.choose(visit)?;
    Some(Choice {
        rule: at,
        variant,
        to,
        cost_per_click,
    })
}

/// What may come of a rule: each variant's name, its share and its address.
pub fn outcomes(to: &Aim) -> Vec<(&str, f64, &Template)> {
    match to {
        Aim::One(to) => vec![("", 1.0, to)],
        Aim::Split(variants) => {
            let all: f64 = variants
                .iter()
                .map(|variant| f64::from(variant.weight))
                .sum();
            let share = |variant: &Variant| f64::from(variant.weight) / all;
            let variants = variants.iter();
            variants
                .map(|variant| (&*variant.name, share(variant), &variant.to))
                .collect()
        }
    }
}

impl Rule {
    /// What events say of a rule in that place.
    pub fn name(&self, place: usize) -> String {
        let name = self.name.as_deref().map(str::to_owned);
        name.unwrap_or_else(|| (place + 1).to_string())
    }

    fn check(&self, schemes: &[Box<str>]) -> Result<(), CatalogError> {
        self.name.as_deref().map_or(Ok(()), check_name)?;
        self.when.check()?;
        match &self.to {
            Aim::One(to) => check_address(to, schemes),
            Aim::Split(variants) => check_variants(variants, schemes),
        }
    }
}

/// Rules that a link may have: not too many, with names that tell them apart, and destinations that may be.
pub(super) fn check(rules: &[Rule], schemes: &[Box<str>]) -> Result<(), CatalogError> {
    if rules.len() > MAX_RULES {
        return Err(wrong(format!("must be at most {MAX_RULES}")));
    }
    let mut names = HashSet::new();
    for (place, rule) in rules.iter().enumerate() {
        let number = place + 1;
        rule.check(schemes)
            .map_err(|error| wrong(format!("{number}: {error}")))?;
        let name = rule.name(place);
        if !names.insert(name.clone()) {
            return Err(wrong(format!("{number}: another one is named `{name}`")));
        }
    }
    Ok(())
}

fn check_variants(variants: &[Variant], schemes: &[Box<str>]) -> Result<(), CatalogError> {
    if !(1..=MAX_VARIANTS).contains(&variants.len()) {
        return Err(wrong(format!("`to` must be 1 to {MAX_VARIANTS} variants")));
    }
    if variants.iter().all(|variant| variant.weight == 0) {
        return Err(wrong("a variant must have a weight above 0".into()));
    }
    for (place, variant) in variants.iter().enumerate() {
        check_name(&variant.name)?;
        if variant.weight > MAX_WEIGHT {
            return Err(wrong(format!("a weight must be at most {MAX_WEIGHT}")));
        }
        let mut before = variants.iter().take(place);
        if before.any(|other| other.name == variant.name) {
            return Err(wrong(format!("two variants are named `{}`", variant.name)));
        }
        check_address(&variant.to, schemes)?;
    }
    Ok(())
}

fn check_address(to: &Template, schemes: &[Box<str>]) -> Result<(), CatalogError> {
    destination::check(to.text(), schemes)?;
    check_macros("to", to.text())
}

/// An address has known macros only, and none that would choose its host.
pub(super) fn check_macros(field: &'static str, text: &str) -> Result<(), CatalogError> {
    template::check(text).map_err(|why| CatalogError::invalid(field, why))
}

fn check_name(name: &str) -> Result<(), CatalogError> {
    let length = name.chars().count();
    match (1..=MAX_RULE_NAME).contains(&length) && !name.contains(char::is_control) {
        true => Ok(()),
        false => Err(wrong(format!(
            "a name must be 1 to {MAX_RULE_NAME} characters without control characters"
        ))),
    }
}

fn wrong(why: String) -> CatalogError {
    CatalogError::invalid("rules", why)
}

impl Aim {
    /// The variant and its address; `None` if there is none of any weight.
    fn choose(&self, visit: &Visit<'_>) -> Option<(&str, &Template, Option<Price>)> {
        match self {
            Self::One(to) => Some(("", to, None)),
            Self::Split(variants) => {
                let ticket = visit.ticket();
                let with_weight = variants.iter().filter(|variant| variant.weight > 0);
                let best =
                    with_weight.min_by(|a, b| a.distance(ticket).total_cmp(&b.distance(ticket)))?;
                Some((&best.name, &best.to, best.cost_per_click))
            }
        }
    }
}

impl Variant {
    /// Weighted rendezvous hashing: the least `-ln(u) / weight` wins, where u is a number in (0, 1) of the visitor and
    /// the variant's name alone. So each has its share, and another weight moves only those it must (Schindelhauer,
    /// Schomaker, Weighted Distributed Hash Tables, 2005).
    fn distance(&self, ticket: u64) -> f64 {
        let mixed = self.name.bytes().fold(ticket, |hash, byte| {
            mix(hash ^ u64::from(byte).wrapping_mul(0x9E37_79B9_7F4A_7C15))
        });
        // 53 bits, never 0.
        let part = ((mix(mixed) >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        -part.ln() / f64::from(self.weight)
    }
}

/// The finisher of SplitMix64 (Steele, Lea, Flood, 2014).
fn mix(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ number >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ number >> 31
}

#[cfg(test)]
mod tests;
