//! What people read of a run, and of what is staged.

use batch_layer::{Changed, Diff, Numbers, Report};

pub fn report(report: &Report) {
    match report.published {
        true => println!(
            "manifest {}: {} events of {} epochs in {} steps, {} files merged",
            report.manifest, report.events, report.epochs, report.steps, report.merged
        ),
        false => println!("manifest {}: nothing new", report.manifest),
    }
    for why in &report.held {
        println!("  {why}");
    }
    for (view, rows) in &report.changed {
        println!("  {view}: {rows} rows are not as they were");
    }
}

pub fn staged(report: &Report) {
    println!(
        "staged beside manifest {}: {} events of {} epochs in {} steps; nothing is published",
        report.manifest, report.events, report.epochs, report.steps
    );
}

pub fn diff(diff: &Diff) {
    println!(
        "{} events, up to manifest {}; rules {} instead of {}",
        diff.events, diff.manifest, diff.rules, diff.rules_before
    );
    if diff.cubes.is_empty() && diff.rows.is_empty() {
        println!("nothing would change");
    }
    for row in &diff.rows {
        println!("{}", changed(row));
        for why in &row.why {
            println!("    {}: {} → {}", why.bot, why.before, why.after);
        }
    }
    if diff.more {
        println!("and more: --limit, --account");
    }
    for (view, rows) in &diff.cubes {
        println!("  {view}: {rows} rows would not be as they are");
    }
}

/// One row: whose it is, and the numbers that change.
fn changed(row: &Changed) -> String {
    let whose = [Some(&row.account), row.day.as_ref(), row.object.as_ref()];
    let whose: Vec<&str> = whose.into_iter().flatten().map(String::as_str).collect();
    let numbers = numbers(&row.before).into_iter().zip(numbers(&row.after));
    let changed = numbers.filter(|((_, before), (_, after))| before != after);
    let changed: Vec<String> = changed
        .map(|((name, before), (_, after))| format!("{name} {before} → {after}"))
        .collect();
    format!("{}  {}", whose.join(" "), changed.join(", "))
}

fn numbers(of: &Numbers) -> [(&'static str, i64); 6] {
    [
        ("clicks", of.clicks),
        ("bot clicks", of.bot_clicks),
        ("views", of.views),
        ("bot views", of.bot_views),
        ("conversions", of.conversions),
        ("visitors", of.visitors),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whose_it_is_and_what_changes() {
        let before = Numbers {
            clicks: 120,
            conversions: 3,
            ..Numbers::default()
        };
        let after = Numbers {
            clicks: 100,
            bot_clicks: 20,
            ..before
        };
        let row = Changed {
            account: "acc_1".into(),
            day: Some("2026-03-02".into()),
            object: None,
            before,
            after,
            why: Vec::new(),
        };
        assert_eq!(
            changed(&row),
            "acc_1 2026-03-02  clicks 120 → 100, bot clicks 0 → 20"
        );
    }
}
