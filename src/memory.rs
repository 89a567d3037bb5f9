//! How much memory this process may take.

use std::fs;

/// Where the machine says what it has, and where a container's bound stands.
const MACHINE: &str = "/proc/meminfo";
const CONTAINER: &str = "/sys/fs/cgroup/memory.max";
/// If neither can be read.
const UNKNOWN: u64 = 4 << 30;

/// A quarter of what there is, at most 2 GiB, bytes.
pub fn share() -> u64 {
    let read = |path| fs::read_to_string(path).ok();
    let machine = read(MACHINE).and_then(|text| total(&text));
    let container = read(CONTAINER).and_then(|text| text.trim().parse().ok());
    let all = machine.into_iter().chain(container).min();
    (all.unwrap_or(UNKNOWN) / 4).clamp(64 << 20, 2 << 30)
}

/// The line `MemTotal:  24100000 kB`, in bytes.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_says_what_it_has() {
        assert_eq!(
            total("MemTotal:       24 kB\nMemFree: 1 kB\n"),
            Some(24 << 10)
        );
        assert_eq!(total("nonsense"), None);
        assert!((64 << 20..=2 << 30).contains(&share()));
    }
}
