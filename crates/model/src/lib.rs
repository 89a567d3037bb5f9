//! Pure types and rules of Millrace: what an event is, what is counted, and how counts merge.
//! No I/O and no async here.

pub mod cell;
pub mod clock;
pub mod counts;
pub mod cube;
pub mod dimension;
pub mod event;
pub mod failpoint;
pub mod hidden;
pub mod horizon;
pub mod id;
pub mod money;
pub mod planted;
pub mod position;
pub mod random;
pub mod time;
pub mod visitor_period;
pub mod visitors;

pub use cell::Cell;
pub use clock::{Clock, ManualClock, SystemClock};
pub use counts::{Counts, Measure};
pub use cube::{CUBES, Cube, FoldVersion, Grain};
pub use dimension::{Dimension, Grouping};
pub use event::{Awaits, Event, EventKind, Facts, Fetch, Record, Status};
pub use hidden::Hidden;
pub use horizon::{Covered, Horizon};
pub use id::{EntityId, EntityKind, EventId, IdError, LogId};
pub use money::{money_text, parse_money};
pub use planted::{Bug, planted};
pub use position::{Epoch, EpochStart, Fence, SegmentNo, Seq, Span, Tail, Target};
pub use random::Randomness;
pub use visitor_period::{Memory, VisitorPeriod};
pub use visitors::VisitorSet;
