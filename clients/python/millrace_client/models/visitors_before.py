from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="VisitorsBefore")



@_attrs_define
class VisitorsBefore:
    """ Within what a visitor counted once before.

        Attributes:
            counted_per (str): A day or a month of the account. Example: day.
            until (str): Until then: a midnight of the account's. Example: 2026-01-03T00:00:00Z.
     """

    counted_per: str
    until: str





    def to_dict(self) -> dict[str, Any]:
        counted_per = self.counted_per

        until = self.until


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "counted_per": counted_per,
            "until": until,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        counted_per = d.pop("counted_per")

        until = d.pop("until")

        visitors_before = cls(
            counted_per=counted_per,
            until=until,
        )

        return visitors_before

