from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="ListCampaignItemsItem")



@_attrs_define
class ListCampaignItemsItem:
    """ A campaign.

        Attributes:
            cost_per_click (None | str): What a click on a link in it costs that says nothing itself, in the account's
                currency. Example: 0.05.
            created_at (str): When it was made. Example: 2026-01-02T03:04:05Z.
            id (str): Its id. Example: cmp_0000000000006.
            name (str): For people; unique in the account. Example: Spring.
            tags (list[str]): For grouping. Example: ['mail'].
     """

    cost_per_click: None | str
    created_at: str
    id: str
    name: str
    tags: list[str]





    def to_dict(self) -> dict[str, Any]:
        cost_per_click: None | str
        cost_per_click = self.cost_per_click

        created_at = self.created_at

        id = self.id

        name = self.name

        tags = self.tags




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "cost_per_click": cost_per_click,
            "created_at": created_at,
            "id": id,
            "name": name,
            "tags": tags,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_cost_per_click(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cost_per_click = _parse_cost_per_click(d.pop("cost_per_click"))


        created_at = d.pop("created_at")

        id = d.pop("id")

        name = d.pop("name")

        tags = cast(list[str], d.pop("tags"))


        list_campaign_items_item = cls(
            cost_per_click=cost_per_click,
            created_at=created_at,
            id=id,
            name=name,
            tags=tags,
        )

        return list_campaign_items_item

