from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.problem_current_type_0 import ProblemCurrentType0





T = TypeVar("T", bound="Problem")



@_attrs_define
class Problem:
    """ A problem as JSON.

        Attributes:
            code (str): Stable word for programs.
            detail (str): What happened and what to do; for people.
            status (int): The HTTP status.
            title (str): The words that HTTP has for the status.
            type_ (str): Always `about:blank`: `code` tells more.
            current (None | ProblemCurrentType0 | Unset): With 412: what is there now.
     """

    code: str
    detail: str
    status: int
    title: str
    type_: str
    current: None | ProblemCurrentType0 | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.problem_current_type_0 import ProblemCurrentType0 # noqa: PLC0415
        code = self.code

        detail = self.detail

        status = self.status

        title = self.title

        type_ = self.type_

        current: dict[str, Any] | None | Unset
        if isinstance(self.current, Unset):
            current = UNSET
        elif isinstance(self.current, ProblemCurrentType0):
            current = self.current.to_dict()
        else:
            current = self.current


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "code": code,
            "detail": detail,
            "status": status,
            "title": title,
            "type": type_,
        })
        if current is not UNSET:
            field_dict["current"] = current

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.problem_current_type_0 import ProblemCurrentType0 # noqa: PLC0415
        d = dict(src_dict)
        code = d.pop("code")

        detail = d.pop("detail")

        status = d.pop("status")

        title = d.pop("title")

        type_ = d.pop("type")

        def _parse_current(data: object) -> None | ProblemCurrentType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                current_type_0 = ProblemCurrentType0.from_dict(data)



                return current_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ProblemCurrentType0 | Unset, data)

        current = _parse_current(d.pop("current", UNSET))


        problem = cls(
            code=code,
            detail=detail,
            status=status,
            title=title,
            type_=type_,
            current=current,
        )

        return problem

