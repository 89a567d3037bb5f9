from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="ShareBody")



@_attrs_define
class ShareBody:
    """ A share that is wanted.

        Attributes:
            name (str): For people. Example: Agency.
            expires_at (None | str | Unset): From then on it shows nothing, RFC 3339; null: it has no end. Example:
                2027-01-01T00:00:00Z.
            filters (str | Unset): Filters as in the query of `/v1/stats`, joined with `&`: all of them hold for whatever is
                asked with the token.
                Objects may be named, and are kept by their ids. Without any it shows all numbers of the account. Example:
                link=spring&country=DE,AT.
            hides_money (bool | None | Unset): Whether metrics of money are hidden. Example: True.
     """

    name: str
    expires_at: None | str | Unset = UNSET
    filters: str | Unset = UNSET
    hides_money: bool | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        name = self.name

        expires_at: None | str | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        else:
            expires_at = self.expires_at

        filters = self.filters

        hides_money: bool | None | Unset
        if isinstance(self.hides_money, Unset):
            hides_money = UNSET
        else:
            hides_money = self.hides_money


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "name": name,
        })
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at
        if filters is not UNSET:
            field_dict["filters"] = filters
        if hides_money is not UNSET:
            field_dict["hides_money"] = hides_money

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        def _parse_expires_at(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        expires_at = _parse_expires_at(d.pop("expires_at", UNSET))


        filters = d.pop("filters", UNSET)

        def _parse_hides_money(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        hides_money = _parse_hides_money(d.pop("hides_money", UNSET))


        share_body = cls(
            name=name,
            expires_at=expires_at,
            filters=filters,
            hides_money=hides_money,
        )

        return share_body

