//! One way to talk to a single Redis and to a Redis Cluster.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::future::try_join_all;
use redis::{
    Cmd, ErrorKind, FromRedisValue, RedisError, RedisFuture, RedisResult, TlsCertificates, Value,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig, MultiplexedConnection},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr},
};
use tokio::sync::OnceCell;

use crate::{
    error::LiveError,
    redis_address::{Address, RedisSettings},
    redis_keys,
};

/// How long one command may take.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a blocking read may take on a cluster connection.
const BLOCKING_TIMEOUT: Duration = Duration::from_secs(10);
/// Hash slots of a Redis Cluster.
const SLOTS: u16 = 16_384;

/// A Redis installation. Cheap to clone; connects when first used.
#[derive(Clone)]
pub struct RedisClient(Arc<Inner>);

struct Inner {
    kind: Kind,
    shared: OnceCell<Connection>,
}

enum Kind {
    Single(redis::Client),
    Cluster(Cluster),
}

struct Cluster {
    nodes: Vec<String>,
    /// Certificates that sign the servers' ones, PEM; `None`: those of the system.
    ca: Option<Vec<u8>>,
}

/// What a server answers to whom it does not let in, or not do this, and what the client says of it.
const REFUSALS: [&str; 5] = [
    "WRONGPASS",
    "NOAUTH",
    "NOPERM",
    "NoPerm",
    "AuthenticationFailed",
];

impl From<RedisError> for LiveError {
    fn from(error: RedisError) -> Self {
        // Of the nodes of a cluster there is a text alone.
        let text = error.to_string();
        let refused = REFUSALS.iter().any(|word| text.contains(word));
        match refused || error.kind() == ErrorKind::AuthenticationFailed {
            true => Self::Refused(text),
            false => Self::Unavailable(Box::new(error)),
        }
    }
}

/// A connection that many tasks may use at once.
#[derive(Clone)]
pub enum Connection {
    /// Shared and reconnecting, to one server.
    Single(ConnectionManager),
    /// For one blocking reader, to one server.
    Blocking(MultiplexedConnection),
    /// To a cluster.
    Cluster(ClusterConnection),
}

impl RedisClient {
    /// Redis as the settings say. Does not connect, but reads the file of certificates.
    pub fn new(settings: &RedisSettings) -> Result<Self, LiveError> {
        let address = Address::parse(settings.url.reveal())?;
        let ca = match &settings.ca_file {
            Some(_) if !address.is_tls => {
                return Err(LiveError::Address(
                    "a CA file is set, but its scheme is not rediss:// or rediss+cluster://".into(),
                ));
            }
            Some(file) => Some(std::fs::read(file).map_err(|error| {
                LiveError::Address(format!("the CA file {}: {error}", file.display()))
            })?),
            None => None,
        };
        let kind = match (address.is_cluster, address.is_tls) {
            (true, _) => Kind::Cluster(Cluster {
                nodes: address.nodes.reveal().clone(),
                ca,
            }),
            (false, true) => Kind::Single(redis::Client::build_with_tls(
                address.nodes.reveal().concat(),
                certificates(ca),
            )?),
            (false, false) => Kind::Single(redis::Client::open(address.nodes.reveal().concat())?),
        };
        Ok(Self(Arc::new(Inner {
            kind,
            shared: OnceCell::new(),
        })))
    }

    /// Redis at `url`.
    pub fn at(url: &str) -> Result<Self, LiveError> {
        Self::new(&RedisSettings {
            url: url.into(),
            ca_file: None,
        })
    }

    /// The connection for commands that answer at once.
    pub async fn shared(&self) -> Result<Connection, LiveError> {
        let connection = self.0.shared.get_or_try_init(|| async {
            Ok::<_, LiveError>(match &self.0.kind {
                Kind::Single(client) => {
                    let config = ConnectionManagerConfig::new()
                        .set_response_timeout(Some(RESPONSE_TIMEOUT))
                        .set_connection_timeout(Some(CONNECT_TIMEOUT))
                        .set_number_of_retries(1);
                    Connection::Single(ConnectionManager::new_lazy_with_config(
                        client.clone(),
                        config,
                    )?)
                }
                Kind::Cluster(nodes) => {
                    Connection::Cluster(cluster(nodes, RESPONSE_TIMEOUT).await?)
                }
            })
        });
        Ok(connection.await?.clone())
    }

    /// A new connection for one blocking reader.
    pub async fn blocking(&self) -> Result<Connection, LiveError> {
        Ok(match &self.0.kind {
            Kind::Single(client) => {
                let config = redis::AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(CONNECT_TIMEOUT))
                    .set_response_timeout(None);
                Connection::Blocking(
                    client
                        .get_multiplexed_async_connection_with_config(&config)
                        .await?,
                )
            }
            Kind::Cluster(nodes) => Connection::Cluster(cluster(nodes, BLOCKING_TIMEOUT).await?),
        })
    }

    /// The servers that hold keys, each with the first hash slot it owns.
    pub async fn masters(&self) -> Result<Vec<Master>, LiveError> {
        let mut connection = self.shared().await?;
        if !matches!(connection, Connection::Cluster(_)) {
            return Ok(vec![Master {
                address: None,
                slots: vec![(0, SLOTS - 1)],
            }]);
        }
        let ranges: Vec<Value> = redis::cmd("CLUSTER")
            .arg("SLOTS")
            .query_async(&mut connection)
            .await?;
        let mut masters: BTreeMap<(String, u16), Vec<(u16, u16)>> = BTreeMap::new();
        for range in ranges {
            let parts = Vec::<Value>::from_redis_value(range).map_err(RedisError::from)?;
            let [start, end, node, ..] = &parts[..] else {
                continue;
            };
            let node = Vec::<Value>::from_redis_value(node.clone()).map_err(RedisError::from)?;
            let [host, port, ..] = &node[..] else {
                continue;
            };
            let address = (parse(host)?, parse(port)?);
            masters
                .entry(address)
                .or_default()
                .push((parse(start)?, parse(end)?));
        }
        let masters = masters.into_iter();
        Ok(masters
            .map(|(address, slots)| Master {
                address: Some(address),
                slots,
            })
            .collect())
    }

    /// Runs one command on the server `master`.
    pub async fn on(&self, master: &Master, cmd: Cmd) -> Result<Value, LiveError> {
        let mut connection = self.shared().await?;
        match (&mut connection, &master.address) {
            (Connection::Cluster(cluster), Some((host, port))) => {
                let node = SingleNodeRoutingInfo::ByAddress {
                    host: host.clone(),
                    port: *port,
                };
                Ok(cluster
                    .route_command(cmd, RoutingInfo::SingleNode(node))
                    .await?)
            }
            _ => Ok(cmd.query_async(&mut connection).await?),
        }
    }

    /// Runs one command on the server to which this client sends keys of a hash slot now. That may be one that is no
    /// longer their owner, and does not know it yet.
    async fn where_keys_go(&self, slot: u16, cmd: Cmd) -> Result<Value, LiveError> {
        let mut connection = self.shared().await?;
        match &mut connection {
            Connection::Cluster(cluster) => {
                let owner = Route::new(slot, SlotAddr::Master);
                let node = SingleNodeRoutingInfo::SpecificNode(owner);
                Ok(cluster
                    .route_command(cmd, RoutingInfo::SingleNode(node))
                    .await?)
            }
            _ => Ok(cmd.query_async(&mut connection).await?),
        }
    }

    /// Names the present state of every server: run id, replication id, and a random number kept
    /// on it, which `create` makes where it is missing. A flush changes the number, a restart or
    /// an old snapshot the run id, a fail-over all of them. A master that hung while its replica took over takes writes
    /// for a moment that are lost: what is named are the servers that take this client's writes.
    pub async fn generations(&self, create: Option<u64>) -> Result<String, LiveError> {
        let masters = self.masters().await?;
        let all = try_join_all(masters.iter().map(|m| self.generation(m, create))).await?;
        Ok(all.join(","))
    }

    async fn generation(&self, master: &Master, create: Option<u64>) -> Result<String, LiveError> {
        let text = |value: Value| {
            String::from_redis_value(value).map_err(|e| LiveError::from(RedisError::from(e)))
        };
        let key = master.generation_key();
        let info = self.where_keys_go(slot(key.as_bytes()), redis::cmd("INFO"));
        let info = text(info.await?)?;
        let field = |name: &str| {
            info.lines()
                .find_map(|l| l.strip_prefix(name)?.strip_prefix(':'))
                .unwrap_or("?")
        };
        let policy = field("maxmemory_policy");
        if !matches!(policy, "noeviction" | "?") {
            return Err(LiveError::Evicts(policy.to_owned()));
        }
        let mut connection = self.shared().await?;
        if let Some(random) = create {
            let mut set = redis::cmd("SET");
            set.arg(&key).arg(format!("{random:016x}")).arg("NX");
            set.query_async::<Value>(&mut connection).await?;
        }
        let kept: Option<String> = redis::cmd("GET")
            .arg(&key)
            .query_async(&mut connection)
            .await?;
        Ok(format!(
            "{}/{}/{}",
            field("run_id"),
            field("master_replid"),
            kept.unwrap_or_default()
        ))
    }

    /// How much of its memory the fullest server has taken, in hundredths: of its limit, or, where it has none, of its
    /// machine's.
    pub async fn memory_taken(&self) -> Result<u64, LiveError> {
        let mut fullest = 0;
        for master in self.masters().await? {
            let info = self.on(&master, info_cmd("memory")).await?;
            let info = String::from_redis_value(info).map_err(RedisError::from)?;
            let number = |name: &str| {
                let line = info.lines().find_map(|l| l.strip_prefix(name));
                line.and_then(|text| text.trim().parse::<u64>().ok())
            };
            let limit = number("maxmemory:").filter(|limit| *limit > 0);
            let limit = limit.or_else(|| number("total_system_memory:"));
            if let (Some(used), Some(limit)) = (number("used_memory:"), limit) {
                fullest = fullest.max(used.saturating_mul(100) / limit.max(1));
            }
        }
        Ok(fullest)
    }

    /// Fails if a server may evict keys: counts would be lost silently.
    pub async fn require_noeviction(&self) -> Result<(), LiveError> {
        for master in self.masters().await? {
            let info = self.on(&master, info_cmd("memory")).await?;
            let info = String::from_redis_value(info).map_err(RedisError::from)?;
            let policy = info
                .lines()
                .find_map(|l| l.strip_prefix("maxmemory_policy:"))
                .unwrap_or("noeviction");
            if policy != "noeviction" {
                return Err(LiveError::Evicts(policy.to_owned()));
            }
        }
        Ok(())
    }
}

/// One server that holds keys.
pub struct Master {
    address: Option<(String, u16)>,
    slots: Vec<(u16, u16)>,
}

impl Master {
    /// A key that lies on this server.
    fn generation_key(&self) -> String {
        let here = |key: &String| {
            let slot = slot(key.as_bytes());
            self.slots
                .iter()
                .any(|(from, to)| (*from..=*to).contains(&slot))
        };
        let mut keys = (0..u32::MAX).map(redis_keys::generation);
        keys.find(here).unwrap_or_default()
    }
}

/// Hash slot of a key without hash tags: CRC-16/XMODEM modulo 16,384 (Redis Cluster specification).
fn slot(key: &[u8]) -> u16 {
    let mut crc = 0u16;
    for byte in key {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            };
        }
    }
    crc % SLOTS
}

fn info_cmd(section: &str) -> Cmd {
    let mut cmd = redis::cmd("INFO");
    cmd.arg(section);
    cmd
}

fn parse<T: FromRedisValue>(value: &Value) -> RedisResult<T> {
    T::from_redis_value(value.clone()).map_err(RedisError::from)
}

fn certificates(ca: Option<Vec<u8>>) -> TlsCertificates {
    TlsCertificates {
        client_tls: None,
        root_cert: ca,
    }
}

async fn cluster(cluster: &Cluster, timeout: Duration) -> Result<ClusterConnection, LiveError> {
    let mut builder = ClusterClient::builder(cluster.nodes.clone())
        .connection_timeout(CONNECT_TIMEOUT)
        .response_timeout(timeout)
        .retries(3);
    if cluster.ca.is_some() {
        builder = builder.certs(certificates(cluster.ca.clone()));
    }
    Ok(builder.build()?.get_async_connection().await?)
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(c) => c.req_packed_command(cmd),
            Self::Blocking(c) => c.req_packed_command(cmd),
            Self::Cluster(c) => c.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a redis::Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(c) => c.req_packed_commands(pipeline, offset, count),
            Self::Blocking(c) => c.req_packed_commands(pipeline, offset, count),
            Self::Cluster(c) => c.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(c) => c.get_db(),
            Self::Blocking(c) => c.get_db(),
            Self::Cluster(c) => c.get_db(),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn slots_are_those_of_the_specification() {
        // "123456789" is the check value of CRC-16/XMODEM, 0x31C3.
        assert_eq!(super::slot(b"123456789"), 0x31C3);
    }
}
