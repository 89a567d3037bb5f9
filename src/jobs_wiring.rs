//! The jobs of this installation: what runs when, and how they are started over the API.

use std::{future::Future, sync::Arc};

use async_trait::async_trait;
use serde_json::Value;
use serving::JobControl;
use tokio_util::sync::CancellationToken;
use web::Problem;

use crate::{mill::Mill, wiring::{Base, Parts}};

#[derive(Clone)]
pub struct Jobs { parts: Arc<Parts>, mill: Mill }

impl Jobs {
    pub fn new(parts: &Arc<Parts>, mill: &Mill) -> anyhow::Result<Self> { Ok(Self { parts: parts.clone(), mill: mill.clone() }) }
    pub fn scheduler(&self, stop: CancellationToken) -> impl Future<Output = ()> + Send + 'static { async move { stop.cancelled().await } }
}

#[async_trait]
impl JobControl for Jobs {
    async fn list(&self) -> Result<Value, Problem> { Ok(Value::Null) }
    async fn runs(&self, _name: &str, _limit: usize) -> Result<Value, Problem> { Ok(Value::Null) }
    async fn start(&self, _name: &str, _close_epochs: bool, _wait: bool) -> Result<Value, Problem> {
        let base = Base { store: self.parts.store.clone(), clock: self.parts.clock.clone(), random: self.parts.random.clone() };
        close_epochs(&base).await.map_err(Problem::internal)?;
        let r = self.mill.run(|d| async move { batch_layer::run(&d, batch_layer::Mode::Incremental).await }).await.map_err(Problem::internal)?.map_err(Problem::internal)?;
        Ok(serde_json::json!({"detail": r}))
    }
}

pub async fn close_epochs(base: &Base) -> anyhow::Result<()> {
    let control = storage::installation::Control::new(base.store.clone());
    control.ask(storage::installation::Request::CloseEpochs, &*base.clock, &*base.random).await?;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    Ok(())
}
