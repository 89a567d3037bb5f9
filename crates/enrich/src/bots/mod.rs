//! Which user agents are of programs, not of people, and by which rule.
//!
//! A third-party list names the bots that are known; [`rules`] has what of it catches people, and what
//! tells bots that nobody has listed. Whoever is taken for a bot is still recorded, but not counted
//! among people: when in doubt, an agent is somebody's.

mod named;
mod rules;

use std::sync::Arc;

use regex::Regex;
use regex_filtered::{Builder, Options, Regexes};

use crate::agent::RulesError;
use named::NAMED;
use rules::{ALSO_APPS, BROWSER, COMPATIBLE, DEVICE, OF_PEOPLE, Of, PREVIEW, RULES, SILENT};

/// Where the rules of our own are, for errors.
const OWN: &str = "bots/rules.rs";
const OF_CLASSES: &str = "bots/named.rs";

/// The compiled rules.
pub(crate) struct Bots {
    preview: Regex,
    preview_reason: Arc<str>,
    silent: Regex,
    browser: Regex,
    device: Regex,
    compatible: Regex,
    listed: Regexes,
    listed_as: Vec<Listed>,
    named: Regexes,
    named_reasons: Vec<Arc<str>>,
    own: Regexes,
    own_reasons: Vec<Arc<str>>,
}

/// What is known of a pattern of the list.
struct Listed {
    reason: Arc<str>,
    is_also_an_app: bool,
}

impl Bots {
    /// Compiles the list's patterns and the rules of our own.
    pub(crate) fn new(patterns: &[String]) -> Result<Bots, RulesError> {
        let patterns = || patterns.iter().filter(|p| !OF_PEOPLE.contains(&p.as_str()));
        let listed_as = patterns().map(|pattern| Listed {
            reason: format!("pattern:{pattern}").into(),
            is_also_an_app: ALSO_APPS.contains(&pattern.as_str()),
        });
        Ok(Bots {
            preview: compile(PREVIEW)?,
            preview_reason: "preview".into(),
            silent: compile(SILENT)?,
            browser: compile(BROWSER)?,
            device: compile(DEVICE)?,
            compatible: compile(COMPATIBLE)?,
            listed: set("bots.json", patterns(), false)?,
            listed_as: listed_as.collect(),
            named: set(OF_CLASSES, NAMED.iter().map(|named| named.2), true)?,
            named_reasons: NAMED
                .iter()
                .map(|named| format!("{}:{}", named.0, named.1).into())
                .collect(),
            own: set(OWN, RULES.iter().map(|rule| rule.2), true)?,
            own_reasons: RULES
                .iter()
                .map(|rule| format!("rule:{}", rule.0).into())
                .collect(),
        })
    }

    /// Why this agent is a bot's: `preview`; a class and a name of [`NAMED`], such as `ai_crawler:GPTBot`; `pattern:` and the
    /// pattern of the list; or `rule:` and the name of a rule of our own; `None` for everybody else.
    pub(crate) fn reason(&self, user_agent: &str) -> Option<Arc<str>> {
        let said = self.silent.replace_all(user_agent, " ");
        if self.preview.is_match(&said) {
            return Some(self.preview_reason.clone());
        }
        let is_browser = self.browser.is_match(user_agent);
        self.by_name(&said)
            .or_else(|| self.by_the_list(&said, is_browser))
            .or_else(|| self.by_a_rule(&said, is_browser))
            .cloned()
    }

    fn by_name(&self, said: &str) -> Option<&Arc<str>> {
        let first = self.named.matching(said).map(|(i, _)| i).min();
        first.map(|i| &self.named_reasons[i])
    }

    fn by_the_list(&self, said: &str, is_browser: bool) -> Option<&Arc<str>> {
        let mut fitting = self.listed.matching(said).map(|(i, _)| &self.listed_as[i]);
        let found = fitting.find(|listed| !(listed.is_also_an_app && is_browser));
        found.map(|listed| &listed.reason)
    }

    fn by_a_rule(&self, said: &str, is_browser: bool) -> Option<&Arc<str>> {
        let looks = |of: Of| match of {
            Of::All => true,
            Of::NotCompatible => !self.compatible.is_match(said),
            Of::NoBrowser => !is_browser,
            Of::NoDevice => !is_browser && !self.device.is_match(said),
        };
        let mut fitting = self.own.matching(said).map(|(i, _)| i);
        let found = fitting.find(|i| looks(RULES[*i].1));
        found.map(|i| &self.own_reasons[i])
    }
}

fn compile(pattern: &str) -> Result<Regex, RulesError> {
    Regex::new(pattern).map_err(|e| RulesError::rule(OWN, e))
}

fn set<'a>(
    file: &'static str,
    patterns: impl Iterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>,
    any_case: bool,
) -> Result<Regexes, RulesError> {
    let mut options = Options::new();
    options.case_insensitive(any_case);
    let mut builder = Builder::new_atom_len(3);
    for pattern in patterns {
        let pushed = builder.push_opt(pattern.as_ref(), &options);
        builder = pushed.map_err(|e| RulesError::rule(file, e))?;
    }
    builder.build().map_err(|e| RulesError::rule(file, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that the list no longer has would be an exception from nothing.
    #[test]
    fn every_exception_is_from_the_list() {
        let listed: Vec<String> =
            serde_json::from_str(include_str!("../../data/bots.json")).expect("a list");
        for pattern in OF_PEOPLE.iter().chain(&ALSO_APPS) {
            assert!(
                listed.iter().any(|l| l == pattern),
                "{pattern} is not listed"
            );
        }
    }
}
