from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="QuotasBody")



@_attrs_define
class QuotasBody:
    """ What is said of quotas, of an account or in a plan; null: nothing.

        Attributes:
            annotations (int | None | Unset): Annotations that it may have. Example: 10000.
            costs (int | None | Unset): Costs of periods that it may have. Example: 10000.
            domains (int | None | Unset): Domains that it may have. Example: 100.
            keep_events_days (int | None | Unset): Days for which its events may be kept, whatever it has set itself: from 1
                to 36500, which is as good as for ever. Example: 730.
            keys (int | None | Unset): API keys that it may have, revoked ones too. Example: 100.
            links (int | None | Unset): Links that it may have. Example: 1000000.
            new_an_hour (int | None | Unset): Objects that it may make in an hour. Example: 10000.
            others (int | None | Unset): Pixels, goals and campaigns that it may have, of each kind. Example: 10000.
            questions (int | None | Unset): Questions of it that are answered at once, and as many of its shares; also where
                it is the only account. Example: 4.
            requests_a_minute (int | None | Unset): Requests to this API that it may send in a minute. Set to another number
                than the usual one, it holds where the
                account is alone, too. Example: 600.
            segments (int | None | Unset): Segments that it may have. Example: 1000.
            sender_keys (int | None | Unset): Transactions and idempotency keys that its senders may use in 30 days.
                Example: 10000000.
            shares (int | None | Unset): Shares that it may have. Example: 1000.
            streams (int | None | Unset): Live streams that it may have open at once, and as many for its shares; also where
                it is the only account. Example: 20.
            webhooks (int | None | Unset): Webhooks and postbacks that it may have. Example: 20.
     """

    annotations: int | None | Unset = UNSET
    costs: int | None | Unset = UNSET
    domains: int | None | Unset = UNSET
    keep_events_days: int | None | Unset = UNSET
    keys: int | None | Unset = UNSET
    links: int | None | Unset = UNSET
    new_an_hour: int | None | Unset = UNSET
    others: int | None | Unset = UNSET
    questions: int | None | Unset = UNSET
    requests_a_minute: int | None | Unset = UNSET
    segments: int | None | Unset = UNSET
    sender_keys: int | None | Unset = UNSET
    shares: int | None | Unset = UNSET
    streams: int | None | Unset = UNSET
    webhooks: int | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        annotations: int | None | Unset
        if isinstance(self.annotations, Unset):
            annotations = UNSET
        else:
            annotations = self.annotations

        costs: int | None | Unset
        if isinstance(self.costs, Unset):
            costs = UNSET
        else:
            costs = self.costs

        domains: int | None | Unset
        if isinstance(self.domains, Unset):
            domains = UNSET
        else:
            domains = self.domains

        keep_events_days: int | None | Unset
        if isinstance(self.keep_events_days, Unset):
            keep_events_days = UNSET
        else:
            keep_events_days = self.keep_events_days

        keys: int | None | Unset
        if isinstance(self.keys, Unset):
            keys = UNSET
        else:
            keys = self.keys

        links: int | None | Unset
        if isinstance(self.links, Unset):
            links = UNSET
        else:
            links = self.links

        new_an_hour: int | None | Unset
        if isinstance(self.new_an_hour, Unset):
            new_an_hour = UNSET
        else:
            new_an_hour = self.new_an_hour

        others: int | None | Unset
        if isinstance(self.others, Unset):
            others = UNSET
        else:
            others = self.others

        questions: int | None | Unset
        if isinstance(self.questions, Unset):
            questions = UNSET
        else:
            questions = self.questions

        requests_a_minute: int | None | Unset
        if isinstance(self.requests_a_minute, Unset):
            requests_a_minute = UNSET
        else:
            requests_a_minute = self.requests_a_minute

        segments: int | None | Unset
        if isinstance(self.segments, Unset):
            segments = UNSET
        else:
            segments = self.segments

        sender_keys: int | None | Unset
        if isinstance(self.sender_keys, Unset):
            sender_keys = UNSET
        else:
            sender_keys = self.sender_keys

        shares: int | None | Unset
        if isinstance(self.shares, Unset):
            shares = UNSET
        else:
            shares = self.shares

        streams: int | None | Unset
        if isinstance(self.streams, Unset):
            streams = UNSET
        else:
            streams = self.streams

        webhooks: int | None | Unset
        if isinstance(self.webhooks, Unset):
            webhooks = UNSET
        else:
            webhooks = self.webhooks


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if annotations is not UNSET:
            field_dict["annotations"] = annotations
        if costs is not UNSET:
            field_dict["costs"] = costs
        if domains is not UNSET:
            field_dict["domains"] = domains
        if keep_events_days is not UNSET:
            field_dict["keep_events_days"] = keep_events_days
        if keys is not UNSET:
            field_dict["keys"] = keys
        if links is not UNSET:
            field_dict["links"] = links
        if new_an_hour is not UNSET:
            field_dict["new_an_hour"] = new_an_hour
        if others is not UNSET:
            field_dict["others"] = others
        if questions is not UNSET:
            field_dict["questions"] = questions
        if requests_a_minute is not UNSET:
            field_dict["requests_a_minute"] = requests_a_minute
        if segments is not UNSET:
            field_dict["segments"] = segments
        if sender_keys is not UNSET:
            field_dict["sender_keys"] = sender_keys
        if shares is not UNSET:
            field_dict["shares"] = shares
        if streams is not UNSET:
            field_dict["streams"] = streams
        if webhooks is not UNSET:
            field_dict["webhooks"] = webhooks

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_annotations(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        annotations = _parse_annotations(d.pop("annotations", UNSET))


        def _parse_costs(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        costs = _parse_costs(d.pop("costs", UNSET))


        def _parse_domains(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        domains = _parse_domains(d.pop("domains", UNSET))


        def _parse_keep_events_days(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        keep_events_days = _parse_keep_events_days(d.pop("keep_events_days", UNSET))


        def _parse_keys(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        keys = _parse_keys(d.pop("keys", UNSET))


        def _parse_links(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        links = _parse_links(d.pop("links", UNSET))


        def _parse_new_an_hour(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        new_an_hour = _parse_new_an_hour(d.pop("new_an_hour", UNSET))


        def _parse_others(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        others = _parse_others(d.pop("others", UNSET))


        def _parse_questions(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        questions = _parse_questions(d.pop("questions", UNSET))


        def _parse_requests_a_minute(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        requests_a_minute = _parse_requests_a_minute(d.pop("requests_a_minute", UNSET))


        def _parse_segments(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        segments = _parse_segments(d.pop("segments", UNSET))


        def _parse_sender_keys(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        sender_keys = _parse_sender_keys(d.pop("sender_keys", UNSET))


        def _parse_shares(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        shares = _parse_shares(d.pop("shares", UNSET))


        def _parse_streams(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        streams = _parse_streams(d.pop("streams", UNSET))


        def _parse_webhooks(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        webhooks = _parse_webhooks(d.pop("webhooks", UNSET))


        quotas_body = cls(
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

        return quotas_body

