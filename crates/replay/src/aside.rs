//! Files that people may have mended: never written over, and read by nobody else.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// Most files from before that are kept beside.
const MAX_ASIDE: u32 = 99;

/// Gives a file that is there another name, which no file has yet: `.old`, `.old2` and so on after its own. Gives the
/// other name.
///
/// # Errors
///
/// The disk fails, or too many are there.
pub fn set_aside(path: &Path) -> io::Result<Option<PathBuf>> {
    if !path.try_exists()? {
        return Ok(None);
    }
    for number in 1..=MAX_ASIDE {
        let mut name = path.as_os_str().to_owned();
        name.push(".old");
        if number > 1 {
            name.push(number.to_string());
        }
        let aside = PathBuf::from(name);
        if !aside.try_exists()? {
            fs::rename(path, &aside)?;
            return Ok(Some(aside));
        }
    }
    let why = format!("{MAX_ASIDE} earlier ones are beside it, named .old and so on");
    Err(io::Error::new(io::ErrorKind::AlreadyExists, why))
}

/// A new file, to which lines are added. They are about people: nobody else reads them. What somebody put there
/// meanwhile is not touched.
///
/// # Errors
///
/// There is one, or the disk fails.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
