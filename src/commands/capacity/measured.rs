//! What one event costs, as measured: docs/PERFORMANCE.md says how, where and when. Machines differ: run `millrace bench`
//! and `benches/scale.py` on yours, and give what differs as an option.

/// CPU of a collector for one redirect that is synced before the reply, at many connections, microseconds.
pub const REDIRECT_US: f64 = 20.0;
/// CPU of a collector for one event of `/v1/events`, microseconds.
pub const SENT_US: f64 = 10.0;
/// CPU of a speed layer for one event: read, enrich, fold, put; microseconds.
pub const SPEED_US: f64 = 10.0;
/// CPU of Redis for one event, and bytes to it, at so many events a second of one log: each flush puts whole cells, so
/// that fewer events in a flush cost more of it each.
pub const REDIS_US: f64 = 22.0;
/// See [`REDIS_US`].
pub const REDIS_BYTES: f64 = 3_700.0;
/// See [`REDIS_US`].
pub const REDIS_RATE: f64 = 3_000.0;
/// How both fall with the rate (from 3,000 to 10,000 events a second by half), and where they end.
pub const REDIS_FALL: f64 = 0.6;
/// See [`REDIS_FALL`].
pub const REDIS_LEAST_US: f64 = 3.0;
/// See [`REDIS_FALL`].
pub const REDIS_LEAST_BYTES: f64 = 370.0;
/// CPU of the rollup for one event, microseconds.
pub const ROLLUP_US: f64 = 21.0;
/// CPU of a full recompute for one event, microseconds.
pub const RECOMPUTE_US: f64 = 25.0;
/// Events a second of one log: its writer, and the worker that folds it, are one thread each.
pub const LOG_PER_SECOND: f64 = 75_000.0;

/// Bytes of an event in `raw/`, which is compressed.
pub const RAW_BYTES: f64 = 38.0;
/// The same in `events/`.
pub const EVENT_BYTES: f64 = 25.0;
/// The same in the sums of all cubes and the visits.
pub const VIEW_BYTES: f64 = 71.0;
/// Bytes in Redis of an event that no manifest covers yet: its part of cells and of the stream.
pub const LIVE_BYTES: f64 = 350.0;
/// Bytes of an event in a collector's log, which is not compressed, and of a segment of it.
pub const LOG_BYTES: f64 = 250.0;
/// See [`LOG_BYTES`].
pub const SEGMENT_BYTES: f64 = 16.8e6;

/// Memory of a process before it holds anything, bytes.
pub const PROCESS_BYTES: f64 = 150e6;
/// Memory of a link in each collector and API, bytes.
pub const LINK_BYTES: f64 = 450.0;
/// Memory of an account with one key there, bytes.
pub const ACCOUNT_BYTES: f64 = 3_700.0;
/// Memory of a speed layer for one event of an open epoch, bytes, and how many events an epoch has at most.
pub const OPEN_EVENT_BYTES: f64 = 700.0;
pub const EPOCH_EVENTS: f64 = 250_000.0;
/// Memory of a rollup, bytes; it spills beyond.
pub const ROLLUP_BYTES: f64 = 2e9;

/// How often a collector stores a segment, and the rollup runs, seconds.
pub const SEGMENT_SECONDS: f64 = 5.0;
pub const ROLLUP_SECONDS: f64 = 600.0;
/// How long cells stay: an epoch, the rollup of it, and the manifests after it that readers may still use; seconds.
pub const LIVE_SECONDS: f64 = 2_400.0;
/// Requests to the object store of a process that does nothing, a second.
pub const IDLE_REQUESTS: f64 = 1.6;
/// Objects that one rollup writes.
pub const ROLLUP_OBJECTS: f64 = 60.0;
/// How often a segment is read or asked for (by the rollup and the speed layer), and a file of a rollup (by merging).
pub const SEGMENT_READS: f64 = 2.0;
/// See [`SEGMENT_READS`].
pub const FILE_READS: f64 = 3.0;
