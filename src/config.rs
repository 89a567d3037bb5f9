//! Settings: flags over `MILLRACE_*` over `millrace.toml` over defaults. The only reader of the
//! environment and of that file.

mod data_folder;
mod secrets;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use batch_layer::Limits;
use clap::Args;
use handover::salts::Secret;
use ingest::{TrustedProxies, log::LogSettings};
use ipnet::IpNet;
use model::Hidden;
use serde::Deserialize;
use storage::redis_address::RedisSettings;

use self::secrets::Secrets;
use crate::{jobs::Schedules, memory};

/// Name of the settings file, looked for in the working folder.
const FILE: &str = "millrace.toml";

/// Everything that can be set; what is not given here is looked for in `millrace.toml`, then
/// taken from the defaults.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Folder of the log and, without --store-url, of everything [default: ./millrace-data]
    #[arg(long, env = "MILLRACE_DATA_DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// Object store: file:///folder, s3://bucket/prefix or memory:// [default: the data folder]
    #[arg(long, env = "MILLRACE_STORE_URL", global = true)]
    pub store_url: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    pub secrets: Secrets,
    /// Secrets of the environment, which no flag shows and each flag overrides.
    #[arg(skip = Secrets::of_environment())]
    #[serde(skip)]
    pub environment: Secrets,
    /// File with the certificates (PEM) that sign those of Redis [default: the system's]
    #[arg(long, env = "MILLRACE_REDIS_CA", global = true)]
    pub redis_ca: Option<PathBuf>,
    /// Address of the collector [default: 127.0.0.1:8080]
    #[arg(long, env = "MILLRACE_COLLECT_ADDR", global = true)]
    pub collect_addr: Option<SocketAddr>,
    /// Address of the API and the dashboard [default: 127.0.0.1:8081]
    #[arg(long, env = "MILLRACE_API_ADDR", global = true)]
    pub api_addr: Option<SocketAddr>,
    /// Address of health in detail and of metrics, not for the public [default: 127.0.0.1:8082]
    #[arg(long, env = "MILLRACE_OPERATOR_ADDR", global = true)]
    pub operator_addr: Option<SocketAddr>,
    /// Where visitors reach the collector, for the addresses of links; other hosts get 404 then [default:
    /// http://COLLECT_ADDR, and any host]
    #[arg(long, env = "MILLRACE_PUBLIC_URL", global = true)]
    pub public_url: Option<String>,
    /// Who says that a domain is an account's: `operator`, `dns` (a TXT record) or `none` (nobody need) [default:
    /// operator]
    #[arg(long, env = "MILLRACE_DOMAIN_VERIFICATION", global = true)]
    pub domain_verification: Option<VerifiedBy>,
    /// Name server that is asked for these records, such as 192.0.2.53:53 [default: those of the system]
    #[arg(long, env = "MILLRACE_DNS_SERVER", global = true)]
    pub dns_server: Option<SocketAddr>,
    /// Proxies that are believed about whose request they pass on
    #[arg(
        long,
        env = "MILLRACE_TRUSTED_PROXIES",
        value_delimiter = ',',
        global = true
    )]
    pub trusted_proxies: Option<Vec<IpNet>>,
    /// How long a redirect waits for the disk; after it the visitor is led on, and the click counts if it is
    /// written after all [default: 500ms]
    #[arg(long, env = "MILLRACE_REDIRECT_PATIENCE", global = true)]
    pub redirect_patience: Option<String>,
    /// So often a client may ask in a minute for links that there are not; its further such requests are answered 429, and beyond ten
    /// times as many all of them until the minute ends; 0: as often as it likes [default: 300]
    #[arg(long, env = "MILLRACE_MOST_UNKNOWN_SLUGS", global = true)]
    pub most_unknown_slugs: Option<u32>,
    /// Header in which they say it, such as CF-Connecting-IP, X-Real-IP or Forwarded; no other is read
    /// then [default: X-Forwarded-For, or Forwarded where that is missing]
    #[arg(long, env = "MILLRACE_CLIENT_IP_HEADER", global = true)]
    pub client_ip_header: Option<String>,
    /// MMDB file with countries (and cities, ASNs where it has them), read again when it changes [default: what `millrace
    /// geo install` has put into the data folder]
    #[arg(long, env = "MILLRACE_GEO_DB", global = true)]
    pub geo_db: Option<PathBuf>,
    /// MMDB file with autonomous systems, where that with countries has none: data centres are told by them
    #[arg(long, env = "MILLRACE_ASN_DB", global = true)]
    pub asn_db: Option<PathBuf>,
    /// TOML file with bots, people and channels of your own, read again when it changes (docs/ENRICHMENT.md)
    #[arg(long, env = "MILLRACE_LISTS", global = true)]
    pub lists: Option<PathBuf>,
    /// An epoch is closed at this age, such as 10m or 30s [default: 10m]
    #[arg(long, env = "MILLRACE_EPOCH_MAX_AGE", global = true)]
    pub epoch_max_age: Option<String>,
    /// A segment is shipped at this age [default: 5s]
    #[arg(long, env = "MILLRACE_SEGMENT_INTERVAL", global = true)]
    pub segment_interval: Option<String>,
    /// The log takes no more at this size, bytes [default: 8 GiB]
    #[arg(long, env = "MILLRACE_MAX_LOG_BYTES", global = true)]
    pub max_log_bytes: Option<u64>,
    /// So many clicks of one visitor on one link in a minute are a person's, those beyond a bot's; 0: any number [default: 30]
    #[arg(long, env = "MILLRACE_MOST_CLICKS", global = true)]
    pub most_clicks: Option<u32>,
    /// Memory of batch work, about, such as 512M or 2G [default: a quarter of the machine's, at most 2G]
    #[arg(long, env = "MILLRACE_BATCH_MEMORY", global = true)]
    pub batch_memory: Option<String>,
    /// Let accounts that share the installation ask in SQL (`/v1/query`): they see their own rows alone, but one of them can
    /// make the process take much memory and time. Where there is one account it may anyway [default: false]
    #[arg(long, env = "MILLRACE_SQL_FOR_TENANTS", global = true, num_args = 0..=1, default_missing_value = "true")]
    pub sql_for_tenants: Option<bool>,
    /// Let webhooks and postbacks go to addresses of private networks and over http, too: for intranets and tests. Whoever may
    /// make webhooks then reaches what this machine reaches [default: false]
    #[arg(long, env = "MILLRACE_WEBHOOKS_TO_PRIVATE_ADDRESSES", global = true, num_args = 0..=1, default_missing_value = "true")]
    pub webhooks_to_private_addresses: Option<bool>,
    /// Memory for events that no batch has settled yet, where questions are answered from events, such as 256M [default: an
    /// eighth of the machine's, at most 512M]
    #[arg(long, env = "MILLRACE_LIVE_EVENTS", global = true)]
    pub live_events: Option<String>,
    /// Folder on a disk for what batch work does not hold in memory [default: the system's]
    #[arg(long, env = "MILLRACE_SPILL_DIR", global = true)]
    pub spill_dir: Option<PathBuf>,
    /// Time zone of the schedules [default: UTC]
    #[arg(long, env = "MILLRACE_TIMEZONE", global = true)]
    pub timezone: Option<String>,
    /// When jobs run; in the file, what is no other setting.
    #[command(flatten)]
    #[serde(flatten)]
    pub schedules: Schedules,
    /// SQL file of the nightly report [default: one that comes with Millrace]
    #[arg(long, env = "MILLRACE_REPORT_SQL", global = true)]
    pub report_sql: Option<PathBuf>,
}

/// Who says that a domain is an account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum VerifiedBy {
    /// Whoever runs the installation.
    Operator,
    /// A record of DNS.
    Dns,
    /// Whoever adds it.
    None,
}

/// Memory for events that are not settled yet, unless somebody says otherwise, bytes.
const MOST_LIVE_EVENTS: u64 = 512 << 20;

/// All settings, complete.
#[derive(Debug, Clone)]
pub struct Settings {
    pub data_dir: PathBuf,
    pub store_url: String,
    pub redis: Option<RedisSettings>,
    pub collect_addr: SocketAddr,
    pub api_addr: SocketAddr,
    pub operator_addr: SocketAddr,
    /// Whether somebody chose it.
    pub operator_addr_is_set: bool,
    pub public_url: String,
    /// Its host, if somebody set it: at others links do not answer.
    pub public_host: Option<String>,
    pub domain_verification: VerifiedBy,
    pub dns_server: Option<SocketAddr>,
    pub admin_token: Option<Hidden<String>>,
    secret: Option<Hidden<String>>,
    /// How long a visitor waits for the disk.
    pub redirect_patience: Duration,
    /// Misses of a client in a minute.
    pub most_unknown_slugs: u32,
    pub trusted_proxies: TrustedProxies,
    pub geo_db: Option<PathBuf>,
    pub asn_db: Option<PathBuf>,
    pub lists: Option<PathBuf>,
    pub log: LogSettings,
    /// What batch work may take.
    pub batch: Limits,
    /// Memory for events that are not settled yet, bytes.
    pub live_events: u64,
    /// Whether accounts that share the installation may ask in SQL.
    pub sql_for_tenants: bool,
    /// Whether webhooks may go to addresses of private networks.
    pub webhooks_to_private_addresses: bool,
    pub timezone: String,
    pub schedules: Schedules,
    pub report_sql: Option<PathBuf>,
}

macro_rules! over {
    ($flags:expr, $file:expr, $($field:ident),*) => {
        Options { $($field: $flags.$field.or($file.$field),)* ..Options::default() }
    };
}

impl Options {
    /// Completes the options from the file and the defaults.
    pub fn settings(self) -> anyhow::Result<Settings> {
        let file = read_file(Path::new(FILE))?;
        let secrets = Secrets::reveal([&self.secrets, &self.environment, &file.secrets])?;
        let all = over!(
            self,
            file,
            data_dir,
            store_url,
            redis_ca,
            collect_addr,
            api_addr,
            operator_addr,
            public_url,
            domain_verification,
            dns_server,
            trusted_proxies,
            redirect_patience,
            most_unknown_slugs,
            client_ip_header,
            geo_db,
            asn_db,
            lists,
            epoch_max_age,
            segment_interval,
            max_log_bytes,
            most_clicks,
            batch_memory,
            live_events,
            sql_for_tenants,
            webhooks_to_private_addresses,
            spill_dir,
            timezone,
            schedules,
            report_sql
        );
        let data_dir = all
            .data_dir
            .unwrap_or_else(|| PathBuf::from("millrace-data"));
        let data_dir = std::path::absolute(&data_dir)
            .with_context(|| format!("the data folder {}", data_dir.display()))?;
        let local = folder_url(&data_dir.join("store"))?;
        let collect_addr = all
            .collect_addr
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)));
        let defaults = LogSettings::default();
        let duration =
            |text: Option<String>, default| text.map_or(Ok(default), |t| parse_duration(&t));
        Ok(Settings {
            store_url: all.store_url.unwrap_or(local),
            redis: secrets.redis_url.map(|url| RedisSettings {
                url,
                ca_file: all.redis_ca,
            }),
            collect_addr,
            api_addr: all
                .api_addr
                .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8081))),
            operator_addr_is_set: all.operator_addr.is_some(),
            operator_addr: all
                .operator_addr
                .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8082))),
            domain_verification: all.domain_verification.unwrap_or(VerifiedBy::Operator),
            dns_server: all.dns_server,
            public_host: all.public_url.as_deref().map(host_of).transpose()?,
            public_url: all
                .public_url
                .unwrap_or_else(|| format!("http://{collect_addr}")),
            admin_token: secrets.admin_token,
            secret: secrets.secret,
            most_unknown_slugs: all.most_unknown_slugs.unwrap_or(300),
            redirect_patience: duration(all.redirect_patience, Duration::from_millis(500))?,
            trusted_proxies: trusted_proxies(
                all.trusted_proxies.unwrap_or_default(),
                all.client_ip_header.as_deref(),
            )?,
            geo_db: all.geo_db,
            asn_db: all.asn_db,
            lists: all.lists,
            log: LogSettings {
                epoch_max_age: duration(all.epoch_max_age, defaults.epoch_max_age)?,
                segment_interval: duration(all.segment_interval, defaults.segment_interval)?,
                max_log_bytes: all.max_log_bytes.unwrap_or(defaults.max_log_bytes),
                most_clicks: all.most_clicks.unwrap_or(defaults.most_clicks),
                ..defaults
            },
            batch: Limits {
                memory: match &all.batch_memory {
                    Some(text) => parse_bytes(text)?,
                    None => memory::share(),
                },
                spill_dir: all.spill_dir,
                ..Limits::default()
            },
            sql_for_tenants: all.sql_for_tenants.unwrap_or(false),
            webhooks_to_private_addresses: all.webhooks_to_private_addresses.unwrap_or(false),
            live_events: match &all.live_events {
                Some(text) => parse_bytes(text)?,
                None => (memory::share() / 2).min(MOST_LIVE_EVENTS),
            },
            timezone: all.timezone.unwrap_or_else(|| "UTC".into()),
            schedules: all.schedules,
            report_sql: all.report_sql,
            data_dir,
        })
    }
}

/// The host of an address for the public.
fn host_of(url: &str) -> anyhow::Result<String> {
    let parsed = url::Url::parse(url).ok();
    let web = parsed.filter(|url| matches!(url.scheme(), "http" | "https"));
    let web = web.filter(|_| catalog::destination::has_plain_host(url));
    let host = web.and_then(|url| url.host_str().map(str::to_owned));
    host.with_context(|| format!("--public-url {url} is no address such as https://go.example.com"))
}

/// The address of a folder, whatever characters its name has.
fn folder_url(folder: &Path) -> anyhow::Result<String> {
    let url = url::Url::from_directory_path(folder);
    let url = url.map_err(|()| anyhow::anyhow!("{} is no absolute path", folder.display()))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn trusted_proxies(networks: Vec<IpNet>, header: Option<&str>) -> anyhow::Result<TrustedProxies> {
    // Alone it would do nothing, and every visitor would be the proxy.
    if let Some(header) = header
        && networks.is_empty()
    {
        bail!(
            "--client-ip-header {header} needs --trusted-proxies: nobody else's headers are believed"
        );
    }
    TrustedProxies::new(networks, header)
        .with_context(|| format!("--client-ip-header {header:?} is no name of a header"))
}

fn read_file(path: &Path) -> anyhow::Result<Options> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            read_text(&text).with_context(|| format!("the settings file {}", path.display()))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Options::default()),
        Err(e) => Err(e).with_context(|| format!("the settings file {}", path.display())),
    }
}

/// The settings in a text. What is wrong is told without the line that it is in, which may hold a secret.
fn read_text(text: &str) -> anyhow::Result<Options> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().and_then(|span| text.get(..span.start));
        let line = line.map(|before| format!("line {}: ", before.matches('\n').count() + 1));
        anyhow::anyhow!("{}{}", line.unwrap_or_default(), error.message())
    })
}

/// `512M` or `2G`.
fn parse_bytes(text: &str) -> anyhow::Result<u64> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let shift = match unit {
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => bail!("`{text}` is not a size; write it as 512M or 2G"),
    };
    let number: u64 = text[..text.len() - unit.len()]
        .parse()
        .with_context(|| format!("`{text}` is not a size"))?;
    match number.checked_shl(shift).filter(|n| n >> shift == number) {
        Some(bytes) if bytes >= 64 << 20 => Ok(bytes),
        _ => bail!("the size `{text}` is out of range; at least 64M is needed"),
    }
}

/// `250ms`, `5s`, `10m` or `2h`.
fn parse_duration(text: &str) -> anyhow::Result<Duration> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let scale = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => bail!("`{text}` is not a duration; write it as 250ms, 5s, 10m or 2h"),
    };
    let number: u64 = text[..text.len() - unit.len()]
        .parse()
        .with_context(|| format!("`{text}` is not a duration"))?;
    if number == 0 || number > 1_000_000 {
        bail!("the duration `{text}` is out of range");
    }
    Ok(Duration::from_millis(number * scale))
}

impl Settings {
    /// Where a collector keeps its copy of the catalog.
    pub fn catalog_copy(&self) -> PathBuf {
        self.data_dir.join("catalog.copy")
    }

    /// The admin token: the one that is set, or the one in the data folder, made when missing.
    pub fn admin_token(&self, make: impl FnOnce() -> String) -> anyhow::Result<Hidden<String>> {
        match &self.admin_token {
            Some(token) => Ok(token.clone()),
            None => self.own_secret("admin-token", "the admin token", make),
        }
    }

    /// The secret of the installation: likewise.
    pub fn secret(&self, make: impl FnOnce() -> String) -> anyhow::Result<Secret> {
        let text = match &self.secret {
            Some(secret) => secret.clone(),
            None => self.own_secret("secret", "the installation's secret", make)?,
        };
        Ok(Secret::new(text.reveal())?)
    }

    /// The same for whoever does not need it: `None` where it is neither set nor in the data folder.
    pub fn known_secret(&self) -> anyhow::Result<Option<Secret>> {
        let is_made = || self.data_dir.join("secret").exists();
        match self.secret.is_some() || is_made() {
            true => self.secret(String::new).map(Some),
            false => Ok(None),
        }
    }

    fn own_secret(
        &self,
        file: &str,
        what: &str,
        make: impl FnOnce() -> String,
    ) -> anyhow::Result<Hidden<String>> {
        data_folder::own_secret(&self.data_dir.join(file), what, make)
    }

    /// Lets nobody else into the data folder, if it is there: versions before left it open.
    pub fn close_data_dir(&self) -> anyhow::Result<()> {
        data_folder::close(&self.data_dir, |folder, mode| {
            std::fs::set_permissions(folder, mode)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(parse_duration("250ms").unwrap(), Duration::from_millis(250));
        assert_eq!(parse_bytes("2G").unwrap(), 2 << 30);
        for wrong in ["", "2", "1M", "G", "99999999999G"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_duration("10m").unwrap(), Duration::from_secs(600));
        for text in ["", "5", "s", "-5s", "5 s", "1d", "0s", "99999999h", "é"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            data_dir: Some(folder.path().to_owned()),
            secrets: Secrets {
                redis_url: Some("redis://u:hush-1@redis".into()),
                admin_token: Some("hush-2".into()),
                secret: Some("hush-3".into()),
                ..Secrets::default()
            },
            ..Options::default()
        };
        let settings = options.clone().settings().unwrap();
        let token = settings.admin_token(String::new).unwrap();
        let shown = format!("{options:?} {settings:#?} {token:?} {:?}", settings.redis);
        assert!(
            shown.contains("admin_token") && !shown.contains("hush"),
            "{shown}"
        );
    }

    #[test]
    fn no_secret_is_in_what_is_wrong_with_the_file() {
        for text in [
            "\n\nsecret = \"hush",
            "secret = 445500",
            "\nsecret = hush",
            "admin_token = [\"hush\"]",
        ] {
            let wrong = format!("{:#}", read_text(text).unwrap_err());
            let is_shown = ["hush", "4455"].iter().any(|secret| wrong.contains(secret));
            assert!(!is_shown && !wrong.is_empty(), "{wrong}");
        }
        let wrong = format!("{:#}", read_text("\n\nsecret = \"hush").unwrap_err());
        assert!(wrong.starts_with("line 3: "), "{wrong}");
    }

    #[test]
    fn the_address_for_the_public_has_a_host() {
        assert_eq!(host_of("https://go.example").unwrap(), "go.example");
        for wrong in [
            "go.example",
            "https:go.example",
            "http:/go.example",
            "https:///go.example",
        ] {
            assert!(host_of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_header_is_named_for_proxies_that_are() {
        let proxies = || vec!["10.0.0.0/8".parse().unwrap()];
        assert!(trusted_proxies(proxies(), None).is_ok());
        assert!(trusted_proxies(proxies(), Some("CF-Connecting-IP")).is_ok());
        assert!(trusted_proxies(Vec::new(), None).is_ok());
        for (networks, header) in [(proxies(), "no header"), (Vec::new(), "X-Real-IP")] {
            let error = trusted_proxies(networks, Some(header)).unwrap_err();
            assert!(error.to_string().contains("--client-ip-header"), "{error}");
        }
    }
}
