from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.done import Done
  from ..models.refused import Refused





T = TypeVar("T", bound="BulkAnswer")



@_attrs_define
class BulkAnswer:
    """ What became of many links.

        Attributes:
            changed (list[Done]): Those that were changed, or are so already.
            created (list[Done]): The links that were made.
            deleted (list[Done]): Those that were deleted.
            rejected (list[Refused]): Those that were refused; they do not hold up the others.
            unchanged (list[int]): Of these, the places in the request of those that were so already. Example: [1].
     """

    changed: list[Done]
    created: list[Done]
    deleted: list[Done]
    rejected: list[Refused]
    unchanged: list[int]





    def to_dict(self) -> dict[str, Any]:
        from ..models.done import Done # noqa: PLC0415
        from ..models.refused import Refused # noqa: PLC0415
        changed = []
        for changed_item_data in self.changed:
            changed_item = changed_item_data.to_dict()
            changed.append(changed_item)



        created = []
        for created_item_data in self.created:
            created_item = created_item_data.to_dict()
            created.append(created_item)



        deleted = []
        for deleted_item_data in self.deleted:
            deleted_item = deleted_item_data.to_dict()
            deleted.append(deleted_item)



        rejected = []
        for rejected_item_data in self.rejected:
            rejected_item = rejected_item_data.to_dict()
            rejected.append(rejected_item)



        unchanged = self.unchanged




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "changed": changed,
            "created": created,
            "deleted": deleted,
            "rejected": rejected,
            "unchanged": unchanged,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.done import Done # noqa: PLC0415
        from ..models.refused import Refused # noqa: PLC0415
        d = dict(src_dict)
        changed = []
        _changed = d.pop("changed")
        for changed_item_data in (_changed):
            changed_item = Done.from_dict(changed_item_data)



            changed.append(changed_item)


        created = []
        _created = d.pop("created")
        for created_item_data in (_created):
            created_item = Done.from_dict(created_item_data)



            created.append(created_item)


        deleted = []
        _deleted = d.pop("deleted")
        for deleted_item_data in (_deleted):
            deleted_item = Done.from_dict(deleted_item_data)



            deleted.append(deleted_item)


        rejected = []
        _rejected = d.pop("rejected")
        for rejected_item_data in (_rejected):
            rejected_item = Refused.from_dict(rejected_item_data)



            rejected.append(rejected_item)


        unchanged = cast(list[int], d.pop("unchanged"))


        bulk_answer = cls(
            changed=changed,
            created=created,
            deleted=deleted,
            rejected=rejected,
            unchanged=unchanged,
        )

        return bulk_answer

