from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.actor import Actor
  from ..models.field_change import FieldChange





T = TypeVar("T", bound="ObjectChange")



@_attrs_define
class ObjectChange:
    """ Who changed what of one object.

        Attributes:
            at (str): When. Example: 2026-01-02T03:04:05Z.
            by (Actor): Who changed something.
            fields (list[FieldChange]): The fields that are other than before.
            id (str): Its id, for undoing it. Example: 17.0.
            kind (str): `link`, `pixel`, `goal`, `campaign`, `cost`, `domain`, `annotation`, `segment`, `share`, `webhook`,
                `key`, `account` or `plan`. Example: link.
            object_ (str): The id of what was changed. Example: lnk_0000000000005.
            undoable (bool): Whether it can be undone, as long as the same fields are not changed again.
            undoes (None | str): The change that this takes back; null: none.
            what (str): `created`, `changed` or `deleted`. Example: changed.
     """

    at: str
    by: Actor
    fields: list[FieldChange]
    id: str
    kind: str
    object_: str
    undoable: bool
    undoes: None | str
    what: str





    def to_dict(self) -> dict[str, Any]:
        from ..models.actor import Actor # noqa: PLC0415
        from ..models.field_change import FieldChange # noqa: PLC0415
        at = self.at

        by = self.by.to_dict()

        fields = []
        for fields_item_data in self.fields:
            fields_item = fields_item_data.to_dict()
            fields.append(fields_item)



        id = self.id

        kind = self.kind

        object_ = self.object_

        undoable = self.undoable

        undoes: None | str
        undoes = self.undoes

        what = self.what


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "at": at,
            "by": by,
            "fields": fields,
            "id": id,
            "kind": kind,
            "object": object_,
            "undoable": undoable,
            "undoes": undoes,
            "what": what,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor # noqa: PLC0415
        from ..models.field_change import FieldChange # noqa: PLC0415
        d = dict(src_dict)
        at = d.pop("at")

        by = Actor.from_dict(d.pop("by"))




        fields = []
        _fields = d.pop("fields")
        for fields_item_data in (_fields):
            fields_item = FieldChange.from_dict(fields_item_data)



            fields.append(fields_item)


        id = d.pop("id")

        kind = d.pop("kind")

        object_ = d.pop("object")

        undoable = d.pop("undoable")

        def _parse_undoes(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        undoes = _parse_undoes(d.pop("undoes"))


        what = d.pop("what")

        object_change = cls(
            at=at,
            by=by,
            fields=fields,
            id=id,
            kind=kind,
            object_=object_,
            undoable=undoable,
            undoes=undoes,
            what=what,
        )

        return object_change

