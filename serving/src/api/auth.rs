//! Who calls, and what they may do.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use catalog::{ApiKey, By, Scope, Share};
use http::request::Parts;
use model::EntityId;
use web::{Problem, bearer};

use crate::{app::App, rooms::Side};

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
        match self.key.scopes.iter().any(|have| have.includes(scope)) {
            true => Ok(()),
            false => Err(Problem::forbidden(format!(
                "this key lacks the scope `{}`",
                scope.name()
            ))),
        }
    }

    /// Who is written down as having changed what they change.
    pub(crate) fn by(&self) -> By {
        By::Key {
            id: self.key.id.clone(),
            name: self.key.name.clone(),
        }
    }
}

/// Somebody who may see numbers: with a key that may read, or with a share, within its filters.
pub(crate) struct Viewer {
    /// The account whose numbers they are.
    pub account: EntityId,
    with: Token,
}

enum Token {
    Key(Arc<ApiKey>),
    Share(Arc<Share>),
}

impl Viewer {
    /// The share by which they see, if it is one.
    pub(crate) fn share(&self) -> Option<&Share> {
        match &self.with {
            Token::Key(_) => None,
            Token::Share(share) => Some(share),
        }
    }

    /// Whose room and rate they use.
    pub(crate) fn side(&self) -> Side {
        Side {
            account: self.account,
            is_share: self.share().is_some(),
        }
    }

    /// Whether what was sent then still opens this.
    pub(crate) fn is_still_allowed(&self, app: &App) -> bool {
        let now_ms = app.env.clock.now_ms();
        app.catalog.read(|state| {
            let is_allowed = match &self.with {
                Token::Key(key) => state
                    .key_by_id(&key.id)
                    .is_some_and(|key| key.allows(Scope::Read, now_ms)),
                Token::Share(share) => state
                    .share(share.account, &share.id)
                    .is_some_and(|now| now.is_valid(now_ms) && now.hash == share.hash),
            };
            is_allowed && !state.is_suspended(self.account)
        })
    }
}

impl From<&Caller> for Viewer {
    fn from(caller: &Caller) -> Self {
        Self {
            account: caller.account,
            with: Token::Key(Arc::clone(&caller.key)),
        }
    }
}

/// Refuses accounts that may do nothing now.
fn refuse_suspended(app: &App, account: EntityId) -> Result<(), Problem> {
    let account = app.catalog.account(account);
    match account.and_then(|account| account.suspended.clone()) {
        Some(suspended) => Err(Problem::suspended(&suspended.reason)),
        None => Ok(()),
    }
}

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let share = bearer(&parts.headers).and_then(|token| app.catalog.share(token));
        let Some(share) = share else {
            let Reader(caller) = Reader::from_request_parts(parts, app).await?;
            return Ok(Self::from(&caller));
        };
        refuse_suspended(app, share.account)?;
        Ok(Self {
            account: share.account,
            with: Token::Share(share),
        })
    }
}

/// A caller who may read.
pub(crate) struct Reader(pub Caller);
/// A caller who may make objects.
pub(crate) struct Creator(pub Caller);
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
        let token = bearer(&parts.headers).unwrap_or_default();
        let Some(key) = app.catalog.key(token) else {
            return Err(match app.catalog.share(token) {
                Some(_) => {
                    Problem::forbidden("a share shows numbers and the objects that it names")
                }
                None => Problem::unauthorized(),
            });
        };
        refuse_suspended(app, key.account)?;
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
    Creator: Create,
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

impl Reach {
    /// Who is written down as having changed what they change.
    pub(crate) fn by(&self) -> By {
        match self {
            Self::Installation => By::Operator,
            Self::Account(caller) => caller.by(),
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
