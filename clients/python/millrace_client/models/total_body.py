from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="TotalBody")



@_attrs_define
class TotalBody:
    """ How many clicks a link had.

        Attributes:
            clicks (int): So many. Example: 1234.
            link (str): The link: its id, its slug, or `ext_` and what the account calls it. Example: spring.
            day (None | str | Unset): On this day; without it in all. Example: 2025-12-31.
            since (None | str | Unset): Of a count of all: since when the link was there, RFC 3339. Example:
                2025-01-02T03:04:05Z.
     """

    clicks: int
    link: str
    day: None | str | Unset = UNSET
    since: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        clicks = self.clicks

        link = self.link

        day: None | str | Unset
        if isinstance(self.day, Unset):
            day = UNSET
        else:
            day = self.day

        since: None | str | Unset
        if isinstance(self.since, Unset):
            since = UNSET
        else:
            since = self.since


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "clicks": clicks,
            "link": link,
        })
        if day is not UNSET:
            field_dict["day"] = day
        if since is not UNSET:
            field_dict["since"] = since

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        clicks = d.pop("clicks")

        link = d.pop("link")

        def _parse_day(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        day = _parse_day(d.pop("day", UNSET))


        def _parse_since(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        since = _parse_since(d.pop("since", UNSET))


        total_body = cls(
            clicks=clicks,
            link=link,
            day=day,
            since=since,
        )

        return total_body

