from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="ListAnnotationItemsItem")



@_attrs_define
class ListAnnotationItemsItem:
    """ What happened when.

        Attributes:
            created_at (str): When it was made. Example: 2026-01-02T03:04:05Z.
            from_ (str): When it happened, or began. Example: 2026-01-02T09:30:00Z.
            id (str): Its id. Example: ann_0000000000004.
            object_ (None | str): What it is about; null: all of the account. Example: lnk_0000000000005.
            text (str): What happened. Example: Newsletter sent.
            to (None | str): Before when it ended; null: it is of a moment. Example: 2026-01-02T11:00:00Z.
     """

    created_at: str
    from_: str
    id: str
    object_: None | str
    text: str
    to: None | str





    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at

        from_ = self.from_

        id = self.id

        object_: None | str
        object_ = self.object_

        text = self.text

        to: None | str
        to = self.to


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "created_at": created_at,
            "from": from_,
            "id": id,
            "object": object_,
            "text": text,
            "to": to,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        created_at = d.pop("created_at")

        from_ = d.pop("from")

        id = d.pop("id")

        def _parse_object_(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        object_ = _parse_object_(d.pop("object"))


        text = d.pop("text")

        def _parse_to(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        to = _parse_to(d.pop("to"))


        list_annotation_items_item = cls(
            created_at=created_at,
            from_=from_,
            id=id,
            object_=object_,
            text=text,
            to=to,
        )

        return list_annotation_items_item

