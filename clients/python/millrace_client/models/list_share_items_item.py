from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="ListShareItemsItem")



@_attrs_define
class ListShareItemsItem:
    """ What a share shows, without its token.

        Attributes:
            created_at (str): When it was made. Example: 2026-01-02T03:04:05Z.
            expires_at (None | str): From when on it shows nothing; null: it has no end. Example: 2027-01-01T00:00:00Z.
            filters (str): Filters of every question, as in the query of `/v1/stats`; objects by their ids. Example:
                link=lnk_0000000000005&country=DE%2CAT.
            hides_money (bool): Whether metrics of money are hidden.
            id (str): Its id. Example: shr_0000000000004.
            name (str): For people. Example: Agency.
     """

    created_at: str
    expires_at: None | str
    filters: str
    hides_money: bool
    id: str
    name: str





    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at

        expires_at: None | str
        expires_at = self.expires_at

        filters = self.filters

        hides_money = self.hides_money

        id = self.id

        name = self.name


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "created_at": created_at,
            "expires_at": expires_at,
            "filters": filters,
            "hides_money": hides_money,
            "id": id,
            "name": name,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        created_at = d.pop("created_at")

        def _parse_expires_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))


        filters = d.pop("filters")

        hides_money = d.pop("hides_money")

        id = d.pop("id")

        name = d.pop("name")

        list_share_items_item = cls(
            created_at=created_at,
            expires_at=expires_at,
            filters=filters,
            hides_money=hides_money,
            id=id,
            name=name,
        )

        return list_share_items_item

