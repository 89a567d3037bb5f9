from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.rejected_event import RejectedEvent





T = TypeVar("T", bound="RecordedEvents")



@_attrs_define
class RecordedEvents:
    """ What became of events.

        Attributes:
            accepted (int): How many are recorded. Example: 1.
            duplicates (int): How many were recorded before. Example: 0.
            first_event_id (None | str): The id of the first that is recorded. Example: 0000000000000000000000002D-3.
            last_event_id (None | str): The id of the last. Example: 0000000000000000000000002D-3.
            rejected (list[RejectedEvent]): Those that were refused.
     """

    accepted: int
    duplicates: int
    first_event_id: None | str
    last_event_id: None | str
    rejected: list[RejectedEvent]





    def to_dict(self) -> dict[str, Any]:
        from ..models.rejected_event import RejectedEvent # noqa: PLC0415
        accepted = self.accepted

        duplicates = self.duplicates

        first_event_id: None | str
        first_event_id = self.first_event_id

        last_event_id: None | str
        last_event_id = self.last_event_id

        rejected = []
        for rejected_item_data in self.rejected:
            rejected_item = rejected_item_data.to_dict()
            rejected.append(rejected_item)




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "accepted": accepted,
            "duplicates": duplicates,
            "first_event_id": first_event_id,
            "last_event_id": last_event_id,
            "rejected": rejected,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.rejected_event import RejectedEvent # noqa: PLC0415
        d = dict(src_dict)
        accepted = d.pop("accepted")

        duplicates = d.pop("duplicates")

        def _parse_first_event_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        first_event_id = _parse_first_event_id(d.pop("first_event_id"))


        def _parse_last_event_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        last_event_id = _parse_last_event_id(d.pop("last_event_id"))


        rejected = []
        _rejected = d.pop("rejected")
        for rejected_item_data in (_rejected):
            rejected_item = RejectedEvent.from_dict(rejected_item_data)



            rejected.append(rejected_item)


        recorded_events = cls(
            accepted=accepted,
            duplicates=duplicates,
            first_event_id=first_event_id,
            last_event_id=last_event_id,
            rejected=rejected,
        )

        return recorded_events

