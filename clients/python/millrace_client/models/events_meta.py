from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="EventsMeta")



@_attrs_define
class EventsMeta:
    """ How true an answer of events is.

        Attributes:
            as_of (str): The moment of the answer, for other questions about the same one. Example:
                7.0000000000000000000000002D-42.
            complete (bool): Whether nothing is missing.
            kept_from (None | str | Unset): The first day of which there are all events, UTC, where it is later than what
                was asked for: those before are not kept
                (`keep_events_days`). Example: 2026-01-01.
            missing (list[str] | None | Unset): What may be missing, and why; absent: nothing.
     """

    as_of: str
    complete: bool
    kept_from: None | str | Unset = UNSET
    missing: list[str] | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        as_of = self.as_of

        complete = self.complete

        kept_from: None | str | Unset
        if isinstance(self.kept_from, Unset):
            kept_from = UNSET
        else:
            kept_from = self.kept_from

        missing: list[str] | None | Unset
        if isinstance(self.missing, Unset):
            missing = UNSET
        elif isinstance(self.missing, list):
            missing = self.missing


        else:
            missing = self.missing


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "as_of": as_of,
            "complete": complete,
        })
        if kept_from is not UNSET:
            field_dict["kept_from"] = kept_from
        if missing is not UNSET:
            field_dict["missing"] = missing

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        as_of = d.pop("as_of")

        complete = d.pop("complete")

        def _parse_kept_from(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        kept_from = _parse_kept_from(d.pop("kept_from", UNSET))


        def _parse_missing(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                missing_type_0 = cast(list[str], data)

                return missing_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        missing = _parse_missing(d.pop("missing", UNSET))


        events_meta = cls(
            as_of=as_of,
            complete=complete,
            kept_from=kept_from,
            missing=missing,
        )

        return events_meta

