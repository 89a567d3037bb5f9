//! Starts the roles of this process, and ends them in order: doors first, then what carries
//! events on, then what shows them.

use std::{future::Future, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use asking::Events;
use async_trait::async_trait;
use clap::ValueEnum;
use enrich::{Geo, OwnLists};
use handover::installation;
use ingest::{ClickCounts, CollectorDeps, CollectorSettings};
use jobs::JobClient;
use model::{
    EntityId,
    random::{new_nonce, new_secret},
};
use serving::{
    ClickTotals, DomainVerification, ServingDeps, ServingSettings, Verifying, WebhookControl,
};
use speed_layer::{SpeedDeps, SpeedSettings};
use storage::{error::Kind, ledger::LedgerError};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use web::{ServerSettings, operate_routes};

use crate::{
    asking::Asking,
    auditing::{self, Auditing},
    config::{Settings, VerifiedBy},
    job_health,
    lists::ListsFile,
    own_threads::OwnThreads,
    places::Places,
    refused, rollup_lag, salting,
    scheduling::Jobs,
    telling::{self, Telling},
    wiring::{Base, Parts},
};

/// Threads that answer the API: more than questions of one account are answered at once, so that the system
/// shares the cores among accounts, however long one's questions take.
const API_THREADS: usize = 8;
/// How long one role may take to end.
const END_LIMIT: Duration = Duration::from_secs(90);

/// What a process may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Takes events.
    Collector,
    /// Keeps live numbers.
    Speed,
    /// Rolls up sealed epochs when asked or scheduled; the same as jobs.
    Batch,
    /// Runs scheduled jobs.
    Jobs,
    /// Answers the API and shows the dashboard.
    Serve,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 5] = [
        Role::Collector,
        Role::Speed,
        Role::Batch,
        Role::Jobs,
        Role::Serve,
    ];
}

/// The roles that run in this process.
pub struct Running {
    pub parts: Arc<Parts>,
    /// Each with its own end, in the order in which they end.
    roles: Vec<(
        &'static str,
        CancellationToken,
        JoinHandle<anyhow::Result<()>>,
    )>,
    /// Those of the API, and of webhooks.
    threads: Vec<OwnThreads>,
}

/// Starts `roles`.
pub async fn start(settings: Settings, roles: &[Role]) -> anyhow::Result<Running> {
    let has = |role| roles.contains(&role);
    if settings.redis.is_none() && !(has(Role::Collector) && has(Role::Speed) && has(Role::Serve)) {
        bail!(
            "roles in separate processes meet in Redis: set --redis-url (MILLRACE_REDIS_URL), or run `millrace up`"
        );
    }
    settings.close_data_dir()?;
    let parts = Arc::new(Parts::open(settings, has(Role::Collector)).await?);
    let base = Base {
        env: parts.env.clone(),
        limits: parts.settings.batch.clone(),
    };
    let catalog = Some(parts.catalog.clone());
    let batch = base.batch_with(Arc::clone(&parts.rules), catalog, None)?;
    let jobs = Jobs::new(&parts, &batch)?;
    let client = Arc::new(jobs.client());
    let watched = jobs.client();
    let mut running = Running {
        parts: Arc::clone(&parts),
        roles: Vec::new(),
        threads: Vec::new(),
    };
    if has(Role::Collector) {
        let listener = bind(parts.settings.collect_addr, "collector").await?;
        let places = Places::open(&parts.settings, parts.health.clone()).await;
        let lists = ListsFile::open(&parts.settings, parts.health.clone()).await;
        let collector = collector(&parts, places.geo(), lists.lists()).await?;
        running.add("collector", collector, listener)?;
        let stop = CancellationToken::new();
        let work = places.follow(stop.clone());
        running.spawn("geo databases", stop, async move {
            work.await;
            Ok(())
        });
        let stop = CancellationToken::new();
        let work = lists.follow(stop.clone());
        running.spawn("own lists", stop, async move {
            work.await;
            Ok(())
        });
    }
    if has(Role::Jobs) || has(Role::Batch) {
        let stop = CancellationToken::new();
        let work = jobs.scheduler(stop.clone());
        running.spawn("jobs", stop, async move {
            work.await;
            Ok(())
        });
    }
    if has(Role::Jobs) || has(Role::Batch) {
        let stop = CancellationToken::new();
        let work = salting::destroy(parts.env.clone(), parts.health.clone(), stop.clone());
        running.spawn("salts", stop, async move {
            work.await;
            Ok(())
        });
        let stop = CancellationToken::new();
        let work = refused::tidy(parts.env.clone(), stop.clone());
        running.spawn("refused events", stop, async move {
            work.await;
            Ok(())
        });
    }
    if has(Role::Jobs) || has(Role::Batch) {
        let stop = CancellationToken::new();
        let work = deliveries::run(telling::deps(&parts)?, stop.clone());
        // Reading what others did must not hold up a redirect.
        let threads = OwnThreads::new("webhooks", telling::THREADS)?;
        let work = threads.spawn(async move {
            work.await;
            Ok(())
        });
        let work = work.context("the threads of webhooks have ended")?;
        running.roles.push(("webhooks", stop, work));
        running.threads.push(threads);
    }
    if has(Role::Jobs) || has(Role::Batch) || has(Role::Serve) {
        let stop = CancellationToken::new();
        let work = auditing::alarm(parts.env.clone(), parts.health.clone(), stop.clone());
        running.spawn("alarm", stop, async move {
            work.await;
            Ok(())
        });
        let stop = CancellationToken::new();
        let (overview, env) = (parts.overview.clone(), parts.env.clone());
        let work = rollup_lag::watch(overview, env, parts.health.clone(), stop.clone());
        running.spawn("lag of the rollup", stop, async move {
            work.await;
            Ok(())
        });
        let stop = CancellationToken::new();
        let bell = parts.env.bell.clone();
        let work = job_health::watch(watched, bell, parts.health.clone(), stop.clone());
        running.spawn("health of jobs", stop, async move {
            work.await;
            Ok(())
        });
    }
    if has(Role::Speed) {
        let stop = CancellationToken::new();
        let work = speed_layer::run(speed(&parts), SpeedSettings::default(), stop.clone());
        running.spawn("speed", stop, async move {
            work.await;
            Ok(())
        });
    }
    if has(Role::Serve) {
        let listener = bind(parts.settings.api_addr, "API").await?;
        let stop = CancellationToken::new();
        let work = serving::run(
            serving_deps(
                &parts,
                client,
                parts.auditing(&batch),
                Arc::new(Asking::new(&parts, &batch)?),
                Arc::new(Telling::new(&parts)?),
            )?,
            serving_settings(&parts)?,
            listener,
            stop.clone(),
        );
        // A question may be work: it must not hold up a redirect.
        let threads = OwnThreads::new("api", API_THREADS)?;
        let work = threads.spawn(async move {
            work.await;
            Ok(())
        });
        let work = work.context("the threads of the API have ended")?;
        running.roles.push(("serve", stop, work));
        running.threads.push(threads);
    }
    running.operate().await?;
    running.keep_bell();
    Ok(running)
}

async fn bind(address: std::net::SocketAddr, what: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| {
        format!("the {what} cannot listen on {address}; is something else running there?")
    })
}

/// A collector starts without the store, too.
fn no_store(error: LedgerError) -> Result<(), LedgerError> {
    match error.kind() {
        Kind::Unavailable | Kind::Conflict => Ok(()),
        Kind::Damaged | Kind::Bug => Err(error),
    }
}

fn remove_if_there(file: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be deleted", file.display()))
        }
        _ => Ok(()),
    }
}

async fn collector(
    parts: &Parts,
    geo: Geo,
    lists: OwnLists,
) -> anyhow::Result<(CollectorDeps, CollectorSettings)> {
    let folder = &parts.settings.data_dir;
    installation::begin(&parts.env).await.or_else(no_store)?;
    let secret = parts.settings.secret(|| new_secret(&*parts.env.random))?;
    let copy = folder.join("salts.copy");
    let (salts, salt_follower) = salting::open(parts.env.clone(), secret, &copy).await?;
    // From before each date had a salt of its own.
    remove_if_there(&folder.join("visitor-key"))?;
    let deps = CollectorDeps {
        env: parts.env.clone(),
        stream: Arc::clone(&parts.stream),
        cells: Arc::clone(&parts.cells),
        reservations: Arc::clone(&parts.reservations),
        catalog: parts.catalog.clone(),
        rules: Arc::clone(&parts.rules),
        click_counts: Arc::new(LinkClicks::of(parts)),
        geo,
        lists,
        salts,
        salt_follower,
        health: parts.health.clone(),
    };
    let settings = CollectorSettings {
        folder: folder.join("log"),
        catalog_copy: parts.settings.catalog_copy(),
        log: parts.settings.log.clone(),
        trusted_proxies: parts.settings.trusted_proxies.clone(),
        host: parts.settings.public_host.clone(),
        public_url: parts.settings.public_url.clone(),
        patience: parts.settings.redirect_patience,
        most_unknown_slugs: parts.settings.most_unknown_slugs,
        server: ServerSettings::default(),
    };
    Ok((deps, settings))
}

/// What the API knows of the clicks of links, for collectors.
struct LinkClicks(ClickTotals);

impl LinkClicks {
    fn of(parts: &Parts) -> Self {
        let (env, cells) = (parts.env.clone(), Arc::clone(&parts.cells));
        Self(ClickTotals::new(env, cells, parts.overview.clone()))
    }
}

#[async_trait]
impl ClickCounts for LinkClicks {
    async fn clicks(&self, link: EntityId) -> Option<i64> {
        let clicks = self.0.of(link).await;
        clicks
            .inspect_err(|error| tracing::warn!(%error, "the clicks of a link are not known now"))
            .ok()
    }
}

fn speed(parts: &Parts) -> SpeedDeps {
    SpeedDeps {
        store: Arc::clone(&parts.env.store),
        bell: parts.env.bell.clone(),
        stream: Arc::clone(&parts.stream),
        cells: Arc::clone(&parts.cells),
        leases: Arc::clone(&parts.leases),
        worker: new_nonce(&*parts.env.random) as u64,
        overview: parts.overview.clone(),
        rules: Arc::clone(&parts.rules),
        clock: Arc::clone(&parts.env.clock),
        health: parts.health.clone(),
    }
}

fn serving_deps(
    parts: &Parts,
    jobs: Arc<JobClient>,
    auditing: Auditing,
    events: Arc<dyn Events>,
    webhooks: Arc<dyn WebhookControl>,
) -> anyhow::Result<ServingDeps> {
    Ok(ServingDeps {
        secret: parts.settings.known_secret()?,
        webhooks,
        events,
        rules: Arc::clone(&parts.rules),
        env: parts.env.clone(),
        stream: Arc::clone(&parts.stream),
        cells: Arc::clone(&parts.cells),
        catalog: parts.catalog.clone(),
        overview: parts.overview.clone(),
        jobs,
        audits: Arc::new(auditing),
        health: parts.health.clone(),
    })
}

fn serving_settings(parts: &Parts) -> anyhow::Result<ServingSettings> {
    Ok(ServingSettings {
        admin_token: parts
            .settings
            .admin_token(|| new_secret(&*parts.env.random))?,
        public_url: parts.settings.public_url.clone(),
        sql_for_tenants: parts.settings.sql_for_tenants,
        domain_verification: Verifying {
            by: match parts.settings.domain_verification {
                VerifiedBy::Operator => DomainVerification::Operator,
                VerifiedBy::Dns => DomainVerification::Dns,
                VerifiedBy::None => DomainVerification::None,
            },
            server: parts.settings.dns_server,
        },
        server: ServerSettings::default(),
    })
}

impl Running {
    fn add(
        &mut self,
        name: &'static str,
        (deps, settings): (CollectorDeps, CollectorSettings),
        listener: TcpListener,
    ) -> anyhow::Result<()> {
        let stop = CancellationToken::new();
        let work = ingest::run(deps, settings, listener, stop.clone());
        self.spawn(name, stop, async move { Ok(work.await?) });
        Ok(())
    }

    /// Health in detail and metrics, for whoever runs the process. Where no address is set and the default
    /// one is taken, it works all the same: several processes may share a machine.
    async fn operate(&mut self) -> anyhow::Result<()> {
        let settings = &self.parts.settings;
        let bound = bind(settings.operator_addr, "address of the operator").await;
        let listener = match bound {
            Ok(listener) => listener,
            Err(error) if settings.operator_addr_is_set => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "no health in detail and no metrics; set --operator-addr");
                return Ok(());
            }
        };
        let routes = operate_routes(self.parts.health.clone(), self.parts.metrics.clone());
        let stop = CancellationToken::new();
        let work = web::serve(listener, routes, ServerSettings::default(), stop.clone());
        self.spawn("operate", stop, async move {
            work.await;
            Ok(())
        });
        Ok(())
    }

    /// Rings for what the roles write, to the last, and hears what others do.
    fn keep_bell(&mut self) {
        let (bell, stop) = (self.parts.env.bell.clone(), CancellationToken::new());
        let stopped = stop.clone();
        self.spawn("bell", stop, async move {
            let kept = stopped.run_until_cancelled(bell.keep());
            kept.await.unwrap_or(());
            bell.end().await;
            Ok(())
        });
    }

    fn spawn(
        &mut self,
        name: &'static str,
        stop: CancellationToken,
        work: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        self.roles.push((name, stop, tokio::spawn(work)));
    }

    /// Waits until a role ends by itself, which none should, or the process is told to end.
    pub async fn until_told(&mut self) -> anyhow::Result<()> {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        let roles = self
            .roles
            .iter_mut()
            .map(|(name, _, work)| Box::pin(async move { (*name, work.await) }));
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            _ = tokio::signal::ctrl_c() => Ok(()),
            ((name, ended), place, _) = futures::future::select_all(roles) => {
                self.roles.remove(place);
                match ended {
                    Ok(Ok(())) => bail!("the role {name} ended by itself"),
                    Ok(Err(error)) => Err(error),
                    Err(panic) => Err(panic).with_context(|| format!("the role {name} panicked")),
                }
            }
        }
    }

    /// Ends the roles, one after the other.
    pub async fn end(self) -> anyhow::Result<()> {
        let mut first_error = Ok(());
        for (name, stop, work) in self.roles {
            stop.cancel();
            let ended = match tokio::time::timeout(END_LIMIT, work).await {
                Ok(Ok(result)) => result,
                Ok(Err(panic)) => Err(panic).with_context(|| format!("the role {name} panicked")),
                Err(_) => Err(anyhow::anyhow!("the role {name} did not end in time")),
            };
            if first_error.is_ok() {
                first_error = ended;
            }
        }
        first_error
    }
}
