from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="Segment")



@_attrs_define
class Segment:
    """ Filters that have a name.

        Attributes:
            created_at (str): When it was made. Example: 2026-01-02T03:04:05Z.
            filters (str): Its filters, as in the query of `/v1/stats`; objects by their ids. Example:
                country=DE&utm_medium=email.
            id (str): Its id. Example: seg_0000000000004.
            name (str): How it is called, also in `segment=` of a question. Example: German mail.
     """

    created_at: str
    filters: str
    id: str
    name: str





    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at

        filters = self.filters

        id = self.id

        name = self.name


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "created_at": created_at,
            "filters": filters,
            "id": id,
            "name": name,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        created_at = d.pop("created_at")

        filters = d.pop("filters")

        id = d.pop("id")

        name = d.pop("name")

        segment = cls(
            created_at=created_at,
            filters=filters,
            id=id,
            name=name,
        )

        return segment

