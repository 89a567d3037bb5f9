//! Click ids: what a click says to the conversion that it leads to, signed, so that nobody has to look the click up.
//!
//! A text of at most [`MAX_LEN`] characters: `c` and, as base64 for addresses, the fields below and the first eight bytes
//! of their keyed BLAKE3. Names of browsers and systems that are common are one byte; others are written out where there
//! is room, and else are `Other`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{EventId, LogId, Seq};

use crate::NamedKey;

/// Characters of the longest click id.
pub const MAX_LEN: usize = 96;
/// What click ids begin with, and event ids do not.
const MARK: char = 'c';
const VERSION: u8 = 1;
const MAC: usize = 8;
/// Bytes that fit in [`MAX_LEN`] behind the mark, without the signature.
const MAX_BYTES: usize = (MAX_LEN - 1) * 6 / 8 - MAC;
/// What follows: a campaign, a variant, and whether that is a hash.
const CAMPAIGN: u8 = 1;
const VARIANT: u8 = 2;
const HASHED: u8 = 4;
/// In the place of a common name: it is written out.
const WRITTEN: u8 = 255;

const DEVICES: [&str; 6] = ["other", "mobile", "tablet", "desktop", "tv", "bot"];
/// Families of uap-core that most clicks are of. Their places are in click ids: append only.
const BROWSERS: [&str; 44] = [
    "Chrome",
    "Chrome Mobile",
    "Chrome Mobile iOS",
    "Chrome Mobile WebView",
    "Safari",
    "Mobile Safari",
    "Mobile Safari UI/WKWebView",
    "Firefox",
    "Firefox Mobile",
    "Firefox iOS",
    "Edge",
    "Edge Mobile",
    "Samsung Internet",
    "Opera",
    "Opera Mobile",
    "Opera Mini",
    "IE",
    "IE Mobile",
    "Android",
    "Facebook",
    "Instagram",
    "Pinterest",
    "Snapchat",
    "TikTok",
    "Twitter",
    "LinkedIn",
    "WeChat",
    "Line",
    "Google",
    "Yandex Browser",
    "UC Browser",
    "MiuiBrowser",
    "HuaweiBrowser",
    "QQ Browser Mobile",
    "DuckDuckGo Mobile",
    "Vivaldi",
    "Brave",
    "Amazon Silk",
    "Whale",
    "Apple Mail",
    "Outlook",
    "Thunderbird",
    "Chromium",
    "BlackBerry WebKit",
];
/// The same of operating systems.
const SYSTEMS: [&str; 20] = [
    "Windows",
    "Mac OS X",
    "iOS",
    "Android",
    "Linux",
    "Ubuntu",
    "Chrome OS",
    "Fedora",
    "Tizen",
    "KaiOS",
    "BlackBerry OS",
    "Windows Phone",
    "ATV OS X",
    "webOS",
    "Debian",
    "FreeBSD",
    "OpenBSD",
    "HarmonyOS",
    "Fuchsia",
    "watchOS",
];

/// What signs the click ids of an installation.
#[derive(Clone)]
pub struct ClickKey([u8; 32]);

impl ClickKey {
    /// That of an installation with this secret.
    pub fn of(secret: &NamedKey) -> Self {
        Self(blake3::derive_key("millrace 2026-11 click id", &secret.0))
    }

    fn sign(&self, bytes: &[u8]) -> [u8; MAC] {
        let mut mac = [0; MAC];
        mac.copy_from_slice(&blake3::keyed_hash(&self.0, bytes).as_bytes()[..MAC]);
        mac
    }
}

/// Which of a link's destinations was served.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Variant {
    /// It has but one.
    #[default]
    None,
    /// Its name.
    Named(String),
    /// [`hash_of`] its name, which is too long.
    Hashed(u64),
}

/// Stands for the name of a variant.
pub fn hash_of(name: &str) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&blake3::hash(name.as_bytes()).as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

/// What a click id says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClickId {
    /// The click.
    pub event: EventId,
    /// Raw number of the link.
    pub link: u64,
    /// Raw number of the campaign that the link was in.
    pub campaign: Option<u64>,
    /// When, unix seconds.
    pub second: u32,
    /// ISO 3166-1 alpha-2; empty if unknown.
    pub country: String,
    /// As in [`model::Facts`].
    pub device_type: &'static str,
    /// As in [`model::Facts`].
    pub browser: String,
    /// As in [`model::Facts`].
    pub os: String,
    /// Which of the link's destinations was served.
    pub variant: Variant,
}

/// Why a text says nothing of a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAClickId {
    /// It has not the form of one: of another tracker, or of a later version.
    Foreign,
    /// It has the form, but not the signature.
    Altered,
}

impl ClickId {
    /// The text of it.
    pub fn text(&self, key: &ClickKey) -> String {
        let mut bytes = self.fields();
        bytes.extend(key.sign(&bytes));
        let mut text = String::from(MARK);
        URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
        text
    }

    fn fields(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(MAX_BYTES + MAC);
        out.push(VERSION);
        out.extend(self.event.log.0.to_be_bytes());
        varint(&mut out, self.event.seq.0);
        out.extend(self.link.to_be_bytes());
        out.extend(self.second.to_be_bytes());
        let country = self.country.as_bytes();
        out.extend(<[u8; 2]>::try_from(country).unwrap_or_default());
        let device = DEVICES.iter().position(|name| *name == self.device_type);
        out.push(device.unwrap_or(0) as u8);
        let flags_at = out.len();
        out.push(0);
        let mut flags = 0;
        if let Some(campaign) = self.campaign {
            flags |= CAMPAIGN;
            out.extend(campaign.to_be_bytes());
        }
        // Two bytes are left for the codes of browser and system.
        let room = |out: &Vec<u8>| MAX_BYTES.saturating_sub(out.len() + 2);
        match &self.variant {
            Variant::None => {}
            Variant::Named(name) if name.len() < room(&out) => {
                flags |= VARIANT;
                written(&mut out, name);
            }
            Variant::Named(name) => {
                flags |= VARIANT | HASHED;
                out.extend(hash_of(name).to_be_bytes());
            }
            Variant::Hashed(hash) => {
                flags |= VARIANT | HASHED;
                out.extend(hash.to_be_bytes());
            }
        }
        out[flags_at] = flags;
        for (name, common, after) in [(&self.os, &SYSTEMS[..], 1), (&self.browser, &BROWSERS, 0)] {
            match common.iter().position(|known| known == name) {
                Some(place) => out.push(place as u8 + 1),
                None if name.len() + 2 + after + out.len() <= MAX_BYTES && !name.is_empty() => {
                    out.push(WRITTEN);
                    written(&mut out, name);
                }
                None => out.push(0),
            }
        }
        out
    }

    /// Reads a text that an installation with this key may have given out.
    pub fn read(text: &str, key: &ClickKey) -> Result<Self, NotAClickId> {
        let coded = text.strip_prefix(MARK).filter(|_| text.len() <= MAX_LEN);
        let bytes = coded.and_then(|coded| URL_SAFE_NO_PAD.decode(coded).ok());
        let bytes = bytes.ok_or(NotAClickId::Foreign)?;
        let (fields, mac) = bytes
            .split_last_chunk::<MAC>()
            .ok_or(NotAClickId::Foreign)?;
        if fields.first() != Some(&VERSION) {
            return Err(NotAClickId::Foreign);
        }
        // Whoever signs can be trusted with the time that comparing takes: the signature is of no secret of theirs.
        if blake3::Hash::from_bytes(padded(key.sign(fields)))
            != blake3::Hash::from_bytes(padded(*mac))
        {
            return Err(NotAClickId::Altered);
        }
        Self::parse(fields).ok_or(NotAClickId::Foreign)
    }

    fn parse(fields: &[u8]) -> Option<Self> {
        let mut rest = fields.get(1..)?;
        let log = LogId(u128::from_be_bytes(take(&mut rest)?));
        let seq = Seq(read_varint(&mut rest)?);
        let link = u64::from_be_bytes(take(&mut rest)?);
        let second = u32::from_be_bytes(take(&mut rest)?);
        let country: [u8; 2] = take(&mut rest)?;
        let [device, flags] = take(&mut rest)?;
        let campaign = match flags & CAMPAIGN {
            0 => None,
            _ => Some(u64::from_be_bytes(take(&mut rest)?)),
        };
        let variant = match (flags & VARIANT, flags & HASHED) {
            (0, _) => Variant::None,
            (_, 0) => Variant::Named(read_text(&mut rest)?),
            _ => Variant::Hashed(u64::from_be_bytes(take(&mut rest)?)),
        };
        let os = name(&mut rest, &SYSTEMS)?;
        let browser = name(&mut rest, &BROWSERS)?;
        Some(Self {
            event: EventId { log, seq },
            link,
            campaign,
            second,
            country: match country {
                [0, 0] => String::new(),
                letters => String::from_utf8(letters.to_vec()).ok()?,
            },
            device_type: DEVICES.get(usize::from(device))?,
            browser,
            os,
            variant,
        })
    }
}

/// Hashes are compared in constant time.
fn padded(mac: [u8; MAC]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..MAC].copy_from_slice(&mac);
    bytes
}

fn name(rest: &mut &[u8], common: &[&str]) -> Option<String> {
    let [code] = take(rest)?;
    match code {
        0 => Some("Other".to_owned()),
        WRITTEN => read_text(rest),
        code => common
            .get(usize::from(code) - 1)
            .map(|name| (*name).to_owned()),
    }
}

fn written(out: &mut Vec<u8>, text: &str) {
    out.push(text.len() as u8);
    out.extend(text.as_bytes());
}

fn read_text(rest: &mut &[u8]) -> Option<String> {
    let [length] = take(rest)?;
    let (text, after) = rest.split_at_checked(length.into())?;
    *rest = after;
    String::from_utf8(text.to_vec()).ok()
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn read_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let [byte] = take(rest)?;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> ClickKey {
        ClickKey::of(&NamedKey([byte; 32]))
    }

    fn click() -> ClickId {
        ClickId {
            event: EventId {
                log: LogId(u128::MAX),
                seq: Seq(5_000_000_000),
            },
            link: u64::MAX,
            campaign: Some(7),
            second: 1_800_000_000,
            country: "DE".into(),
            device_type: "mobile",
            browser: "Chrome Mobile".into(),
            os: "Android".into(),
            variant: Variant::Named("long form".into()),
        }
    }

    #[test]
    fn ids_are_short_and_say_what_they_were_given() {
        let text = click().text(&key(1));
        assert!(text.len() <= MAX_LEN, "{}", text.len());
        assert!(
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        );
        assert_eq!(ClickId::read(&text, &key(1)), Ok(click()));
        assert_eq!(ClickId::read(&text, &key(2)), Err(NotAClickId::Altered));
        let event = click().event.to_string();
        for foreign in ["", "c", "gclid-123", "c1234", &event, &"c".repeat(97)] {
            let read = ClickId::read(foreign, &key(1));
            assert_eq!(read, Err(NotAClickId::Foreign), "{foreign}");
        }
    }

    #[test]
    fn every_character_counts() {
        let text = click().text(&key(1));
        for at in 1..text.len() {
            let other = if &text[at..=at] == "A" { "B" } else { "A" };
            let altered = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            ClickId::read(&altered, &key(1)).unwrap_err();
        }
    }

    #[test]
    fn names_without_room_are_hashed_or_other() {
        let long = "a variant whose name says everything about it";
        let id = ClickId {
            variant: Variant::Named(long.into()),
            browser: "A browser that nobody knows yet, of the future".into(),
            ..click()
        };
        let read = ClickId::read(&id.text(&key(1)), &key(1)).unwrap();
        assert_eq!(read.variant, Variant::Hashed(hash_of(long)));
        assert_eq!((&*read.browser, &*read.os), ("Other", "Android"));
        let rare = ClickId {
            campaign: None,
            variant: Variant::None,
            browser: "Iron".into(),
            ..click()
        };
        assert_eq!(ClickId::read(&rare.text(&key(1)), &key(1)), Ok(rare));
    }

    proptest! {
        #[test]
        fn whatever_it_says_fits_and_comes_back(
            log: u128, seq: u64, link: u64, campaign: Option<u64>, second: u32, device in 0usize..6,
            browser in "[ -~]{1,30}", os in "[ -~]{1,30}", variant in "\\PC{0,40}",
        ) {
            let id = ClickId {
                event: EventId { log: LogId(log), seq: Seq(seq) },
                link, campaign, second,
                country: String::new(),
                device_type: DEVICES[device],
                browser, os,
                variant: Variant::Named(variant),
            };
            let text = id.text(&key(1));
            prop_assert!(text.len() <= MAX_LEN);
            let read = ClickId::read(&text, &key(1)).unwrap();
            prop_assert_eq!((read.event, read.link, read.campaign), (id.event, id.link, id.campaign));
            prop_assert!(read.browser == id.browser || read.browser == "Other");
            prop_assert!(read.os == id.os || read.os == "Other");
        }

        #[test]
        fn any_text_is_survived(text in "c[A-Za-z0-9_-]{0,100}") {
            ClickId::read(&text, &key(1)).unwrap_err();
        }
    }
}
