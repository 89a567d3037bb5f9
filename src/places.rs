//! The geo databases of a collector: read when it starts, and again when a file changes. A file that cannot be used is told,
//! in the log and in the operator's health; what was read before stays in use, and without any, places are unknown.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use enrich::{Database, Geo};
use tokio_util::sync::CancellationToken;
use web::Health;

use crate::{
    config::Settings,
    followed::{self, Followed},
};

/// Under which names health tells what is wrong.
const PLACES: &str = "geo_db";
const ASNS: &str = "asn_db";

/// Where `millrace geo install` puts what it brings.
pub fn installed(data_dir: &Path) -> PathBuf {
    data_dir.join("geo").join("country.mmdb")
}

/// The databases, and the files that they are of.
pub struct Places {
    geo: Geo,
    files: Vec<File>,
    health: Health,
}

/// A file, and what was read of it.
struct File {
    followed: Followed,
    /// Under which name health tells what is wrong with it.
    name: &'static str,
    /// Nobody asked for it: it may be missing.
    is_optional: bool,
    needs_countries: bool,
    database: Option<Arc<Database>>,
}

impl Places {
    /// Reads the files that are set, or else the one that was installed.
    pub async fn open(settings: &Settings, health: Health) -> Self {
        let installed = || installed(&settings.data_dir);
        let places = File {
            followed: Followed::new(settings.geo_db.clone().unwrap_or_else(installed)),
            name: PLACES,
            is_optional: settings.geo_db.is_none(),
            needs_countries: true,
            database: None,
        };
        let asns = settings.asn_db.as_ref().map(|path| File {
            followed: Followed::new(path.clone()),
            name: ASNS,
            is_optional: false,
            needs_countries: false,
            database: None,
        });
        let files = [places].into_iter().chain(asns).collect();
        let places = Self {
            geo: Geo::none(),
            files,
            health,
        };
        places.look(true).await
    }

    /// What looks places up, now and after every change.
    pub fn geo(&self) -> Geo {
        self.geo.clone()
    }

    /// Follows the files until it is told to stop.
    pub async fn follow(self, stop: CancellationToken) {
        followed::follow(self, |places| places.look_blocking(false), stop).await;
    }

    /// Reads what has changed. A file on a disk, and millions of networks: on a thread of its own.
    async fn look(self, is_start: bool) -> Self {
        let (geo, health) = (self.geo.clone(), self.health.clone());
        let work = move || self.look_blocking(is_start);
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|error| {
                tracing::error!(%error, "geo databases are not followed any more");
                Self {
                    geo,
                    files: Vec::new(),
                    health,
                }
            })
    }

    fn look_blocking(mut self, is_start: bool) -> Self {
        let mut changed = false;
        for file in &mut self.files {
            if file.followed.has_changed() || (is_start && !file.is_optional) {
                changed |= file.read(&self.health);
            }
        }
        if changed {
            let databases = self.files.iter().filter_map(|file| file.database.clone());
            self.geo.replace(databases.collect());
        }
        self
    }
}

impl File {
    /// Reads it; whether there is another database now.
    fn read(&mut self, health: &Health) -> bool {
        if self.is_optional && !self.followed.is_there() {
            // It was taken away, and nobody asked for it.
            health.warn(self.name, None);
            return self.database.take().is_some();
        }
        let wrong = match Database::open(&self.followed.path) {
            Ok(database) => {
                let wrong = self.lacks(&database);
                if wrong.is_none() || self.database.is_none() {
                    let (path, name) = (self.followed.path.display(), database.name());
                    tracing::info!(%path, name, built_s = database.built_s(), "a geo database is in use");
                    self.database = Some(Arc::new(database));
                }
                wrong
            }
            Err(error) => Some(error.to_string()),
        };
        let Some(wrong) = wrong else {
            health.warn(self.name, None);
            return true;
        };
        let meanwhile = match self.database {
            Some(_) => "what was read first stays in use",
            None => "until then places are unknown",
        };
        tracing::warn!(wrong, meanwhile, "a geo database cannot be used");
        health.warn(self.name, Some(format!("{wrong}; {meanwhile}")));
        self.database.is_some()
    }

    fn lacks(&self, database: &Database) -> Option<String> {
        let is_enough = !self.needs_countries || database.has_countries();
        (!is_enough).then(|| {
            format!(
                "{} ({}) has no countries: set --geo-db to a database of countries (--asn-db is for autonomous \
                 systems), or leave it away and run `millrace geo install`",
                self.followed.path.display(),
                database.name()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maxmind(name: &str) -> PathBuf {
        testing::data(&format!("geoip-maxmind-testdb/test-data/{name}.mmdb"))
    }

    fn country_of_london(geo: &Geo) -> String {
        geo.lookup("81.2.69.160".parse().unwrap()).country
    }

    fn settings(folder: &Path, geo_db: Option<PathBuf>) -> Settings {
        let options = crate::config::Options {
            data_dir: Some(folder.to_owned()),
            geo_db,
            ..crate::config::Options::default()
        };
        options.settings().unwrap()
    }

    /// In one step, as whoever replaces a file should do it.
    fn put(from: &Path, to: &Path) {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let beside = to.with_extension("new");
        std::fs::copy(from, &beside).unwrap();
        std::fs::rename(beside, to).unwrap();
    }

    #[tokio::test]
    async fn a_file_that_changes_is_read_again_and_one_that_breaks_is_told() {
        testing::needs_data!("geoip-maxmind-testdb");
        let folder = tempfile::tempdir().unwrap();
        let (file, health) = (folder.path().join("a.mmdb"), Health::default());
        let warned = || health.warnings().remove(PLACES).unwrap_or_default();
        let settings = settings(folder.path(), Some(file.clone()));
        let mut places = Places::open(&settings, health.clone()).await;
        let geo = places.geo();
        assert!(warned().contains("a.mmdb"), "it is missing: {}", warned());
        assert_eq!(country_of_london(&geo), "");
        put(&maxmind("GeoIP2-Country-Test"), &file);
        places = places.look(false).await;
        assert_eq!((&*country_of_london(&geo), &*warned()), ("GB", ""));
        std::fs::write(&file, "no database").unwrap();
        places = places.look(false).await;
        assert!(warned().contains("stays in use"), "{}", warned());
        assert_eq!(country_of_london(&geo), "GB");
        put(&maxmind("GeoIP2-ISP-Test"), &file);
        places = places.look(false).await;
        assert!(warned().contains("has no countries"), "{}", warned());
        put(&maxmind("GeoIP2-City-Test"), &file);
        places.look(false).await;
        assert_eq!((&*country_of_london(&geo), &*warned()), ("GB", ""));
    }

    #[tokio::test]
    async fn what_is_installed_is_used_where_nothing_is_set() {
        testing::needs_data!("geoip-maxmind-testdb");
        let (folder, health) = (tempfile::tempdir().unwrap(), Health::default());
        let places = Places::open(&settings(folder.path(), None), health.clone()).await;
        let geo = places.geo();
        assert!(health.warnings().is_empty());
        put(&maxmind("GeoIP2-Country-Test"), &installed(folder.path()));
        let places = places.look(false).await;
        assert_eq!(country_of_london(&geo), "GB");
        std::fs::remove_file(installed(folder.path())).unwrap();
        places.look(false).await;
        assert_eq!(country_of_london(&geo), "");
        assert!(health.warnings().is_empty());
    }
}
