//! The file system as the log sees it: few operations, each durable when it returns.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use storage::private_files;

/// A folder of files.
pub trait Disk: Send + Sync + 'static {
    /// Makes a new file and its directory entry durable.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    /// Moves the file `spare` to `name`, durably, to be written over from its start.
    fn reuse(&self, spare: &str, name: &str) -> io::Result<Box<dyn DiskFile>>;
    /// Writes so many zeros over the start of a file, which is made if it is missing; durable.
    fn blank(&self, name: &str, bytes: usize) -> io::Result<()>;
    /// The whole content.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
    /// The first so many bytes; fewer if it is shorter.
    fn read_start(&self, name: &str, bytes: usize) -> io::Result<Vec<u8>>;
    /// Names of all files.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Puts a file in place at once, whole and durable.
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Moves a file, durably.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Bytes that are free.
    fn room(&self) -> io::Result<u64>;
    /// Deletes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
}

/// A file that is being written from its start on, over whatever is in it.
pub trait DiskFile: Send {
    /// Writes all bytes behind those written before; not durable yet. Until they are, any of their sectors may be
    /// on the disk and any other not.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes everything appended durable. After an error nothing is known of what was appended
    /// since the last success, and trying again proves nothing.
    fn sync(&mut self) -> io::Result<()>;
}

/// A folder of the machine's file system, held by one process.
pub struct LocalDisk {
    folder: PathBuf,
    /// Keeps other processes out.
    _lock: File,
}

impl LocalDisk {
    /// Opens `folder`, made if missing; an error if another process has it.
    pub fn open(folder: &Path) -> io::Result<Self> {
        private_files::make_folder(folder)?;
        let lock = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .mode(0o600)
            .open(folder.join("lock"))?;
        lock.try_lock().map_err(|e| {
            let text = format!(
                "the log in {} is in use by another process ({e})",
                folder.display()
            );
            io::Error::new(io::ErrorKind::WouldBlock, text)
        })?;
        for parent in folder.ancestors().filter(|p| p.is_dir()).take(2) {
            File::open(parent)?.sync_all()?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            _lock: lock,
        })
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}

impl Disk for LocalDisk {
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(self.folder.join(name))?;
        self.sync_folder()?;
        Ok(Box::new(LocalFile(file)))
    }

    fn reuse(&self, spare: &str, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let spare = self.folder.join(spare);
        let file = OpenOptions::new().write(true).open(&spare)?;
        fs::rename(spare, self.folder.join(name))?;
        self.sync_folder()?;
        Ok(Box::new(LocalFile(file)))
    }

    fn blank(&self, name: &str, bytes: usize) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let mut file = options.open(self.folder.join(name))?;
        let zeros = vec![0; bytes.min(1 << 20)];
        let mut left = bytes;
        while left > 0 {
            let part = left.min(zeros.len());
            file.write_all(&zeros[..part])?;
            left -= part;
        }
        file.sync_all()
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.folder.join(name))
    }

    fn read_start(&self, name: &str, bytes: usize) -> io::Result<Vec<u8>> {
        let file = File::open(self.folder.join(name))?;
        let mut start = Vec::with_capacity(bytes);
        file.take(bytes as u64).read_to_end(&mut start)?;
        Ok(start)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let names =
            fs::read_dir(&self.folder)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        names.filter_map(io::Result::transpose).collect()
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let temporary = self.folder.join(format!("{name}.tmp"));
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true).mode(0o600);
        let mut file = options.open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(temporary, self.folder.join(name))?;
        self.sync_folder()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.folder.join(from), self.folder.join(to))?;
        self.sync_folder()
    }

    fn room(&self) -> io::Result<u64> {
        let system = rustix::fs::statvfs(&self.folder)?;
        Ok(system.f_bavail.saturating_mul(system.f_frsize))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.folder.join(name))
    }
}

struct LocalFile(File);

impl DiskFile for LocalFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}
