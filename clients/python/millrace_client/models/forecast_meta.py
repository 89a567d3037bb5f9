from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="ForecastMeta")



@_attrs_define
class ForecastMeta:
    """ What forecasts are of.

        Attributes:
            entity (str): Whose clicks are forecast. Example: acc_0000000000001.
            made_at (None | str): When the run was. Example: 2026-01-02T03:04:05Z.
            manifest (int | None): The manifest whose numbers were looked at; null: there was no run yet. Example: 7.
     """

    entity: str
    made_at: None | str
    manifest: int | None





    def to_dict(self) -> dict[str, Any]:
        entity = self.entity

        made_at: None | str
        made_at = self.made_at

        manifest: int | None
        manifest = self.manifest


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "entity": entity,
            "made_at": made_at,
            "manifest": manifest,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        entity = d.pop("entity")

        def _parse_made_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        made_at = _parse_made_at(d.pop("made_at"))


        def _parse_manifest(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        manifest = _parse_manifest(d.pop("manifest"))


        forecast_meta = cls(
            entity=entity,
            made_at=made_at,
            manifest=manifest,
        )

        return forecast_meta

