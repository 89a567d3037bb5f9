//! Tools in Python and Node that other people wrote: `./test.sh` installs them.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// One of them; says that the test is skipped if it is not there.
pub fn find(test: &str, name: &str) -> Option<PathBuf> {
    let folder = env::var_os("MILLRACE_TOOLS").map(PathBuf::from);
    let found = folder.map(|folder| folder.join("bin").join(name));
    let found = found.filter(|tool| tool.exists());
    if found.is_none() {
        testing::skip(test, &format!("it needs {name}, which ./test.sh installs"));
    }
    found
}

/// Runs a tool to its end, beside what else is going on.
pub async fn run(tool: &Path, arguments: &[&str], set: &[(&str, &str)]) -> Output {
    let mut command = Command::new(tool);
    command.args(arguments).envs(set.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output());
    output.await.unwrap().unwrap()
}

/// What it printed, if it ended well.
pub fn printed(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    out.into_owned()
}
