from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.run_state import RunState
from typing import cast

if TYPE_CHECKING:
  from ..models.run import Run





T = TypeVar("T", bound="StartedRun")



@_attrs_define
class StartedRun:
    """ What came of a request for a run.

        Attributes:
            job (str): Name of the job. Example: rollup.
            request (int): Number of the request. Example: 7.
            run (None | Run):
            state (RunState): How far a run is.
     """

    job: str
    request: int
    run: None | Run
    state: RunState





    def to_dict(self) -> dict[str, Any]:
        from ..models.run import Run # noqa: PLC0415
        job = self.job

        request = self.request

        run: dict[str, Any] | None
        if isinstance(self.run, Run):
            run = self.run.to_dict()
        else:
            run = self.run

        state = self.state.value


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "job": job,
            "request": request,
            "run": run,
            "state": state,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.run import Run # noqa: PLC0415
        d = dict(src_dict)
        job = d.pop("job")

        request = d.pop("request")

        def _parse_run(data: object) -> None | Run:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                run_type_0 = Run.from_dict(data)



                return run_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Run, data)

        run = _parse_run(d.pop("run"))


        state = RunState(d.pop("state"))




        started_run = cls(
            job=job,
            request=request,
            run=run,
            state=state,
        )

        return started_run

