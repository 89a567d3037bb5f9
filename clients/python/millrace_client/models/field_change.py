from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="FieldChange")



@_attrs_define
class FieldChange:
    """ A field before and after a change. Secrets are not shown.

        Attributes:
            after (Any): As it is since.
            before (Any): As it was; null also where there was nothing.
            field (str): Its name, with a dot between the names of fields in fields. Example: destination.
     """

    after: Any
    before: Any
    field: str





    def to_dict(self) -> dict[str, Any]:
        after = self.after

        before = self.before

        field = self.field


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "after": after,
            "before": before,
            "field": field,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        after = d.pop("after")

        before = d.pop("before")

        field = d.pop("field")

        field_change = cls(
            after=after,
            before=before,
            field=field,
        )

        return field_change

