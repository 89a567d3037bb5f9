from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.events_meta import EventsMeta
  from ..models.listed_event import ListedEvent





T = TypeVar("T", bound="EventsPage")



@_attrs_define
class EventsPage:
    """ A page of events.

        Attributes:
            items (list[ListedEvent]): The newest first.
            meta (EventsMeta): How true an answer of events is.
            next_cursor (None | str): What `cursor` must be for the next page; null: this is the last one.
     """

    items: list[ListedEvent]
    meta: EventsMeta
    next_cursor: None | str





    def to_dict(self) -> dict[str, Any]:
        from ..models.events_meta import EventsMeta # noqa: PLC0415
        from ..models.listed_event import ListedEvent # noqa: PLC0415
        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)



        meta = self.meta.to_dict()

        next_cursor: None | str
        next_cursor = self.next_cursor


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "items": items,
            "meta": meta,
            "next_cursor": next_cursor,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.events_meta import EventsMeta # noqa: PLC0415
        from ..models.listed_event import ListedEvent # noqa: PLC0415
        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in (_items):
            items_item = ListedEvent.from_dict(items_item_data)



            items.append(items_item)


        meta = EventsMeta.from_dict(d.pop("meta"))




        def _parse_next_cursor(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        next_cursor = _parse_next_cursor(d.pop("next_cursor"))


        events_page = cls(
            items=items,
            meta=meta,
            next_cursor=next_cursor,
        )

        return events_page

