from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="Variant")



@_attrs_define
class Variant:
    """ One of several addresses.

        Attributes:
            name (str): What events say of it. A visitor stays with a name, not with a place in the list. Example: blue.
            to (str): Where it leads. Example: https://shop.example/blue.
            cost_per_click (None | str | Unset): What a click that it leads costs, in the account's currency; without it
                what the link says. Example: 0.05.
            weight (int | Unset): Its share, against those of the others; 0: nobody new. Default: 1.
     """

    name: str
    to: str
    cost_per_click: None | str | Unset = UNSET
    weight: int | Unset = 1





    def to_dict(self) -> dict[str, Any]:
        name = self.name

        to = self.to

        cost_per_click: None | str | Unset
        if isinstance(self.cost_per_click, Unset):
            cost_per_click = UNSET
        else:
            cost_per_click = self.cost_per_click

        weight = self.weight


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "name": name,
            "to": to,
        })
        if cost_per_click is not UNSET:
            field_dict["cost_per_click"] = cost_per_click
        if weight is not UNSET:
            field_dict["weight"] = weight

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        to = d.pop("to")

        def _parse_cost_per_click(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        cost_per_click = _parse_cost_per_click(d.pop("cost_per_click", UNSET))


        weight = d.pop("weight", UNSET)

        variant = cls(
            name=name,
            to=to,
            cost_per_click=cost_per_click,
            weight=weight,
        )

        return variant

