//! The blocking part: files, folders and when they are durable.

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path as FilePath, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use object_store::{Error, PutPayload, Result};

/// How many folders are remembered as durable; beyond that they are fsynced again.
const REMEMBERED_FOLDERS: usize = 10_000;
/// How many left-over staging files of one object are stepped over.
const STAGING_TRIES: u32 = 1_000;

/// Makes a file or folder durable.
pub(super) type Sync = dyn Fn(&FilePath) -> io::Result<()> + Send + std::marker::Sync;

/// A folder, how it is made durable, and which folders below it are known to be.
pub(super) struct Disk {
    root: PathBuf,
    sync: Box<Sync>,
    durable_folders: Mutex<HashSet<PathBuf>>,
}

impl Disk {
    /// Opens the folder `root`, made if missing.
    pub(super) fn open(root: &FilePath, sync: Box<Sync>) -> Result<Self> {
        let missing: Vec<&FilePath> = root.ancestors().take_while(|a| !a.exists()).collect();
        let mut parents = missing.iter().filter_map(|folder| folder.parent());
        private_folders(root)
            .and_then(|()| parents.try_for_each(&sync))
            .map_err(|e| disk_error("create the folder", root, e))?;
        let root = fs::canonicalize(root).map_err(|e| disk_error("open the folder", root, e))?;
        Ok(Self {
            root,
            sync,
            durable_folders: Mutex::default(),
        })
    }

    pub(super) fn root(&self) -> &FilePath {
        &self.root
    }

    /// Stages the bytes, fsyncs them, and only then gives them their name.
    pub(super) fn put(&self, file: &FilePath, payload: &PutPayload, create: bool) -> Result<()> {
        self.make_folder(file)?;
        let (mut staged, staging) = match stage(file) {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                // The folder was removed behind our back.
                self.durable_folders().clear();
                self.make_folder(file)?;
                stage(file)
            }
            other => other,
        }
        .map_err(|e| disk_error("create", file, e))?;
        let written = payload
            .iter()
            .try_for_each(|part| staged.write_all(part))
            .and_then(|()| (self.sync)(&staging));
        let named = written.and_then(|()| match create {
            true => fs::hard_link(&staging, file),
            false => fs::rename(&staging, file),
        });
        if create || named.is_err() {
            let _ = fs::remove_file(&staging); // A left-over is not an object: nobody lists it.
        }
        match named {
            Err(e) if create && e.kind() == ErrorKind::AlreadyExists => {
                // Another process may have died between giving the name and its fsync.
                self.settle(file)?;
                Err(Error::AlreadyExists {
                    path: file.display().to_string(),
                    source: Box::new(e),
                })
            }
            Err(e) => Err(disk_error("write", file, e)),
            Ok(()) => self.sync_folder_of(file),
        }
    }

    /// Makes an existing file and its name durable.
    pub(super) fn settle(&self, file: &FilePath) -> Result<()> {
        self.make_folder(file)?;
        (self.sync)(file).map_err(|e| disk_error("fsync", file, e))?;
        self.sync_folder_of(file)
    }

    /// Makes the names in the folder of `file` durable.
    pub(super) fn sync_folder_of(&self, file: &FilePath) -> Result<()> {
        let folder = file.parent().unwrap_or(&self.root);
        (self.sync)(folder).map_err(|e| disk_error("fsync the folder", folder, e))
    }

    /// Makes the folder of `file`, and durable every folder from there up to the root: whoever
    /// made one that exists may have died before its fsync.
    pub(super) fn make_folder(&self, file: &FilePath) -> Result<()> {
        let folder = file.parent().unwrap_or(&self.root);
        if self.durable_folders().contains(folder) {
            return Ok(());
        }
        private_folders(folder).map_err(|e| disk_error("create the folder", folder, e))?;
        let below_root = |f: &&FilePath| f.starts_with(&self.root) && **f != *self.root;
        for made in folder.ancestors().take_while(below_root) {
            self.sync_folder_of(made)?;
        }
        let mut durable = self.durable_folders();
        if durable.len() >= REMEMBERED_FOLDERS {
            durable.clear();
        }
        durable.insert(folder.to_path_buf());
        Ok(())
    }

    fn durable_folders(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.durable_folders
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new file beside `file`, named as the backend names what is not an object yet.
fn stage(file: &FilePath) -> io::Result<(File, PathBuf)> {
    for n in 1..=STAGING_TRIES {
        let mut name = file.as_os_str().to_owned();
        name.push(format!("#{n}"));
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).mode(0o600).open(&name) {
            Ok(staged) => return Ok((staged, name.into())),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::other(
        "too many left-over staging files (*#1, *#2 …); delete them while nothing runs",
    ))
}

/// Makes a folder, and those above it, for this user alone: there is visitors' data in them.
fn private_folders(folder: &FilePath) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

fn disk_error(action: &str, path: &FilePath, source: io::Error) -> Error {
    Error::Generic {
        store: "DurableLocal",
        source: format!("cannot {action} `{}`: {source}", path.display()).into(),
    }
}
