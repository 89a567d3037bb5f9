//! Makes `testdata/sample/` again: `cargo run -p testdata`.

use std::{fs, io::Write, path::Path};

use flate2::{Compression, GzBuilder};
use serde::Serialize;
use testdata::{campaigns, generate, goals, links, pixels};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample");
    fs::create_dir_all(&folder)?;
    write(&folder, "campaigns.json", &campaigns())?;
    write(&folder, "links.json", &links())?;
    write(&folder, "pixels.json", &pixels())?;
    write(&folder, "goals.json", &goals())?;
    // No file name and no time in the header: the same bytes every time.
    let mut lines = GzBuilder::new().write(Vec::new(), Compression::best());
    for event in &generate::events() {
        serde_json::to_writer(&mut lines, event)?;
        lines.write_all(b"\n")?;
    }
    fs::write(folder.join("events.ndjson.gz"), lines.finish()?)?;
    Ok(())
}

fn write(
    folder: &Path,
    name: &str,
    value: &impl Serialize,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(fs::write(folder.join(name), text)?)
}
