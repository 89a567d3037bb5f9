from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="Suspension")



@_attrs_define
class Suspension:
    """ Why an account may do nothing.

        Attributes:
            erased (bool): It is erased, and comes back never. Example: False.
            reason (str): For its people. Example: phishing.
            since (str): Since when. Example: 2026-01-02T03:04:05Z.
     """

    erased: bool
    reason: str
    since: str





    def to_dict(self) -> dict[str, Any]:
        erased = self.erased

        reason = self.reason

        since = self.since


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "erased": erased,
            "reason": reason,
            "since": since,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        erased = d.pop("erased")

        reason = d.pop("reason")

        since = d.pop("since")

        suspension = cls(
            erased=erased,
            reason=reason,
            since=since,
        )

        return suspension

