//! What numbers can be grouped by: what the table of dimensions says. Pure.

use std::borrow::Cow;

use model::{Dimension, EntityKind, Grouping};
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// What the rows of an answer are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupBy(Grouping);

impl GroupBy {
    /// Every grouping.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Grouping::all().map(Self)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Grouping::named(name).map(Self)
    }

    pub(crate) fn name(self) -> &'static str {
        self.0.name
    }

    pub(crate) fn dimension(self) -> Dimension {
        self.0.dimension
    }

    /// Of the objects, only those of this kind.
    pub(crate) fn kind(self) -> Option<EntityKind> {
        self.0.kind
    }

    /// What adds up money by it.
    pub(crate) fn money(self) -> Option<Dimension> {
        self.dimension().money(self.kind())
    }

    pub(crate) fn is_currency(self) -> bool {
        self.dimension() == Dimension::Currency
    }
}

impl Serialize for GroupBy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl PartialSchema for GroupBy {
    fn schema() -> RefOr<Schema> {
        let names = Self::all().map(Self::name);
        let text = ObjectBuilder::new().schema_type(Type::String);
        let text = text.description(Some("What the rows of an answer are grouped by."));
        text.enum_values(Some(names)).into()
    }
}

impl ToSchema for GroupBy {
    fn name() -> Cow<'static, str> {
        "GroupBy".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::StatsQuery;

    #[test]
    fn every_row_of_the_table_can_be_asked_for() {
        for group in GroupBy::all() {
            let metric = if group.is_currency() {
                "value"
            } else {
                "clicks"
            };
            let text = format!("group_by={}&metrics={metric}", group.name());
            let query = StatsQuery::parse(&text)
                .unwrap()
                .understand(&Default::default(), 0)
                .unwrap();
            assert_eq!(query.group, Some(group), "{text}");
        }
        let dimension = |name| GroupBy::named(name).map(GroupBy::dimension);
        assert_ne!(dimension("device"), dimension("device_model"));
    }
}
