""" Contains all the data models used in inputs/outputs """

from .account import Account
from .account_audit import AccountAudit
from .account_audit_rejected import AccountAuditRejected
from .account_audit_unrecorded import AccountAuditUnrecorded
from .account_body import AccountBody
from .actor import Actor
from .annotation import Annotation
from .annotation_body import AnnotationBody
from .api_key import ApiKey
from .attribute_by import AttributeBy
from .attribution import Attribution
from .audit import Audit
from .audit_rejected import AuditRejected
from .audit_unrecorded import AuditUnrecorded
from .audited_day import AuditedDay
from .backtest import Backtest
from .bulk_answer import BulkAnswer
from .campaign import Campaign
from .campaign_body import CampaignBody
from .comparison import Comparison
from .considered import Considered
from .conversion import Conversion
from .conversion_form import ConversionForm
from .cost import Cost
from .cost_body import CostBody
from .counted import Counted
from .counted_live import CountedLive
from .counted_settled import CountedSettled
from .delivery import Delivery
from .domain import Domain
from .domain_body import DomainBody
from .done import Done
from .epoch_audit import EpochAudit
from .erasure import Erasure
from .erasure_body import ErasureBody
from .erasure_state import ErasureState
from .event import Event
from .event_state import EventState
from .event_type import EventType
from .events_meta import EventsMeta
from .events_page import EventsPage
from .field_change import FieldChange
from .filters_body import FiltersBody
from .finding import Finding
from .finding_kind import FindingKind
from .forecast import Forecast
from .forecast_meta import ForecastMeta
from .forecast_point import ForecastPoint
from .forecasts import Forecasts
from .gap import Gap
from .gap_reason import GapReason
from .get_document_response_200 import GetDocumentResponse200
from .get_forecasts_grain import GetForecastsGrain
from .get_stats_interval import GetStatsInterval
from .goal import Goal
from .goal_body import GoalBody
from .group_fields import GroupFields
from .health import Health
from .hours import Hours
from .imported import Imported
from .imported_bucket import ImportedBucket
from .interval import Interval
from .items_job_summary import ItemsJobSummary
from .items_job_summary_items_item import ItemsJobSummaryItemsItem
from .items_run import ItemsRun
from .items_run_items_item import ItemsRunItemsItem
from .items_totals_view import ItemsTotalsView
from .items_totals_view_items_item import ItemsTotalsViewItemsItem
from .job_summary import JobSummary
from .key_body import KeyBody
from .last_seconds import LastSeconds
from .layer import Layer
from .link import Link
from .link_body import LinkBody
from .link_change import LinkChange
from .list_account import ListAccount
from .list_account_items_item import ListAccountItemsItem
from .list_annotation import ListAnnotation
from .list_annotation_items_item import ListAnnotationItemsItem
from .list_api_key import ListApiKey
from .list_api_key_items_item import ListApiKeyItemsItem
from .list_campaign import ListCampaign
from .list_campaign_items_item import ListCampaignItemsItem
from .list_campaigns_sort import ListCampaignsSort
from .list_cost import ListCost
from .list_cost_items_item import ListCostItemsItem
from .list_delivery import ListDelivery
from .list_delivery_items_item import ListDeliveryItemsItem
from .list_domain import ListDomain
from .list_domain_items_item import ListDomainItemsItem
from .list_erasure import ListErasure
from .list_erasure_items_item import ListErasureItemsItem
from .list_goal import ListGoal
from .list_goal_items_item import ListGoalItemsItem
from .list_goals_sort import ListGoalsSort
from .list_link import ListLink
from .list_link_items_item import ListLinkItemsItem
from .list_links_sort import ListLinksSort
from .list_object_change import ListObjectChange
from .list_object_change_items_item import ListObjectChangeItemsItem
from .list_pixel import ListPixel
from .list_pixel_items_item import ListPixelItemsItem
from .list_pixels_sort import ListPixelsSort
from .list_plan import ListPlan
from .list_plan_items_item import ListPlanItemsItem
from .list_rejected_event import ListRejectedEvent
from .list_rejected_event_items_item import ListRejectedEventItemsItem
from .list_rejected_event_items_item_event_type_0 import ListRejectedEventItemsItemEventType0
from .list_rejected_event_items_item_event_type_0_additional_property import ListRejectedEventItemsItemEventType0AdditionalProperty
from .list_restatement import ListRestatement
from .list_restatement_items_item import ListRestatementItemsItem
from .list_restatement_items_item_changed import ListRestatementItemsItemChanged
from .list_restatement_items_item_value import ListRestatementItemsItemValue
from .list_segment import ListSegment
from .list_segment_items_item import ListSegmentItemsItem
from .list_share import ListShare
from .list_share_items_item import ListShareItemsItem
from .list_webhook import ListWebhook
from .list_webhook_items_item import ListWebhookItemsItem
from .listed_event import ListedEvent
from .live_message import LiveMessage
from .log_audit import LogAudit
from .log_audit_rejected import LogAuditRejected
from .log_audit_unrecorded import LogAuditUnrecorded
from .metric import Metric
from .new_account import NewAccount
from .new_account_body import NewAccountBody
from .new_domain_body import NewDomainBody
from .new_key import NewKey
from .new_share import NewShare
from .new_webhook import NewWebhook
from .numbers import Numbers
from .numbers_costs_type_0 import NumbersCostsType0
from .numbers_profits_type_0 import NumbersProfitsType0
from .numbers_values_type_0 import NumbersValuesType0
from .object_change import ObjectChange
from .object_fields import ObjectFields
from .outcome import Outcome
from .period_costs_meta import PeriodCostsMeta
from .period_costs_meta_unspread_type_0 import PeriodCostsMetaUnspreadType0
from .pixel import Pixel
from .pixel_body import PixelBody
from .plan import Plan
from .plan_of_account_body import PlanOfAccountBody
from .plan_quotas import PlanQuotas
from .problem import Problem
from .problem_current_type_0 import ProblemCurrentType0
from .question import Question
from .question_filters import QuestionFilters
from .quota_source import QuotaSource
from .quota_sources import QuotaSources
from .quotas import Quotas
from .quotas_body import QuotasBody
from .receipt import Receipt
from .recorded_events import RecordedEvents
from .refused import Refused
from .rejected_event import RejectedEvent
from .rejected_event_event_type_0 import RejectedEventEventType0
from .rejected_event_event_type_0_additional_property import RejectedEventEventType0AdditionalProperty
from .repeats import Repeats
from .restatement import Restatement
from .restatement_changed import RestatementChanged
from .restatement_value import RestatementValue
from .rotate_body import RotateBody
from .rotate_webhook_body import RotateWebhookBody
from .row import Row
from .row_costs_type_0 import RowCostsType0
from .row_profits_type_0 import RowProfitsType0
from .row_values_type_0 import RowValuesType0
from .rows import Rows
from .rows_rows_item import RowsRowsItem
from .rule import Rule
from .run import Run
from .run_reason import RunReason
from .run_state import RunState
from .segment import Segment
from .segment_body import SegmentBody
from .settings import Settings
from .settings_body import SettingsBody
from .share import Share
from .share_body import ShareBody
from .simulated import Simulated
from .somebody import Somebody
from .somebody_query import SomebodyQuery
from .source import Source
from .sql_body import SqlBody
from .started_run import StartedRun
from .stats import Stats
from .stats_meta import StatsMeta
from .stats_meta_counted_upto import StatsMetaCountedUpto
from .stats_meta_exact import StatsMetaExact
from .stats_meta_standard_error_type_0 import StatsMetaStandardErrorType0
from .statuses import Statuses
from .stored import Stored
from .suspension import Suspension
from .suspension_body import SuspensionBody
from .tested_webhook import TestedWebhook
from .total_body import TotalBody
from .totals_body import TotalsBody
from .totals_taken import TotalsTaken
from .totals_view import TotalsView
from .usage import Usage
from .utm import Utm
from .variant import Variant
from .verification import Verification
from .visitors_before import VisitorsBefore
from .visitors_meta import VisitorsMeta
from .webhook import Webhook
from .webhook_body import WebhookBody
from .webhook_filters import WebhookFilters
from .webhook_kind import WebhookKind
from .webhook_method import WebhookMethod
from .when import When
from .when_query_type_0 import WhenQueryType0

__all__ = (
    "Account",
    "AccountAudit",
    "AccountAuditRejected",
    "AccountAuditUnrecorded",
    "AccountBody",
    "Actor",
    "Annotation",
    "AnnotationBody",
    "ApiKey",
    "AttributeBy",
    "Attribution",
    "Audit",
    "AuditedDay",
    "AuditRejected",
    "AuditUnrecorded",
    "Backtest",
    "BulkAnswer",
    "Campaign",
    "CampaignBody",
    "Comparison",
    "Considered",
    "Conversion",
    "ConversionForm",
    "Cost",
    "CostBody",
    "Counted",
    "CountedLive",
    "CountedSettled",
    "Delivery",
    "Domain",
    "DomainBody",
    "Done",
    "EpochAudit",
    "Erasure",
    "ErasureBody",
    "ErasureState",
    "Event",
    "EventsMeta",
    "EventsPage",
    "EventState",
    "EventType",
    "FieldChange",
    "FiltersBody",
    "Finding",
    "FindingKind",
    "Forecast",
    "ForecastMeta",
    "ForecastPoint",
    "Forecasts",
    "Gap",
    "GapReason",
    "GetDocumentResponse200",
    "GetForecastsGrain",
    "GetStatsInterval",
    "Goal",
    "GoalBody",
    "GroupFields",
    "Health",
    "Hours",
    "Imported",
    "ImportedBucket",
    "Interval",
    "ItemsJobSummary",
    "ItemsJobSummaryItemsItem",
    "ItemsRun",
    "ItemsRunItemsItem",
    "ItemsTotalsView",
    "ItemsTotalsViewItemsItem",
    "JobSummary",
    "KeyBody",
    "LastSeconds",
    "Layer",
    "Link",
    "LinkBody",
    "LinkChange",
    "ListAccount",
    "ListAccountItemsItem",
    "ListAnnotation",
    "ListAnnotationItemsItem",
    "ListApiKey",
    "ListApiKeyItemsItem",
    "ListCampaign",
    "ListCampaignItemsItem",
    "ListCampaignsSort",
    "ListCost",
    "ListCostItemsItem",
    "ListDelivery",
    "ListDeliveryItemsItem",
    "ListDomain",
    "ListDomainItemsItem",
    "ListedEvent",
    "ListErasure",
    "ListErasureItemsItem",
    "ListGoal",
    "ListGoalItemsItem",
    "ListGoalsSort",
    "ListLink",
    "ListLinkItemsItem",
    "ListLinksSort",
    "ListObjectChange",
    "ListObjectChangeItemsItem",
    "ListPixel",
    "ListPixelItemsItem",
    "ListPixelsSort",
    "ListPlan",
    "ListPlanItemsItem",
    "ListRejectedEvent",
    "ListRejectedEventItemsItem",
    "ListRejectedEventItemsItemEventType0",
    "ListRejectedEventItemsItemEventType0AdditionalProperty",
    "ListRestatement",
    "ListRestatementItemsItem",
    "ListRestatementItemsItemChanged",
    "ListRestatementItemsItemValue",
    "ListSegment",
    "ListSegmentItemsItem",
    "ListShare",
    "ListShareItemsItem",
    "ListWebhook",
    "ListWebhookItemsItem",
    "LiveMessage",
    "LogAudit",
    "LogAuditRejected",
    "LogAuditUnrecorded",
    "Metric",
    "NewAccount",
    "NewAccountBody",
    "NewDomainBody",
    "NewKey",
    "NewShare",
    "NewWebhook",
    "Numbers",
    "NumbersCostsType0",
    "NumbersProfitsType0",
    "NumbersValuesType0",
    "ObjectChange",
    "ObjectFields",
    "Outcome",
    "PeriodCostsMeta",
    "PeriodCostsMetaUnspreadType0",
    "Pixel",
    "PixelBody",
    "Plan",
    "PlanOfAccountBody",
    "PlanQuotas",
    "Problem",
    "ProblemCurrentType0",
    "Question",
    "QuestionFilters",
    "Quotas",
    "QuotasBody",
    "QuotaSource",
    "QuotaSources",
    "Receipt",
    "RecordedEvents",
    "Refused",
    "RejectedEvent",
    "RejectedEventEventType0",
    "RejectedEventEventType0AdditionalProperty",
    "Repeats",
    "Restatement",
    "RestatementChanged",
    "RestatementValue",
    "RotateBody",
    "RotateWebhookBody",
    "Row",
    "RowCostsType0",
    "RowProfitsType0",
    "Rows",
    "RowsRowsItem",
    "RowValuesType0",
    "Rule",
    "Run",
    "RunReason",
    "RunState",
    "Segment",
    "SegmentBody",
    "Settings",
    "SettingsBody",
    "Share",
    "ShareBody",
    "Simulated",
    "Somebody",
    "SomebodyQuery",
    "Source",
    "SqlBody",
    "StartedRun",
    "Stats",
    "StatsMeta",
    "StatsMetaCountedUpto",
    "StatsMetaExact",
    "StatsMetaStandardErrorType0",
    "Statuses",
    "Stored",
    "Suspension",
    "SuspensionBody",
    "TestedWebhook",
    "TotalBody",
    "TotalsBody",
    "TotalsTaken",
    "TotalsView",
    "Usage",
    "Utm",
    "Variant",
    "Verification",
    "VisitorsBefore",
    "VisitorsMeta",
    "Webhook",
    "WebhookBody",
    "WebhookFilters",
    "WebhookKind",
    "WebhookMethod",
    "When",
    "WhenQueryType0",
)
