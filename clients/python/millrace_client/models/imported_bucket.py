from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="ImportedBucket")



@_attrs_define
class ImportedBucket:
    """ Clicks of one bucket that other tools counted.

        Attributes:
            clicks (int): So many. Example: 1234.
            time (str): Start of the bucket. Example: 2026-01-02T00:00:00Z.
     """

    clicks: int
    time: str





    def to_dict(self) -> dict[str, Any]:
        clicks = self.clicks

        time = self.time


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "clicks": clicks,
            "time": time,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        clicks = d.pop("clicks")

        time = d.pop("time")

        imported_bucket = cls(
            clicks=clicks,
            time=time,
        )

        return imported_bucket

