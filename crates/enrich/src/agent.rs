//! Browser, operating system, device and bot verdict of a user agent.

use std::sync::Arc;

use moka::sync::Cache;
use ua_parser::{device, os, user_agent};

use crate::{
    bots::Bots,
    device_type::device_type,
    operators::{NETWORKS, Operators},
    sites::{REFERRERS, Sites},
};

const UAP_CORE: &str = include_str!("../data/uap-core.json");
const BOT_PATTERNS: &str = include_str!("../data/bots.json");

/// To be raised whenever the code that applies the data gives other answers than before, or the crate `psl`, whose list is
/// code, is another one.
const CODE_VERSION: u32 = 5;
/// What uap-core calls a family that no rule knows.
const UNKNOWN: &str = "Other";
const CACHED_AGENTS: u64 = 50_000;
/// So much of a user agent is looked at, bytes: whoever sends long ones makes neither work nor values
/// of dimensions without end.
pub const MAX_AGENT: usize = 512;

/// What one user agent says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Browser family by uap-core; `Other` when unknown.
    pub browser: Arc<str>,
    /// Operating-system family by uap-core; `Other` when unknown.
    pub os: Arc<str>,
    /// Device family by uap-core; `Other` when unknown.
    pub device: Arc<str>,
    /// `mobile`, `tablet`, `desktop`, `tv` or `other`; nothing is said of bots here.
    pub device_type: &'static str,
    /// Why this is a bot: `preview`, a program of a known class such as `ai_crawler:GPTBot`, a pattern of the list such as
    /// `pattern:Googlebot\/`, or a rule of our own such as `rule:crawler`; `None` for everybody else.
    pub bot: Option<Arc<str>>,
}

impl Agent {
    /// The type of device, with bots among them.
    pub fn type_of_device(&self) -> &'static str {
        match self.bot {
            Some(_) => "bot",
            None => self.device_type,
        }
    }
}

/// Why the embedded rules could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A data file is not the JSON that is expected.
    #[error(
        "crates/enrich/data/{file} cannot be read: {source}; make it again with data/convert.py"
    )]
    Data {
        /// The file's name.
        file: &'static str,
        /// What the JSON parser said.
        source: serde_json::Error,
    },
    /// A rule is not a regular expression that the engine supports.
    #[error("crates/enrich, {file}: a rule does not compile: {reason}; fix or drop that rule")]
    Rule {
        /// The file's name.
        file: &'static str,
        /// What the regex engine said.
        reason: String,
    },
}

impl RulesError {
    pub(crate) fn rule(file: &'static str, reason: impl ToString) -> Self {
        Self::Rule {
            file,
            reason: reason.to_string(),
        }
    }
}

/// All user-agent rules, compiled once; cheap to share in an `Arc`.
///
/// Answers depend on the user agent alone; a bounded cache remembers those seen lately.
pub struct Rules {
    families: ua_parser::Extractor<'static>,
    bots: Bots,
    pub(crate) sites: Sites,
    pub(crate) operators: Operators,
    version: String,
    seen: Cache<String, Arc<Agent>>,
}

impl Rules {
    /// Compiles the embedded rules (a fraction of a second in release builds).
    pub fn new() -> Result<Rules, RulesError> {
        Self::with_bots(&[])
    }

    /// The same and further patterns of bots, regular expressions as in the list of crawlers: rules of another version.
    pub fn with_bots(more: &[&str]) -> Result<Rules, RulesError> {
        let mut patterns: Vec<String> = parse("bots.json", BOT_PATTERNS)?;
        patterns.extend(more.iter().map(|pattern| (*pattern).to_owned()));
        Ok(Rules {
            families: compile_families()?,
            bots: Bots::new(&patterns)?,
            sites: Sites::new()?,
            operators: Operators::new()?,
            version: version(more),
            seen: Cache::new(CACHED_AGENTS),
        })
    }

    /// A short hash of the embedded data and of the version of the code that applies it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What this user agent says in its first [`MAX_AGENT`] bytes; remembered for the most frequent ones.
    pub fn agent(&self, user_agent: &str) -> Arc<Agent> {
        let user_agent = &user_agent[..user_agent.floor_char_boundary(MAX_AGENT)];
        self.seen
            .get_with_by_ref(user_agent, || Arc::new(self.classify(user_agent)))
    }

    fn classify(&self, user_agent: &str) -> Agent {
        let (browser, os, device) = self.families.extract(user_agent);
        Agent {
            browser: browser.map_or_else(unknown, |found| family(&found.family)),
            os: os.map_or_else(unknown, |found| family(&found.os)),
            device: device.map_or_else(unknown, |found| family(&found.device)),
            device_type: device_type(user_agent),
            bot: self.bots.reason(user_agent),
        }
    }
}

fn unknown() -> Arc<str> {
    UNKNOWN.into()
}

/// The family as reported: trimmed, and never empty (uap-core: an empty value is no value).
fn family(found: &str) -> Arc<str> {
    match found.trim() {
        "" => unknown(),
        name => name.into(),
    }
}

fn compile_families() -> Result<ua_parser::Extractor<'static>, RulesError> {
    const FILE: &str = "uap-core.json";
    let rules: ua_parser::Regexes<'static> = parse(FILE, UAP_CORE)?;
    let fail = |reason: String| RulesError::rule(FILE, reason);
    Ok(ua_parser::Extractor {
        ua: (user_agent::Builder::new().push_all(rules.user_agent_parsers))
            .and_then(|b| Ok(b.build()?))
            .map_err(|e| fail(e.to_string()))?,
        os: (os::Builder::new()
            .push_all(rules.os_parsers)
            .map_err(|e| fail(e.to_string()))?)
        .build()
        .map_err(|e| fail(e.to_string()))?,
        dev: (device::Builder::new().push_all(rules.device_parsers))
            .map_err(|e| fail(e.to_string()))?
            .build()
            .map_err(|e| fail(e.to_string()))?,
    })
}

fn parse<T: serde::de::DeserializeOwned>(
    file: &'static str,
    json: &'static str,
) -> Result<T, RulesError> {
    serde_json::from_str(json).map_err(|source| RulesError::Data { file, source })
}

fn version(more: &[&str]) -> String {
    let mut hash = blake3::Hasher::new();
    hash.update(&CODE_VERSION.to_le_bytes());
    for data in [UAP_CORE, BOT_PATTERNS, REFERRERS, NETWORKS] {
        hash.update(blake3::hash(data.as_bytes()).as_bytes());
    }
    for pattern in more {
        hash.update(blake3::hash(pattern.as_bytes()).as_bytes());
    }
    hash.finalize().to_hex()[..12].to_owned()
}
