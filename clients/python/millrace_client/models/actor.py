from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="Actor")



@_attrs_define
class Actor:
    """ Who changed something.

        Attributes:
            id (None | str): The key's id. Example: key_0000000000009.
            kind (str): `key`, `operator`: whoever runs the installation, or `system`: the installation itself. Example:
                key.
            name (None | str): The key's name then. Example: reports.
     """

    id: None | str
    kind: str
    name: None | str





    def to_dict(self) -> dict[str, Any]:
        id: None | str
        id = self.id

        kind = self.kind

        name: None | str
        name = self.name


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "id": id,
            "kind": kind,
            "name": name,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        id = _parse_id(d.pop("id"))


        kind = d.pop("kind")

        def _parse_name(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        name = _parse_name(d.pop("name"))


        actor = cls(
            id=id,
            kind=kind,
            name=name,
        )

        return actor

