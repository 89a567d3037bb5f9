from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.rejected_event_event_type_0 import RejectedEventEventType0





T = TypeVar("T", bound="RejectedEvent")



@_attrs_define
class RejectedEvent:
    """ An event that was refused.

        Attributes:
            at (str): When it came. Example: 2026-01-02T03:04:05Z.
            bytes_ (int): How long it was. Example: 72.
            code (str): Why it was refused: a word for programs. Example: invalid_currency.
            detail (str): Why, for people. Example: `EUX` is no currency.
            event (None | RejectedEventEventType0): Its fields, of an address the network; null if it could not be read.
                Example: {'currency': 'EUX', 'link': 'spring'}.
            id (str): Its id. Example: 1767323045000.0123456789abcdef.0.
            without (list[str]): Names of fields that are not kept: they may tell of a visitor. Example: ['visitor'].
     """

    at: str
    bytes_: int
    code: str
    detail: str
    event: None | RejectedEventEventType0
    id: str
    without: list[str]





    def to_dict(self) -> dict[str, Any]:
        from ..models.rejected_event_event_type_0 import RejectedEventEventType0 # noqa: PLC0415
        at = self.at

        bytes_ = self.bytes_

        code = self.code

        detail = self.detail

        event: dict[str, Any] | None
        if isinstance(self.event, RejectedEventEventType0):
            event = self.event.to_dict()
        else:
            event = self.event

        id = self.id

        without = self.without




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "at": at,
            "bytes": bytes_,
            "code": code,
            "detail": detail,
            "event": event,
            "id": id,
            "without": without,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.rejected_event_event_type_0 import RejectedEventEventType0 # noqa: PLC0415
        d = dict(src_dict)
        at = d.pop("at")

        bytes_ = d.pop("bytes")

        code = d.pop("code")

        detail = d.pop("detail")

        def _parse_event(data: object) -> None | RejectedEventEventType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                event_type_0 = RejectedEventEventType0.from_dict(data)



                return event_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RejectedEventEventType0, data)

        event = _parse_event(d.pop("event"))


        id = d.pop("id")

        without = cast(list[str], d.pop("without"))


        rejected_event = cls(
            at=at,
            bytes_=bytes_,
            code=code,
            detail=detail,
            event=event,
            id=id,
            without=without,
        )

        return rejected_event

