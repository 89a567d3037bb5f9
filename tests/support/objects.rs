//! What there is to click on, view and reach.

use serde_json::json;

use super::http::Customer;

/// Objects of one account. Every second one is in a campaign.
#[derive(Clone, Default)]
pub struct Objects {
    /// Slugs and ids.
    pub links: Vec<(String, String)>,
    pub pixels: Vec<String>,
    pub goals: Vec<String>,
    /// Goals whose transactions have statuses.
    pub deals: Vec<String>,
}

impl Objects {
    /// Makes `count` of each kind, and waits until all `collectors` know them.
    pub async fn create(customer: &Customer, collectors: &[String], count: usize) -> Self {
        let mut all = Self::default();
        let campaign = customer
            .create("campaigns", &json!({"name": "spring"}))
            .await;
        for i in 0..count {
            let campaign = (i % 2 == 1).then_some(&campaign);
            let body = json!({"name": format!("pixel {i}"), "campaign": campaign});
            all.pixels.push(customer.create("pixels", &body).await);
            let body =
                json!({"name": format!("goal {i}"), "currency": "EUR", "campaign": campaign});
            all.goals.push(customer.create("goals", &body).await);
            let slug = format!("link-{i}");
            let body =
                json!({"slug": slug, "destination": "https://example.com/", "campaign": campaign});
            let id = customer.create("links", &body).await;
            all.links.push((slug, id));
        }
        for collector in collectors {
            all.wait_for(customer, collector).await;
        }
        all
    }

    /// Makes goals besides, of whose transactions more is told later; to be called before they are waited for.
    pub async fn with_deals(customer: &Customer, collectors: &[String], count: usize) -> Self {
        let statuses = json!({"pending": ["lead"], "approved": ["sale"], "rejected": ["trash"]});
        let mut deals = Vec::new();
        for i in 0..count {
            let body =
                json!({"name": format!("deal {i}"), "currency": "EUR", "statuses": statuses});
            deals.push(customer.create("goals", &body).await);
        }
        Self {
            deals,
            ..Self::create(customer, collectors, count).await
        }
    }

    /// Waits until a collector knows them.
    pub async fn wait_for(&self, customer: &Customer, collector: &str) {
        let at = Customer {
            collector: collector.to_owned(),
            ..customer.clone()
        };
        // Whoever knows the newest object knows them all.
        if let Some((slug, _)) = self.links.last() {
            at.wait_for_link(slug).await;
        }
    }
}
