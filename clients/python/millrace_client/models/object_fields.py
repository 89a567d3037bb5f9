from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="ObjectFields")



@_attrs_define
class ObjectFields:
    """ One of the fields of [`ObjectField`].

        Example:
            {'link': 'lnk_0000000000005'}

        Attributes:
            goal (None | str | Unset): Of a conversion: the id of its goal.
            link (None | str | Unset): Of a click: the id of its link.
            pixel (None | str | Unset): Of a view: the id of its pixel.
     """

    goal: None | str | Unset = UNSET
    link: None | str | Unset = UNSET
    pixel: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        goal: None | str | Unset
        if isinstance(self.goal, Unset):
            goal = UNSET
        else:
            goal = self.goal

        link: None | str | Unset
        if isinstance(self.link, Unset):
            link = UNSET
        else:
            link = self.link

        pixel: None | str | Unset
        if isinstance(self.pixel, Unset):
            pixel = UNSET
        else:
            pixel = self.pixel


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if goal is not UNSET:
            field_dict["goal"] = goal
        if link is not UNSET:
            field_dict["link"] = link
        if pixel is not UNSET:
            field_dict["pixel"] = pixel

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_goal(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        goal = _parse_goal(d.pop("goal", UNSET))


        def _parse_link(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        link = _parse_link(d.pop("link", UNSET))


        def _parse_pixel(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        pixel = _parse_pixel(d.pop("pixel", UNSET))


        object_fields = cls(
            goal=goal,
            link=link,
            pixel=pixel,
        )

        return object_fields

