//! The database in a package: a tar file, packed with gzip.

use std::io::{self, Read};

use anyhow::{Context, bail};
use flate2::read::GzDecoder;
use tar::Archive;

/// Most that a package may unpack to, bytes.
const MOST_UNPACKED: u64 = 1 << 30;

/// The `.mmdb` file of a package; of several, such as one for each kind of address beside one for both, the largest.
pub(super) fn database(packed: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut largest: Option<Vec<u8>> = None;
    let mut archive = Archive::new(GzDecoder::new(packed).take(MOST_UNPACKED));
    let wrong = "what was downloaded is no package";
    for entry in archive.entries().context(wrong)? {
        let mut entry = entry.context(wrong)?;
        // The name says what it is, and nothing of it where it goes.
        let is_database =
            entry.header().entry_type().is_file() && entry.path_bytes().ends_with(b".mmdb");
        let size = entry.size();
        if !is_database || largest.as_ref().is_some_and(|one| one.len() as u64 >= size) {
            continue;
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).context(wrong)?;
        if content.len() as u64 != size {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof)).context(wrong);
        }
        largest = Some(content);
    }
    match largest {
        Some(database) => Ok(database),
        None => bail!("the package has no .mmdb file; choose another with --package"),
    }
}

/// A package of these files.
#[cfg(test)]
pub(super) fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(gzip);
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_database_is_taken_and_what_is_cut_is_refused() {
        let files: [(&str, &[u8]); 4] = [
            ("package/ipv4.mmdb", b"four"),
            ("package/both.mmdb", b"four and six"),
            ("package/ipv6.mmdb", b"six"),
            ("package/longer.txt", b"none of them, and longer"),
        ];
        let packed = pack(&files);
        assert_eq!(database(&packed).unwrap(), b"four and six");
        assert!(database(&packed[..packed.len() / 2]).is_err());
        assert!(database(&pack(&files[3..])).is_err());
    }
}
