from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.event_state import EventState
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.counted import Counted
  from ..models.stored import Stored





T = TypeVar("T", bound="Receipt")



@_attrs_define
class Receipt:
    """ Where an acknowledged event is, and what counts it.

        Attributes:
            campaign (None | str): The campaign it counts for, too. Example: cmp_0000000000006.
            counted (Counted): What counts an event in answers of now. Example: {'by': 'live', 'complete': True, 'manifest':
                None, 'missing': []}.
            epoch (int): Its epoch there. Example: 1.
            event_id (str): Its id. Example: 0000000000000000000000002D-3.
            excluded (bool): Whether the account excludes its sender's network: it counts like a bot's.
            log (str): The log it was written in. Example: 0000000000000000000000002D.
            occurred_at (str): When it happened. Example: 2026-01-02T03:04:04Z.
            received_at (str): When it was acknowledged. Example: 2026-01-02T03:04:05Z.
            seq (int): Its number there. Example: 3.
            state (EventState): How far an event has come.
            stored (Stored): The object that holds an event.
            type_ (str): `click`, `view` or `conversion`. Example: click.
            unchecked (bool): Whether it is yet to be decided if it repeats another.
            goal (None | str | Unset): Of a conversion: the id of its goal.
            link (None | str | Unset): Of a click: the id of its link.
            pixel (None | str | Unset): Of a view: the id of its pixel.
     """

    campaign: None | str
    counted: Counted
    epoch: int
    event_id: str
    excluded: bool
    log: str
    occurred_at: str
    received_at: str
    seq: int
    state: EventState
    stored: Stored
    type_: str
    unchecked: bool
    goal: None | str | Unset = UNSET
    link: None | str | Unset = UNSET
    pixel: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.counted import Counted # noqa: PLC0415
        from ..models.stored import Stored # noqa: PLC0415
        campaign: None | str
        campaign = self.campaign

        counted = self.counted.to_dict()

        epoch = self.epoch

        event_id = self.event_id

        excluded = self.excluded

        log = self.log

        occurred_at = self.occurred_at

        received_at = self.received_at

        seq = self.seq

        state = self.state.value

        stored = self.stored.to_dict()

        type_ = self.type_

        unchecked = self.unchecked

        goal: None | str | Unset
        if isinstance(self.goal, Unset):
            goal = UNSET
        else:
            goal = self.goal

        link: None | str | Unset
        if isinstance(self.link, Unset):
            link = UNSET
        else:
            link = self.link

        pixel: None | str | Unset
        if isinstance(self.pixel, Unset):
            pixel = UNSET
        else:
            pixel = self.pixel


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "campaign": campaign,
            "counted": counted,
            "epoch": epoch,
            "event_id": event_id,
            "excluded": excluded,
            "log": log,
            "occurred_at": occurred_at,
            "received_at": received_at,
            "seq": seq,
            "state": state,
            "stored": stored,
            "type": type_,
            "unchecked": unchecked,
        })
        if goal is not UNSET:
            field_dict["goal"] = goal
        if link is not UNSET:
            field_dict["link"] = link
        if pixel is not UNSET:
            field_dict["pixel"] = pixel

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.counted import Counted # noqa: PLC0415
        from ..models.stored import Stored # noqa: PLC0415
        d = dict(src_dict)
        def _parse_campaign(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        campaign = _parse_campaign(d.pop("campaign"))


        counted = Counted.from_dict(d.pop("counted"))




        epoch = d.pop("epoch")

        event_id = d.pop("event_id")

        excluded = d.pop("excluded")

        log = d.pop("log")

        occurred_at = d.pop("occurred_at")

        received_at = d.pop("received_at")

        seq = d.pop("seq")

        state = EventState(d.pop("state"))




        stored = Stored.from_dict(d.pop("stored"))




        type_ = d.pop("type")

        unchecked = d.pop("unchecked")

        def _parse_goal(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        goal = _parse_goal(d.pop("goal", UNSET))


        def _parse_link(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        link = _parse_link(d.pop("link", UNSET))


        def _parse_pixel(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        pixel = _parse_pixel(d.pop("pixel", UNSET))


        receipt = cls(
            campaign=campaign,
            counted=counted,
            epoch=epoch,
            event_id=event_id,
            excluded=excluded,
            log=log,
            occurred_at=occurred_at,
            received_at=received_at,
            seq=seq,
            state=state,
            stored=stored,
            type_=type_,
            unchecked=unchecked,
            goal=goal,
            link=link,
            pixel=pixel,
        )

        return receipt

