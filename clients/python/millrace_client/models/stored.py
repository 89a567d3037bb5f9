from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="Stored")



@_attrs_define
class Stored:
    """ The object that holds an event.

        Attributes:
            sealed (bool): Whether the event's epoch is complete.
            segment (None | str): Its key; null: it is on its way there. Example:
                raw/0000000000000000000000002D/000000000001.seg.
     """

    sealed: bool
    segment: None | str





    def to_dict(self) -> dict[str, Any]:
        sealed = self.sealed

        segment: None | str
        segment = self.segment


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "sealed": sealed,
            "segment": segment,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        sealed = d.pop("sealed")

        def _parse_segment(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        segment = _parse_segment(d.pop("segment"))


        stored = cls(
            sealed=sealed,
            segment=segment,
        )

        return stored

