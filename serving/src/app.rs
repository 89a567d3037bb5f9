//! The one state of the API: what every handler works with.

use std::sync::Arc;

use asking::Events;
use catalog::{Catalog, Link};
use enrich::Rules;
use handover::{
    directory::Directory, fences::Fences, forecasts, overview::Overview, salts::Secret,
};
use model::EntityId;
use storage::{cells::LiveCells, env::Env, ledger::Ledger, stream::EventStream};
use web::Problem;

use crate::{
    account_counts::AccountCounts,
    admin_token::AdminToken,
    api::{cancel::Questions, files::Lengths},
    controls::{AuditControl, JobControl, WebhookControl},
    deps::{ServingDeps, ServingSettings, Verifying},
    live::Feeds,
    rates::Rates,
    rooms::{Place, Rooms, Side},
    stats::{imported::ImportedTotals, live::Readings, settled::Settled},
};

/// See the module.
pub(crate) struct App {
    /// Accounts, keys and objects.
    pub catalog: Catalog,
    /// The token of whoever runs the installation.
    pub admin_token: AdminToken,
    /// Where visitors reach the collector, for the addresses of links; `/` at its end or not.
    pub public_url: String,
    /// How domains of accounts are verified.
    pub domain_verification: Verifying,
    /// What user agents, languages and referrers say.
    pub rules: Arc<Rules>,
    /// The scheduled jobs.
    pub jobs: Arc<dyn JobControl>,
    /// Audits of the installation.
    pub audits: Arc<dyn AuditControl>,
    /// What is sent to webhooks.
    pub webhooks: Arc<dyn WebhookControl>,
    /// The installation's secret, if it is known here.
    pub secret: Option<Secret>,
    /// Object store, time, randomness.
    pub env: Env,
    /// Live cells.
    pub cells: Arc<dyn LiveCells>,
    /// Events on their way to the object store.
    pub stream: Arc<dyn EventStream>,
    /// What batch has published, and all logs.
    pub overview: Overview,
    /// Whether accounts that share the installation may ask in SQL.
    pub sql_for_tenants: bool,
    /// The events themselves.
    pub events: Arc<dyn Events>,
    /// What was read of the settled views.
    pub settled: Settled,
    /// Runs of predictions.
    pub forecasts: Ledger,
    /// What was counted for audits of accounts.
    pub counts: AccountCounts,
    /// Who may do what is heavy.
    pub rooms: Rooms,
    /// How many requests accounts have sent.
    pub rates: Rates,
    /// What was read of fences.
    pub fences: Fences,
    /// What is followed.
    pub feeds: Feeds,
    /// Readings of live cells.
    pub readings: Readings,
    /// What other tools counted.
    pub imported: ImportedTotals,
    /// Questions in SQL that are being answered.
    pub asked: Questions,
    /// How long files of events are.
    pub lengths: Lengths,
}

impl App {
    /// The state of an API that works with `deps`.
    pub(crate) fn new(deps: ServingDeps, settings: ServingSettings) -> Self {
        Self {
            catalog: deps.catalog,
            admin_token: AdminToken::new(settings.admin_token.reveal()),
            public_url: settings.public_url,
            domain_verification: settings.domain_verification,
            rules: deps.rules,
            jobs: deps.jobs,
            audits: deps.audits,
            webhooks: deps.webhooks,
            secret: deps.secret,
            cells: deps.cells,
            stream: deps.stream,
            overview: deps.overview,
            sql_for_tenants: settings.sql_for_tenants,
            events: deps.events,
            settled: Settled::new(Arc::clone(&deps.env.store)),
            forecasts: Ledger::new(Arc::clone(&deps.env.store), forecasts::LEDGER),
            counts: AccountCounts::default(),
            rooms: Rooms::default(),
            rates: Rates::default(),
            feeds: Feeds::default(),
            fences: Fences::new(deps.env.bell.clone()),
            readings: Readings::default(),
            imported: ImportedTotals::default(),
            asked: Questions::default(),
            lengths: Lengths::default(),
            env: deps.env,
        }
    }

    /// The public address of `path`, which has no `/` at its start.
    pub(crate) fn public(&self, path: &str) -> String {
        format!("{}/{path}", self.public_url.trim_end_matches('/'))
    }

    /// The whole address of a link.
    pub(crate) fn address_of(&self, link: &Link) -> String {
        match link.domain() {
            // A domain of an account is reached as the installation is.
            Some(host) => match self.public_url.starts_with("https:") {
                true => format!("https://{host}/{}", link.slug),
                false => format!("http://{host}/{}", link.slug),
            },
            None => self.public(&link.slug),
        }
    }

    /// Takes note that `account` makes so many objects, unless that is more than it may in an hour.
    pub(crate) fn may_make(&self, account: EntityId, count: usize) -> Result<(), Problem> {
        let most = self.catalog.read(|state| {
            let quotas = || state.quotas(account);
            state.is_shared().then(|| quotas().new_an_hour)
        });
        match most {
            Some(most) => {
                let now_ms = self.env.clock.now_ms();
                self.rooms.made.take(account, count as u64, most, now_ms)
            }
            None => Ok(()),
        }
    }

    /// A turn for a question of an account or of its shares, waited for.
    pub(crate) async fn turn(&self, side: impl Into<Side>) -> Result<Place, Problem> {
        let side = side.into();
        let most = self.catalog.read(|state| state.quotas(side.account));
        self.rooms.questions.wait(side, most.questions).await
    }

    /// The logs that are known.
    pub(crate) fn directory(&self) -> Directory {
        self.overview.seen().directory
    }

    /// Looks for logs and a manifest if nobody has yet: without them every number is nought.
    pub(crate) async fn look_once(&self) -> Result<(), Problem> {
        self.overview.look_once().await?;
        Ok(())
    }

    /// Looks for new logs and a new manifest.
    pub(crate) async fn refresh(&self) -> Result<(), Problem> {
        self.overview.look().await?;
        Ok(())
    }
}
