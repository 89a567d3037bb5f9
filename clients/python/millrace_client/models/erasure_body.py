from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="ErasureBody")



@_attrs_define
class ErasureBody:
    """ Who is to be erased: exactly one of the three is given.

        Attributes:
            click_id (None | str | Unset): A click id, as links append it: whoever made that click.
            event_id (None | str | Unset): An event: whoever did that.
            visitor (None | str | Unset): The name that events were sent with. It is hashed, and not kept. Example: ann.
     """

    click_id: None | str | Unset = UNSET
    event_id: None | str | Unset = UNSET
    visitor: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        click_id: None | str | Unset
        if isinstance(self.click_id, Unset):
            click_id = UNSET
        else:
            click_id = self.click_id

        event_id: None | str | Unset
        if isinstance(self.event_id, Unset):
            event_id = UNSET
        else:
            event_id = self.event_id

        visitor: None | str | Unset
        if isinstance(self.visitor, Unset):
            visitor = UNSET
        else:
            visitor = self.visitor


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if click_id is not UNSET:
            field_dict["click_id"] = click_id
        if event_id is not UNSET:
            field_dict["event_id"] = event_id
        if visitor is not UNSET:
            field_dict["visitor"] = visitor

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_click_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        click_id = _parse_click_id(d.pop("click_id", UNSET))


        def _parse_event_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        event_id = _parse_event_id(d.pop("event_id", UNSET))


        def _parse_visitor(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        visitor = _parse_visitor(d.pop("visitor", UNSET))


        erasure_body = cls(
            click_id=click_id,
            event_id=event_id,
            visitor=visitor,
        )

        return erasure_body

