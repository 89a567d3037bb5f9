from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

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
            kept_from (None | str | Unset): The first day that is compared, UTC, where it is later than what was asked for:
                events from before are not kept. Example: 2026-01-01.
     """

    counted: int
    days: list[AuditedDay]
    duplicates: int
    manifest: int
    stored: int
    kept_from: None | str | Unset = UNSET





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

        kept_from: None | str | Unset
        if isinstance(self.kept_from, Unset):
            kept_from = UNSET
        else:
            kept_from = self.kept_from


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "counted": counted,
            "days": days,
            "duplicates": duplicates,
            "manifest": manifest,
            "stored": stored,
        })
        if kept_from is not UNSET:
            field_dict["kept_from"] = kept_from

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

        def _parse_kept_from(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        kept_from = _parse_kept_from(d.pop("kept_from", UNSET))


        counted_settled = cls(
            counted=counted,
            days=days,
            duplicates=duplicates,
            manifest=manifest,
            stored=stored,
            kept_from=kept_from,
        )

        return counted_settled

