from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.total_body import TotalBody





T = TypeVar("T", bound="TotalsBody")



@_attrs_define
class TotalsBody:
    """ What a source has counted: all of it, each time.

        Attributes:
            rows (list[TotalBody]): Up to 100,000 counts.
            as_of (None | str | Unset): Until when it had counted, RFC 3339; now unless given. Example:
                2026-01-02T03:04:05Z.
     """

    rows: list[TotalBody]
    as_of: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.total_body import TotalBody # noqa: PLC0415
        rows = []
        for rows_item_data in self.rows:
            rows_item = rows_item_data.to_dict()
            rows.append(rows_item)



        as_of: None | str | Unset
        if isinstance(self.as_of, Unset):
            as_of = UNSET
        else:
            as_of = self.as_of


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "rows": rows,
        })
        if as_of is not UNSET:
            field_dict["as_of"] = as_of

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.total_body import TotalBody # noqa: PLC0415
        d = dict(src_dict)
        rows = []
        _rows = d.pop("rows")
        for rows_item_data in (_rows):
            rows_item = TotalBody.from_dict(rows_item_data)



            rows.append(rows_item)


        def _parse_as_of(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        as_of = _parse_as_of(d.pop("as_of", UNSET))


        totals_body = cls(
            rows=rows,
            as_of=as_of,
        )

        return totals_body

