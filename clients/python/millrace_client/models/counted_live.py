from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="CountedLive")



@_attrs_define
class CountedLive:
    """ Live events of an account.

        Attributes:
            complete (bool): Whether nothing is missing there. Example: True.
            counted (int): Events that live cells count. Example: 2.
     """

    complete: bool
    counted: int





    def to_dict(self) -> dict[str, Any]:
        complete = self.complete

        counted = self.counted


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "complete": complete,
            "counted": counted,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        complete = d.pop("complete")

        counted = d.pop("counted")

        counted_live = cls(
            complete=complete,
            counted=counted,
        )

        return counted_live

