//! Rows of the table `events`, with what the audit looks at.

use arrow::{
    array::{Array, AsArray, PrimitiveArray, RecordBatch, StringArray},
    datatypes::{ArrowPrimitiveType, Int64Type, TimestampMillisecondType, UInt64Type},
};
use model::{EntityId, Epoch, EventId, LogId, Seq, time};
use object_store::path::Path;
use storage::store::Store;

use crate::{
    batch::{self, Placed, Unreadable, lacks, texts},
    stored::Content,
};

const COLUMNS: [&str; 11] = [
    "log",
    "epoch",
    "seq",
    "type",
    "account",
    "time",
    "received",
    "visitor",
    "bot",
    "value_micros",
    // Older files lack it.
    LINK,
];
const LINK: &str = "link";

/// One event.
pub(crate) struct Row {
    pub log: LogId,
    pub epoch: Epoch,
    pub seq: Seq,
    pub account: EntityId,
    /// The link whose click led to a conversion, by its raw number.
    pub link: Option<u64>,
    /// When it happened, and was received, unix milliseconds.
    pub time_ms: i64,
    pub received_ms: i64,
    pub visitor: u64,
    /// Whether somebody came: whoever sends a conversion did not.
    pub is_visit: bool,
    pub is_bot: bool,
    pub value_micros: Option<i64>,
}

impl Row {
    pub fn id(&self) -> EventId {
        EventId {
            log: self.log,
            seq: self.seq,
        }
    }

    /// When it happened, unix minute.
    pub fn minute(&self) -> i64 {
        time::minute_of(self.time_ms)
    }

    pub fn content(&self) -> Content {
        Content::new(self.value_micros, self.visitor)
    }
}

/// Every event of a file.
pub(crate) async fn each(
    store: &Store,
    placed: &Placed,
    mut see: impl FnMut(&Row),
) -> Result<(), Unreadable> {
    let path = &placed.path;
    let mut stream = batch::open(store, placed, &COLUMNS).await?;
    let (mut log, mut account) = (Parsed::new(path), Parsed::new(path));
    let mut link = Parsed::<EntityId>::new(path);
    while let Some(batch) = batch::next(&mut stream, path).await? {
        let columns = Columns::of(&batch, path)?;
        for row in 0..batch.num_rows() {
            let value = columns.value_micros;
            let named = columns.link.filter(|links| links.is_valid(row));
            see(&Row {
                log: log.of(columns.log.value(row))?,
                epoch: Epoch(columns.epoch.value(row)),
                seq: Seq(columns.seq.value(row)),
                account: account.of(columns.account.value(row))?,
                link: match named {
                    Some(links) => Some(link.of(links.value(row))?.raw),
                    None => None,
                },
                time_ms: columns.time.value(row),
                received_ms: columns.received.value(row),
                visitor: columns.visitor.value(row),
                is_visit: columns.kind.value(row) != "conversion",
                is_bot: columns.bot.is_valid(row),
                value_micros: value.is_valid(row).then(|| value.value(row)),
            });
        }
    }
    Ok(())
}

struct Columns<'a> {
    log: &'a StringArray,
    epoch: &'a PrimitiveArray<UInt64Type>,
    seq: &'a PrimitiveArray<UInt64Type>,
    kind: &'a StringArray,
    account: &'a StringArray,
    time: &'a PrimitiveArray<TimestampMillisecondType>,
    received: &'a PrimitiveArray<TimestampMillisecondType>,
    visitor: &'a PrimitiveArray<UInt64Type>,
    bot: &'a StringArray,
    value_micros: &'a PrimitiveArray<Int64Type>,
    link: Option<&'a StringArray>,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch, path: &Path) -> Result<Self, Unreadable> {
        Ok(Self {
            log: texts(batch, "log", path)?,
            epoch: numbers(batch, "epoch", path)?,
            seq: numbers(batch, "seq", path)?,
            kind: texts(batch, "type", path)?,
            account: texts(batch, "account", path)?,
            time: numbers(batch, "time", path)?,
            received: numbers(batch, "received", path)?,
            visitor: numbers(batch, "visitor", path)?,
            bot: texts(batch, "bot", path)?,
            value_micros: numbers(batch, "value_micros", path)?,
            link: match batch.column_by_name(LINK) {
                Some(_) => Some(texts(batch, LINK, path)?),
                None => None,
            },
        })
    }
}

fn numbers<'a, T: ArrowPrimitiveType>(
    batch: &'a RecordBatch,
    name: &str,
    path: &Path,
) -> Result<&'a PrimitiveArray<T>, Unreadable> {
    let column = batch.column_by_name(name);
    column
        .and_then(|c| c.as_primitive_opt::<T>())
        .ok_or_else(|| lacks(path, name))
}

/// What a text says: neighbours mostly say the same.
struct Parsed<'a, T> {
    path: &'a Path,
    last: Option<(String, T)>,
}

impl<'a, T: std::str::FromStr<Err = model::IdError> + Copy> Parsed<'a, T> {
    fn new(path: &'a Path) -> Self {
        Self { path, last: None }
    }

    fn of(&mut self, text: &str) -> Result<T, Unreadable> {
        if let Some((same, parsed)) = &self.last
            && same == text
        {
            return Ok(*parsed);
        }
        let path = self.path;
        let parsed = text
            .parse()
            .map_err(|e: model::IdError| Unreadable::Bad(format!("`{path}`: {e}")))?;
        self.last = Some((text.to_owned(), parsed));
        Ok(parsed)
    }
}
