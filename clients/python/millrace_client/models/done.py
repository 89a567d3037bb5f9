from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="Done")



@_attrs_define
class Done:
    """ A link that was made, changed or deleted.

        Attributes:
            id (str): Its id. Example: lnk_0000000000005.
            index (int): Its place in the request, from 0. Example: 0.
            slug (str): The path it answers at. Example: spring.
     """

    id: str
    index: int
    slug: str





    def to_dict(self) -> dict[str, Any]:
        id = self.id

        index = self.index

        slug = self.slug


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "id": id,
            "index": index,
            "slug": slug,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        index = d.pop("index")

        slug = d.pop("slug")

        done = cls(
            id=id,
            index=index,
            slug=slug,
        )

        return done

