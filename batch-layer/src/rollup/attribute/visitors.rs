//! The clicks of named visitors. They are read in the order of time, visitor by visitor; conversions wait for theirs.

use std::collections::BTreeMap;

use datafusion::prelude::SessionContext;
use futures::TryStreamExt;
use handover::{
    attributions::{
        Origin,
        asked::{Asked, Clicked},
    },
    duplicates::Duplicates,
    manifest::TouchesFile,
    touches::{self, KEY, Touch},
};
use model::EventId;
use object_store::path::Path;
use storage::{error::StorageError, object_keys::ObjectKey};

use super::ASKED;
use crate::{
    engine,
    rollup::{error::RollupError, write::conform},
};

/// The table of clicks of named visitors.
const TOUCHES: &str = "touches";

/// An account's visitor.
type Visitor = (u64, u64);

/// The clicks of conversions, by first report.
pub(super) async fn find(
    context: &SessionContext,
    firsts: &BTreeMap<EventId, Asked>,
    touches: &[TouchesFile],
    left_out: &Duplicates,
) -> Result<BTreeMap<EventId, Origin>, RollupError> {
    let mut waiting = Waiting::default();
    firsts.values().for_each(|asked| waiting.add(asked));
    let files = touches.iter().filter(|file| waiting.may_be_in(file));
    let paths: Vec<Path> = files.map(path).collect();
    if waiting.0.is_empty() || paths.is_empty() {
        return Ok(BTreeMap::new());
    }
    waiting.sort();
    engine::register_as(context, TOUCHES, &paths, touches::schema()).await?;
    let query = context.sql(&sql(waiting.times())).await?;
    let mut batches = query.execute_stream().await?;
    let mut found = BTreeMap::new();
    while let Some(batch) = batches.try_next().await? {
        let batch = conform(&batch, &touches::schema())?;
        let rows = touches::decode(&batch, TOUCHES).map_err(StorageError::from)?;
        for touch in rows {
            if !left_out.contains_key(&touch.event) {
                waiting.see(touch, &mut found);
            }
        }
    }
    waiting.end(&mut found);
    Ok(found)
}

pub(super) fn path(file: &TouchesFile) -> Path {
    let name = file.file.name.clone();
    ObjectKey::Touches { name }.path()
}

/// The clicks of all who are asked for, in order.
fn sql((since_ms, until_ms): (i64, i64)) -> String {
    let order = KEY.join(", ");
    format!(
        "SELECT {TOUCHES}.* FROM {TOUCHES} LEFT SEMI JOIN {ASKED} \
         ON {TOUCHES}.account = {ASKED}.account AND {TOUCHES}.visitor = {ASKED}.visitor \
         WHERE time >= {since_ms} AND time <= {until_ms} ORDER BY {order}"
    )
}

/// A conversion that waits for its click.
#[derive(Clone, Copy)]
struct One {
    first: EventId,
    since_ms: i64,
    until_ms: i64,
}

/// The conversions of one visitor.
#[derive(Default)]
struct Conversions {
    /// Those that take the last click, by the end of their time, the latest first.
    lasts: Vec<One>,
    /// Those that take the first click, by the begin of their time, the latest first.
    firsts: Vec<One>,
    /// The last click that was seen.
    last: Option<Touch>,
}

/// All conversions, by visitor.
#[derive(Default)]
struct Waiting(BTreeMap<Visitor, Conversions>);

type Found = BTreeMap<EventId, Origin>;

impl Waiting {
    fn add(&mut self, asked: &Asked) {
        let Clicked::Visitor {
            visitor,
            takes_first,
            since_ms,
            until_ms,
        } = asked.click
        else {
            return;
        };
        let of = self.0.entry((asked.account, visitor)).or_default();
        let list = match takes_first {
            true => &mut of.firsts,
            false => &mut of.lasts,
        };
        list.push(One {
            first: asked.first,
            since_ms,
            until_ms,
        });
    }

    fn sort(&mut self) {
        for of in self.0.values_mut() {
            of.lasts.sort_by_key(|one| std::cmp::Reverse(one.until_ms));
            of.firsts.sort_by_key(|one| std::cmp::Reverse(one.since_ms));
        }
    }

    fn all(&self) -> impl Iterator<Item = &One> {
        let each = self.0.values();
        each.flat_map(|of| of.lasts.iter().chain(&of.firsts))
    }

    /// From when until when clicks are of use.
    fn times(&self) -> (i64, i64) {
        let since = self.all().map(|one| one.since_ms).min();
        let until = self.all().map(|one| one.until_ms).max();
        (since.unwrap_or(i64::MAX), until.unwrap_or(i64::MIN))
    }

    fn may_be_in(&self, file: &TouchesFile) -> bool {
        let (since, until) = self.times();
        let mut visitors = self.0.range(file.first..=file.last);
        file.first_ms <= until && since <= file.last_ms && visitors.next().is_some()
    }

    /// The next click.
    fn see(&mut self, touch: Touch, found: &mut Found) {
        let Some(of) = self.0.get_mut(&(touch.account, touch.visitor)) else {
            return;
        };
        let at_ms = touch.origin.clicked_ms;
        of.end_before(at_ms, found);
        while let Some(one) = of.firsts.pop_if(|one| one.since_ms <= at_ms) {
            if at_ms <= one.until_ms {
                found.insert(one.first, touch.origin.clone());
            }
        }
        of.last = Some(touch);
    }

    /// There are no more clicks.
    fn end(&mut self, found: &mut Found) {
        for of in self.0.values_mut() {
            of.end_before(i64::MAX, found);
        }
    }
}

impl Conversions {
    /// All clicks before this were seen: whoever waits for the last one until then has it.
    fn end_before(&mut self, at_ms: i64, found: &mut Found) {
        while let Some(one) = self.lasts.pop_if(|one| one.until_ms < at_ms) {
            let last = self.last.as_ref().map(|touch| &touch.origin);
            let last = last.filter(|origin| origin.clicked_ms >= one.since_ms);
            if let Some(origin) = last {
                found.insert(one.first, origin.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{LogId, Seq};
    use proptest::prelude::*;

    use super::*;

    fn id(seq: usize) -> EventId {
        EventId {
            log: LogId(1),
            seq: Seq(seq as u64),
        }
    }

    proptest! {
        /// Whatever the clicks and the times: each conversion has the click that a look at all of them finds.
        #[test]
        fn each_has_the_click_that_a_look_at_all_finds(
            mut clicks in proptest::collection::vec((0u64..3, 0i64..20), 0..30),
            conversions in proptest::collection::vec((0u64..3, any::<bool>(), 0i64..20, 0i64..9), 0..30),
        ) {
            clicks.sort();
            let touch = |(n, (visitor, at)): (usize, &(u64, i64))| Touch {
                account: 1,
                visitor: *visitor,
                event: id(n),
                origin: Origin { link: Some(n as u64), clicked_ms: *at, ..Origin::default() },
            };
            let touches: Vec<Touch> = clicks.iter().enumerate().map(touch).collect();
            let (mut waiting, mut found, mut expected) = (Waiting::default(), Found::new(), Found::new());
            for (n, (visitor, takes_first, until_ms, days)) in conversions.iter().enumerate() {
                let (visitor, since_ms, until_ms) = (*visitor, until_ms - days, *until_ms);
                let click = Clicked::Visitor { visitor, takes_first: *takes_first, since_ms, until_ms };
                waiting.add(&Asked { event: id(n), first: id(n), account: 1, click });
                let mut own = touches.iter().filter(|t| {
                    t.visitor == visitor && (since_ms..=until_ms).contains(&t.origin.clicked_ms)
                });
                let own = if *takes_first { own.next() } else { own.next_back() };
                expected.extend(own.map(|touch| (id(n), touch.origin.clone())));
            }
            waiting.sort();
            touches.into_iter().for_each(|touch| waiting.see(touch, &mut found));
            waiting.end(&mut found);
            prop_assert_eq!(found, expected);
        }
    }
}
