from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="PlanQuotas")



@_attrs_define
class PlanQuotas:
    """ What a plan says of quotas; null: nothing, so that they are as in the plan `default`, or usual.

        Attributes:
            annotations (int | None): Annotations. Example: 10000.
            costs (int | None): Costs of periods. Example: 10000.
            domains (int | None): Domains. Example: 100.
            keep_events_days (int | None): Days for which events may be kept, whatever an account has set itself. Example:
                730.
            keys (int | None): API keys, revoked ones too. Example: 100.
            links (int | None): Links that are not deleted. Example: 100000.
            new_an_hour (int | None): New objects in an hour. Example: 10000.
            others (int | None): Pixels, goals and campaigns that are not deleted, of each kind. Example: 10000.
            questions (int | None): Questions that are answered at once, and as many of its shares. Example: 4.
            requests_a_minute (int | None): Requests to this API in a minute. Another number than the usual one holds where
                the account is alone, too. Example: 600.
            segments (int | None): Segments. Example: 1000.
            sender_keys (int | None): Transactions and idempotency keys that its senders may use in 30 days. Example:
                10000000.
            shares (int | None): Shares. Example: 1000.
            streams (int | None): Live streams that are open at once, and as many of its shares. Example: 20.
            webhooks (int | None): Webhooks and postbacks. Example: 20.
     """

    annotations: int | None
    costs: int | None
    domains: int | None
    keep_events_days: int | None
    keys: int | None
    links: int | None
    new_an_hour: int | None
    others: int | None
    questions: int | None
    requests_a_minute: int | None
    segments: int | None
    sender_keys: int | None
    shares: int | None
    streams: int | None
    webhooks: int | None





    def to_dict(self) -> dict[str, Any]:
        annotations: int | None
        annotations = self.annotations

        costs: int | None
        costs = self.costs

        domains: int | None
        domains = self.domains

        keep_events_days: int | None
        keep_events_days = self.keep_events_days

        keys: int | None
        keys = self.keys

        links: int | None
        links = self.links

        new_an_hour: int | None
        new_an_hour = self.new_an_hour

        others: int | None
        others = self.others

        questions: int | None
        questions = self.questions

        requests_a_minute: int | None
        requests_a_minute = self.requests_a_minute

        segments: int | None
        segments = self.segments

        sender_keys: int | None
        sender_keys = self.sender_keys

        shares: int | None
        shares = self.shares

        streams: int | None
        streams = self.streams

        webhooks: int | None
        webhooks = self.webhooks


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
        def _parse_annotations(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        annotations = _parse_annotations(d.pop("annotations"))


        def _parse_costs(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        costs = _parse_costs(d.pop("costs"))


        def _parse_domains(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        domains = _parse_domains(d.pop("domains"))


        def _parse_keep_events_days(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        keep_events_days = _parse_keep_events_days(d.pop("keep_events_days"))


        def _parse_keys(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        keys = _parse_keys(d.pop("keys"))


        def _parse_links(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        links = _parse_links(d.pop("links"))


        def _parse_new_an_hour(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        new_an_hour = _parse_new_an_hour(d.pop("new_an_hour"))


        def _parse_others(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        others = _parse_others(d.pop("others"))


        def _parse_questions(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        questions = _parse_questions(d.pop("questions"))


        def _parse_requests_a_minute(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        requests_a_minute = _parse_requests_a_minute(d.pop("requests_a_minute"))


        def _parse_segments(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        segments = _parse_segments(d.pop("segments"))


        def _parse_sender_keys(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        sender_keys = _parse_sender_keys(d.pop("sender_keys"))


        def _parse_shares(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        shares = _parse_shares(d.pop("shares"))


        def _parse_streams(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        streams = _parse_streams(d.pop("streams"))


        def _parse_webhooks(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        webhooks = _parse_webhooks(d.pop("webhooks"))


        plan_quotas = cls(
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

        return plan_quotas

