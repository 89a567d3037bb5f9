from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.audited_day import AuditedDay





T = TypeVar("T", bound="CountedSettled")



@_attrs_define
class CountedSettled:
    """ Settled events of an account.

        Attributes:
            counted (int): Events that the numbers count. Example: 30.
            days (list[AuditedDay]): The days that have any.
            duplicates (int): Events that repeat another, which is counted.
            manifest (int): The manifest that was looked at. Example: 7.
            stored (int): Events in the table of events. Example: 30.
     """

    counted: int
    days: list[AuditedDay]
    duplicates: int
    manifest: int
    stored: int





    def to_dict(self) -> dict[str, Any]:
        from ..models.audited_day import AuditedDay # noqa: PLC0415
        counted = self.counted

        days = []
        for days_item_data in self.days:
            days_item = days_item_data.to_dict()
            days.append(days_item)



        duplicates = self.duplicates

        manifest = self.manifest

        stored = self.stored


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "counted": counted,
            "days": days,
            "duplicates": duplicates,
            "manifest": manifest,
            "stored": stored,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.audited_day import AuditedDay # noqa: PLC0415
        d = dict(src_dict)
        counted = d.pop("counted")

        days = []
        _days = d.pop("days")
        for days_item_data in (_days):
            days_item = AuditedDay.from_dict(days_item_data)



            days.append(days_item)


        duplicates = d.pop("duplicates")

        manifest = d.pop("manifest")

        stored = d.pop("stored")

        counted_settled = cls(
            counted=counted,
            days=days,
            duplicates=duplicates,
            manifest=manifest,
            stored=stored,
        )

        return counted_settled

