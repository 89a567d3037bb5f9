//! The file of rows that were not taken: each as it was, below the reason, so that it can be mended there and imported
//! again.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use replay::Refusal;

/// Rows that were not taken; there is no file as long as there are none.
#[derive(Debug)]
pub struct Rejects {
    path: PathBuf,
    header: Option<Vec<u8>>,
    file: Option<BufWriter<File>>,
    count: u64,
}

impl Rejects {
    /// There is no file yet. One that an earlier import made, and somebody may have mended, is set aside once there is
    /// something to be written; what somebody else put there is an error then.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            header: None,
            file: None,
            count: 0,
        }
    }

    /// What stands above the rows of a CSV file.
    pub fn set_header(&mut self, header: Option<&[u8]>) {
        self.header = header.map(<[u8]>::to_vec);
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// The disk is full, or the file is somebody else's.
    pub fn add(&mut self, line: u64, raw: &[u8], refusal: &Refusal) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                set_aside(&self.path)?;
                let mut file = BufWriter::new(replay::create(&self.path)?);
                writeln!(file, "{}", replay::IMPORT_HEAD)?;
                if let Some(header) = &self.header {
                    file.write_all(header)?;
                    file.write_all(b"\n")?;
                }
                self.file.insert(file)
            }
        };
        // A reason is one line, whatever it quotes.
        let reason = refusal.to_string().replace(['\n', '\r'], " ");
        writeln!(file, "# line {line}: {reason}")?;
        file.write_all(raw)?;
        file.write_all(b"\n")?;
        self.count += 1;
        Ok(())
    }

    /// Writes what is left; gives where the rows are, if there are any.
    ///
    /// # Errors
    ///
    /// The disk is full.
    pub fn finish(mut self) -> io::Result<Option<PathBuf>> {
        if let Some(file) = &mut self.file {
            file.flush()?;
            file.get_ref().sync_data()?;
        }
        Ok(self.file.is_some().then_some(self.path))
    }

    /// How many rows.
    pub fn count(&self) -> u64 {
        self.count
    }
}

/// Sets a file of an earlier import aside; somebody else's stays.
fn set_aside(path: &Path) -> io::Result<()> {
    match is_ours(path)? {
        true => replay::set_aside(path).map(drop),
        false => Ok(()),
    }
}

fn is_ours(path: &Path) -> io::Result<bool> {
    use io::Read;
    let mut head = Vec::new();
    match File::open(path) {
        Ok(file) => file
            .take(replay::IMPORT_HEAD.len() as u64)
            .read_to_end(&mut head)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    // One that was cut off may have a part of it, or nothing.
    Ok(replay::IMPORT_HEAD.as_bytes().starts_with(&head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_below_their_reasons_and_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r");
        assert_eq!(Rejects::new(&path).finish().unwrap(), None);
        for _ in 0..2 {
            let mut rejects = Rejects::new(&path);
            rejects.set_header(Some(b"link,time"));
            rejects
                .add(7, b"a,1", &Refusal::new("x", "two\nlines"))
                .unwrap();
            assert_eq!(rejects.finish().unwrap().as_deref(), Some(&*path));
        }
        assert!(
            folder.path().join("r.old").exists(),
            "what was mended stays"
        );
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines, ["link,time", "# line 7: x: two lines", "a,1"]);
        let mut read = Vec::new();
        let mut keep = |entry: crate::record::Entry| {
            read.push(entry.unwrap().text(&["link"]));
            Ok(())
        };
        crate::record::read(text.as_bytes(), &[], &Default::default(), &mut keep).unwrap();
        assert_eq!(read, [Some("a".to_owned())]);
    }

    #[test]
    fn what_was_cut_off_at_its_beginning_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r");
        for begun in ["", "# Rows that"] {
            std::fs::write(&path, begun).unwrap();
            let mut rejects = Rejects::new(&path);
            rejects.add(1, b"", &Refusal::new("x", "y")).unwrap();
            assert!(rejects.finish().unwrap().is_some());
        }
    }

    #[test]
    fn what_somebody_else_put_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r");
        std::fs::write(&path, "mine").unwrap();
        let mut rejects = Rejects::new(&path);
        rejects.add(1, b"", &Refusal::new("x", "y")).unwrap_err();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
