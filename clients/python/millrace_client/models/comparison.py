from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.numbers import Numbers
  from ..models.row import Row





T = TypeVar("T", bound="Comparison")



@_attrs_define
class Comparison:
    """ Numbers of another time.

        Attributes:
            end (str): Before then. Example: 2025-12-28T00:00:00Z.
            results (list[Row]): By bucket and group: the same number of buckets where the time is as long.
            start (str): From then on. Example: 2025-12-26T00:00:00Z.
            totals (Numbers): Numbers by metric; absent are those that were not asked for.
     """

    end: str
    results: list[Row]
    start: str
    totals: Numbers





    def to_dict(self) -> dict[str, Any]:
        from ..models.numbers import Numbers # noqa: PLC0415
        from ..models.row import Row # noqa: PLC0415
        end = self.end

        results = []
        for results_item_data in self.results:
            results_item = results_item_data.to_dict()
            results.append(results_item)



        start = self.start

        totals = self.totals.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "end": end,
            "results": results,
            "start": start,
            "totals": totals,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.numbers import Numbers # noqa: PLC0415
        from ..models.row import Row # noqa: PLC0415
        d = dict(src_dict)
        end = d.pop("end")

        results = []
        _results = d.pop("results")
        for results_item_data in (_results):
            results_item = Row.from_dict(results_item_data)



            results.append(results_item)


        start = d.pop("start")

        totals = Numbers.from_dict(d.pop("totals"))




        comparison = cls(
            end=end,
            results=results,
            start=start,
            totals=totals,
        )

        return comparison

