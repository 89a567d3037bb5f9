from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="AuditedDay")



@_attrs_define
class AuditedDay:
    """ One UTC day of an account.

        Attributes:
            agrees (bool): Whether `stored` is `counted` and `duplicates` together. Example: True.
            counted (int): Events that the numbers count. Example: 30.
            date (str): The day. Example: 2026-01-02.
            duplicates (int): Events that repeat another, which is counted.
            stored (int): Events in the table of events. Example: 30.
     """

    agrees: bool
    counted: int
    date: str
    duplicates: int
    stored: int





    def to_dict(self) -> dict[str, Any]:
        agrees = self.agrees

        counted = self.counted

        date = self.date

        duplicates = self.duplicates

        stored = self.stored


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "agrees": agrees,
            "counted": counted,
            "date": date,
            "duplicates": duplicates,
            "stored": stored,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        agrees = d.pop("agrees")

        counted = d.pop("counted")

        date = d.pop("date")

        duplicates = d.pop("duplicates")

        stored = d.pop("stored")

        audited_day = cls(
            agrees=agrees,
            counted=counted,
            date=date,
            duplicates=duplicates,
            stored=stored,
        )

        return audited_day

