from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="Conversion")



@_attrs_define
class Conversion:
    """ A conversion that was told.

        Attributes:
            duplicate (bool): Whether this was recorded before; the id is that of what was.
            event_id (str): Its id. Example: 0000000000000000000000002D-4.
            attributed (bool | None | Unset): Whether it belongs to a click; absent of a duplicate. Example: True.
            effect (None | str | Unset): What it does: `new`, `changed` (another status), `replaced`, `added` or `refunded`;
                absent of a duplicate. Example: new.
            ignored (list[str] | None | Unset): Parameters that mean nothing here; absent if there are none. Example:
                ['gaid'].
            reason (None | str | Unset): Why it belongs to no click (`foreign_click_id`, `altered_click_id`, `old_click`,
                `click_not_found`, `not_a_click`;
                `decided_by_batch`: it names a visitor, whose click is found when it is settled), or, of a duplicate, why it is
                one. Example: old_click.
            status (None | str | Unset): `approved`, `pending` or `rejected`; absent of a duplicate. Example: approved.
            taken_back (None | str | Unset): The status that it takes back; absent if there was none. Example: pending.
            unchecked (bool | None | Unset): True: what was recorded before could not be read, and batch decides.
            value (None | str | Unset): What it adds to the value of conversions; absent without a value. Example: 12.50.
     """

    duplicate: bool
    event_id: str
    attributed: bool | None | Unset = UNSET
    effect: None | str | Unset = UNSET
    ignored: list[str] | None | Unset = UNSET
    reason: None | str | Unset = UNSET
    status: None | str | Unset = UNSET
    taken_back: None | str | Unset = UNSET
    unchecked: bool | None | Unset = UNSET
    value: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        duplicate = self.duplicate

        event_id = self.event_id

        attributed: bool | None | Unset
        if isinstance(self.attributed, Unset):
            attributed = UNSET
        else:
            attributed = self.attributed

        effect: None | str | Unset
        if isinstance(self.effect, Unset):
            effect = UNSET
        else:
            effect = self.effect

        ignored: list[str] | None | Unset
        if isinstance(self.ignored, Unset):
            ignored = UNSET
        elif isinstance(self.ignored, list):
            ignored = self.ignored


        else:
            ignored = self.ignored

        reason: None | str | Unset
        if isinstance(self.reason, Unset):
            reason = UNSET
        else:
            reason = self.reason

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        else:
            status = self.status

        taken_back: None | str | Unset
        if isinstance(self.taken_back, Unset):
            taken_back = UNSET
        else:
            taken_back = self.taken_back

        unchecked: bool | None | Unset
        if isinstance(self.unchecked, Unset):
            unchecked = UNSET
        else:
            unchecked = self.unchecked

        value: None | str | Unset
        if isinstance(self.value, Unset):
            value = UNSET
        else:
            value = self.value


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "duplicate": duplicate,
            "event_id": event_id,
        })
        if attributed is not UNSET:
            field_dict["attributed"] = attributed
        if effect is not UNSET:
            field_dict["effect"] = effect
        if ignored is not UNSET:
            field_dict["ignored"] = ignored
        if reason is not UNSET:
            field_dict["reason"] = reason
        if status is not UNSET:
            field_dict["status"] = status
        if taken_back is not UNSET:
            field_dict["taken_back"] = taken_back
        if unchecked is not UNSET:
            field_dict["unchecked"] = unchecked
        if value is not UNSET:
            field_dict["value"] = value

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        duplicate = d.pop("duplicate")

        event_id = d.pop("event_id")

        def _parse_attributed(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        attributed = _parse_attributed(d.pop("attributed", UNSET))


        def _parse_effect(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        effect = _parse_effect(d.pop("effect", UNSET))


        def _parse_ignored(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                ignored_type_0 = cast(list[str], data)

                return ignored_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        ignored = _parse_ignored(d.pop("ignored", UNSET))


        def _parse_reason(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        reason = _parse_reason(d.pop("reason", UNSET))


        def _parse_status(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        status = _parse_status(d.pop("status", UNSET))


        def _parse_taken_back(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        taken_back = _parse_taken_back(d.pop("taken_back", UNSET))


        def _parse_unchecked(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        unchecked = _parse_unchecked(d.pop("unchecked", UNSET))


        def _parse_value(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        value = _parse_value(d.pop("value", UNSET))


        conversion = cls(
            duplicate=duplicate,
            event_id=event_id,
            attributed=attributed,
            effect=effect,
            ignored=ignored,
            reason=reason,
            status=status,
            taken_back=taken_back,
            unchecked=unchecked,
            value=value,
        )

        return conversion

