//! Webhooks: who is told of what, and outgoing postbacks, which are webhooks with macros in their addresses.

use model::id::{EntityId, EntityKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use webhooks::{
    EventType,
    address::{AddressError, Policy},
    signing,
    template::Template,
};

use super::{error::CatalogError, goal_options::Secret, rules};

/// Most objects of each kind that one webhook is limited to.
const MAX_OBJECTS: usize = 100;
/// For how long a secret that is replaced goes on to sign, at most, milliseconds.
pub const MOST_GRACE_MS: i64 = 7 * 24 * 3_600_000;

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id: `whk_` and 13 digits.
    pub id: Box<str>,
    /// Whose events it tells of.
    pub account: EntityId,
    /// For people.
    pub name: Box<str>,
    /// What is sent.
    pub kind: WebhookKind,
    /// How it is sent.
    #[serde(default)]
    pub method: WebhookMethod,
    /// Where it is sent; of a postback with macros.
    pub url: Box<str>,
    /// What it tells of; sorted, each once.
    pub types: Box<[EventType]>,
    /// Of which events.
    #[serde(default)]
    pub filters: WebhookFilters,
    /// What messages are signed with: `whsec_…`. It is stored, since signatures are made anew, and shown once.
    pub secret: Secret,
    /// The secret before, for as long as it signs too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<ReplacedSecret>,
    /// Why and since when nothing is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
    /// From where on events are told.
    pub begins: Begins,
    /// Unix milliseconds.
    pub created_ms: i64,
}

/// What is sent.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum WebhookKind {
    /// A message in JSON.
    Webhook,
    /// Values of one conversion, in an address.
    Postback,
}

/// How it is sent.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum WebhookMethod {
    /// With the message as its body.
    #[default]
    Post,
    /// Without a body: of postbacks alone.
    Get,
}

/// Which events are told: those of all of these. Nothing means all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WebhookFilters {
    /// On these links, or conversions that clicks on them led to.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub links: Box<[EntityId]>,
    /// Conversions of these goals; clicks are not asked.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub goals: Box<[EntityId]>,
    /// In these campaigns.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub campaigns: Box<[EntityId]>,
    /// Clicks of bots, too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bots: bool,
}

impl WebhookFilters {
    /// The objects that they name.
    pub fn objects(&self) -> impl Iterator<Item = EntityId> {
        let kinds = [&self.links, &self.goals, &self.campaigns];
        kinds.into_iter().flatten().copied()
    }
}

/// A secret that goes on to sign beside the one that took its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedSecret {
    /// The secret.
    pub secret: Secret,
    /// Unix milliseconds from which it does not.
    pub until_ms: i64,
}

/// That nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// Unix milliseconds.
    pub since_ms: i64,
    /// For people.
    pub reason: Box<str>,
}

/// From where on events are told: those after the horizon of a manifest that were received at a time or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begins {
    /// Number of the manifest; 0: none was published yet.
    pub manifest: u64,
    /// Unix milliseconds.
    pub at_ms: i64,
}

impl Webhook {
    /// The secrets that sign at a time, the newest first.
    pub fn secrets(&self, now_ms: i64) -> impl Iterator<Item = &str> {
        let replaced = self.replaced.as_ref().filter(|old| now_ms < old.until_ms);
        let old = replaced.map(|old| old.secret.reveal());
        std::iter::once(self.secret.reveal()).chain(old)
    }

    /// Its address, if nothing stands for its macros.
    fn plain_url(&self) -> Result<String, CatalogError> {
        match self.kind {
            WebhookKind::Webhook => Ok(self.url.to_string()),
            WebhookKind::Postback => {
                let template = Template::parse(&self.url);
                let wrong = |error: webhooks::template::TemplateError| {
                    CatalogError::invalid("url", error.to_string())
                };
                Ok(template.map_err(wrong)?.fill(|_| String::new()))
            }
        }
    }

    /// Whether its address may be, where messages may go so far. Names are resolved each time that something is sent.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check_url(&self, policy: Policy) -> Result<(), CatalogError> {
        let wrong = |error: AddressError| CatalogError::invalid("url", error.to_string());
        policy.check(&self.plain_url()?).map(drop).map_err(wrong)
    }

    /// Whether it may be, whatever else there is.
    pub(crate) fn check(&self) -> Result<(), CatalogError> {
        rules::name("name", &self.name)?;
        let id = self.id.strip_prefix("whk_").unwrap_or_default();
        if id.is_empty() || id.len() > 32 || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(CatalogError::invalid("id", "must be `whk_` and 13 digits"));
        }
        self.check_url(Policy::Anywhere)?;
        let is_postback = self.kind == WebhookKind::Postback;
        if !is_postback && self.method == WebhookMethod::Get {
            return Err(CatalogError::invalid(
                "method",
                "must be POST: only a postback may be GET",
            ));
        }
        if self.types.is_empty() || !self.types.is_sorted_by(|a, b| a < b) {
            return Err(CatalogError::invalid("types", "must be some, each once"));
        }
        if is_postback && !self.types.iter().all(|it| it.is_conversion()) {
            let why =
                "must be conversion.created or conversion.changed: a postback tells of conversions";
            return Err(CatalogError::invalid("types", why));
        }
        if signing::bytes_of(self.secret.reveal()).is_none() {
            let why = "must be whsec_ and 24 to 64 bytes in Base64";
            return Err(CatalogError::invalid("secret", why));
        }
        self.check_filters()
    }

    fn check_filters(&self) -> Result<(), CatalogError> {
        let filters = &self.filters;
        for (field, ids, kind) in [
            ("filters.links", &filters.links, EntityKind::Link),
            ("filters.goals", &filters.goals, EntityKind::Goal),
            (
                "filters.campaigns",
                &filters.campaigns,
                EntityKind::Campaign,
            ),
        ] {
            if ids.len() > MAX_OBJECTS || ids.iter().any(|id| id.kind != kind) {
                let why = format!("must be at most {MAX_OBJECTS} ids of a {}", kind.name());
                return Err(CatalogError::invalid(field, why));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(kind: WebhookKind, url: &str) -> Webhook {
        Webhook {
            id: "whk_0000000000004".into(),
            account: EntityId::new(EntityKind::Account, 1),
            name: "Shop".into(),
            kind,
            method: WebhookMethod::Post,
            url: url.into(),
            types: [EventType::ConversionCreated].into(),
            filters: WebhookFilters::default(),
            secret: Box::<str>::from(signing::secret_of(&[1; 32])).into(),
            replaced: None,
            disabled: None,
            begins: Begins {
                manifest: 0,
                at_ms: 1,
            },
            created_ms: 1,
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let good = webhook(WebhookKind::Postback, "https://n.example/?c={click_id}");
        good.check().unwrap();
        good.check_url(Policy::Public).unwrap();
        type Break = fn(&mut Webhook);
        let breaks: [(&str, Break); 9] = [
            ("url", |it| it.url = "https://n.example/{nothing}".into()),
            ("url", |it| it.url = "https://{sub1}/".into()),
            ("url", |it| it.url = "https://me:secret@n.example/".into()),
            ("name", |it| it.name = "".into()),
            ("types", |it| it.types = [].into()),
            ("types", |it| it.types = [EventType::LinkClicked].into()),
            ("secret", |it| {
                it.secret = Box::<str>::from("whsec_x").into()
            }),
            ("filters.links", |it| it.filters.links = [it.account].into()),
            ("method", |it| {
                it.kind = WebhookKind::Webhook;
                it.url = "https://n.example/".into();
                it.method = WebhookMethod::Get;
            }),
        ];
        for (field, change) in breaks {
            let mut wrong = good.clone();
            change(&mut wrong);
            let error = wrong.check().unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("`{field}` ")),
                "{field}: {error}"
            );
        }
        let inside = webhook(WebhookKind::Webhook, "https://10.0.0.1/");
        inside.check().unwrap();
        inside.check_url(Policy::Public).unwrap_err();
    }

    #[test]
    fn a_secret_that_was_replaced_signs_for_a_while() {
        let mut it = webhook(WebhookKind::Webhook, "https://n.example/");
        let old = std::mem::replace(
            &mut it.secret,
            Box::<str>::from(signing::secret_of(&[2; 32])).into(),
        );
        it.replaced = Some(ReplacedSecret {
            secret: old,
            until_ms: 10,
        });
        let secrets = |now_ms| it.secrets(now_ms).map(str::to_owned).collect::<Vec<_>>();
        let [new, old] = [2, 1].map(|byte| signing::secret_of(&[byte; 32]));
        assert_eq!(secrets(9), [new.clone(), old]);
        assert_eq!(secrets(10), [new]);
        assert!(!format!("{it:?}").contains("whsec_"), "{it:?}");
    }
}
