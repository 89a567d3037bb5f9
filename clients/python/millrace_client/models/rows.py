from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.events_meta import EventsMeta
  from ..models.rows_rows_item import RowsRowsItem





T = TypeVar("T", bound="Rows")



@_attrs_define
class Rows:
    """ Rows of a question in SQL.

        Attributes:
            meta (EventsMeta): How true an answer of events is.
            rows (list[RowsRowsItem]): Each an object: names are those of the columns, and what is null is left out.
                Example: [{'clicks': 12, 'country': 'DE'}].
     """

    meta: EventsMeta
    rows: list[RowsRowsItem]





    def to_dict(self) -> dict[str, Any]:
        from ..models.events_meta import EventsMeta # noqa: PLC0415
        from ..models.rows_rows_item import RowsRowsItem # noqa: PLC0415
        meta = self.meta.to_dict()

        rows = []
        for rows_item_data in self.rows:
            rows_item = rows_item_data.to_dict()
            rows.append(rows_item)




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "meta": meta,
            "rows": rows,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.events_meta import EventsMeta # noqa: PLC0415
        from ..models.rows_rows_item import RowsRowsItem # noqa: PLC0415
        d = dict(src_dict)
        meta = EventsMeta.from_dict(d.pop("meta"))




        rows = []
        _rows = d.pop("rows")
        for rows_item_data in (_rows):
            rows_item = RowsRowsItem.from_dict(rows_item_data)



            rows.append(rows_item)


        rows = cls(
            meta=meta,
            rows=rows,
        )

        return rows

