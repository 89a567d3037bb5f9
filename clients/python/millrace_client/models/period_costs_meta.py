from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.period_costs_meta_unspread_type_0 import PeriodCostsMetaUnspreadType0





T = TypeVar("T", bound="PeriodCostsMeta")



@_attrs_define
class PeriodCostsMeta:
    """ What was paid in periods, and is spread over clicks.

        Attributes:
            changed_at (str): When the newest of them was told or changed: numbers from before that are others. Example:
                2026-01-02T03:04:05Z.
            count (int): How many costs lie within what was asked about. Example: 2.
            unspread (None | PeriodCostsMetaUnspreadType0 | Unset): By currency, what was paid in periods that have no
                clicks of people yet: it is in no number of the answer. Example: {'EUR': '70.00'}.
     """

    changed_at: str
    count: int
    unspread: None | PeriodCostsMetaUnspreadType0 | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.period_costs_meta_unspread_type_0 import PeriodCostsMetaUnspreadType0 # noqa: PLC0415
        changed_at = self.changed_at

        count = self.count

        unspread: dict[str, Any] | None | Unset
        if isinstance(self.unspread, Unset):
            unspread = UNSET
        elif isinstance(self.unspread, PeriodCostsMetaUnspreadType0):
            unspread = self.unspread.to_dict()
        else:
            unspread = self.unspread


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "changed_at": changed_at,
            "count": count,
        })
        if unspread is not UNSET:
            field_dict["unspread"] = unspread

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.period_costs_meta_unspread_type_0 import PeriodCostsMetaUnspreadType0 # noqa: PLC0415
        d = dict(src_dict)
        changed_at = d.pop("changed_at")

        count = d.pop("count")

        def _parse_unspread(data: object) -> None | PeriodCostsMetaUnspreadType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                unspread_type_0 = PeriodCostsMetaUnspreadType0.from_dict(data)



                return unspread_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PeriodCostsMetaUnspreadType0 | Unset, data)

        unspread = _parse_unspread(d.pop("unspread", UNSET))


        period_costs_meta = cls(
            changed_at=changed_at,
            count=count,
            unspread=unspread,
        )

        return period_costs_meta

