from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="Pixel")



@_attrs_define
class Pixel:
    """ A pixel.

        Attributes:
            campaign (None | str): The campaign its events count for, too. Example: cmp_0000000000006.
            created_at (str): When it was made. Example: 2026-01-02T03:04:05Z.
            id (str): Its id. Example: pxl_0000000000007.
            name (str): For people; unique in the account. Example: Footer.
            tags (list[str]): For grouping. Example: ['mail'].
            url (str): The address of the image. Example: https://go.example/p/pxl_0000000000007.gif.
     """

    campaign: None | str
    created_at: str
    id: str
    name: str
    tags: list[str]
    url: str





    def to_dict(self) -> dict[str, Any]:
        campaign: None | str
        campaign = self.campaign

        created_at = self.created_at

        id = self.id

        name = self.name

        tags = self.tags



        url = self.url


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "campaign": campaign,
            "created_at": created_at,
            "id": id,
            "name": name,
            "tags": tags,
            "url": url,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_campaign(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        campaign = _parse_campaign(d.pop("campaign"))


        created_at = d.pop("created_at")

        id = d.pop("id")

        name = d.pop("name")

        tags = cast(list[str], d.pop("tags"))


        url = d.pop("url")

        pixel = cls(
            campaign=campaign,
            created_at=created_at,
            id=id,
            name=name,
            tags=tags,
            url=url,
        )

        return pixel

