from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="Refused")



@_attrs_define
class Refused:
    """ A link that was refused.

        Attributes:
            code (str): Stable word for programs. Example: taken.
            detail (str): For people. Example: the slug `spring` is taken.
            index (int): Its place in the request, from 0. Example: 1.
     """

    code: str
    detail: str
    index: int





    def to_dict(self) -> dict[str, Any]:
        code = self.code

        detail = self.detail

        index = self.index


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "code": code,
            "detail": detail,
            "index": index,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        code = d.pop("code")

        detail = d.pop("detail")

        index = d.pop("index")

        refused = cls(
            code=code,
            detail=detail,
            index=index,
        )

        return refused

