from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="Considered")



@_attrs_define
class Considered:
    """ What a rule says to a visit.

        Attributes:
            fits (bool): Whether it fits.
            missed (None | str): The first condition that it misses. Example: country.
            name (str): Its name, or its place. Example: phones.
     """

    fits: bool
    missed: None | str
    name: str





    def to_dict(self) -> dict[str, Any]:
        fits = self.fits

        missed: None | str
        missed = self.missed

        name = self.name


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "fits": fits,
            "missed": missed,
            "name": name,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        fits = d.pop("fits")

        def _parse_missed(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        missed = _parse_missed(d.pop("missed"))


        name = d.pop("name")

        considered = cls(
            fits=fits,
            missed=missed,
            name=name,
        )

        return considered

