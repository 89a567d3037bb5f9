//! `millrace key create`.

use std::process::ExitCode;

use anyhow::{Context, bail};
use catalog::{Account, AccountSettings, ApiKey, Change, Scope};
use clap::Subcommand;
use model::{
    EntityId, EntityKind,
    random::{hash_secret, new_id, new_key_id, new_secret},
};
use serde_json::json;

use crate::{config::Settings, wiring::Base};

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make an API key, for an account that exists or a new one. The key is shown once.
    #[command(after_help = "Example:\n  millrace key create --name \"my site\"")]
    Create {
        /// Account the key is for, such as acc_…; without it a new account is made.
        #[arg(long)]
        account: Option<EntityId>,
        /// Name of the new account and of the key.
        #[arg(long, default_value = "default")]
        name: String,
        /// What the key may do.
        #[arg(long, value_delimiter = ',', default_values_t = ["read".to_owned(), "write".to_owned(), "admin".to_owned()])]
        scopes: Vec<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Key {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let Key::Create {
            account,
            name,
            scopes,
            json,
        } = self;
        let base = Base::open(&settings)?;
        let (account, secret) = create(&base, account, &name, &parse_scopes(&scopes)?).await?;
        match json {
            true => println!("{}", json!({"account": account, "api_key": secret})),
            false => println!("account {account}\nkey     {secret}"),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn parse_scopes(names: &[String]) -> anyhow::Result<Vec<Scope>> {
    let parse = |name: &String| {
        let scope = Scope::ALL.into_iter().find(|scope| scope.name() == name);
        let names = Scope::ALL.map(Scope::name).join(", ");
        scope.with_context(|| format!("`{name}` is not a scope; the scopes are {names}"))
    };
    names.iter().map(parse).collect()
}

/// Makes a key, and an account if none is named; returns the account and the secret.
pub async fn create(
    base: &Base,
    account: Option<EntityId>,
    name: &str,
    scopes: &[Scope],
) -> anyhow::Result<(EntityId, String)> {
    let catalog = base.catalog().await?;
    if let Some(account) = account.filter(|a| catalog.account(*a).is_none()) {
        bail!("there is no account {account}");
    }
    let now_ms = base.env.clock.now_ms();
    let id = account.unwrap_or_else(|| new_id(EntityKind::Account, &*base.env.random));
    let secret = new_secret(&*base.env.random);
    let key = ApiKey {
        id: new_key_id(&*base.env.random).into(),
        account: id,
        hash: hash_secret(&secret).as_str().into(),
        name: name.into(),
        scopes: scopes.to_vec(),
        created_ms: now_ms,
        expires_ms: None,
        replaced: None,
        revoked: false,
    };
    let new = Account {
        id,
        name: name.into(),
        created_ms: now_ms,
        settings: AccountSettings::default(),
        plan: None,
        quotas: Box::default(),
        suspended: None,
    };
    let new = account.is_none().then_some(Change::PutAccount(new));
    let changes: Vec<Change> = new.into_iter().chain([Change::PutKey(key)]).collect();
    catalog.commit(|_| Ok(changes.clone())).await?;
    Ok((id, secret))
}
