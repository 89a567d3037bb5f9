from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.layer import Layer
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="Counted")



@_attrs_define
class Counted:
    """ What counts an event in answers of now.

        Example:
            {'by': 'live', 'complete': True, 'manifest': None, 'missing': []}

        Attributes:
            by (Layer | None):
            complete (bool): Whether answers of now have it for certain.
            manifest (int | None): The manifest that settles it.
            missing (list[str]): What they lack.
            duplicate_of (None | str | Unset): The event that is counted instead, which this one repeats.
     """

    by: Layer | None
    complete: bool
    manifest: int | None
    missing: list[str]
    duplicate_of: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        by: None | str
        if isinstance(self.by, Layer):
            by = self.by.value
        else:
            by = self.by

        complete = self.complete

        manifest: int | None
        manifest = self.manifest

        missing = self.missing



        duplicate_of: None | str | Unset
        if isinstance(self.duplicate_of, Unset):
            duplicate_of = UNSET
        else:
            duplicate_of = self.duplicate_of


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "by": by,
            "complete": complete,
            "manifest": manifest,
            "missing": missing,
        })
        if duplicate_of is not UNSET:
            field_dict["duplicate_of"] = duplicate_of

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_by(data: object) -> Layer | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                by_type_0 = Layer(data)



                return by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Layer | None, data)

        by = _parse_by(d.pop("by"))


        complete = d.pop("complete")

        def _parse_manifest(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        manifest = _parse_manifest(d.pop("manifest"))


        missing = cast(list[str], d.pop("missing"))


        def _parse_duplicate_of(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        duplicate_of = _parse_duplicate_of(d.pop("duplicate_of", UNSET))


        counted = cls(
            by=by,
            complete=complete,
            manifest=manifest,
            missing=missing,
            duplicate_of=duplicate_of,
        )

        return counted

