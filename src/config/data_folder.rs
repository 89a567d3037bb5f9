//! What settings find in the data folder, which is for its owner alone: secrets that the first start makes.

use std::{fs::Permissions, io, os::unix::fs::PermissionsExt, path::Path};

use anyhow::Context;
use model::Hidden;
use storage::private_files;

/// The secret in `file`, or a new one; `what` it is, for people.
pub(super) fn own_secret(
    file: &Path,
    what: &str,
    make: impl FnOnce() -> String,
) -> anyhow::Result<Hidden<String>> {
    let context = || format!("{what} in {}", file.display());
    match std::fs::read_to_string(file) {
        Ok(text) if !text.trim().is_empty() => return Ok(text.trim().into()),
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e).with_context(context),
        _ => {}
    }
    let text = make();
    let folder = file.parent().unwrap_or(Path::new("."));
    private_files::make_folder(folder)
        .and_then(|()| private_files::replace(file, text.as_bytes()))
        .with_context(context)?;
    Ok(Hidden::new(text))
}

/// Lets nobody else into the data folder, if it is there: versions before left it open. `set` sets permissions.
pub(super) fn close(
    folder: &Path,
    set: impl FnOnce(&Path, Permissions) -> io::Result<()>,
) -> anyhow::Result<()> {
    let is_open = match std::fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.map(|found| found.permissions().mode() & 0o077 != 0),
    };
    let closed = is_open.and_then(|is_open| match is_open {
        true => set(folder, Permissions::from_mode(0o700)),
        false => Ok(()),
    });
    match closed {
        // Somebody else's, of whose group we are: it may be meant so.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let folder = folder.display();
            tracing::warn!(
                "the data folder {folder} lets others in, and cannot be closed ({error}): whoever owns it may do \
                 `chmod 700 {folder}`"
            );
            Ok(())
        }
        closed => closed.with_context(|| format!("the data folder {}", folder.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_secret_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/secret");
        let own = |text: &str| own_secret(&file, "it", || text.to_owned()).unwrap();
        assert_eq!(own("first"), "first".into());
        assert_eq!(own("second"), "first".into());
        assert_eq!(mode(&file), 0o600);
        // What a power failure leaves of a file that was not made durable, or somebody's `touch`.
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(own("third"), "third".into());
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn a_folder_is_closed_where_that_can_be_done() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let set = |folder: &Path, mode| std::fs::set_permissions(folder, mode);
        set(folder, Permissions::from_mode(0o755)).unwrap();
        let fails = |error: i32| move |_: &Path, _| Err(io::Error::from_raw_os_error(error));
        let (eperm, erofs) = (1, 30);
        close(folder, fails(eperm)).unwrap();
        let wrong = close(folder, fails(erofs)).unwrap_err();
        assert!(wrong.to_string().contains("data folder"));
        close(folder, set).unwrap();
        assert_eq!(mode(folder), 0o700);
        close(folder, fails(erofs)).unwrap();
        close(&folder.join("missing"), fails(erofs)).unwrap();
    }
}
