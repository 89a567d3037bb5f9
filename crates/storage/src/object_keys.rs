//! Every key of the object store, built and parsed here and nowhere else.

use std::fmt;

use model::{
    EntityId, Epoch, SegmentNo, VisitorPeriod,
    id::LogId,
    time::{self, day_text, parse_day},
};
use object_store::path::Path;

/// Why a path is not one of our keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not an object key of this installation; it is left alone")]
pub struct KeyError {
    /// What was given.
    pub path: String,
}

/// What an object is. Names are ours: see [`is_name`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKey {
    /// A sealed segment of a log, verbatim.
    Raw { log: LogId, segment: SegmentNo },
    /// "This epoch of this log is complete."
    Seal { log: LogId, epoch: Epoch },
    /// That a log exists, and what became of it.
    Log { log: LogId },
    /// That a log ends at a given place, whatever its disk says.
    Fence { log: LogId },
    /// That somebody has begun to end a log in its collector's place.
    Salvage { log: LogId },
    /// Enriched events that were received on one UTC day (days since 1970-01-01).
    Events { received: i64, name: String },
    /// A file of a sorted run of sums.
    Sums { name: String },
    /// A file of a sorted run of visits.
    Visits { name: String },
    /// Enriched events of one UTC day, of the version before.
    DayEvents { day: i64, name: String },
    /// Aggregates of one cube for one UTC day, of the version before.
    View {
        cube: String,
        day: i64,
        name: String,
    },
    /// Senders' keys of settled events, of one run.
    Keys { name: String },
    /// Settled events that are not counted, since another with the same sender's key is.
    Duplicates { name: String },
    /// What doors decide by, applied to what they took before.
    DoorRules { name: String },
    /// What batch decided about some conversions.
    Attributions { name: String },
    /// Clicks of visitors whom senders name.
    Touches { name: String },
    /// Events that are erased, and what stands for their visitors.
    Erased { name: String },
    /// Until when accounts keep their events.
    Expired { name: String },
    /// That a visitor is to be erased.
    Erasing { account: EntityId, erasure: String },
    /// What became of the erasure of a visitor.
    Erasure { account: EntityId, erasure: String },
    /// What changed of days that were settled.
    Restatements { name: String },
    /// Forecasts of one run.
    Forecast { name: String },
    /// One file of one report; `scope` is an account id, or a word for the whole installation.
    Report {
        scope: String,
        report: String,
        name: String,
    },
    /// Refused events of one account, and when the first of them came.
    Rejected {
        account: EntityId,
        at_ms: i64,
        name: String,
    },
    /// How much one collector turned away, by reason.
    Tally { log: LogId },
    /// What unnamed visitors are hashed with on one date, or in one month, encrypted.
    Salt { period: VisitorPeriod },
    /// What visitors that senders name are hashed with, encrypted.
    NamedKey,
    /// Empty: written to learn the store's time.
    SaltsClock,
    /// What a probe of the store writes, and deletes.
    Probe { run: String, n: u64 },
    /// Entry `n` of a ledger.
    Ledger { ledger: String, n: u64 },
    /// What a ledger's entries up to and including `n` amount to.
    Snapshot { ledger: String, n: u64 },
    /// That an account has begun to import a history, for the so-manieth time.
    ImportBegun {
        account: EntityId,
        import: String,
        attempt: u64,
    },
    /// In which log the history is that an account imported.
    ImportDone { account: EntityId, import: String },
    /// Counts that another tool made of an account's links, of one source.
    Totals { account: EntityId, source: String },
    /// How far what happened was told to a webhook.
    Webhook { account: EntityId, webhook: String },
    /// What is written anew whenever something was written that others follow.
    Bell,
}

/// Whether `text` may be a name in a key: 1 to 200 of `A-Z a-z 0-9 . _ -`, not starting with a dot.
pub fn is_name(text: &str) -> bool {
    let fits = (1..=200).contains(&text.len()) && !text.starts_with('.');
    fits && text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

impl ObjectKey {
    /// Where the object lies. A day beyond the calendar is written as a number, which
    /// [`ObjectKey::parse`] refuses.
    pub fn path(&self) -> Path {
        Path::from(self.to_string())
    }

    /// The inverse of [`ObjectKey::path`]. Only the canonical spelling is accepted.
    pub fn parse(path: &Path) -> Result<Self, KeyError> {
        parse(path.as_ref())
            .filter(|key| key.path() == *path)
            .ok_or_else(|| KeyError {
                path: path.to_string(),
            })
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw { log, segment } => write!(f, "raw/{log}/{segment:012}.seg"),
            Self::Seal { log, epoch } => write!(f, "seals/{log}/{epoch:010}.json"),
            Self::Log { log } => write!(f, "logs/{log}.json"),
            Self::Fence { log } => write!(f, "fences/{log}.json"),
            Self::Salvage { log } => write!(f, "salvages/{log}.json"),
            Self::Events { received, name } => {
                write!(f, "events/{}/{name}.parquet", dated("received", *received))
            }
            Self::Sums { name } => write!(f, "runs/{name}.parquet"),
            Self::Visits { name } => write!(f, "visitors/{name}.parquet"),
            Self::DayEvents { day, name } => write!(f, "events/{}/{name}.parquet", date(*day)),
            Self::View { cube, day, name } => {
                write!(f, "views/{cube}/{}/{name}.parquet", date(*day))
            }
            Self::Keys { name } => write!(f, "keys/{name}.parquet"),
            Self::Duplicates { name } => write!(f, "duplicates/{name}.parquet"),
            Self::DoorRules { name } => write!(f, "door-rules/{name}.json"),
            Self::Attributions { name } => write!(f, "attributions/{name}.parquet"),
            Self::Touches { name } => write!(f, "touches/{name}.parquet"),
            Self::Erased { name } => write!(f, "erased/{name}.parquet"),
            Self::Expired { name } => write!(f, "expired/{name}.json"),
            Self::Erasing { account, erasure } => write!(f, "erasing/{account}/{erasure}.json"),
            Self::Erasure { account, erasure } => write!(f, "erasures/{account}/{erasure}.json"),
            Self::Restatements { name } => write!(f, "restatements/{name}.json"),
            Self::Forecast { name } => write!(f, "forecasts/{name}.parquet"),
            Self::Report {
                scope,
                report,
                name,
            } => write!(f, "reports/{scope}/{report}/{name}"),
            Self::Rejected {
                account,
                at_ms,
                name,
            } => write!(
                f,
                "rejected/{account}/{}/{at_ms:013}-{name}.ndjson",
                date(time::day_of(time::minute_of(*at_ms)))
            ),
            Self::Tally { log } => write!(f, "tallies/{log}.json"),
            Self::Salt { period } => write!(f, "salts/{period}.json"),
            Self::NamedKey => write!(f, "salts/named.json"),
            Self::SaltsClock => write!(f, "salts/clock"),
            Self::Probe { run, n } => write!(f, "probe/{run}-{n:020}"),
            Self::Ledger { ledger, n } => write!(f, "ledger/{ledger}/{n:020}.json"),
            Self::Snapshot { ledger, n } => {
                write!(f, "ledger/{ledger}-snapshots/{n:020}.ndjson.zst")
            }
            Self::ImportBegun {
                account,
                import,
                attempt,
            } => write!(f, "imports/{account}/{import}/{attempt:06}.json"),
            Self::ImportDone { account, import } => {
                write!(f, "imports/{account}/{import}/done.json")
            }
            Self::Totals { account, source } => write!(f, "totals/{account}/{source}.json"),
            Self::Webhook { account, webhook } => write!(f, "webhooks/{account}/{webhook}.json"),
            Self::Bell => write!(f, "bell"),
        }
    }
}

fn date(day: i64) -> String {
    dated("date", day)
}

fn dated(word: &str, day: i64) -> String {
    let day = day_text(day).unwrap_or_else(|| day.to_string());
    format!("{word}={day}")
}

fn parse(path: &str) -> Option<ObjectKey> {
    let parts: Vec<&str> = path.split('/').collect();
    Some(match parts[..] {
        ["raw", log, file] => ObjectKey::Raw {
            log: log.parse().ok()?,
            segment: SegmentNo(number(file, ".seg")?),
        },
        ["seals", log, file] => ObjectKey::Seal {
            log: log.parse().ok()?,
            epoch: Epoch(number(file, ".json")?),
        },
        ["logs", file] => ObjectKey::Log {
            log: file.strip_suffix(".json")?.parse().ok()?,
        },
        ["fences", file] => ObjectKey::Fence {
            log: file.strip_suffix(".json")?.parse().ok()?,
        },
        ["salvages", file] => ObjectKey::Salvage {
            log: file.strip_suffix(".json")?.parse().ok()?,
        },
        ["tallies", file] => ObjectKey::Tally {
            log: file.strip_suffix(".json")?.parse().ok()?,
        },
        ["rejected", account, _, file] => {
            let (at, rest) = file.strip_suffix(".ndjson")?.split_once('-')?;
            ObjectKey::Rejected {
                account: account.parse().ok()?,
                at_ms: at.parse().ok()?,
                name: name(rest)?,
            }
        }
        ["imports", account, import, "done.json"] => ObjectKey::ImportDone {
            account: account.parse().ok()?,
            import: name(import)?,
        },
        ["imports", account, import, file] => ObjectKey::ImportBegun {
            account: account.parse().ok()?,
            import: name(import)?,
            attempt: number(file, ".json")?,
        },
        ["totals", account, file] => ObjectKey::Totals {
            account: account.parse().ok()?,
            source: name(file.strip_suffix(".json")?)?,
        },
        ["webhooks", account, file] => ObjectKey::Webhook {
            account: account.parse().ok()?,
            webhook: name(file.strip_suffix(".json")?)?,
        },
        ["erasing", account, file] => ObjectKey::Erasing {
            account: account.parse().ok()?,
            erasure: name(file.strip_suffix(".json")?)?,
        },
        ["erasures", account, file] => ObjectKey::Erasure {
            account: account.parse().ok()?,
            erasure: name(file.strip_suffix(".json")?)?,
        },
        ["bell"] => ObjectKey::Bell,
        ["salts", "named.json"] => ObjectKey::NamedKey,
        ["salts", "clock"] => ObjectKey::SaltsClock,
        ["probe", file] => {
            let (run, n) = file.rsplit_once('-')?;
            ObjectKey::Probe {
                run: name(run)?,
                n: number(n, "")?,
            }
        }
        ["salts", file] => ObjectKey::Salt {
            period: file.strip_suffix(".json")?.parse().ok()?,
        },
        ["ledger", ledger, file] => parse_ledger(ledger, file)?,
        _ => return parse_derived(&parts),
    })
}

fn parse_ledger(ledger: &str, file: &str) -> Option<ObjectKey> {
    Some(match file.ends_with(".ndjson.zst") {
        true => ObjectKey::Snapshot {
            ledger: name(ledger.strip_suffix("-snapshots")?)?,
            n: number(file, ".ndjson.zst")?,
        },
        false => ObjectKey::Ledger {
            ledger: name(ledger)?,
            n: number(file, ".json")?,
        },
    })
}

fn parse_derived(parts: &[&str]) -> Option<ObjectKey> {
    Some(match *parts {
        ["events", date, file] if date.starts_with("date=") => ObjectKey::DayEvents {
            day: parse_day(date.strip_prefix("date=")?)?,
            name: name(file.strip_suffix(".parquet")?)?,
        },
        ["events", received, file] => ObjectKey::Events {
            received: parse_day(received.strip_prefix("received=")?)?,
            name: name(file.strip_suffix(".parquet")?)?,
        },
        ["runs", file] => ObjectKey::Sums {
            name: name(file.strip_suffix(".parquet")?)?,
        },
        ["visitors", file] => ObjectKey::Visits {
            name: name(file.strip_suffix(".parquet")?)?,
        },
        ["views", cube, date, file] => ObjectKey::View {
            cube: name(cube)?,
            day: parse_day(date.strip_prefix("date=")?)?,
            name: name(file.strip_suffix(".parquet")?)?,
        },
        ["forecasts", file] => ObjectKey::Forecast {
            name: name(file.strip_suffix(".parquet")?)?,
        },
        ["keys", file] => ObjectKey::Keys {
            name: name(file.strip_suffix(".parquet")?)?,
        },
        ["attributions", file] => ObjectKey::Attributions {
            name: name(file.strip_suffix(".parquet")?)?,
        },
        ["erased", file] => ObjectKey::Erased {
            name: name(file.strip_suffix(".parquet")?)?,
        },
        ["expired", file] => ObjectKey::Expired {
            name: name(file.strip_suffix(".json")?)?,
        },
        ["restatements", file] => ObjectKey::Restatements {
            name: name(file.strip_suffix(".json")?)?,
        },
        ["touches", file] => ObjectKey::Touches {
            name: name(file.strip_suffix(".parquet")?)?,
        },
        ["duplicates", file] => ObjectKey::Duplicates {
            name: name(file.strip_suffix(".parquet")?)?,
        },
        ["door-rules", file] => ObjectKey::DoorRules {
            name: name(file.strip_suffix(".json")?)?,
        },
        ["reports", scope, report, file] => ObjectKey::Report {
            scope: name(scope)?,
            report: name(report)?,
            name: name(file)?,
        },
        _ => return None,
    })
}

fn name(text: &str) -> Option<String> {
    is_name(text).then(|| text.to_string())
}

fn number(file: &str, suffix: &str) -> Option<u64> {
    file.strip_suffix(suffix)?.parse().ok()
}

/// Folders, for listing.
pub mod folders {
    use super::{EntityId, LogId, Path, date};

    /// All raw segments of one log, in order of their numbers.
    pub fn raw(log: LogId) -> Path {
        Path::from(format!("raw/{log}"))
    }
    /// All seals of one log, in order of their epochs.
    pub fn seals(log: LogId) -> Path {
        Path::from(format!("seals/{log}"))
    }
    /// All logs.
    pub fn logs() -> Path {
        Path::from("logs")
    }
    /// All fences.
    pub fn fences() -> Path {
        Path::from("fences")
    }
    /// All enriched events.
    pub fn events() -> Path {
        Path::from("events")
    }
    /// Enriched events of one day.
    pub fn events_of_day(day: i64) -> Path {
        Path::from(format!("events/{}", date(day)))
    }
    /// All files of one cube.
    pub fn view(cube: &str) -> Path {
        Path::from(format!("views/{cube}"))
    }
    /// All files of one cube for one day.
    pub fn view_of_day(cube: &str, day: i64) -> Path {
        Path::from(format!("views/{cube}/{}", date(day)))
    }
    /// All forecasts.
    pub fn forecasts() -> Path {
        Path::from("forecasts")
    }
    /// All reports of one scope.
    pub fn reports(scope: &str) -> Path {
        Path::from(format!("reports/{scope}"))
    }
    /// What all collectors refused.
    pub fn all_rejected() -> Path {
        Path::from("rejected")
    }
    /// What was refused of one account.
    pub fn rejected(account: EntityId) -> Path {
        Path::from(format!("rejected/{account}"))
    }
    /// How far the webhooks of one account were told.
    pub fn webhooks(account: EntityId) -> Path {
        Path::from(format!("webhooks/{account}"))
    }
    /// Visitors of all accounts that are to be erased.
    pub fn erasing() -> Path {
        Path::from("erasing")
    }
    /// Visitors of one account that are to be erased.
    pub fn erasing_of(account: EntityId) -> Path {
        Path::from(format!("erasing/{account}"))
    }
    /// What became of the erasures of one account.
    pub fn erasures(account: EntityId) -> Path {
        Path::from(format!("erasures/{account}"))
    }
    /// What visitors are hashed with.
    pub fn salts() -> Path {
        Path::from("salts")
    }
    /// All that is said of one import.
    pub fn import(account: EntityId, import: &str) -> Path {
        Path::from(format!("imports/{account}/{import}"))
    }
    /// Counts that other tools made of an account's links.
    pub fn totals(account: EntityId) -> Path {
        Path::from(format!("totals/{account}"))
    }
    /// What probes of the store write.
    pub fn probes() -> Path {
        Path::from("probe")
    }
    /// What all collectors turned away.
    pub fn tallies() -> Path {
        Path::from("tallies")
    }
    /// All entries of one ledger, in order.
    pub fn ledger(name: &str) -> Path {
        Path::from(format!("ledger/{name}"))
    }
    /// All snapshots of one ledger, in order.
    pub fn snapshots(name: &str) -> Path {
        Path::from(format!("ledger/{name}-snapshots"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{EntityKind, Memory};
    use proptest::prelude::*;

    fn any_key() -> impl Strategy<Value = ObjectKey> {
        let log = any::<u128>().prop_map(LogId);
        let name = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}";
        let day = -700_000i64..2_900_000;
        let numbered = (log.clone(), any::<u64>(), name, name, day);
        (numbered, name, 0..16).prop_map(|((log, n, name, other, day), third, kind)| match kind {
            0 => ObjectKey::Raw {
                log,
                segment: SegmentNo(n),
            },
            1 => ObjectKey::Seal {
                log,
                epoch: Epoch(n),
            },
            2 => ObjectKey::Log { log },
            3 if day % 2 == 0 => ObjectKey::Salvage { log },
            3 => ObjectKey::Fence { log },
            4 if n % 3 == 0 => ObjectKey::Events {
                received: day,
                name,
            },
            4 => ObjectKey::DayEvents { day, name },
            14 if n % 2 == 0 => ObjectKey::Sums { name },
            14 => ObjectKey::Visits { name },
            15 => {
                let account = EntityId::new(EntityKind::Account, n);
                match n % 7 {
                    4 if n % 2 == 0 => ObjectKey::Expired { name },
                    4 => ObjectKey::Erased { name },
                    5 => ObjectKey::Erasing {
                        account,
                        erasure: name,
                    },
                    6 => ObjectKey::Erasure {
                        account,
                        erasure: name,
                    },
                    3 => ObjectKey::Webhook {
                        account,
                        webhook: name,
                    },
                    0 => ObjectKey::ImportBegun {
                        account,
                        import: name,
                        attempt: n,
                    },
                    1 => ObjectKey::ImportDone {
                        account,
                        import: name,
                    },
                    _ => ObjectKey::Totals {
                        account,
                        source: name,
                    },
                }
            }
            5 => ObjectKey::View {
                cube: other,
                day,
                name,
            },
            6 => ObjectKey::Forecast { name },
            7 => ObjectKey::Report {
                scope: other,
                report: third,
                name,
            },
            8 => ObjectKey::Rejected {
                account: EntityId::new(EntityKind::Account, n),
                at_ms: (n % 10_000_000_000_000) as i64,
                name,
            },
            9 => ObjectKey::Ledger { ledger: name, n },
            10 => ObjectKey::Tally { log },
            11 if n % 4 == 0 => {
                let memory = if n % 8 == 0 {
                    Memory::Day
                } else {
                    Memory::Month
                };
                let period = VisitorPeriod::of(memory, day);
                ObjectKey::Salt { period }
            }
            11 if n % 4 == 1 => ObjectKey::NamedKey,
            11 if n % 4 == 2 => ObjectKey::SaltsClock,
            11 => ObjectKey::Keys { name },
            12 if n % 5 == 0 => ObjectKey::Bell,
            12 if n % 5 == 1 => ObjectKey::Probe { run: name, n },
            12 if n % 5 == 2 => ObjectKey::DoorRules { name },
            12 => ObjectKey::Duplicates { name },
            _ => ObjectKey::Snapshot { ledger: name, n },
        })
    }

    proptest! {
        #[test]
        fn keys_round_trip(key in any_key()) {
            prop_assert_eq!(ObjectKey::parse(&key.path()), Ok(key));
        }

        #[test]
        fn any_path_is_refused_or_canonical(
            text in "(raw|seals|logs|events|views|ledger)/[a-z0-9=.-]{1,12}/[0-9a-z.]{1,24}",
        ) {
            let path = Path::from(text);
            if let Ok(key) = ObjectKey::parse(&path) {
                prop_assert_eq!(key.path(), path);
            }
        }

        #[test]
        fn numbers_sort_as_numbers(a in 0..10u64.pow(12), b in 0..10u64.pow(12)) {
            let path = |segment| ObjectKey::Raw { log: LogId(7), segment: SegmentNo(segment) }.path();
            prop_assert_eq!(a.cmp(&b), path(a).cmp(&path(b)));
        }
    }
}
