from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="KeyBody")



@_attrs_define
class KeyBody:
    """ A key that is wanted.

        Attributes:
            name (str): For people. Example: reports.
            scopes (list[str]): What it may do: `read`, `create` (make objects and record events, and nothing else), `write`
                (both, and change and
                delete), `admin` (all of it, and keys and settings). Example: ['read'].
            expires_at (None | str | Unset): From then on it opens nothing, RFC 3339; null: it has no end. Example:
                2027-01-01T00:00:00Z.
     """

    name: str
    scopes: list[str]
    expires_at: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        name = self.name

        scopes = self.scopes



        expires_at: None | str | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        else:
            expires_at = self.expires_at


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "name": name,
            "scopes": scopes,
        })
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        scopes = cast(list[str], d.pop("scopes"))


        def _parse_expires_at(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        expires_at = _parse_expires_at(d.pop("expires_at", UNSET))


        key_body = cls(
            name=name,
            scopes=scopes,
            expires_at=expires_at,
        )

        return key_body

