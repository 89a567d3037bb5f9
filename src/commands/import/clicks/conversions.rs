//! Conversions of rows: decided by the rules of their goals, among the rows of one history.

use std::sync::{Mutex, PoisonError};

use imports::{
    Refusal,
    clicks::{ConversionRow, Named},
};
use ingest::{EventBuilder, ImportedConversions, Said, Told};
use model::{EntityId, Event};
use web::Problem;

use super::targets::Targets;

/// What is known of a history's conversions.
pub(super) struct Conversions {
    targets: Targets,
    known: Mutex<ImportedConversions>,
}

impl Conversions {
    pub(super) fn new(targets: Targets, builder: &EventBuilder) -> Self {
        let known = ImportedConversions::new(targets.catalog().clone(), builder);
        Self {
            targets,
            known: Mutex::new(known),
        }
    }

    /// The value of a row's conversion in millionths, and its currency.
    pub(super) fn value(
        &self,
        goal: EntityId,
        row: &ConversionRow,
    ) -> Result<Option<(i64, String)>, Refusal> {
        let (Some(value), Some(goal)) = (&row.value, self.targets.catalog().goal(goal)) else {
            return Ok(None);
        };
        let value = ImportedConversions::value(&goal, value, row.currency.as_deref());
        value.map(Some).map_err(refusal)
    }

    /// What becomes of the event of a row; no event if it repeats one before it.
    pub(super) fn decide(
        &self,
        row: &ConversionRow,
        event: Event,
    ) -> Result<Option<Event>, Refusal> {
        let Some(goal) = self.targets.catalog().goal(event.object_id()) else {
            return Ok(Some(event));
        };
        let link = row.link.clone().map(Named::Link);
        let link = link.map(|link| self.targets.find(&link)).transpose()?;
        let said = Said {
            status: row.status.clone(),
            link: link.map(|link| (link.object, link.campaign)),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match known.decide(&goal, &said, event).map_err(refusal)? {
            Told::Recorded(event) => Ok(Some(*event)),
            Told::Repeats(_) => Ok(None),
        }
    }
}

fn refusal(problem: Problem) -> Refusal {
    Refusal::new(problem.code, problem.detail)
}
