from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="RotateWebhookBody")



@_attrs_define
class RotateWebhookBody:
    """ How a webhook gets another secret.

        Attributes:
            grace_hours (int | None | Unset): For so many hours messages are signed with the secret that it had, too: from 0
                to 168. Default: 24. Example: 24.
     """

    grace_hours: int | None | Unset = 24





    def to_dict(self) -> dict[str, Any]:
        grace_hours: int | None | Unset
        if isinstance(self.grace_hours, Unset):
            grace_hours = UNSET
        else:
            grace_hours = self.grace_hours


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if grace_hours is not UNSET:
            field_dict["grace_hours"] = grace_hours

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_grace_hours(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        grace_hours = _parse_grace_hours(d.pop("grace_hours", UNSET))


        rotate_webhook_body = cls(
            grace_hours=grace_hours,
        )

        return rotate_webhook_body

