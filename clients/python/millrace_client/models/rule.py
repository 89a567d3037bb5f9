from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.variant import Variant
  from ..models.when import When





T = TypeVar("T", bound="Rule")



@_attrs_define
class Rule:
    """ Whoever fits `when` is led to `to`.

        Attributes:
            to (list[Variant] | str): Where a rule leads.
            name (None | str | Unset): What events say of it; without one its place in the list, from 1. Example: phones.
            when (When | Unset): All that is given must hold. Example: {'country': ['DE', 'AT'], 'device': 'mobile',
                'hours': {'from': '08:00', 'to': '20:00'}, 'timezone': 'Europe/Berlin'}.
     """

    to: list[Variant] | str
    name: None | str | Unset = UNSET
    when: When | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.variant import Variant # noqa: PLC0415
        from ..models.when import When # noqa: PLC0415
        to: list[dict[str, Any]] | str
        if isinstance(self.to, list):
            to = []
            for componentsschemas_aim_type_1_item_data in self.to:
                componentsschemas_aim_type_1_item = componentsschemas_aim_type_1_item_data.to_dict()
                to.append(componentsschemas_aim_type_1_item)


        else:
            to = self.to

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        when: dict[str, Any] | Unset = UNSET
        if not isinstance(self.when, Unset):
            when = self.when.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "to": to,
        })
        if name is not UNSET:
            field_dict["name"] = name
        if when is not UNSET:
            field_dict["when"] = when

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.variant import Variant # noqa: PLC0415
        from ..models.when import When # noqa: PLC0415
        d = dict(src_dict)
        def _parse_to(data: object) -> list[Variant] | str:
            try:
                if not isinstance(data, list):
                    raise TypeError()
                componentsschemas_aim_type_1 = []
                _componentsschemas_aim_type_1 = data
                for componentsschemas_aim_type_1_item_data in (_componentsschemas_aim_type_1):
                    componentsschemas_aim_type_1_item = Variant.from_dict(componentsschemas_aim_type_1_item_data)



                    componentsschemas_aim_type_1.append(componentsschemas_aim_type_1_item)

                return componentsschemas_aim_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Variant] | str, data)

        to = _parse_to(d.pop("to"))


        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))


        _when = d.pop("when", UNSET)
        when: When | Unset
        if isinstance(_when,  Unset):
            when = UNSET
        else:
            when = When.from_dict(_when)




        rule = cls(
            to=to,
            name=name,
            when=when,
        )

        return rule

