from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.imported_bucket import ImportedBucket





T = TypeVar("T", bound="Imported")



@_attrs_define
class Imported:
    """ Clicks that other tools counted, which are in no other number of the answer.

        Attributes:
            beyond (int): Of counts that reach beyond the range, or of which nobody knows when they began: not in `clicks`.
                Example: 56.
            clicks (int): Of what was asked for: of whole days within the range, and of all time where that lies within it.
                Example: 1234.
            sources (list[str]): Who counted them. Example: ['bitly'].
            results (list[ImportedBucket] | Unset): By bucket, with `interval`: those of days, which lie in one bucket.
            unavailable (bool | Unset): True: they cannot be read just now, and the numbers here are not all.
     """

    beyond: int
    clicks: int
    sources: list[str]
    results: list[ImportedBucket] | Unset = UNSET
    unavailable: bool | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.imported_bucket import ImportedBucket # noqa: PLC0415
        beyond = self.beyond

        clicks = self.clicks

        sources = self.sources



        results: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.results, Unset):
            results = []
            for results_item_data in self.results:
                results_item = results_item_data.to_dict()
                results.append(results_item)



        unavailable = self.unavailable


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "beyond": beyond,
            "clicks": clicks,
            "sources": sources,
        })
        if results is not UNSET:
            field_dict["results"] = results
        if unavailable is not UNSET:
            field_dict["unavailable"] = unavailable

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.imported_bucket import ImportedBucket # noqa: PLC0415
        d = dict(src_dict)
        beyond = d.pop("beyond")

        clicks = d.pop("clicks")

        sources = cast(list[str], d.pop("sources"))


        _results = d.pop("results", UNSET)
        results: list[ImportedBucket] | Unset = UNSET
        if _results is not UNSET:
            results = []
            for results_item_data in _results:
                results_item = ImportedBucket.from_dict(results_item_data)



                results.append(results_item)


        unavailable = d.pop("unavailable", UNSET)

        imported = cls(
            beyond=beyond,
            clicks=clicks,
            sources=sources,
            results=results,
            unavailable=unavailable,
        )

        return imported

