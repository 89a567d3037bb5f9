from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="LastSeconds")



@_attrs_define
class LastSeconds:
    """ What happened in the last seconds.

        Attributes:
            clicks (int): Clicks. Example: 42.
            seconds (int): In so many seconds. Example: 10.
     """

    clicks: int
    seconds: int





    def to_dict(self) -> dict[str, Any]:
        clicks = self.clicks

        seconds = self.seconds


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "clicks": clicks,
            "seconds": seconds,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        clicks = d.pop("clicks")

        seconds = d.pop("seconds")

        last_seconds = cls(
            clicks=clicks,
            seconds=seconds,
        )

        return last_seconds

