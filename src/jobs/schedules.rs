//! The schedules as settings, one for each job: `--rollup-schedule`, `MILLRACE_ROLLUP_SCHEDULE` and
//! `rollup_schedule` in the settings file.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};
use jobs::Job;
use serde::Deserialize;

use super::{ALL, JobDeps};

/// The schedules that are set, by the name of the setting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, toml::Value>")]
pub struct Schedules(BTreeMap<String, String>);

impl Schedules {
    /// These; where one is not set, that of `others`.
    pub fn or(self, others: Self) -> Self {
        Self(others.0.into_iter().chain(self.0).collect())
    }

    /// The schedule of `job`.
    pub fn of<'a>(&'a self, job: &'a dyn Job<JobDeps>) -> &'a str {
        let set = self.0.get(&setting(job));
        set.map_or(job.schedule(), String::as_str)
    }
}

fn setting(job: &dyn Job<JobDeps>) -> String {
    format!("{}_schedule", job.name())
}

/// What of a settings file is no other setting.
impl TryFrom<BTreeMap<String, toml::Value>> for Schedules {
    type Error = String;

    fn try_from(file: BTreeMap<String, toml::Value>) -> Result<Self, String> {
        let schedule = |(name, value): (String, toml::Value)| {
            if !ALL.iter().any(|job| setting(*job) == name) {
                return Err(format!(
                    "there is no setting `{name}`; `millrace up --help` lists them"
                ));
            }
            match value {
                toml::Value::String(text) => Ok((name, text)),
                _ => Err(format!("`{name}` must be text, such as \"30 2 * * *\"")),
            }
        };
        let schedules = file.into_iter().map(schedule);
        schedules.collect::<Result<_, _>>().map(Self)
    }
}

impl Args for Schedules {
    fn augment_args(command: Command) -> Command {
        command.args(ALL.iter().map(|job| {
            let name = setting(*job);
            Arg::new(&name)
                .long(name.replace('_', "-"))
                .env(format!("MILLRACE_{}", name.to_ascii_uppercase()))
                .value_name("CRON")
                .global(true)
                .help(format!(
                    "When {} [default: {}]",
                    job.description(),
                    job.schedule()
                ))
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Schedules {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut schedules = Self::default();
        schedules.update_from_arg_matches(matches)?;
        Ok(schedules)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for name in ALL.iter().map(|job| setting(*job)) {
            if let Some(text) = matches.get_one::<String>(&name) {
                self.0.insert(name, text.clone());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_file(text: &str) -> Result<Schedules, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    fn of_flags(flags: &[&str]) -> Schedules {
        let command = Schedules::augment_args(Command::new("millrace").no_binary_name(true));
        Schedules::from_arg_matches(&command.get_matches_from(flags)).unwrap()
    }

    #[test]
    fn flags_come_before_the_file_and_that_before_the_job() {
        let flags = of_flags(&["--rollup-schedule", "@hourly"]);
        let file = of_file("rollup_schedule = '@daily'\naudit_schedule = '@weekly'");
        let schedules = flags.or(file.unwrap());
        let of = |name| {
            let job = ALL.iter().find(|job| job.name() == name).unwrap();
            schedules.of(*job)
        };
        assert_eq!(
            (of("rollup"), of("audit"), of("report")),
            ("@hourly", "@weekly", "0 2 * * *")
        );
    }

    #[test]
    fn a_file_with_something_else_is_refused_with_a_reason() {
        let error = of_file("rolup_schedule = '@daily'").unwrap_err();
        assert!(error.contains("no setting `rolup_schedule`"), "{error}");
        let error = of_file("rollup_schedule = 5").unwrap_err();
        assert!(error.contains("must be text"), "{error}");
    }

    #[test]
    fn every_job_has_a_name_of_its_own_and_a_schedule() {
        let mut names: Vec<_> = ALL.iter().map(|job| job.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for job in ALL {
            jobs::Schedule::parse(job.schedule(), chrono_tz::UTC).unwrap();
            let after = job.after();
            assert!(after.is_none_or(|after| names.contains(&after)));
        }
    }
}
