from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.gap_reason import GapReason
from typing import cast






T = TypeVar("T", bound="Gap")



@_attrs_define
class Gap:
    """ A time in which events may be missing.

        Attributes:
            events (int | None): How many events were answered without being recorded, if that is known.
            from_ (str): When it began. After a crash up to a quarter of a minute before: nobody knows better. Example:
                2026-01-02T09:30:00Z.
            reason (GapReason): Why events may be missing.
            to (None | str): When it ended; null: it has not. Example: 2026-01-02T09:31:10Z.
     """

    events: int | None
    from_: str
    reason: GapReason
    to: None | str





    def to_dict(self) -> dict[str, Any]:
        events: int | None
        events = self.events

        from_ = self.from_

        reason = self.reason.value

        to: None | str
        to = self.to


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "events": events,
            "from": from_,
            "reason": reason,
            "to": to,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_events(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        events = _parse_events(d.pop("events"))


        from_ = d.pop("from")

        reason = GapReason(d.pop("reason"))




        def _parse_to(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        to = _parse_to(d.pop("to"))


        gap = cls(
            events=events,
            from_=from_,
            reason=reason,
            to=to,
        )

        return gap

