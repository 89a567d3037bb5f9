from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.erasure_state import ErasureState
from typing import cast






T = TypeVar("T", bound="Erasure")



@_attrs_define
class Erasure:
    """ The erasure of a visitor.

        Attributes:
            asked_at (str): When it was asked for. Example: 2026-01-02T03:04:05Z.
            done_at (None | str): When the last file from before was deleted; null: not yet.
            erased_at (None | str): When the visitor was erased; null: not yet.
            events (int): Events that were erased. Example: 0.
            id (str): Its id. Example: ers_0000000000004.
            state (ErasureState): How far the erasure of a visitor is.
     """

    asked_at: str
    done_at: None | str
    erased_at: None | str
    events: int
    id: str
    state: ErasureState





    def to_dict(self) -> dict[str, Any]:
        asked_at = self.asked_at

        done_at: None | str
        done_at = self.done_at

        erased_at: None | str
        erased_at = self.erased_at

        events = self.events

        id = self.id

        state = self.state.value


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "asked_at": asked_at,
            "done_at": done_at,
            "erased_at": erased_at,
            "events": events,
            "id": id,
            "state": state,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        asked_at = d.pop("asked_at")

        def _parse_done_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        done_at = _parse_done_at(d.pop("done_at"))


        def _parse_erased_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        erased_at = _parse_erased_at(d.pop("erased_at"))


        events = d.pop("events")

        id = d.pop("id")

        state = ErasureState(d.pop("state"))




        erasure = cls(
            asked_at=asked_at,
            done_at=done_at,
            erased_at=erased_at,
            events=events,
            id=id,
            state=state,
        )

        return erasure

