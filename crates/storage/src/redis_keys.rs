//! Every Redis key, built here and nowhere else. Each script touches one key, so that no hash tags are
//! needed on Redis Cluster; but for senders' keys, which lie in hashes with a tag.

use model::{EntityId, Epoch, LogId};

/// Pattern of all live cells.
pub const LIVE_PATTERN: &str = "mr:live:*";
const LIVE: &str = "mr:live:";
/// Pattern of all lists of [`entities`].
pub const ENTITIES_PATTERN: &str = "mr:list:*";
const ENTITIES: &str = "mr:list:";

/// A hash: the live cells of an entity.
pub fn live(entity: EntityId) -> String {
    format!("{LIVE}{entity}")
}

/// The entity of a key made by [`live`].
pub fn parse_live(key: &str) -> Option<EntityId> {
    key.strip_prefix(LIVE)?.parse().ok()
}

/// Field of the hash [`live`]: the body of one cell.
pub fn cell(log: LogId, epoch: Epoch) -> String {
    format!("{log}:{epoch}")
}

/// Field of the hash [`live`]: fence and upto of the cell, both as digits.
pub fn cell_version(log: LogId, epoch: Epoch) -> String {
    format!("{log}:{epoch}#")
}

/// Log and epoch of a field made by [`cell`]; `None` for versions and strangers.
pub fn parse_cell(field: &str) -> Option<(LogId, Epoch)> {
    let (log, epoch) = field.split_once(':')?;
    Some((log.parse().ok()?, epoch.parse().ok()?))
}

/// A list: who has live cells of an epoch, as texts of ids with spaces between them.
pub fn entities(log: LogId, epoch: Epoch) -> String {
    format!("{ENTITIES}{log}:{epoch}")
}

/// Log and epoch of a key made by [`entities`].
pub fn parse_entities(key: &str) -> Option<(LogId, Epoch)> {
    parse_cell(key.strip_prefix(ENTITIES)?)
}

/// A string: how far the speed layer has flushed a log.
pub fn checkpoint(log: LogId) -> String {
    format!("mr:mark:{log}")
}

/// A string: what the collector of a log holds.
pub fn high_watermark(log: LogId) -> String {
    format!("mr:head:{log}")
}

/// A string: the epoch up to which a log's cells may be gone.
pub fn prune_watermark(log: LogId) -> String {
    format!("mr:floor:{log}")
}

/// A sorted set: the speed layers that live, by when that must be said again.
pub const SPEED_LAYERS: &str = "mr:speed";

/// A string: the speed layer that follows a log.
pub fn lease(log: LogId) -> String {
    format!("mr:lease:{log}")
}

/// A stream: the events of a log.
pub fn stream(log: LogId) -> String {
    format!("mr:ev:{log}")
}

/// A hash: senders' keys of a bucket that were taken in a period; its `part`th, each small.
pub fn sender_keys(bucket: u16, period: i64, part: usize) -> String {
    format!("mr:k:{{{bucket:04x}}}:{period}:{part}")
}

/// A string: the generations in which all senders' keys were put back. (Versions before kept them elsewhere,
/// under `mr:keys:whole`.)
pub const SENDER_KEYS_WHOLE: &str = "mr:k:whole";

/// A number: how often keys of senders were found to be missing that were said to be there.
pub const SENDER_KEYS_FORGOTTEN: &str = "mr:k:forgotten";

/// A string: somebody is putting all senders' keys back.
pub const SENDER_KEYS_TURN: &str = "mr:keys:turn";

/// A string: the generations in which the collector of a log put back the keys that it holds itself.
pub fn sender_keys_of(log: LogId) -> String {
    format!("mr:k:own:{log}")
}

/// A string: the random number of one Redis node; `n` makes the key fall on that node.
pub fn generation(n: u32) -> String {
    format!("mr:gen:{n}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::EntityKind;

    #[test]
    fn keys_round_trip() {
        let entity = EntityId::new(EntityKind::Link, 42);
        assert_eq!(parse_live(&live(entity)), Some(entity));
        assert_eq!(
            parse_cell(&cell(LogId(9), Epoch(3))),
            Some((LogId(9), Epoch(3)))
        );
        assert_eq!(parse_cell(&cell_version(LogId(9), Epoch(3))), None);
        let list = entities(LogId(9), Epoch(3));
        assert_eq!(parse_entities(&list), Some((LogId(9), Epoch(3))));
    }
}
