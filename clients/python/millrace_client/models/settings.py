from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="Settings")



@_attrs_define
class Settings:
    """ Settings of an account.

        Attributes:
            allowed_origins (list[str]): Origins of pages that may ask this API with a key of the account. Example:
                ['https://intern.example'].
            allowed_schemes (list[str]): Schemes that destinations may have beside http and https. Example: ['myapp'].
            click_id_param (None | str): The parameter of destinations that carries the click id; null: `mr_click`. Example:
                cid.
            count_datacenters (bool): Whether visits from data centres count like other people's; else they are bots'.
            currency (str): The currency of what links and campaigns cost, ISO 4217. Example: USD.
            excluded_networks (list[str]): Events from these networks are kept, and counted like those of bots. Example:
                ['192.0.2.0/24'].
            honour_dnt (bool): Of requests with `DNT: 1` or `Sec-GPC: 1` no visitor number, user agent, network or language
                is kept, of the
                place the country alone, of the referrer its origin. They are counted like others.
            keep_events_days (int | None): For so many days events are to be kept with all their details; null: for ever.
                Example: 365.
            timezone (str): IANA name; how days are cut when a question does not say. Example: Europe/Amsterdam.
            visitor_memory (str): For how long a visitor is known again whom the sender does not name: a day or a month of
                the account. Example: day.
            visitor_memory_from (None | str | Unset): From when on that holds, if it was ever changed. Example:
                2026-01-03T00:00:00Z.
     """

    allowed_origins: list[str]
    allowed_schemes: list[str]
    click_id_param: None | str
    count_datacenters: bool
    currency: str
    excluded_networks: list[str]
    honour_dnt: bool
    keep_events_days: int | None
    timezone: str
    visitor_memory: str
    visitor_memory_from: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        allowed_origins = self.allowed_origins



        allowed_schemes = self.allowed_schemes



        click_id_param: None | str
        click_id_param = self.click_id_param

        count_datacenters = self.count_datacenters

        currency = self.currency

        excluded_networks = self.excluded_networks



        honour_dnt = self.honour_dnt

        keep_events_days: int | None
        keep_events_days = self.keep_events_days

        timezone = self.timezone

        visitor_memory = self.visitor_memory

        visitor_memory_from: None | str | Unset
        if isinstance(self.visitor_memory_from, Unset):
            visitor_memory_from = UNSET
        else:
            visitor_memory_from = self.visitor_memory_from


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "allowed_origins": allowed_origins,
            "allowed_schemes": allowed_schemes,
            "click_id_param": click_id_param,
            "count_datacenters": count_datacenters,
            "currency": currency,
            "excluded_networks": excluded_networks,
            "honour_dnt": honour_dnt,
            "keep_events_days": keep_events_days,
            "timezone": timezone,
            "visitor_memory": visitor_memory,
        })
        if visitor_memory_from is not UNSET:
            field_dict["visitor_memory_from"] = visitor_memory_from

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        allowed_origins = cast(list[str], d.pop("allowed_origins"))


        allowed_schemes = cast(list[str], d.pop("allowed_schemes"))


        def _parse_click_id_param(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        click_id_param = _parse_click_id_param(d.pop("click_id_param"))


        count_datacenters = d.pop("count_datacenters")

        currency = d.pop("currency")

        excluded_networks = cast(list[str], d.pop("excluded_networks"))


        honour_dnt = d.pop("honour_dnt")

        def _parse_keep_events_days(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        keep_events_days = _parse_keep_events_days(d.pop("keep_events_days"))


        timezone = d.pop("timezone")

        visitor_memory = d.pop("visitor_memory")

        def _parse_visitor_memory_from(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        visitor_memory_from = _parse_visitor_memory_from(d.pop("visitor_memory_from", UNSET))


        settings = cls(
            allowed_origins=allowed_origins,
            allowed_schemes=allowed_schemes,
            click_id_param=click_id_param,
            count_datacenters=count_datacenters,
            currency=currency,
            excluded_networks=excluded_networks,
            honour_dnt=honour_dnt,
            keep_events_days=keep_events_days,
            timezone=timezone,
            visitor_memory=visitor_memory,
            visitor_memory_from=visitor_memory_from,
        )

        return settings

