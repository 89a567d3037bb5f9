//! What the demo prints of its numbers and addresses.

use serde_json::Value;

use super::visitor::Visitor;
use crate::supervise::Running;

pub(super) fn totals(answer: &Value) {
    let (totals, meta) = (&answer["totals"], &answer["meta"]);
    println!(
        "  clicks {}   by bots {}   views {}   conversions {}   value {} EUR",
        totals["clicks"],
        totals["bot_clicks"],
        totals["views"],
        totals["conversions"],
        totals["value"].as_str().unwrap_or("?")
    );
    println!(
        "  unique visitors {} (exact: {})",
        totals["unique_visitors"], meta["exact"]["unique_visitors"]
    );
    println!(
        "  settled {}   live {}   complete {}   manifest {}",
        meta["settled"]["clicks"], meta["live"]["clicks"], meta["complete"], meta["manifest"]
    );
}

pub(super) fn addresses(visitor: &Visitor, running: &Running) {
    let Visitor { api, key, .. } = visitor;
    let links = testdata::links();
    // The key is in the fragment: browsers send that to nobody, and the page takes it away.
    println!("\nDashboard   {api}/#key={key}");
    println!("            (signs in by itself)");
    println!("Key         {key}");
    if let Some(link) = links.first() {
        println!("A link      {}/{}", visitor.collector, link.slug);
    }
    println!(
        "Numbers     curl -H 'Authorization: Bearer {key}' '{api}/v1/stats?range=30d&interval=day'"
    );
    println!("Data        {}", running.parts.settings.data_dir.display());
}
