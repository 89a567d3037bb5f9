//! What the tests of all crates share: where recorded data lies, how a test says that it was
//! skipped, so that nobody takes it for one that passed, and an installation in memory.

#[cfg(feature = "installation")]
mod installation;
#[cfg(feature = "installation")]
pub mod log;
#[cfg(feature = "installation")]
pub mod runs;

#[cfg(feature = "installation")]
pub use {installation::Installation, log::Log};

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

/// A file or folder of the recorded data, which lies beside the repository and is read there.
///
/// # Panics
///
/// If it is not there: a test says with [`needs_data!`] what it needs.
pub fn data(name: &str) -> PathBuf {
    let path = root().join(name);
    assert!(path.exists(), "there is no {}", path.display());
    path
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data")
}

/// Whether there is such recorded data; says that the test is skipped if not.
pub fn has_data(test: &str, name: &str) -> bool {
    let there = root().join(name).exists();
    if !there {
        skip(
            test,
            &format!("it needs ../shared/data/{name} beside the repository"),
        );
    }
    there
}

/// Whether bugs can be planted in this build; says that the test is skipped if not.
pub fn has_faults(test: &str) -> bool {
    if !model::planted::FAULTS {
        skip(
            test,
            "it plants faults, and the build was without MILLRACE_BUILD=faults",
        );
    }
    model::planted::FAULTS
}

/// Says that a test is skipped: to whoever runs it, and in the file that `MILLRACE_SKIPPED` names,
/// from which `./test.sh` counts.
pub fn skip(test: &str, why: &str) {
    let line = format!("SKIPPED {test}: {why}");
    println!("{line}");
    if let Some(file) = std::env::var_os("MILLRACE_SKIPPED") {
        let file = OpenOptions::new().append(true).create(true).open(file);
        let written = file.and_then(|mut file| writeln!(file, "{line}"));
        written.unwrap_or_else(|error| panic!("MILLRACE_SKIPPED cannot be written: {error}"));
    }
}

/// Ends the test, saying so, unless all of this recorded data is there.
#[macro_export]
macro_rules! needs_data {
    ($($name:expr),+) => {$(
        if !$crate::has_data($crate::here!(), $name) {
            return;
        }
    )+};
}

/// Ends the test, saying so, unless faults can be planted in this build.
#[macro_export]
macro_rules! needs_faults {
    () => {
        if !$crate::has_faults($crate::here!()) {
            return;
        }
    };
}

/// Where a macro is used, for [`skip`].
#[doc(hidden)]
#[macro_export]
macro_rules! here {
    () => {
        concat!(module_path!(), " (", file!(), ":", line!(), ")")
    };
}
