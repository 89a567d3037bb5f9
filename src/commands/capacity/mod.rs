//! `millrace capacity`: what an installation needs for a load, on paper.

mod limits;
mod measured;
mod needs;
mod roles;

use std::process::ExitCode;

use clap::Args;

use self::needs::{Load, Machines, Needs, Prices};

/// A share: above 0, at most 1.
fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        _ => Err("a share such as 0.5: above 0, at most 1".into()),
    }
}

/// A number that is not negative.
fn amount(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(amount) if (0.0..=1e12).contains(&amount) => Ok(amount),
        _ => Err("a number from 0 to 10^12".into()),
    }
}

/// A number above zero.
fn positive(text: &str) -> Result<f64, String> {
    amount(text).and_then(|n| match n > 0.0 {
        true => Ok(n),
        false => Err("a number above 0".into()),
    })
}

/// Days, as `400d` or `400`.
fn days(text: &str) -> Result<f64, String> {
    positive(text.strip_suffix('d').unwrap_or(text)).map_err(|_| "days such as 400d".into())
}

#[derive(Debug, Args)]
pub struct Capacity {
    /// Events a second when there are most.
    #[arg(long, value_parser = positive)]
    rate: f64,
    /// Events a second on average [default: a third of the rate]
    #[arg(long, value_parser = positive)]
    mean_rate: Option<f64>,
    /// Share of events that are redirects, pixels and postbacks; the others come in bulk through /v1/events.
    #[arg(long, value_parser = share, default_value = "1")]
    redirects: f64,
    /// Accounts.
    #[arg(long, value_parser = amount, default_value = "1000")]
    accounts: f64,
    /// Links of all accounts.
    #[arg(long, value_parser = amount, default_value = "100000")]
    links: f64,
    /// How long everything is kept.
    #[arg(long, value_parser = days, default_value = "400d")]
    retention: f64,
    /// Cores of a machine.
    #[arg(long, value_parser = positive, default_value = "8")]
    cores: f64,
    /// GB of memory of a machine.
    #[arg(long, value_parser = positive, default_value = "32")]
    memory: f64,
    /// Share of the cores that may be busy at the rate.
    #[arg(long, value_parser = share, default_value = "0.5")]
    busy: f64,
    /// Price of a core with its memory, an hour.
    #[arg(long, value_parser = amount, default_value = "0.04")]
    price_core_hour: f64,
    /// Price of a GB in the object store, a month.
    #[arg(long, value_parser = amount, default_value = "0.023")]
    price_gb_month: f64,
    /// Price of a thousand requests that write or list.
    #[arg(long, value_parser = amount, default_value = "0.005")]
    price_writes: f64,
    /// Price of a thousand requests that read.
    #[arg(long, value_parser = amount, default_value = "0.0004")]
    price_reads: f64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What `--help` shows.
pub const EXAMPLES: &str = "Examples:\n  millrace capacity --rate 3000 --accounts 100000 --links 1000000 --retention 400d\n  millrace capacity --rate 1000000 --mean-rate 200000 --cores 16 --memory 64 --json\nThe costs of an event were measured: docs/PERFORMANCE.md. Prices are examples: give your own.";

impl Capacity {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let mean_rate = self.mean_rate.unwrap_or(self.rate / 3.0);
        anyhow::ensure!(
            mean_rate <= self.rate,
            "--mean-rate {mean_rate} is above --rate {}: give the rate when there are most events",
            self.rate
        );
        let load = Load {
            rate: self.rate,
            mean_rate,
            redirects: self.redirects,
            accounts: self.accounts,
            links: self.links,
            retention_days: self.retention,
        };
        let machines = Machines {
            cores: self.cores,
            memory: self.memory,
            busy: self.busy,
        };
        let prices = Prices {
            core_hour: self.price_core_hour,
            stored_gb_month: self.price_gb_month,
            thousand_writes: self.price_writes,
            thousand_reads: self.price_reads,
        };
        let needs = needs::of(&load, &machines, &prices);
        match self.json {
            true => println!(
                "{}",
                serde_json::json!({"load": load, "machines": machines, "prices": prices, "needs": needs})
            ),
            false => print(&load, &machines, &needs),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn print(load: &Load, machines: &Machines, needs: &Needs) {
    println!(
        "{} events a second at most, {} on average, {} accounts, {} links, kept for {} days\n",
        grouped(load.rate),
        grouped(load.mean_rate),
        grouped(load.accounts),
        grouped(load.links),
        load.retention_days
    );
    println!(
        "{:<10} {:>9} {:>11} {:>10}",
        "role", "processes", "busy cores", "GB each"
    );
    for role in &needs.roles {
        println!(
            "{:<10} {:>9} {:>11.2} {:>10.2}   {}",
            role.name, role.processes, role.busy_cores, role.memory_each, role.why
        );
    }
    println!(
        "\n{} machines of {} cores and {} GB, {:.0} % busy at most (at least two, so that one may fail)",
        needs.machines,
        machines.cores,
        machines.memory,
        100.0 * machines.busy
    );
    print_sums(needs);
    println!("\nwhat ends where, on such machines:");
    for limit in &needs.limits {
        let mark = if limit.rate < load.rate { "passed" } else { "" };
        println!(
            "{:>12}/s {mark:<7} {}\n{:>22} -> {}",
            grouped(limit.rate),
            limit.what,
            "",
            limit.remedy
        );
    }
}

fn print_sums(needs: &Needs) {
    let money = &needs.money;
    println!(
        "object store: {} GB at the end of the retention; {} writes and {} reads a month",
        grouped(needs.stored_gb),
        grouped(needs.writes_a_month),
        grouped(needs.reads_a_month)
    );
    println!(
        "a full recompute of everything kept: {:.1} hours on one machine",
        needs.full_recompute_hours
    );
    println!(
        "network inside: {:.1} MB/s at most",
        needs.network_mb_a_second
    );
    println!(
        "a month: {:.2} for machines + {:.2} for storage + {:.2} for requests = {:.2}; {:.4} per million events",
        money.machines, money.storage, money.requests, money.total, money.per_million_events
    );
}

/// A whole number with its thousands apart.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        assert_eq!(
            [0.0, 999.4, 1000.0, 12_345_678.0].map(grouped),
            ["0", "999", "1,000", "12,345,678"]
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(
            ["0", "-1", "1.5", "x", "NaN"]
                .iter()
                .all(|text| share(text).is_err())
        );
        assert!(
            ["0", "-1", "inf", "NaN", "1e13"]
                .iter()
                .all(|text| positive(text).is_err())
        );
        assert_eq!((days("400d"), days("7")), (Ok(400.0), Ok(7.0)));
        assert!(days("0d").is_err() && days("1y").is_err());
    }
}
