from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.last_seconds import LastSeconds
  from ..models.numbers import Numbers





T = TypeVar("T", bound="LiveMessage")



@_attrs_define
class LiveMessage:
    """ A message of the live stream: one a second.

        Attributes:
            complete (bool): Whether nothing is missing. Example: True.
            last_seconds (LastSeconds): What happened in the last seconds.
            live_lag_ms (int): Longest delay of live numbers, milliseconds. Example: 12.
            now (str): When it was made. Example: 2026-01-02T03:04:05Z.
            today (Numbers): Numbers by metric; absent are those that were not asked for.
            unchecked (bool): Whether an event may be counted that repeats another.
     """

    complete: bool
    last_seconds: LastSeconds
    live_lag_ms: int
    now: str
    today: Numbers
    unchecked: bool





    def to_dict(self) -> dict[str, Any]:
        from ..models.last_seconds import LastSeconds # noqa: PLC0415
        from ..models.numbers import Numbers # noqa: PLC0415
        complete = self.complete

        last_seconds = self.last_seconds.to_dict()

        live_lag_ms = self.live_lag_ms

        now = self.now

        today = self.today.to_dict()

        unchecked = self.unchecked


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "complete": complete,
            "last_seconds": last_seconds,
            "live_lag_ms": live_lag_ms,
            "now": now,
            "today": today,
            "unchecked": unchecked,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.last_seconds import LastSeconds # noqa: PLC0415
        from ..models.numbers import Numbers # noqa: PLC0415
        d = dict(src_dict)
        complete = d.pop("complete")

        last_seconds = LastSeconds.from_dict(d.pop("last_seconds"))




        live_lag_ms = d.pop("live_lag_ms")

        now = d.pop("now")

        today = Numbers.from_dict(d.pop("today"))




        unchecked = d.pop("unchecked")

        live_message = cls(
            complete=complete,
            last_seconds=last_seconds,
            live_lag_ms=live_lag_ms,
            now=now,
            today=today,
            unchecked=unchecked,
        )

        return live_message

