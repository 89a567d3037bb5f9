from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.run import Run





T = TypeVar("T", bound="JobSummary")



@_attrs_define
class JobSummary:
    """ A job.

        Attributes:
            last (None | Run):
            name (str): Its name. Example: rollup.
            next_ (None | str): When it is due next, RFC 3339. Example: 2026-01-02T03:10:00Z.
            schedule (str): The cron expression of its schedule. Example: */10 * * * *.
            timezone (str): The time zone of the schedule. Example: UTC.
     """

    last: None | Run
    name: str
    next_: None | str
    schedule: str
    timezone: str





    def to_dict(self) -> dict[str, Any]:
        from ..models.run import Run # noqa: PLC0415
        last: dict[str, Any] | None
        if isinstance(self.last, Run):
            last = self.last.to_dict()
        else:
            last = self.last

        name = self.name

        next_: None | str
        next_ = self.next_

        schedule = self.schedule

        timezone = self.timezone


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "last": last,
            "name": name,
            "next": next_,
            "schedule": schedule,
            "timezone": timezone,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.run import Run # noqa: PLC0415
        d = dict(src_dict)
        def _parse_last(data: object) -> None | Run:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                last_type_0 = Run.from_dict(data)



                return last_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Run, data)

        last = _parse_last(d.pop("last"))


        name = d.pop("name")

        def _parse_next_(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        next_ = _parse_next_(d.pop("next"))


        schedule = d.pop("schedule")

        timezone = d.pop("timezone")

        job_summary = cls(
            last=last,
            name=name,
            next_=next_,
            schedule=schedule,
            timezone=timezone,
        )

        return job_summary

