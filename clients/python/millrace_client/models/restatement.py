from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.restatement_changed import RestatementChanged
  from ..models.restatement_value import RestatementValue





T = TypeVar("T", bound="Restatement")



@_attrs_define
class Restatement:
    """ What changed of a settled day.

        Attributes:
            at (str): When it changed. Example: 2026-01-05T03:04:05Z.
            cause (str): Why: `late_events`, or `recount`. Example: late_events.
            changed (RestatementChanged): By metric, how many more, or less, there are now. Example: {'clicks': 3}.
            date (None | str): Which day, in the account's time zone; null: any day may have changed. Example: 2026-01-02.
            is_whole (bool): Whether this is all that changed of the day. Example: True.
            value (RestatementValue): By currency, how much more value there is now. Example: {'EUR': '-2.50'}.
     """

    at: str
    cause: str
    changed: RestatementChanged
    date: None | str
    is_whole: bool
    value: RestatementValue





    def to_dict(self) -> dict[str, Any]:
        from ..models.restatement_changed import RestatementChanged # noqa: PLC0415
        from ..models.restatement_value import RestatementValue # noqa: PLC0415
        at = self.at

        cause = self.cause

        changed = self.changed.to_dict()

        date: None | str
        date = self.date

        is_whole = self.is_whole

        value = self.value.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "at": at,
            "cause": cause,
            "changed": changed,
            "date": date,
            "is_whole": is_whole,
            "value": value,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.restatement_changed import RestatementChanged # noqa: PLC0415
        from ..models.restatement_value import RestatementValue # noqa: PLC0415
        d = dict(src_dict)
        at = d.pop("at")

        cause = d.pop("cause")

        changed = RestatementChanged.from_dict(d.pop("changed"))




        def _parse_date(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        date = _parse_date(d.pop("date"))


        is_whole = d.pop("is_whole")

        value = RestatementValue.from_dict(d.pop("value"))




        restatement = cls(
            at=at,
            cause=cause,
            changed=changed,
            date=date,
            is_whole=is_whole,
            value=value,
        )

        return restatement

