from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="Quotas")



@_attrs_define
class Quotas:
    """ How much an account may have.

        Attributes:
            annotations (int): Annotations. Example: 10000.
            costs (int): Costs of periods. Example: 10000.
            domains (int): Domains. Example: 100.
            keep_events_days (int | None): Days for which its events may be kept, whatever it has set itself; null: for
                ever. Example: 730.
            keys (int): API keys, revoked ones too. Example: 100.
            links (int): Links that are not deleted. Example: 100000.
            new_an_hour (int): New objects in an hour. Example: 10000.
            others (int): Pixels, goals and campaigns that are not deleted, of each kind. Example: 10000.
            questions (int): Questions that are answered at once, and as many of its shares. Example: 4.
            requests_a_minute (int): Requests to this API in a minute. Another number than the usual one holds where the
                account is alone, too. Example: 600.
            segments (int): Segments. Example: 1000.
            sender_keys (int): Transactions and idempotency keys that its senders may use in 30 days. Example: 10000000.
            shares (int): Shares. Example: 1000.
            streams (int): Live streams that are open at once, and as many of its shares. Example: 20.
            webhooks (int): Webhooks and postbacks. Example: 20.
     """

    annotations: int
    costs: int
    domains: int
    keep_events_days: int | None
    keys: int
    links: int
    new_an_hour: int
    others: int
    questions: int
    requests_a_minute: int
    segments: int
    sender_keys: int
    shares: int
    streams: int
    webhooks: int





    def to_dict(self) -> dict[str, Any]:
        annotations = self.annotations

        costs = self.costs

        domains = self.domains

        keep_events_days: int | None
        keep_events_days = self.keep_events_days

        keys = self.keys

        links = self.links

        new_an_hour = self.new_an_hour

        others = self.others

        questions = self.questions

        requests_a_minute = self.requests_a_minute

        segments = self.segments

        sender_keys = self.sender_keys

        shares = self.shares

        streams = self.streams

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
        annotations = d.pop("annotations")

        costs = d.pop("costs")

        domains = d.pop("domains")

        def _parse_keep_events_days(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        keep_events_days = _parse_keep_events_days(d.pop("keep_events_days"))


        keys = d.pop("keys")

        links = d.pop("links")

        new_an_hour = d.pop("new_an_hour")

        others = d.pop("others")

        questions = d.pop("questions")

        requests_a_minute = d.pop("requests_a_minute")

        segments = d.pop("segments")

        sender_keys = d.pop("sender_keys")

        shares = d.pop("shares")

        streams = d.pop("streams")

        webhooks = d.pop("webhooks")

        quotas = cls(
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

        return quotas

