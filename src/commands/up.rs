//! `millrace up` and `millrace run`.

use std::process::ExitCode;

use crate::{
    config::Settings,
    supervise::{self, Role},
};

/// Runs `roles` until told to end, then drains.
pub async fn run(settings: Settings, roles: &[Role]) -> anyhow::Result<ExitCode> {
    let mut running = supervise::start(settings, roles).await?;
    let settings = &running.parts.settings;
    if roles.contains(&Role::Collector) {
        println!("collector  http://{}", settings.collect_addr);
    }
    if roles.contains(&Role::Serve) {
        println!("API        http://{}", settings.api_addr);
        if settings.admin_token.is_none() {
            println!(
                "admin token in {}",
                settings.data_dir.join("admin-token").display()
            );
        }
    }
    println!("ready");
    let told = running.until_told().await;
    let ended = running.end().await;
    told.and(ended).map(|()| ExitCode::SUCCESS)
}
