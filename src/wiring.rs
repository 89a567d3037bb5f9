//! Which implementation stands behind which trait. Nothing else chooses.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use audit::AuditDeps;
use batch_layer::{Accounts, DoorRules, Limits, Local, RollupDeps};
use catalog::Catalog;
use enrich::Rules;
use handover::{manifests::Manifests, overview::Overview};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use model::{
    SystemClock,
    random::{Randomness, SystemRandom},
};
use storage::{
    bell::Bell,
    cells::{LiveCells, MemoryCells, RedisCells},
    counted::Counted,
    env::Env,
    error::LiveError,
    leases::{AllGranted, Leases, RedisLeases},
    redis_address::RedisSettings,
    redis_client::RedisClient,
    reservations::{MemoryReservations, RedisReservations, Reservations},
    store,
    stream::{EventStream, MemoryStream, RedisStream},
};
use web::Health;

use crate::{
    accounts::OfCatalog, auditing::Auditing, batch_runtime::BatchRuntime, config::Settings, proving,
};

/// How long a collector's start waits for the object store.
pub const STORE_LIMIT: Duration = Duration::from_secs(10);

/// What all roles of this process share.
pub struct Parts {
    pub settings: Settings,
    /// Object store, time, randomness.
    pub env: Env,
    pub stream: Arc<dyn EventStream>,
    pub cells: Arc<dyn LiveCells>,
    pub reservations: Arc<dyn Reservations>,
    pub leases: Arc<dyn Leases>,
    pub catalog: Catalog,
    /// Manifests and logs, looked at for all roles together.
    pub overview: Overview,
    pub rules: Arc<Rules>,
    pub health: Health,
    pub metrics: PrometheusHandle,
}

/// The store and what else needs no other server.
pub struct Base {
    pub env: Env,
    /// What batch work may take.
    pub limits: Limits,
}

impl Base {
    /// Opens the store.
    pub fn open(settings: &Settings) -> anyhow::Result<Self> {
        let counted = Counted::new(store::open(&settings.store_url)?);
        let random = Arc::new(SystemRandom);
        let (store, bell) = Bell::over(counted, random.clone());
        let env = Env {
            store,
            bell,
            clock: Arc::new(SystemClock),
            random,
        };
        let limits = settings.batch.clone();
        Ok(Self { env, limits })
    }

    /// The batch layer on this store, for questions.
    pub fn batch(&self, rules: Arc<Rules>) -> anyhow::Result<BatchRuntime> {
        self.batch_with(rules, None, None)
    }

    /// The same for runs. They take out what accounts keep no longer than the catalog says; a full run that begins applies what
    /// doors decide by to all that they have taken.
    pub fn batch_with(
        &self,
        rules: Arc<Rules>,
        catalog: Option<Catalog>,
        door_rules: Option<DoorRules>,
    ) -> anyhow::Result<BatchRuntime> {
        BatchRuntime::new(RollupDeps {
            door_rules,
            accounts: catalog.map(|catalog| Arc::new(OfCatalog(catalog)) as Arc<dyn Accounts>),
            env: self.env.clone(),
            manifests: Manifests::new(Arc::clone(&self.env.store)),
            rules,
            engine: Arc::new(Local),
            limits: self.limits.clone(),
        })
    }

    /// Loads the catalog; for a collector, from its own copy if the store does not answer.
    pub async fn catalog_or_copy(&self, copy: &Path) -> anyhow::Result<Catalog> {
        if !copy.exists() {
            return self.catalog().await;
        }
        let loaded = tokio::time::timeout(STORE_LIMIT, self.catalog()).await;
        let error = match loaded {
            Ok(Ok(catalog)) => return Ok(catalog),
            Ok(Err(error)) => error,
            Err(_) => anyhow::anyhow!("the object store does not answer"),
        };
        match Catalog::open_copy(self.env.clone(), copy).await {
            Ok(catalog) => {
                tracing::warn!(%error, "starting with the copy of the links beside the log");
                Ok(catalog)
            }
            Err(_) => Err(error),
        }
    }

    /// Loads the catalog.
    pub async fn catalog(&self) -> anyhow::Result<Catalog> {
        let catalog = Catalog::open(self.env.clone());
        catalog.await.context("the catalog cannot be loaded")
    }
}

fn random_number() -> u64 {
    let mut bytes = [0; 8];
    SystemRandom.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

impl Parts {
    /// Opens everything that `settings` name. Redis may be down: it is asked when needed.
    pub async fn open(settings: Settings, collects: bool) -> anyhow::Result<Self> {
        let base = Base::open(&settings)?;
        let copy = settings.catalog_copy();
        let catalog = async {
            match collects {
                true => base.catalog_or_copy(&copy).await,
                false => base.catalog().await,
            }
        };
        let proved = proving::at_start(&settings.store_url, &base.env);
        let (catalog, proof) = tokio::try_join!(catalog, proved)?;
        let live = live(settings.redis.as_ref()).await?;
        let metrics = PrometheusBuilder::new()
            .install_recorder()
            .context("metrics cannot be set up")?;
        let health = Health::default();
        let url = settings.store_url.clone();
        proving::watch(proof, url, base.env.clone(), health.clone());
        Ok(Self {
            stream: live.stream,
            cells: live.cells,
            reservations: live.reservations,
            leases: live.leases,
            catalog,
            rules: Arc::new(Rules::new()?),
            health,
            metrics,
            overview: Overview::new(Arc::clone(&base.env.store), base.env.bell.clone()),
            env: base.env,
            settings,
        })
    }

    /// Audits of this installation.
    pub fn auditing(&self, batch: &BatchRuntime) -> Auditing {
        let deps = AuditDeps {
            store: Arc::clone(&self.env.store),
            manifests: Manifests::new(Arc::clone(&self.env.store)),
            catalog: self.catalog.clone(),
            cells: Some(Arc::clone(&self.cells)),
            clock: Arc::clone(&self.env.clock),
        };
        Auditing::new(deps, self.env.clone(), batch.clone())
    }
}

/// What roles meet in.
pub struct Live {
    pub stream: Arc<dyn EventStream>,
    pub cells: Arc<dyn LiveCells>,
    pub reservations: Arc<dyn Reservations>,
    pub leases: Arc<dyn Leases>,
}

/// In Redis, or in this process.
pub async fn live(redis: Option<&RedisSettings>) -> anyhow::Result<Live> {
    let Some(redis) = redis else {
        return Ok(Live {
            stream: Arc::new(MemoryStream::default()),
            cells: Arc::new(MemoryCells::default()),
            reservations: Arc::new(MemoryReservations::default()),
            leases: Arc::new(AllGranted),
        });
    };
    let client = RedisClient::new(redis)?;
    match client.require_noeviction().await {
        Ok(()) => {}
        // A wrong setting is no outage.
        Err(error @ (LiveError::Evicts(_) | LiveError::Refused(_) | LiveError::Address(_))) => {
            return Err(error.into());
        }
        Err(error) => tracing::warn!(%error, "Redis does not answer yet; going on without it"),
    }
    Ok(Live {
        stream: Arc::new(RedisStream::new(client.clone())),
        cells: Arc::new(RedisCells::new(client.clone(), random_number)),
        leases: Arc::new(RedisLeases::new(client.clone())),
        reservations: Arc::new(RedisReservations::new(client, random_number)),
    })
}
