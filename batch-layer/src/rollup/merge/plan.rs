//! Which runs are merged next. Pure.

use std::collections::BTreeMap;

use handover::runs::RunFile;

use super::super::fold::MAX_ROWS;

/// So many runs of one level become one of the next.
const FAN: usize = 6;
/// More than that are not merged at once: each takes memory.
const MOST: usize = 24;

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// The level of what comes out.
    pub level: u8,
    /// Files that overlap, as parts of runs, to be merged.
    pub merged: Vec<Vec<Vec<RunFile>>>,
    /// Files that overlap with no other and are large: they stay as they are.
    pub moved: Vec<RunFile>,
}

/// The next merge: the oldest runs of the lowest level that has enough of them.
pub(super) fn next(files: &[RunFile]) -> Option<Plan> {
    let mut levels: BTreeMap<u8, BTreeMap<u64, Vec<RunFile>>> = BTreeMap::new();
    for file in files {
        let runs = levels.entry(file.level).or_default();
        runs.entry(file.run).or_default().push(file.clone());
    }
    let (level, runs) = levels.into_iter().find(|(_, runs)| runs.len() >= FAN)?;
    let chosen = runs.into_values().take(MOST).flatten();
    let mut plan = Plan {
        level: level.saturating_add(1),
        ..Plan::default()
    };
    // Whether the cluster before is the last of `merged`: one that is moved parts those around it.
    let mut beside = false;
    for cluster in clusters(chosen.collect()) {
        match &cluster[..] {
            [alone] if alone.file.rows as usize >= MAX_ROWS / 2 => {
                plan.moved.push(alone.clone());
                beside = false;
            }
            _ => {
                join(&mut plan.merged, cluster, beside);
                beside = true;
            }
        }
    }
    Some(plan)
}

/// Files whose ranges of keys overlap, directly or through others.
fn clusters(mut files: Vec<RunFile>) -> Vec<Vec<RunFile>> {
    files.sort_by_key(|file| (file.first, file.last));
    let mut clusters: Vec<Vec<RunFile>> = Vec::new();
    let mut end = None;
    for file in files {
        let last = file.last;
        match clusters.last_mut() {
            Some(cluster) if end.is_some_and(|end| file.first <= end) => cluster.push(file),
            _ => {
                clusters.push(vec![file]);
                end = None;
            }
        }
        end = end.max(Some(last));
    }
    clusters
}

/// The files of a cluster run by run, each in order of keys.
fn by_run(cluster: Vec<RunFile>) -> Vec<Vec<RunFile>> {
    let mut runs: BTreeMap<u64, Vec<RunFile>> = BTreeMap::new();
    for file in cluster {
        runs.entry(file.run).or_default().push(file);
    }
    runs.into_values().collect()
}

/// Adds a cluster: to its small neighbour, so that small files do not stay small for ever.
fn join(merged: &mut Vec<Vec<Vec<RunFile>>>, cluster: Vec<RunFile>, beside: bool) {
    let rows = |files: &mut dyn Iterator<Item = &RunFile>| files.map(|f| f.file.rows).sum::<u64>();
    match merged.last_mut().filter(|_| beside) {
        Some(last)
            if rows(&mut last.iter().flatten()) + rows(&mut cluster.iter()) <= MAX_ROWS as u64 =>
        {
            let files = std::mem::take(last).into_iter().flatten().chain(cluster);
            *last = by_run(files.collect());
        }
        _ => merged.push(by_run(cluster)),
    }
}

#[cfg(test)]
mod tests {
    use handover::{manifest::File, runs::Key};

    use super::*;

    fn file(run: u64, level: u8, rows: usize, first: i32, last: i32) -> RunFile {
        RunFile {
            file: File {
                name: format!("{run}-{first}"),
                rows: rows as u64,
                bytes: 1,
            },
            run,
            level,
            first: Key::from((first, 0, 0)),
            last: Key::from((last, 0, 0)),
            totals: Vec::new(),
            values: None,
        }
    }

    #[test]
    fn nothing_is_merged_before_there_are_enough() {
        let few: Vec<RunFile> = (1..FAN as u64).map(|run| file(run, 0, 5, 1, 1)).collect();
        assert_eq!(next(&few), None);
        assert_eq!(next(&[]), None);
    }

    #[test]
    fn the_lowest_full_level_goes_first_and_its_oldest_runs() {
        let high = (1..=FAN as u64).map(|run| file(run, 3, 5, 1, 1));
        let low = (11..11 + MOST as u64 + 3).map(|run| file(run, 1, 5, 1, 1));
        let plan = next(&high.chain(low).collect::<Vec<_>>()).unwrap();
        assert_eq!((plan.level, plan.merged.len()), (2, 1));
        let runs: Vec<u64> = plan.merged[0].iter().flatten().map(|f| f.run).collect();
        assert_eq!(runs, (11..11 + MOST as u64).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_moved_parts_what_is_around_it() {
        let mut files: Vec<RunFile> = (2..=FAN as u64).map(|run| file(run, 0, 9, 1, 2)).collect();
        files.push(file(1, 0, MAX_ROWS, 4, 6));
        files.push(file(2, 0, 9, 7, 8));
        let plan = next(&files).unwrap();
        assert_eq!(plan.moved.len(), 1);
        assert_eq!(plan.merged.len(), 2, "a run's files must not overlap");
    }

    #[test]
    fn what_overlaps_with_nothing_is_not_written_again_if_it_is_large() {
        let mut files = vec![
            file(1, 0, MAX_ROWS, 1, 3),
            file(1, 0, MAX_ROWS, 4, 6),
            file(2, 0, MAX_ROWS, 5, 8),
        ];
        files.extend((3..=FAN as u64).map(|run| file(run, 0, 9, 20, 21)));
        files.push(file(FAN as u64, 0, 9, 30, 31));
        let plan = next(&files).unwrap();
        assert_eq!(plan.moved, [files[0].clone()]);
        let runs = |cluster: &Vec<Vec<RunFile>>| cluster.len();
        let merged: Vec<usize> = plan.merged.iter().map(runs).collect();
        assert_eq!(merged, [2, FAN - 2], "small ones go together");
        let mut all: Vec<RunFile> = plan.merged.into_iter().flatten().flatten().collect();
        all.extend(plan.moved);
        assert_eq!(all.len(), files.len(), "each file once");
    }
}
