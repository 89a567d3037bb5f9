from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.quota_source import QuotaSource






T = TypeVar("T", bound="QuotaSources")



@_attrs_define
class QuotaSources:
    """ Where each quota of an account comes from.

        Attributes:
            annotations (QuotaSource): Where a quota comes from.
            costs (QuotaSource): Where a quota comes from.
            domains (QuotaSource): Where a quota comes from.
            keep_events_days (QuotaSource): Where a quota comes from.
            keys (QuotaSource): Where a quota comes from.
            links (QuotaSource): Where a quota comes from.
            new_an_hour (QuotaSource): Where a quota comes from.
            others (QuotaSource): Where a quota comes from.
            questions (QuotaSource): Where a quota comes from.
            requests_a_minute (QuotaSource): Where a quota comes from.
            segments (QuotaSource): Where a quota comes from.
            sender_keys (QuotaSource): Where a quota comes from.
            shares (QuotaSource): Where a quota comes from.
            streams (QuotaSource): Where a quota comes from.
            webhooks (QuotaSource): Where a quota comes from.
     """

    annotations: QuotaSource
    costs: QuotaSource
    domains: QuotaSource
    keep_events_days: QuotaSource
    keys: QuotaSource
    links: QuotaSource
    new_an_hour: QuotaSource
    others: QuotaSource
    questions: QuotaSource
    requests_a_minute: QuotaSource
    segments: QuotaSource
    sender_keys: QuotaSource
    shares: QuotaSource
    streams: QuotaSource
    webhooks: QuotaSource





    def to_dict(self) -> dict[str, Any]:
        annotations = self.annotations.value

        costs = self.costs.value

        domains = self.domains.value

        keep_events_days = self.keep_events_days.value

        keys = self.keys.value

        links = self.links.value

        new_an_hour = self.new_an_hour.value

        others = self.others.value

        questions = self.questions.value

        requests_a_minute = self.requests_a_minute.value

        segments = self.segments.value

        sender_keys = self.sender_keys.value

        shares = self.shares.value

        streams = self.streams.value

        webhooks = self.webhooks.value


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "annotations": annotations,
            "costs": costs,
            "domains": domains,
            "keep_events_days": keep_events_days,
            "keys": keys,
            "links": links,
            "new_an_hour": new_an_hour,
            "others": others,
            "questions": questions,
            "requests_a_minute": requests_a_minute,
            "segments": segments,
            "sender_keys": sender_keys,
            "shares": shares,
            "streams": streams,
            "webhooks": webhooks,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        annotations = QuotaSource(d.pop("annotations"))




        costs = QuotaSource(d.pop("costs"))




        domains = QuotaSource(d.pop("domains"))




        keep_events_days = QuotaSource(d.pop("keep_events_days"))




        keys = QuotaSource(d.pop("keys"))




        links = QuotaSource(d.pop("links"))




        new_an_hour = QuotaSource(d.pop("new_an_hour"))




        others = QuotaSource(d.pop("others"))




        questions = QuotaSource(d.pop("questions"))




        requests_a_minute = QuotaSource(d.pop("requests_a_minute"))




        segments = QuotaSource(d.pop("segments"))




        sender_keys = QuotaSource(d.pop("sender_keys"))




        shares = QuotaSource(d.pop("shares"))




        streams = QuotaSource(d.pop("streams"))




        webhooks = QuotaSource(d.pop("webhooks"))




        quota_sources = cls(
            annotations=annotations,
            costs=costs,
            domains=domains,
            keep_events_days=keep_events_days,
            keys=keys,
            links=links,
            new_an_hour=new_an_hour,
            others=others,
            questions=questions,
            requests_a_minute=requests_a_minute,
            segments=segments,
            sender_keys=sender_keys,
            shares=shares,
            streams=streams,
            webhooks=webhooks,
        )

        return quota_sources

