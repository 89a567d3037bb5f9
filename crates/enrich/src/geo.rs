//! The place of an address, from any MMDB files.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use maxminddb::{MaxMindDbError, Reader, WithinOptions};
use serde::Deserialize;

/// Networks among which one with a country is looked for: more than the countryless ones of any country database.
const LOOKED_AT: usize = 200_000;

/// Where an address is, as far as the database knows; unknown parts are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166-1 alpha-2 code.
    pub country: String,
    /// ISO 3166-2 code of the first subdivision, without the country.
    pub region: String,
    /// English name.
    pub city: String,
    /// Autonomous system number.
    pub asn: Option<u32>,
}

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GeoError {
    /// The file cannot be read or is not an MMDB file.
    #[error("{path} is not a readable MMDB database: {source}; give the path of a .mmdb file")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        source: MaxMindDbError,
    },
    /// The bytes are not an MMDB database.
    #[error("these bytes are not an MMDB database: {0}; give the content of a .mmdb file")]
    Bytes(#[from] MaxMindDbError),
}

/// One MMDB database in memory: of the GeoLite2/GeoIP2 layouts or the flat one of IPtoASN.
pub struct Database {
    reader: Reader<Vec<u8>>,
    has_countries: bool,
}

impl Database {
    /// Reads a file and looks whether all of it can be read. Blocks, for up to a second with millions of networks.
    pub fn open(path: &Path) -> Result<Self, GeoError> {
        let opened = Reader::open_readfile(path).and_then(Self::looked_at);
        opened.map_err(|source| GeoError::Open {
            path: path.to_owned(),
            source,
        })
    }

    /// The same from the content of such a file.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, GeoError> {
        Ok(Self::looked_at(Reader::from_source(bytes)?)?)
    }

    fn looked_at(reader: Reader<Vec<u8>>) -> Result<Self, MaxMindDbError> {
        let mut has_countries = false;
        for network in reader.networks(WithinOptions::default())?.take(LOOKED_AT) {
            let record = network?.decode::<Record<'_>>()?;
            has_countries = record.is_some_and(|record| record.has_country());
            if has_countries {
                break;
            }
        }
        Ok(Self {
            reader,
            has_countries,
        })
    }

    /// Whether it knows countries.
    pub fn has_countries(&self) -> bool {
        self.has_countries
    }

    /// What it calls itself, such as `GeoLite2-Country`.
    pub fn name(&self) -> &str {
        &self.reader.metadata().database_type
    }

    /// When it was made, unix seconds.
    pub fn built_s(&self) -> u64 {
        self.reader.metadata().build_epoch
    }

    fn lookup(&self, ip: IpAddr) -> Option<Place> {
        let found = self.reader.lookup(ip).ok()?;
        found.decode::<Record<'_>>().ok()?.map(Place::from)
    }
}

/// The databases in use, or none. Cheap to clone: all clones use the same, and see at once what is put in their place. Looking
/// something up waits for nobody.
///
/// What is found stands in the event from then on, so that another database changes no count.
#[derive(Clone, Default)]
pub struct Geo(Arc<ArcSwap<Vec<Arc<Database>>>>);

impl Geo {
    /// Uses one file.
    pub fn open(path: &Path) -> Result<Self, GeoError> {
        Ok(Self::of(vec![Arc::new(Database::open(path)?)]))
    }

    /// The same from the content of such a file.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, GeoError> {
        Ok(Self::of(vec![Arc::new(Database::from_bytes(bytes)?)]))
    }

    /// Uses these databases: the first that knows a country says where, the first that knows an autonomous system says which.
    pub fn of(databases: Vec<Arc<Database>>) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(databases)))
    }

    /// No database: every place is unknown.
    pub fn none() -> Self {
        Self::default()
    }

    /// Uses these from now on.
    pub fn replace(&self, databases: Vec<Arc<Database>>) {
        self.0.store(Arc::new(databases));
    }

    /// The place of an address; unknown where no database has a usable record.
    pub fn lookup(&self, ip: IpAddr) -> Place {
        let ip = ip.to_canonical();
        let databases = self.0.load();
        let mut found = databases.iter().filter_map(|database| database.lookup(ip));
        let Some(mut place) = found.next() else {
            return Place::default();
        };
        for other in found {
            let asn = place.asn.or(other.asn);
            if place.country.is_empty() && !other.country.is_empty() {
                place = other;
            }
            place.asn = asn;
        }
        place
    }
}

/// The fields that are used, of both layouts.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    country: Option<Coded<'a>>,
    #[serde(borrow)]
    country_code: Option<&'a str>,
    #[serde(borrow, default)]
    subdivisions: Vec<Coded<'a>>,
    #[serde(borrow)]
    city: Option<City<'a>>,
    autonomous_system_number: Option<u32>,
}

#[derive(Deserialize)]
struct Coded<'a> {
    iso_code: Option<&'a str>,
}

#[derive(Deserialize)]
struct City<'a> {
    #[serde(borrow)]
    names: Option<Names<'a>>,
}

#[derive(Deserialize)]
struct Names<'a> {
    en: Option<&'a str>,
}

impl Record<'_> {
    fn has_country(&self) -> bool {
        self.country().is_some_and(|code| !code.is_empty())
    }

    fn country(&self) -> Option<&str> {
        let country = self.country.as_ref();
        country.and_then(|c| c.iso_code).or(self.country_code)
    }
}

impl From<Record<'_>> for Place {
    fn from(record: Record<'_>) -> Place {
        let own = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let country = record.country();
        Place {
            country: own(country),
            region: own(record.subdivisions.first().and_then(|s| s.iso_code)),
            city: own(record.city.and_then(|c| c.names).and_then(|n| n.en)),
            asn: record.autonomous_system_number,
        }
    }
}
