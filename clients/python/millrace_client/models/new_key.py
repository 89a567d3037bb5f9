from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="NewKey")



@_attrs_define
class NewKey:
    """ A new API key.

        Attributes:
            api_key (str): Its secret. It is shown once. Example: mr_7h4c….
            created_at (str): When it was made. Example: 2026-01-02T03:04:05Z.
            expires_at (None | str): From when on it opens nothing; null: it has no end. Example: 2027-01-01T00:00:00Z.
            id (str): Names the key without giving it away. Example: key_0000000000009.
            last_used (None | str): The minute in which it was last used, as far as it is known: uses at other processes are
                known an hour later. Null:
                never since this is noted. Example: 2026-01-02T03:04:00Z.
            name (str): For people. Example: reports.
            old_secret_until (None | str): Until when the secret that it had before opens the same; null: it has had one
                alone. Example: 2026-01-03T03:04:05Z.
            revoked (bool): Whether it opens nothing any more.
            scopes (list[str]): What it may do. Example: ['read'].
     """

    api_key: str
    created_at: str
    expires_at: None | str
    id: str
    last_used: None | str
    name: str
    old_secret_until: None | str
    revoked: bool
    scopes: list[str]





    def to_dict(self) -> dict[str, Any]:
        api_key = self.api_key

        created_at = self.created_at

        expires_at: None | str
        expires_at = self.expires_at

        id = self.id

        last_used: None | str
        last_used = self.last_used

        name = self.name

        old_secret_until: None | str
        old_secret_until = self.old_secret_until

        revoked = self.revoked

        scopes = self.scopes




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "api_key": api_key,
            "created_at": created_at,
            "expires_at": expires_at,
            "id": id,
            "last_used": last_used,
            "name": name,
            "old_secret_until": old_secret_until,
            "revoked": revoked,
            "scopes": scopes,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        api_key = d.pop("api_key")

        created_at = d.pop("created_at")

        def _parse_expires_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))


        id = d.pop("id")

        def _parse_last_used(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        last_used = _parse_last_used(d.pop("last_used"))


        name = d.pop("name")

        def _parse_old_secret_until(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        old_secret_until = _parse_old_secret_until(d.pop("old_secret_until"))


        revoked = d.pop("revoked")

        scopes = cast(list[str], d.pop("scopes"))


        new_key = cls(
            api_key=api_key,
            created_at=created_at,
            expires_at=expires_at,
            id=id,
            last_used=last_used,
            name=name,
            old_secret_until=old_secret_until,
            revoked=revoked,
            scopes=scopes,
        )

        return new_key

