from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.refused import Refused





T = TypeVar("T", bound="TotalsTaken")



@_attrs_define
class TotalsTaken:
    """ What became of counts.

        Attributes:
            clicks (int): Their clicks. Example: 1234.
            rejected (list[Refused]): Those that were refused; they do not hold up the others.
            taken (int): So many were taken; they stand in the place of all that the source had before. Example: 1.
     """

    clicks: int
    rejected: list[Refused]
    taken: int





    def to_dict(self) -> dict[str, Any]:
        from ..models.refused import Refused # noqa: PLC0415
        clicks = self.clicks

        rejected = []
        for rejected_item_data in self.rejected:
            rejected_item = rejected_item_data.to_dict()
            rejected.append(rejected_item)



        taken = self.taken


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "clicks": clicks,
            "rejected": rejected,
            "taken": taken,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.refused import Refused # noqa: PLC0415
        d = dict(src_dict)
        clicks = d.pop("clicks")

        rejected = []
        _rejected = d.pop("rejected")
        for rejected_item_data in (_rejected):
            rejected_item = Refused.from_dict(rejected_item_data)



            rejected.append(rejected_item)


        taken = d.pop("taken")

        totals_taken = cls(
            clicks=clicks,
            rejected=rejected,
            taken=taken,
        )

        return totals_taken

