//! The parts of a line, escaped as they stand there.

use chrono::DateTime;

/// The parts of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    /// What stands before the time.
    pub(super) front: &'a [u8],
    /// Unix milliseconds.
    pub(super) time_ms: i64,
    pub(super) request: &'a [u8],
    /// None: `-`.
    pub(super) status: Option<u16>,
    /// `-` if unknown.
    pub(super) referrer: &'a [u8],
    pub(super) agent: &'a [u8],
}

/// Longest time: `17/May/2015:10:05:03.123456789 +0000`.
const MAX_TIME: usize = 40;

impl<'a> Parts<'a> {
    /// Reads a line, or says why it is none.
    pub(super) fn of(line: &'a [u8]) -> Result<Self, &'static str> {
        let line = line.trim_ascii_end();
        let (front, time_ms, rest) = around_time(line)
            .ok_or("no time such as [17/May/2015:10:05:03 +0000] stands before a quoted request")?;
        let (request, rest) = quoted(rest).ok_or("the quote of the request is not closed")?;
        let (status, rest) = word(rest);
        let status = match status {
            b"-" => None,
            _ => Some(three_digits(status).ok_or("no status follows the request")?),
        };
        let (_bytes, rest) = word(rest);
        let (referrer, agent) = match rest.trim_ascii_start() {
            b"" => (&b"-"[..], &b"-"[..]),
            rest => referrer_and_agent(rest)?,
        };
        Ok(Self {
            front,
            time_ms,
            request,
            status,
            referrer,
            agent,
        })
    }
}

fn referrer_and_agent(rest: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    if !rest.starts_with(b"\"") {
        return Err("after status and length come referrer and agent, in quotes, or nothing");
    }
    let (referrer, rest) = quoted(rest).ok_or("the line is cut off in the referrer")?;
    let (agent, rest) = quoted(rest).ok_or("the line is cut off in the agent")?;
    // What a server adds of its own is in whole quotes; a half one is a quote of the agent.
    let mut rest = rest;
    while let Some(start) = rest.iter().position(|b| *b == b'"') {
        (_, rest) = quoted(&rest[start..]).ok_or("the quotes do not match")?;
    }
    Ok((referrer, agent))
}

/// What stands before and after the time. User names may have brackets, but no quotes: so the time is what a quote
/// follows.
fn around_time(line: &[u8]) -> Option<(&[u8], i64, &[u8])> {
    let starts = (0..line.len()).filter(|i| line[*i] == b'[');
    for start in starts {
        let (front, rest) = (&line[..start], &line[start + 1..]);
        let close = rest.iter().take(MAX_TIME).position(|b| *b == b']');
        let Some((time, rest)) = close.map(|close| (&rest[..close], &rest[close + 1..])) else {
            continue;
        };
        let rest = rest.trim_ascii_start();
        if let Some(time_ms) = time_ms(time).filter(|_| rest.starts_with(b"\"")) {
            return Some((front, time_ms, rest));
        }
    }
    None
}

fn time_ms(text: &[u8]) -> Option<i64> {
    let text = str::from_utf8(text).ok()?;
    let time = DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S%.f %z").ok()?;
    Some(time.timestamp_millis())
}

/// What stands in quotes, and what follows: the closing quote is one that is not escaped, before a space or the end.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start().strip_prefix(b"\"")?;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 1,
            b'"' if matches!(text.get(at + 1), None | Some(b' ')) => {
                return Some((&text[..at], &text[at + 1..]));
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii_start();
    let end = text.iter().position(|b| *b == b' ');
    text.split_at(end.unwrap_or(text.len()))
}

fn three_digits(text: &[u8]) -> Option<u16> {
    let digits = text.len() == 3 && text.iter().all(u8::is_ascii_digit);
    str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}
