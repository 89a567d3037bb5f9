//! What a log must remember beside its segments, and the last step from one log to the next, which
//! the state decides.

use std::io;

use handover::segment::{HEADER_LEN, Header};
use model::{Epoch, LogId, SegmentNo, Seq};
use serde::{Deserialize, Serialize};

use super::{Disk, RecoveryError, parse_segment_name, segment_name};

/// The file of [`State`], and that of a log from before segments were written over older ones (format 1): programs
/// of that time know nothing of today's, and find no state.
pub(super) const STATE: &str = "log.json";
const STATE_1: &str = "state.json";
/// What stands there now: nothing that they can read.
const MOVED: &[u8] = b"{\"moved\":\"log.json\"}";
/// The version of what is in the folder.
pub(super) const FORMAT: u32 = 2;

/// What the log must remember beside its segments; written before it takes effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// The version of what is in the folder: [`FORMAT`].
    #[serde(default = "first_format")]
    pub format: u32,
    /// Id of the log.
    pub log: LogId,
    /// Last epoch that is closed.
    pub closed_epoch: Epoch,
    /// Its last event, once all of it is in the store: then it is retired.
    #[serde(default)]
    pub retired_at: Option<Seq>,
    /// The retired log that was here before.
    #[serde(default)]
    pub predecessor: Option<Predecessor>,
    /// Its first segments are yet to be put in the place of its predecessor's.
    #[serde(default)]
    pub moving: bool,
}

/// A log that has ended, in whose folder the next one is. Stored as a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(LogId, Seq)", into = "(LogId, Seq)")]
pub struct Predecessor {
    /// Its id.
    pub log: LogId,
    /// Its last event.
    pub last: Seq,
}

impl From<(LogId, Seq)> for Predecessor {
    fn from((log, last): (LogId, Seq)) -> Self {
        Self { log, last }
    }
}

impl From<Predecessor> for (LogId, Seq) {
    fn from(before: Predecessor) -> Self {
        (before.log, before.last)
    }
}

fn first_format() -> u32 {
    1
}

impl State {
    /// What was saved, if anything was. Of a log from before, it is saved in its new place.
    pub(super) fn load(disk: &dyn Disk) -> Result<Option<Self>, RecoveryError> {
        let names = disk.list()?;
        let read = |name: &str| {
            let is_there = names.iter().any(|n| n == name);
            is_there.then(|| disk.read(name)).transpose()
        };
        let old = read(STATE_1)?.filter(|text| text != MOVED);
        let old: Option<Self> = old.map(|text| serde_json::from_slice(&text)).transpose()?;
        let new = read(STATE)?.map(|text| serde_json::from_slice::<Self>(&text));
        let (new, old) = (new.transpose()?, old);
        if let (Some(new), Some(old)) = (&new, &old)
            && new.log != old.log
        {
            let (new, old) = (new.log, old.log);
            return Err(RecoveryError::TwoStates { new, old });
        }
        let formats = [&new, &old].into_iter().flatten().map(|state| state.format);
        if let Some(newer) = formats.max().filter(|format| *format > FORMAT) {
            return Err(RecoveryError::Newer(newer));
        }
        let is_old = old.is_some();
        let Some(mut state) = later(new, old) else {
            return Ok(None);
        };
        state.format = FORMAT;
        if is_old {
            state.save(disk)?;
        }
        Ok(Some(state))
    }

    pub(super) fn save(&self, disk: &dyn Disk) -> io::Result<()> {
        disk.replace(STATE, &serde_json::to_vec(self)?)?;
        match disk.read(STATE_1) {
            Ok(text) if text == MOVED => Ok(()),
            _ => disk.replace(STATE_1, MOVED),
        }
    }
}

/// Of two states of one log the one that says more: a program of before may have gone on from the older file, where
/// the newer one was all that an interrupted start had written.
fn later(new: Option<State>, old: Option<State>) -> Option<State> {
    let further = |old: &State, new: &State| {
        (old.closed_epoch, old.retired_at) > (new.closed_epoch, new.retired_at)
    };
    match (new, old) {
        (Some(new), Some(old)) if further(&old, &new) => Some(old),
        (new, old) => new.or(old),
    }
}

/// Name of a segment that will be `number` once its log takes the place of the one before.
pub(super) fn next_name(number: SegmentNo) -> String {
    format!("next-{}", segment_name(number))
}

/// The number of a name made by [`next_name`].
pub(super) fn parse_next_name(name: &str) -> Option<SegmentNo> {
    parse_segment_name(name.strip_prefix("next-")?)
}

/// Puts the new log's segments in the place of the old one's, which the new log or the store hold.
pub(super) fn finish_move(disk: &dyn Disk, state: &mut State) -> io::Result<()> {
    let names = disk.list()?;
    for name in names.iter().filter(|n| parse_segment_name(n).is_some()) {
        let header = Header::decode(&disk.read_start(name, HEADER_LEN)?);
        if header.is_none_or(|h| h.log != state.log) {
            disk.remove(name)?;
        }
    }
    for number in names.iter().filter_map(|n| parse_next_name(n)) {
        disk.rename(&next_name(number), &segment_name(number))?;
    }
    state.moving = false;
    state.save(disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk may have been written by another version.
    #[test]
    fn it_is_stored_as_ever() {
        let state = State {
            format: FORMAT,
            log: LogId(7),
            closed_epoch: Epoch(2),
            retired_at: Some(Seq(9)),
            predecessor: Some(Predecessor::from((LogId(6), Seq(5)))),
            moving: true,
        };
        let text = r#"{"format":2,"log":"00000000000000000000000007","closed_epoch":2,"retired_at":9,"predecessor":["00000000000000000000000006",5],"moving":true}"#;
        assert_eq!(serde_json::to_string(&state).unwrap(), text);
        assert_eq!(serde_json::from_str::<State>(text).unwrap(), state);
        let short = r#"{"log":"00000000000000000000000007","closed_epoch":2}"#;
        assert_eq!(serde_json::from_str::<State>(short).unwrap().format, 1);
    }
}
