from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="NewDomainBody")



@_attrs_define
class NewDomainBody:
    """ A domain that is added.

        Attributes:
            host (str): Its name. Example: l.shop.example.
            not_found_url (None | str | Unset): Where those are led whose link there is not; null: they get 404. Example:
                https://shop.example/404.
            root_url (None | str | Unset): Where those are led who ask for no link; null: they get 404. Example:
                https://shop.example/.
     """

    host: str
    not_found_url: None | str | Unset = UNSET
    root_url: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        host = self.host

        not_found_url: None | str | Unset
        if isinstance(self.not_found_url, Unset):
            not_found_url = UNSET
        else:
            not_found_url = self.not_found_url

        root_url: None | str | Unset
        if isinstance(self.root_url, Unset):
            root_url = UNSET
        else:
            root_url = self.root_url


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "host": host,
        })
        if not_found_url is not UNSET:
            field_dict["not_found_url"] = not_found_url
        if root_url is not UNSET:
            field_dict["root_url"] = root_url

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        host = d.pop("host")

        def _parse_not_found_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        not_found_url = _parse_not_found_url(d.pop("not_found_url", UNSET))


        def _parse_root_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        root_url = _parse_root_url(d.pop("root_url", UNSET))


        new_domain_body = cls(
            host=host,
            not_found_url=not_found_url,
            root_url=root_url,
        )

        return new_domain_body

