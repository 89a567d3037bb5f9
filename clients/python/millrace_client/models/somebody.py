from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.somebody_query import SomebodyQuery





T = TypeVar("T", bound="Somebody")



@_attrs_define
class Somebody:
    """ Somebody who might follow a link. What is left out is not known.

        Attributes:
            accept_language (str | Unset): The header, of which the language that is liked best counts. Default: ''.
                Example: de-AT,de;q=0.9.
            at (None | str | Unset): When, RFC 3339; now, if it is left out. Example: 2026-12-24T18:00:00Z.
            city (str | Unset): English name. Default: ''. Example: Munich.
            country (str | Unset): ISO 3166-1 alpha-2. Default: ''. Example: DE.
            ip (None | str | Unset): Their address. Example: 192.0.2.7.
            query (SomebodyQuery | Unset): Parameters of the request. Example: {'sub1': 'a'}.
            referrer (str | Unset): The header. Default: ''. Example: https://news.example/story.
            region (str | Unset): First subdivision. Default: ''. Example: Bavaria.
            user_agent (str | Unset): The header, from which device, system, browser and bots are known. Default: ''.
                Example: Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)
                Version/17.5 Mobile/15E148 Safari/604.1.
     """

    accept_language: str | Unset = ''
    at: None | str | Unset = UNSET
    city: str | Unset = ''
    country: str | Unset = ''
    ip: None | str | Unset = UNSET
    query: SomebodyQuery | Unset = UNSET
    referrer: str | Unset = ''
    region: str | Unset = ''
    user_agent: str | Unset = ''





    def to_dict(self) -> dict[str, Any]:
        from ..models.somebody_query import SomebodyQuery # noqa: PLC0415
        accept_language = self.accept_language

        at: None | str | Unset
        if isinstance(self.at, Unset):
            at = UNSET
        else:
            at = self.at

        city = self.city

        country = self.country

        ip: None | str | Unset
        if isinstance(self.ip, Unset):
            ip = UNSET
        else:
            ip = self.ip

        query: dict[str, Any] | Unset = UNSET
        if not isinstance(self.query, Unset):
            query = self.query.to_dict()

        referrer = self.referrer

        region = self.region

        user_agent = self.user_agent


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if accept_language is not UNSET:
            field_dict["accept_language"] = accept_language
        if at is not UNSET:
            field_dict["at"] = at
        if city is not UNSET:
            field_dict["city"] = city
        if country is not UNSET:
            field_dict["country"] = country
        if ip is not UNSET:
            field_dict["ip"] = ip
        if query is not UNSET:
            field_dict["query"] = query
        if referrer is not UNSET:
            field_dict["referrer"] = referrer
        if region is not UNSET:
            field_dict["region"] = region
        if user_agent is not UNSET:
            field_dict["user_agent"] = user_agent

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.somebody_query import SomebodyQuery # noqa: PLC0415
        d = dict(src_dict)
        accept_language = d.pop("accept_language", UNSET)

        def _parse_at(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        at = _parse_at(d.pop("at", UNSET))


        city = d.pop("city", UNSET)

        country = d.pop("country", UNSET)

        def _parse_ip(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        ip = _parse_ip(d.pop("ip", UNSET))


        _query = d.pop("query", UNSET)
        query: SomebodyQuery | Unset
        if isinstance(_query,  Unset):
            query = UNSET
        else:
            query = SomebodyQuery.from_dict(_query)




        referrer = d.pop("referrer", UNSET)

        region = d.pop("region", UNSET)

        user_agent = d.pop("user_agent", UNSET)

        somebody = cls(
            accept_language=accept_language,
            at=at,
            city=city,
            country=country,
            ip=ip,
            query=query,
            referrer=referrer,
            region=region,
            user_agent=user_agent,
        )

        return somebody

