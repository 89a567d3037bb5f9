//! What the API answers with, as types: their JSON, and the schemas of the document.
//! What other crates tell of themselves (`audit::Audit`, `jobs::Run`) is told as it is.

mod accounts;
mod annotations;
mod audit;
mod costs;
mod erasures;
mod events;
mod forecasts;
mod imported;
mod lists;
mod live;
mod objects;
mod quotas;
mod receipts;
mod rejected;
mod restatements;
mod segments;
mod stats;
mod webhooks;

pub(crate) use self::{
    accounts::{AccountView, KeyView, NewAccount, NewKey},
    annotations::{AnnotationView, FieldChange, NewShare, ObjectChange, ShareView},
    audit::{AccountAudit, AuditAnswer, AuditedDay, CountedLive, CountedSettled},
    costs::CostView,
    erasures::ErasureView,
    events::{EventsMeta, EventsPage, ListedEvent, Rows},
    forecasts::{ForecastMeta, Forecasts},
    imported::{Imported, ImportedBucket, TotalsTaken, TotalsView},
    lists::{BulkAnswer, Done, Items, List, Refused},
    live::{LastSeconds, LiveMessage, LiveProblem},
    objects::{
        CampaignView, Considered, DomainView, GoalView, LinkView, Outcome, PixelView, Simulated,
    },
    quotas::{PlanView, SomeQuotasView, UsageView},
    receipts::{Counted, EventState, Layer, ObjectField, Receipt, Stored},
    rejected::RejectedView,
    restatements::RestatementView,
    segments::SegmentView,
    stats::{
        Comparison, Gap, GapReason, Group, GroupName, GroupsOfRow, Numbers, PeriodCostsMeta,
        Question, Row, Source, Stats, StatsMeta, VisitorsBefore, VisitorsMeta,
    },
    webhooks::{DeliveryView, NewWebhook, TestedView, WebhookView},
};
