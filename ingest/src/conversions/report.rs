//! What a sender says of a conversion beside its click: its status and its value. Pure.

use catalog::{Goal, GoalOptions, goal_options::Repeats};
use model::{Event, Status};

/// Why a report cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownStatus {
    /// For people.
    pub(crate) detail: String,
}

/// What a goal says of repeated values.
pub(crate) fn repeats(goal: &Goal) -> Repeats {
    let options = goal.options.as_deref();
    options.map_or_else(Repeats::default, |options| options.repeats)
}

/// Writes status and amount into a conversion: what the sender says, or else what the goal does.
pub(crate) fn write(
    goal: &Goal,
    word: Option<&str>,
    event: &mut Event,
) -> Result<(), UnknownStatus> {
    let usual = GoalOptions::default();
    let options = goal.options.as_deref().unwrap_or(&usual);
    event.status = status(options, word)? as i32;
    event.repeats = options.repeats.code();
    event.amount_micros = event.value_micros.take();
    if event.amount_micros.is_none()
        && let (Some(price), Some(currency)) = (options.default_value, &goal.currency)
    {
        event.amount_micros = Some(price.micros());
        event.currency = currency.as_ref().to_owned();
    }
    Ok(())
}

/// What a word means. Where a goal has no words for statuses every conversion is approved.
fn status(options: &GoalOptions, word: Option<&str>) -> Result<Status, UnknownStatus> {
    let word = word.filter(|word| !word.trim().is_empty());
    let (Some(word), false) = (word, options.statuses.is_empty()) else {
        return Ok(Status::Approved);
    };
    options.statuses.meaning(word).ok_or_else(|| {
        let known: Vec<&str> = options.statuses.all().collect();
        let detail = format!(
            "this goal knows no such status; it knows {}: add the word to its `statuses`",
            known.join(", ")
        );
        UnknownStatus { detail }
    })
}
