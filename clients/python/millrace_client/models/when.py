from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.hours import Hours
  from ..models.when_query_type_0 import WhenQueryType0





T = TypeVar("T", bound="When")



@_attrs_define
class When:
    """ All that is given must hold.

        Example:
            {'country': ['DE', 'AT'], 'device': 'mobile', 'hours': {'from': '08:00', 'to': '20:00'}, 'timezone':
                'Europe/Berlin'}

        Attributes:
            bot (bool | None | Unset): Whether it is for bots alone, or for people alone.
            browser (list[str] | None | str | Unset):
            city (list[str] | None | str | Unset):
            continent (list[str] | None | str | Unset):
            country (list[str] | None | str | Unset):
            days (list[str] | None | Unset): Days of the week. Example: ['sat', 'sun'].
            device (list[str] | None | str | Unset):
            hours (Hours | None | Unset):
            ip (list[str] | None | Unset): Networks of the visitor's address. Example: ['192.0.2.0/24'].
            language (list[str] | None | str | Unset):
            os (list[str] | None | str | Unset):
            query (None | Unset | WhenQueryType0): Parameters with their values; null: any value.
            referrer_domain (list[str] | None | str | Unset):
            region (list[str] | None | str | Unset):
            timezone (None | str | Unset): Of hours and days; without one the account's. Example: Europe/Berlin.
     """

    bot: bool | None | Unset = UNSET
    browser: list[str] | None | str | Unset = UNSET
    city: list[str] | None | str | Unset = UNSET
    continent: list[str] | None | str | Unset = UNSET
    country: list[str] | None | str | Unset = UNSET
    days: list[str] | None | Unset = UNSET
    device: list[str] | None | str | Unset = UNSET
    hours: Hours | None | Unset = UNSET
    ip: list[str] | None | Unset = UNSET
    language: list[str] | None | str | Unset = UNSET
    os: list[str] | None | str | Unset = UNSET
    query: None | Unset | WhenQueryType0 = UNSET
    referrer_domain: list[str] | None | str | Unset = UNSET
    region: list[str] | None | str | Unset = UNSET
    timezone: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.hours import Hours # noqa: PLC0415
        from ..models.when_query_type_0 import WhenQueryType0 # noqa: PLC0415
        bot: bool | None | Unset
        if isinstance(self.bot, Unset):
            bot = UNSET
        else:
            bot = self.bot

        browser: list[str] | None | str | Unset
        if isinstance(self.browser, Unset):
            browser = UNSET
        elif isinstance(self.browser, list):
            browser = self.browser


        else:
            browser = self.browser

        city: list[str] | None | str | Unset
        if isinstance(self.city, Unset):
            city = UNSET
        elif isinstance(self.city, list):
            city = self.city


        else:
            city = self.city

        continent: list[str] | None | str | Unset
        if isinstance(self.continent, Unset):
            continent = UNSET
        elif isinstance(self.continent, list):
            continent = self.continent


        else:
            continent = self.continent

        country: list[str] | None | str | Unset
        if isinstance(self.country, Unset):
            country = UNSET
        elif isinstance(self.country, list):
            country = self.country


        else:
            country = self.country

        days: list[str] | None | Unset
        if isinstance(self.days, Unset):
            days = UNSET
        elif isinstance(self.days, list):
            days = self.days


        else:
            days = self.days

        device: list[str] | None | str | Unset
        if isinstance(self.device, Unset):
            device = UNSET
        elif isinstance(self.device, list):
            device = self.device


        else:
            device = self.device

        hours: dict[str, Any] | None | Unset
        if isinstance(self.hours, Unset):
            hours = UNSET
        elif isinstance(self.hours, Hours):
            hours = self.hours.to_dict()
        else:
            hours = self.hours

        ip: list[str] | None | Unset
        if isinstance(self.ip, Unset):
            ip = UNSET
        elif isinstance(self.ip, list):
            ip = self.ip


        else:
            ip = self.ip

        language: list[str] | None | str | Unset
        if isinstance(self.language, Unset):
            language = UNSET
        elif isinstance(self.language, list):
            language = self.language


        else:
            language = self.language

        os: list[str] | None | str | Unset
        if isinstance(self.os, Unset):
            os = UNSET
        elif isinstance(self.os, list):
            os = self.os


        else:
            os = self.os

        query: dict[str, Any] | None | Unset
        if isinstance(self.query, Unset):
            query = UNSET
        elif isinstance(self.query, WhenQueryType0):
            query = self.query.to_dict()
        else:
            query = self.query

        referrer_domain: list[str] | None | str | Unset
        if isinstance(self.referrer_domain, Unset):
            referrer_domain = UNSET
        elif isinstance(self.referrer_domain, list):
            referrer_domain = self.referrer_domain


        else:
            referrer_domain = self.referrer_domain

        region: list[str] | None | str | Unset
        if isinstance(self.region, Unset):
            region = UNSET
        elif isinstance(self.region, list):
            region = self.region


        else:
            region = self.region

        timezone: None | str | Unset
        if isinstance(self.timezone, Unset):
            timezone = UNSET
        else:
            timezone = self.timezone


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if bot is not UNSET:
            field_dict["bot"] = bot
        if browser is not UNSET:
            field_dict["browser"] = browser
        if city is not UNSET:
            field_dict["city"] = city
        if continent is not UNSET:
            field_dict["continent"] = continent
        if country is not UNSET:
            field_dict["country"] = country
        if days is not UNSET:
            field_dict["days"] = days
        if device is not UNSET:
            field_dict["device"] = device
        if hours is not UNSET:
            field_dict["hours"] = hours
        if ip is not UNSET:
            field_dict["ip"] = ip
        if language is not UNSET:
            field_dict["language"] = language
        if os is not UNSET:
            field_dict["os"] = os
        if query is not UNSET:
            field_dict["query"] = query
        if referrer_domain is not UNSET:
            field_dict["referrer_domain"] = referrer_domain
        if region is not UNSET:
            field_dict["region"] = region
        if timezone is not UNSET:
            field_dict["timezone"] = timezone

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.hours import Hours # noqa: PLC0415
        from ..models.when_query_type_0 import WhenQueryType0 # noqa: PLC0415
        d = dict(src_dict)
        def _parse_bot(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        bot = _parse_bot(d.pop("bot", UNSET))


        def _parse_browser(data: object) -> list[str] | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                componentsschemas_one_or_many_type_1 = cast(list[str], data)

                return componentsschemas_one_or_many_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | str | Unset, data)

        browser = _parse_browser(d.pop("browser", UNSET))


        def _parse_city(data: object) -> list[str] | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                componentsschemas_one_or_many_type_1 = cast(list[str], data)

                return componentsschemas_one_or_many_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | str | Unset, data)

        city = _parse_city(d.pop("city", UNSET))


        def _parse_continent(data: object) -> list[str] | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                componentsschemas_one_or_many_type_1 = cast(list[str], data)

                return componentsschemas_one_or_many_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | str | Unset, data)

        continent = _parse_continent(d.pop("continent", UNSET))


        def _parse_country(data: object) -> list[str] | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                componentsschemas_one_or_many_type_1 = cast(list[str], data)

                return componentsschemas_one_or_many_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | str | Unset, data)

        country = _parse_country(d.pop("country", UNSET))


        def _parse_days(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                days_type_0 = cast(list[str], data)

                return days_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        days = _parse_days(d.pop("days", UNSET))


        def _parse_device(data: object) -> list[str] | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                componentsschemas_one_or_many_type_1 = cast(list[str], data)

                return componentsschemas_one_or_many_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | str | Unset, data)

        device = _parse_device(d.pop("device", UNSET))


        def _parse_hours(data: object) -> Hours | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                hours_type_0 = Hours.from_dict(data)



                return hours_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Hours | None | Unset, data)

        hours = _parse_hours(d.pop("hours", UNSET))


        def _parse_ip(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                ip_type_0 = cast(list[str], data)

                return ip_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        ip = _parse_ip(d.pop("ip", UNSET))


        def _parse_language(data: object) -> list[str] | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                componentsschemas_one_or_many_type_1 = cast(list[str], data)

                return componentsschemas_one_or_many_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | str | Unset, data)

        language = _parse_language(d.pop("language", UNSET))


        def _parse_os(data: object) -> list[str] | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                componentsschemas_one_or_many_type_1 = cast(list[str], data)

                return componentsschemas_one_or_many_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | str | Unset, data)

        os = _parse_os(d.pop("os", UNSET))


        def _parse_query(data: object) -> None | Unset | WhenQueryType0:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                query_type_0 = WhenQueryType0.from_dict(data)



                return query_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | WhenQueryType0, data)

        query = _parse_query(d.pop("query", UNSET))


        def _parse_referrer_domain(data: object) -> list[str] | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                componentsschemas_one_or_many_type_1 = cast(list[str], data)

                return componentsschemas_one_or_many_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | str | Unset, data)

        referrer_domain = _parse_referrer_domain(d.pop("referrer_domain", UNSET))


        def _parse_region(data: object) -> list[str] | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                componentsschemas_one_or_many_type_1 = cast(list[str], data)

                return componentsschemas_one_or_many_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | str | Unset, data)

        region = _parse_region(d.pop("region", UNSET))


        def _parse_timezone(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        timezone = _parse_timezone(d.pop("timezone", UNSET))


        when = cls(
            bot=bot,
            browser=browser,
            city=city,
            continent=continent,
            country=country,
            days=days,
            device=device,
            hours=hours,
            ip=ip,
            language=language,
            os=os,
            query=query,
            referrer_domain=referrer_domain,
            region=region,
            timezone=timezone,
        )

        return when

