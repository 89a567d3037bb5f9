//! What a sender says of a conversion beside its click: its status and its value. Pure.

use catalog::{Goal, GoalOptions, Price, goal_options::Repeats};
use model::{Event, Status};

/// Why a report cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownStatus {
    /// For people.
    pub(crate) detail: String,
}

/// How a goal's reports are decided.
pub(crate) fn terms(goal: &Goal) -> Terms {
    let options = goal.options.as_deref();
    let price = options.and_then(|options| options.default_value);
    Terms {
        repeats: options.map_or_else(Repeats::default, |options| options.repeats),
        usual: price.zip(goal.currency.as_deref().map(str::to_owned)),
    }
}

/// What a goal says of its reports.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    /// What another value of a transaction means.
    pub(crate) repeats: Repeats,
    /// The value of a transaction whose first report has none, and its currency.
    pub(crate) usual: Option<(Price, String)>,
}

/// Writes status and amount into a conversion, as the sender says.
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
