//! Filters of a question: what was written, and which values that names. Pure.

use std::sync::Arc;

use asking::{Column, Filter, Value};
use catalog::{Link, State};
use model::{EntityId, EntityKind};
use utoipa::{
    IntoParams,
    openapi::{
        ObjectBuilder, Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::Type,
    },
};
use web::Problem;

use super::{list, query::bad};

/// Values of one filter, at most.
const MOST_VALUES: usize = 1_000;
/// Objects with a tag that is filtered by, at most.
const MOST_TAGGED: usize = 20_000;

/// The name of a tag, which is no column of events: links have tags as they are now.
pub(crate) const TAG: &str = "tag";

/// Links by their tags: of an event the link is known.
const BY_TAG: Column = Column {
    name: TAG,
    value: Value::Sql("COALESCE(NULLIF(link, ''), CASE WHEN type = 'click' THEN object END)"),
    only: "TRUE",
    about: "Tag of the link, as it is tagged now: rows overlap where a link has several.",
};

/// A filter as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub name: &'static str,
    pub column: Column,
    pub is_not: bool,
    /// Names as they were given: ids, slugs, tags.
    pub values: Vec<String>,
}

/// What rows can be grouped by and filtered by.
pub(crate) fn columns() -> impl Iterator<Item = Column> {
    Column::all().chain([BY_TAG])
}

/// Their names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    columns().map(|column| column.name)
}

/// The name as it is known.
pub(crate) fn name(name: &str) -> Option<&'static str> {
    column(name).map(|column| column.name)
}

/// The column of a name.
pub(crate) fn column(name: &str) -> Option<Column> {
    columns().find(|column| column.name == name)
}

/// The parameters that are filters, for the document: all but those of objects, which are documented apart.
pub(crate) struct FilterParams;

impl IntoParams for FilterParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let others = columns().filter(|column| kind(column.name).is_none());
        others
            .map(|column| {
                let about = format!(
                    "{} `A,B`: any of these; `-A,B`: none of these; empty: without one; `\\,`: a comma of a value.",
                    column.about
                );
                let text = ObjectBuilder::new().schema_type(Type::String);
                ParameterBuilder::new()
                    .name(column.name)
                    .parameter_in(ParameterIn::Query)
                    .required(Required::False)
                    .description(Some(about))
                    .example(Some(serde_json::json!(example(column.name))))
                    .schema(Some(text.build()))
                    .build()
            })
            .collect()
    }
}

fn example(name: &str) -> &'static str {
    match name {
        "country" => "DE,AT",
        "bot" => "",
        "hour_of_day" => "08,09",
        "day_of_week" => "6,7",
        "device" => "mobile",
        "currency" => "EUR",
        _ => "a,b",
    }
}

/// Events of people.
pub(crate) fn people() -> Option<Filter> {
    Some(Filter {
        column: column("bot")?,
        is_not: false,
        values: vec![String::new()],
    })
}

/// What an object is found by.
pub(crate) fn kind(name: &str) -> Option<EntityKind> {
    let kinds = [
        EntityKind::Link,
        EntityKind::Pixel,
        EntityKind::Goal,
        EntityKind::Campaign,
    ];
    kinds.into_iter().find(|kind| kind.name() == name)
}

impl Wanted {
    /// Reads `DE,AT` (any of), `-US,CA` (none of) or nothing (without a value); see [`list`].
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, Problem> {
        let column =
            column(name).ok_or_else(|| bad("invalid_filter", format!("no column {name}")))?;
        let (is_not, values) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let values = list::read(values);
        if values.len() > MOST_VALUES {
            let detail = format!("`{name}` has more than {MOST_VALUES} values");
            return Err(bad("invalid_filter", detail));
        }
        Ok(Self {
            name: column.name,
            column,
            is_not,
            values,
        })
    }

    /// Itself as it is written.
    pub(crate) fn text(&self) -> String {
        list::text(self.is_not, &self.values)
    }

    /// The one object that it is for, if it is for one.
    pub(crate) fn object(&self) -> Option<(EntityKind, String)> {
        match &self.values[..] {
            [value] if !self.is_not && !value.is_empty() => Some((kind(self.name)?, value.clone())),
            _ => None,
        }
    }

    /// What it means to an account: objects by their ids. Somebody else's do not exist for it.
    pub(crate) fn resolve(&self, state: &State, account: EntityId) -> Result<Filter, Problem> {
        // Without a tag is whatever is of no link that has one.
        let without = self.name == TAG && self.values.iter().any(String::is_empty);
        let values = match (self.name, kind(self.name)) {
            (TAG, _) => self.tagged(state, account, without)?,
            (_, Some(kind)) => {
                let each = self.values.iter();
                let each = each.map(|name| match &**name {
                    // What has none.
                    "" => Ok(String::new()),
                    name => find(state, account, kind, name),
                });
                each.collect::<Result<_, _>>()?
            }
            _ => self.values.clone(),
        };
        Ok(Filter {
            column: self.column,
            is_not: self.is_not != without,
            values,
        })
    }

    /// Links that have one of the tags; or, of those that have tags, the ones that have none of these.
    fn tagged(
        &self,
        state: &State,
        account: EntityId,
        without: bool,
    ) -> Result<Vec<String>, Problem> {
        let links = state.links.of(account, None, usize::MAX);
        let has = |link: &Arc<Link>| {
            let mut tags = link.tags.iter();
            tags.any(|tag| self.values.iter().any(|wanted| **wanted == **tag))
        };
        let tagged = links.iter().filter(|link| match without {
            true => !link.tags.is_empty() && !has(link),
            false => has(link),
        });
        let ids: Vec<String> = tagged
            .take(MOST_TAGGED + 1)
            .map(|link| link.id.to_string())
            .collect();
        match ids.len() > MOST_TAGGED {
            true => Err(bad(
                "invalid_filter",
                format!("more than {MOST_TAGGED} links have one of these tags"),
            )),
            false => Ok(ids),
        }
    }
}

/// The id of an object by its id or its name.
pub(crate) fn find(
    state: &State,
    account: EntityId,
    kind: EntityKind,
    name: &str,
) -> Result<String, Problem> {
    let found = match kind {
        EntityKind::Link => state.links.find(account, name).map(|row| row.id),
        EntityKind::Pixel => state.pixels.find(account, name).map(|row| row.id),
        EntityKind::Goal => state.goals.find(account, name).map(|row| row.id),
        _ => state.campaigns.find(account, name).map(|row| row.id),
    };
    let found = found.map(|id| id.to_string());
    found.ok_or_else(|| Problem::not_found(format!("there is no {} `{name}`", kind.name())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_any_of_or_none_of() {
        let parsed = |text| {
            let wanted = Wanted::parse("country", text).unwrap();
            (wanted.is_not, wanted.values)
        };
        let texts = |all: &[&str]| {
            all.iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(parsed("DE, AT"), (false, texts(&["DE", "AT"])));
        assert_eq!(parsed("-US,CA"), (true, texts(&["US", "CA"])));
        assert_eq!(parsed(""), (false, texts(&[""])));
        assert_eq!(parsed("-"), (true, texts(&[""])));
    }

    #[test]
    fn one_object_is_asked_about_itself() {
        let object = |text| Wanted::parse("link", text).unwrap().object();
        let spring = Some((EntityKind::Link, "-spring".to_owned()));
        assert_eq!(object(r"\-spring"), spring);
        assert_eq!(["a,b", "-a", ""].map(object), [None, None, None]);
        assert_eq!(Wanted::parse("country", "DE").unwrap().object(), None);
    }
}
