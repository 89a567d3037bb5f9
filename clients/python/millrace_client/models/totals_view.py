from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="TotalsView")



@_attrs_define
class TotalsView:
    """ What one source has counted.

        Attributes:
            as_of (str): Until when it had counted. Example: 2026-01-02T03:04:05Z.
            clicks (int): Their clicks. Example: 1234.
            rows (int): How many counts. Example: 1.
            source (str): The source. Example: bitly.
     """

    as_of: str
    clicks: int
    rows: int
    source: str





    def to_dict(self) -> dict[str, Any]:
        as_of = self.as_of

        clicks = self.clicks

        rows = self.rows

        source = self.source


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "as_of": as_of,
            "clicks": clicks,
            "rows": rows,
            "source": source,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        as_of = d.pop("as_of")

        clicks = d.pop("clicks")

        rows = d.pop("rows")

        source = d.pop("source")

        totals_view = cls(
            as_of=as_of,
            clicks=clicks,
            rows=rows,
            source=source,
        )

        return totals_view

