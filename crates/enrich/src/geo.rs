//! The place of an address, from any MMDB file.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use maxminddb::{MaxMindDbError, Reader};
use serde::Deserialize;

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

/// Why a database could not be opened.
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

/// A geo database in memory, or none at all.
pub struct Geo(Option<Reader<Vec<u8>>>);

impl Geo {
    /// Opens an MMDB file: the GeoLite2/GeoIP2 layouts or the flat one of IPtoASN.
    pub fn open(path: &Path) -> Result<Geo, GeoError> {
        let fail = |source| GeoError::Open {
            path: path.to_owned(),
            source,
        };
        Reader::open_readfile(path)
            .map(|r| Geo(Some(r)))
            .map_err(fail)
    }

    /// The same from the content of such a file.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Geo, GeoError> {
        Ok(Geo(Some(Reader::from_source(bytes)?)))
    }

    /// No database: every place is unknown.
    pub fn none() -> Geo {
        Geo(None)
    }

    /// The place of an address; unknown where the database has no usable record.
    pub fn lookup(&self, ip: IpAddr) -> Place {
        let reader = self.0.as_ref();
        reader
            .and_then(|r| {
                r.lookup(ip.to_canonical())
                    .ok()?
                    .decode::<Record<'_>>()
                    .ok()?
            })
            .map_or_else(Place::default, Place::from)
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

impl From<Record<'_>> for Place {
    fn from(record: Record<'_>) -> Place {
        let own = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let country = record
            .country
            .and_then(|c| c.iso_code)
            .or(record.country_code);
        Place {
            country: own(country),
            region: own(record.subdivisions.first().and_then(|s| s.iso_code)),
            city: own(record.city.and_then(|c| c.names).and_then(|n| n.en)),
            asn: record.autonomous_system_number,
        }
    }
}
