from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.run_reason import RunReason
from ..models.run_state import RunState
from typing import cast






T = TypeVar("T", bound="Run")



@_attrs_define
class Run:
    """ One run. Times are RFC 3339, by the clock of its process.

        Attributes:
            by (str): The process that runs it. Example: host-1.
            close_epochs (bool): Whether collectors were asked to hand over what they have first.
            detail (Any): What it did, or why it failed.
            finished_at (None | str): When it ended. Example: 2026-01-02T03:04:05Z.
            reason (RunReason): Why a run began.
            run (int): Its number. Example: 8.
            scheduled_for (None | str): When it was due; `None` for what nobody had scheduled. Example:
                2026-01-02T03:04:05Z.
            started_at (str): When it began. Example: 2026-01-02T03:04:05Z.
            state (RunState): How far a run is.
            taken_over_by (int | None): The run that begins it again.
            took_ms (int | None): How long it took, milliseconds. Example: 840.
     """

    by: str
    close_epochs: bool
    detail: Any
    finished_at: None | str
    reason: RunReason
    run: int
    scheduled_for: None | str
    started_at: str
    state: RunState
    taken_over_by: int | None
    took_ms: int | None





    def to_dict(self) -> dict[str, Any]:
        by = self.by

        close_epochs = self.close_epochs

        detail = self.detail

        finished_at: None | str
        finished_at = self.finished_at

        reason = self.reason.value

        run = self.run

        scheduled_for: None | str
        scheduled_for = self.scheduled_for

        started_at = self.started_at

        state = self.state.value

        taken_over_by: int | None
        taken_over_by = self.taken_over_by

        took_ms: int | None
        took_ms = self.took_ms


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "by": by,
            "close_epochs": close_epochs,
            "detail": detail,
            "finished_at": finished_at,
            "reason": reason,
            "run": run,
            "scheduled_for": scheduled_for,
            "started_at": started_at,
            "state": state,
            "taken_over_by": taken_over_by,
            "took_ms": took_ms,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        by = d.pop("by")

        close_epochs = d.pop("close_epochs")

        detail = d.pop("detail")

        def _parse_finished_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))


        reason = RunReason(d.pop("reason"))




        run = d.pop("run")

        def _parse_scheduled_for(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        scheduled_for = _parse_scheduled_for(d.pop("scheduled_for"))


        started_at = d.pop("started_at")

        state = RunState(d.pop("state"))




        def _parse_taken_over_by(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        taken_over_by = _parse_taken_over_by(d.pop("taken_over_by"))


        def _parse_took_ms(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        took_ms = _parse_took_ms(d.pop("took_ms"))


        run = cls(
            by=by,
            close_epochs=close_epochs,
            detail=detail,
            finished_at=finished_at,
            reason=reason,
            run=run,
            scheduled_for=scheduled_for,
            started_at=started_at,
            state=state,
            taken_over_by=taken_over_by,
            took_ms=took_ms,
        )

        return run

