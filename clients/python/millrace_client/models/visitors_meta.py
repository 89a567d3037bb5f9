from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.visitors_before import VisitorsBefore





T = TypeVar("T", bound="VisitorsMeta")



@_attrs_define
class VisitorsMeta:
    """ Within what a visitor whom the sender does not name counts once: in the next period the visitor is another one.

        Attributes:
            counted_per (str): A day or a month of the account; at the end of what was asked for. Example: day.
            timezone (str): The account's time zone. Example: Europe/Berlin.
            before (list[VisitorsBefore] | Unset): What it was before, where it changed within what was asked for.
     """

    counted_per: str
    timezone: str
    before: list[VisitorsBefore] | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.visitors_before import VisitorsBefore # noqa: PLC0415
        counted_per = self.counted_per

        timezone = self.timezone

        before: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.before, Unset):
            before = []
            for before_item_data in self.before:
                before_item = before_item_data.to_dict()
                before.append(before_item)




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "counted_per": counted_per,
            "timezone": timezone,
        })
        if before is not UNSET:
            field_dict["before"] = before

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.visitors_before import VisitorsBefore # noqa: PLC0415
        d = dict(src_dict)
        counted_per = d.pop("counted_per")

        timezone = d.pop("timezone")

        _before = d.pop("before", UNSET)
        before: list[VisitorsBefore] | Unset = UNSET
        if _before is not UNSET:
            before = []
            for before_item_data in _before:
                before_item = VisitorsBefore.from_dict(before_item_data)



                before.append(before_item)


        visitors_meta = cls(
            counted_per=counted_per,
            timezone=timezone,
            before=before,
        )

        return visitors_meta

