from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="Outcome")



@_attrs_define
class Outcome:
    """ Where a visit may be led.

        Attributes:
            location (None | str): The address; null: nowhere. Example: https://apps.example/spring.
            share (float): Its part of the visitors, from 0 to 1. Example: 0.75.
            status (int): The answer's status. Example: 302.
            variant (None | str): The variant, if there are several. Example: store.
     """

    location: None | str
    share: float
    status: int
    variant: None | str





    def to_dict(self) -> dict[str, Any]:
        location: None | str
        location = self.location

        share = self.share

        status = self.status

        variant: None | str
        variant = self.variant


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "location": location,
            "share": share,
            "status": status,
            "variant": variant,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_location(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        location = _parse_location(d.pop("location"))


        share = d.pop("share")

        status = d.pop("status")

        def _parse_variant(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        variant = _parse_variant(d.pop("variant"))


        outcome = cls(
            location=location,
            share=share,
            status=status,
            variant=variant,
        )

        return outcome

