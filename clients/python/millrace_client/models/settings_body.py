from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="SettingsBody")



@_attrs_define
class SettingsBody:
    """ What is set of an account's settings.

        Attributes:
            allowed_origins (list[str] | None | Unset): Origins of pages that may ask this API with a key of the account.
                Example: ['https://intern.example'].
            allowed_schemes (list[str] | None | Unset): Schemes that destinations may have beside http and https: of apps,
                `mailto`, `ftp`. Example: ['myapp'].
            click_id_param (None | str | Unset): The parameter of destinations that carries the click id; null: `mr_click`.
                Example: cid.
            count_datacenters (bool | None | Unset): Visits from data centres (as far as the geo database has ASNs) count
                like other people's; else they are kept, and
                counted like those of bots. Example: True.
            currency (None | str | Unset): The currency of what links and campaigns cost, ISO 4217; null: `USD`. Example:
                EUR.
            excluded_networks (list[str] | None | Unset): Events from these addresses and networks are kept, and counted
                like those of bots. Example: ['192.0.2.0/24'].
            honour_dnt (bool | None | Unset): Of requests with `DNT: 1` or `Sec-GPC: 1` no visitor number, user agent,
                network or language is kept, of the
                place the country alone, of the referrer its origin. They are counted like others. Example: True.
            keep_events_days (int | None | Unset): For so many days events are kept with all their details, from 1 to 36500;
                null: for ever. It counts from when an event was received, or happened if
                that is later, by days of UTC. Then its details go, and every number that is kept by cubes stays. Less takes
                effect with the next rollup and cannot
                be taken back; more brings nothing back. See `keep_events_days` of the account for what holds. Example: 365.
            timezone (None | str | Unset): IANA name; how days are cut when a question does not say. Example:
                Europe/Amsterdam.
            visitor_memory (None | str | Unset): For how long a visitor is known again whom the sender does not name: a
                `day` or a `month` of the account. A
                change holds from the account's next day on, or the one after it in the last hour of a day. Example: month.
     """

    allowed_origins: list[str] | None | Unset = UNSET
    allowed_schemes: list[str] | None | Unset = UNSET
    click_id_param: None | str | Unset = UNSET
    count_datacenters: bool | None | Unset = UNSET
    currency: None | str | Unset = UNSET
    excluded_networks: list[str] | None | Unset = UNSET
    honour_dnt: bool | None | Unset = UNSET
    keep_events_days: int | None | Unset = UNSET
    timezone: None | str | Unset = UNSET
    visitor_memory: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        allowed_origins: list[str] | None | Unset
        if isinstance(self.allowed_origins, Unset):
            allowed_origins = UNSET
        elif isinstance(self.allowed_origins, list):
            allowed_origins = self.allowed_origins


        else:
            allowed_origins = self.allowed_origins

        allowed_schemes: list[str] | None | Unset
        if isinstance(self.allowed_schemes, Unset):
            allowed_schemes = UNSET
        elif isinstance(self.allowed_schemes, list):
            allowed_schemes = self.allowed_schemes


        else:
            allowed_schemes = self.allowed_schemes

        click_id_param: None | str | Unset
        if isinstance(self.click_id_param, Unset):
            click_id_param = UNSET
        else:
            click_id_param = self.click_id_param

        count_datacenters: bool | None | Unset
        if isinstance(self.count_datacenters, Unset):
            count_datacenters = UNSET
        else:
            count_datacenters = self.count_datacenters

        currency: None | str | Unset
        if isinstance(self.currency, Unset):
            currency = UNSET
        else:
            currency = self.currency

        excluded_networks: list[str] | None | Unset
        if isinstance(self.excluded_networks, Unset):
            excluded_networks = UNSET
        elif isinstance(self.excluded_networks, list):
            excluded_networks = self.excluded_networks


        else:
            excluded_networks = self.excluded_networks

        honour_dnt: bool | None | Unset
        if isinstance(self.honour_dnt, Unset):
            honour_dnt = UNSET
        else:
            honour_dnt = self.honour_dnt

        keep_events_days: int | None | Unset
        if isinstance(self.keep_events_days, Unset):
            keep_events_days = UNSET
        else:
            keep_events_days = self.keep_events_days

        timezone: None | str | Unset
        if isinstance(self.timezone, Unset):
            timezone = UNSET
        else:
            timezone = self.timezone

        visitor_memory: None | str | Unset
        if isinstance(self.visitor_memory, Unset):
            visitor_memory = UNSET
        else:
            visitor_memory = self.visitor_memory


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if allowed_origins is not UNSET:
            field_dict["allowed_origins"] = allowed_origins
        if allowed_schemes is not UNSET:
            field_dict["allowed_schemes"] = allowed_schemes
        if click_id_param is not UNSET:
            field_dict["click_id_param"] = click_id_param
        if count_datacenters is not UNSET:
            field_dict["count_datacenters"] = count_datacenters
        if currency is not UNSET:
            field_dict["currency"] = currency
        if excluded_networks is not UNSET:
            field_dict["excluded_networks"] = excluded_networks
        if honour_dnt is not UNSET:
            field_dict["honour_dnt"] = honour_dnt
        if keep_events_days is not UNSET:
            field_dict["keep_events_days"] = keep_events_days
        if timezone is not UNSET:
            field_dict["timezone"] = timezone
        if visitor_memory is not UNSET:
            field_dict["visitor_memory"] = visitor_memory

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_allowed_origins(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                allowed_origins_type_0 = cast(list[str], data)

                return allowed_origins_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        allowed_origins = _parse_allowed_origins(d.pop("allowed_origins", UNSET))


        def _parse_allowed_schemes(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                allowed_schemes_type_0 = cast(list[str], data)

                return allowed_schemes_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        allowed_schemes = _parse_allowed_schemes(d.pop("allowed_schemes", UNSET))


        def _parse_click_id_param(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        click_id_param = _parse_click_id_param(d.pop("click_id_param", UNSET))


        def _parse_count_datacenters(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        count_datacenters = _parse_count_datacenters(d.pop("count_datacenters", UNSET))


        def _parse_currency(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        currency = _parse_currency(d.pop("currency", UNSET))


        def _parse_excluded_networks(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                excluded_networks_type_0 = cast(list[str], data)

                return excluded_networks_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        excluded_networks = _parse_excluded_networks(d.pop("excluded_networks", UNSET))


        def _parse_honour_dnt(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        honour_dnt = _parse_honour_dnt(d.pop("honour_dnt", UNSET))


        def _parse_keep_events_days(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        keep_events_days = _parse_keep_events_days(d.pop("keep_events_days", UNSET))


        def _parse_timezone(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        timezone = _parse_timezone(d.pop("timezone", UNSET))


        def _parse_visitor_memory(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        visitor_memory = _parse_visitor_memory(d.pop("visitor_memory", UNSET))


        settings_body = cls(
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
        )

        return settings_body

