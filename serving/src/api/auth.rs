//! Who calls, and what they may do.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use catalog::{ApiKey, Scope};
use http::request::Parts;
use model::EntityId;
use web::{Problem, bearer};

use crate::app::App;

/// Somebody with a valid API key.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Their account: all that they may see.
    pub account: EntityId,
    /// The key they sent.
    pub key: Arc<ApiKey>,
}

impl Caller {
    /// Refuses callers whose key lacks `scope`.
    pub(crate) fn require(&self, scope: Scope) -> Result<(), Problem> {
        match self.key.allows(scope) {
            true => Ok(()),
            false => Err(Problem::forbidden(format!(
                "this key lacks the scope `{}`",
                name(scope)
            ))),
        }
    }
}

impl Caller {
    /// Whether the key that was sent then still opens this.
    pub(crate) fn is_still_allowed(&self, app: &App, scope: Scope) -> bool {
        let key = app
            .catalog
            .read(|state| state.key_by_id(&self.key.id).cloned());
        key.is_some_and(|key| key.allows(scope))
    }
}

/// A caller who may read.
pub(crate) struct Reader(pub Caller);
/// A caller who may change objects.
pub(crate) struct Writer(pub Caller);
/// A caller who may manage keys and the account.
pub(crate) struct Manager(pub Caller);
/// Whoever runs the installation.
pub(crate) struct Operator;
/// The [`Operator`], or the [`Manager`] of the only account that there is.
pub(crate) struct JobsAdmin;
/// How far somebody may see.
pub(crate) enum Reach {
    /// The [`Operator`]: everything.
    Installation,
    /// A [`Reader`]: their account.
    Account(Caller),
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let key = bearer(&parts.headers).and_then(|secret| app.catalog.key(secret));
        let key = key.ok_or_else(Problem::unauthorized)?;
        let account = key.account;
        Ok(Self { account, key })
    }
}

macro_rules! callers_with {
    ($($caller:ident: $scope:ident,)*) => {$(
        impl FromRequestParts<Arc<App>> for $caller {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
                let caller = Caller::from_request_parts(parts, app).await?;
                caller.require(Scope::$scope)?;
                Ok(Self(caller))
            }
        }
    )*};
}
callers_with! {
    Reader: Read,
    Writer: Write,
    Manager: Admin,
}

/// Whether the admin token was sent.
fn is_operator(parts: &Parts, app: &App) -> bool {
    bearer(&parts.headers).is_some_and(|token| app.admin_token.matches(token))
}

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        if is_operator(parts, app) {
            return Ok(Self);
        }
        Caller::from_request_parts(parts, app).await?;
        let detail = "an API key cannot do this; send the installation's admin token";
        Err(Problem::forbidden(detail))
    }
}

impl FromRequestParts<Arc<App>> for JobsAdmin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        if is_operator(parts, app) {
            return Ok(Self);
        }
        Manager::from_request_parts(parts, app).await?;
        // What all share is not for one of several tenants to start, or to read.
        match app.catalog.read(|state| state.accounts(None, 2).len()) {
            0 | 1 => Ok(Self),
            _ => Err(Problem::forbidden(
                "jobs work for all accounts of this installation; send its admin token",
            )),
        }
    }
}

impl FromRequestParts<Arc<App>> for Reach {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        if is_operator(parts, app) {
            return Ok(Self::Installation);
        }
        let Reader(caller) = Reader::from_request_parts(parts, app).await?;
        Ok(Self::Account(caller))
    }
}

/// The name of a scope as the API has it.
fn name(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read",
        Scope::Write => "write",
        Scope::Admin => "admin",
    }
}
