//! Settings that are secrets: each given itself, or by the name of a file that holds it.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context, bail};
use clap::Args;
use model::Hidden;
use serde::Deserialize;

/// What can be set, by flags, by the environment, or in the settings file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default)]
pub struct Secrets {
    /// Redis: redis://user:password@host:port/db or redis+cluster://user:password@host:port,host:port; over TLS
    /// rediss:// and rediss+cluster://. The list of processes shows it to everybody: a password belongs into
    /// MILLRACE_REDIS_URL or --redis-url-file [default: in-process]
    #[arg(long, global = true, conflicts_with = "redis_url_file")]
    pub redis_url: Option<Hidden<String>>,
    /// File with the address of Redis, instead of --redis-url [env: MILLRACE_REDIS_URL_FILE]
    #[arg(long, global = true)]
    pub redis_url_file: Option<PathBuf>,
    /// The token of whoever runs the installation: MILLRACE_ADMIN_TOKEN, or of the settings file. No flag: the
    /// list of processes shows those to everybody.
    #[arg(skip)]
    pub admin_token: Option<Hidden<String>>,
    /// File with the admin token, instead of MILLRACE_ADMIN_TOKEN [env: MILLRACE_ADMIN_TOKEN_FILE] [default: made
    /// at the first start, in the data folder]
    #[arg(long, global = true)]
    pub admin_token_file: Option<PathBuf>,
    /// The secret of the installation, MILLRACE_SECRET: what visitors are hashed with is encrypted with it. All
    /// collectors need the same.
    #[arg(skip)]
    pub secret: Option<Hidden<String>>,
    /// File with the secret of the installation, instead of MILLRACE_SECRET [env: MILLRACE_SECRET_FILE] [default:
    /// made at the first start, in the data folder]
    #[arg(long, global = true)]
    pub secret_file: Option<PathBuf>,
}

/// The secrets themselves.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Revealed {
    pub redis_url: Option<Hidden<String>>,
    pub admin_token: Option<Hidden<String>>,
    pub secret: Option<Hidden<String>>,
}

impl Secrets {
    /// Those of the environment.
    pub fn of_environment() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            redis_url: set(variable("MILLRACE_REDIS_URL")),
            redis_url_file: set(variable("MILLRACE_REDIS_URL_FILE")),
            admin_token: set(variable("MILLRACE_ADMIN_TOKEN")),
            admin_token_file: set(variable("MILLRACE_ADMIN_TOKEN_FILE")),
            secret: set(variable("MILLRACE_SECRET")),
            secret_file: set(variable("MILLRACE_SECRET_FILE")),
        }
    }

    /// What the first of `layers` that has it says, itself or by a file; within one the value is before the file.
    pub fn reveal(layers: [&Self; 3]) -> anyhow::Result<Revealed> {
        Ok(Revealed {
            redis_url: first(layers.map(|l| (l.redis_url.as_ref(), &l.redis_url_file)))?,
            admin_token: first(layers.map(|l| (not_empty(&l.admin_token), &l.admin_token_file)))?,
            secret: first(layers.map(|l| (not_empty(&l.secret), &l.secret_file)))?,
        })
    }
}

fn set<T: FromStr>(text: Option<String>) -> Option<T> {
    text.and_then(|text| text.parse().ok())
}

fn not_empty(secret: &Option<Hidden<String>>) -> Option<&Hidden<String>> {
    secret.as_ref().filter(|secret| !secret.reveal().is_empty())
}

type Given<'a> = (Option<&'a Hidden<String>>, &'a Option<PathBuf>);

/// A value without contents says that there is none, unless a file is named beside it: so Redis is switched off.
fn first(layers: [Given<'_>; 3]) -> anyhow::Result<Option<Hidden<String>>> {
    for (value, file) in layers {
        let file = file.as_ref().filter(|file| !file.as_os_str().is_empty());
        match (value.filter(|v| !v.reveal().is_empty()), file) {
            (Some(value), _) => return Ok(Some(value.clone())),
            (None, Some(file)) => return read(file).map(Some),
            (None, None) if value.is_some() => return Ok(None),
            (None, None) => {}
        }
    }
    Ok(None)
}

/// The one secret in a file, without the line break after it.
fn read(file: &Path) -> anyhow::Result<Hidden<String>> {
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("the secret in {}", file.display()))?;
    match text.trim() {
        "" => bail!("the file {} holds no secret", file.display()),
        secret => Ok(secret.into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Flags {
        #[command(flatten)]
        secrets: Secrets,
    }

    /// What holds, of flags, variables and the text of a settings file.
    fn revealed(flags: &[&str], variables: &[(&str, &str)], file: &str) -> Revealed {
        let flags = [&["millrace"], flags].concat();
        let flags = Flags::try_parse_from(flags).unwrap().secrets;
        let variable = |name: &str| variables.iter().find(|v| v.0 == name);
        let environment = Secrets::of(|name| variable(name).map(|v| v.1.to_owned()));
        let file = toml::from_str(file).unwrap();
        Secrets::reveal([&flags, &environment, &file]).unwrap()
    }

    fn file(folder: &tempfile::TempDir, text: &str) -> String {
        let path = folder.path().join(text);
        std::fs::write(&path, format!("{text}\n")).unwrap();
        path.display().to_string()
    }

    #[test]
    fn flags_are_before_the_environment_and_that_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let [flag, variable, setting] = ["flag", "variable", "setting"].map(|t| file(&folder, t));
        for name in ["redis_url", "admin_token", "secret"] {
            let of = |flags: &[&str], variables: &[(&str, &str)], text: &str| {
                let all = revealed(flags, variables, text);
                let all = [
                    ("redis_url", all.redis_url),
                    ("admin_token", all.admin_token),
                    ("secret", all.secret),
                ];
                let mut one = all.into_iter().filter(|(n, _)| *n == name);
                one.next().unwrap().1.map(|secret| secret.reveal().clone())
            };
            let flag_name = format!("--{}-file", name.replace('_', "-"));
            let flags = [flag_name.as_str(), flag.as_str()];
            let own = format!("MILLRACE_{}", name.to_uppercase());
            let by_file = format!("{own}_FILE");
            let settings = [
                format!("{name} = \"setting\""),
                format!("{name}_file = \"{setting}\""),
            ];
            for setting in &settings {
                for variable in [(&*own, "variable"), (&*by_file, &*variable)] {
                    assert_eq!(of(&flags, &[variable], setting).unwrap(), "flag");
                    assert_eq!(of(&[], &[variable], setting).unwrap(), "variable");
                }
                assert_eq!(of(&[], &[(&by_file, "")], setting).unwrap(), "setting");
                let off = (name != "redis_url").then(|| "setting".to_owned());
                assert_eq!(of(&[], &[(&own, "")], setting), off);
                assert_eq!(of(&flags, &[], setting).unwrap(), "flag");
                assert_eq!(of(&[], &[], setting).unwrap(), "setting");
            }
            let both = [(&*own, ""), (&*by_file, &*variable)];
            assert_eq!(of(&[], &both, "").unwrap(), "variable");
            assert_eq!(of(&[], &[], ""), None);
        }
        let flags = ["--redis-url", "flag"];
        let by_flag = revealed(&flags, &[("MILLRACE_REDIS_URL", "variable")], "");
        assert_eq!(by_flag.redis_url, Some("flag".into()));
        let both = ["millrace", "--redis-url", "a", "--redis-url-file", "b"];
        Flags::try_parse_from(both).unwrap_err();
    }

    #[test]
    fn a_file_that_is_missing_or_empty_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty");
        std::fs::write(&empty, "\n").unwrap();
        for path in [&empty, &folder.path().join("missing")] {
            let secrets = Secrets {
                redis_url_file: Some(path.clone()),
                ..Secrets::default()
            };
            let none = Secrets::default();
            let wrong = Secrets::reveal([&none, &secrets, &none]).unwrap_err();
            assert!(format!("{wrong:#}").contains(&path.display().to_string()));
        }
    }
}
