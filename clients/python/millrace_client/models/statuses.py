from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="Statuses")



@_attrs_define
class Statuses:
    """ Words for statuses.

        Example:
            {'approved': ['sale', '1'], 'pending': ['lead'], 'rejected': ['trash']}

        Attributes:
            approved (list[str] | Unset): The conversion counts.
            pending (list[str] | Unset): It may come to count.
            rejected (list[str] | Unset): It does not count.
     """

    approved: list[str] | Unset = UNSET
    pending: list[str] | Unset = UNSET
    rejected: list[str] | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        approved: list[str] | Unset = UNSET
        if not isinstance(self.approved, Unset):
            approved = self.approved



        pending: list[str] | Unset = UNSET
        if not isinstance(self.pending, Unset):
            pending = self.pending



        rejected: list[str] | Unset = UNSET
        if not isinstance(self.rejected, Unset):
            rejected = self.rejected




        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if approved is not UNSET:
            field_dict["approved"] = approved
        if pending is not UNSET:
            field_dict["pending"] = pending
        if rejected is not UNSET:
            field_dict["rejected"] = rejected

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        approved = cast(list[str], d.pop("approved", UNSET))


        pending = cast(list[str], d.pop("pending", UNSET))


        rejected = cast(list[str], d.pop("rejected", UNSET))


        statuses = cls(
            approved=approved,
            pending=pending,
            rejected=rejected,
        )

        return statuses

