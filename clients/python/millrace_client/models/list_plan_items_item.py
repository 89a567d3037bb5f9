from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.plan_quotas import PlanQuotas





T = TypeVar("T", bound="ListPlanItemsItem")



@_attrs_define
class ListPlanItemsItem:
    """ A plan.

        Attributes:
            accounts (int): How many accounts have it. Of `default`: that have it by its name. Example: 12.
            created_at (str): When it was made. Example: 2026-01-02T03:04:05Z.
            name (str): Names it. Example: pro.
            quotas (PlanQuotas): What a plan says of quotas; null: nothing, so that they are as in the plan `default`, or
                usual.
     """

    accounts: int
    created_at: str
    name: str
    quotas: PlanQuotas





    def to_dict(self) -> dict[str, Any]:
        from ..models.plan_quotas import PlanQuotas # noqa: PLC0415
        accounts = self.accounts

        created_at = self.created_at

        name = self.name

        quotas = self.quotas.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "accounts": accounts,
            "created_at": created_at,
            "name": name,
            "quotas": quotas,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.plan_quotas import PlanQuotas # noqa: PLC0415
        d = dict(src_dict)
        accounts = d.pop("accounts")

        created_at = d.pop("created_at")

        name = d.pop("name")

        quotas = PlanQuotas.from_dict(d.pop("quotas"))




        list_plan_items_item = cls(
            accounts=accounts,
            created_at=created_at,
            name=name,
            quotas=quotas,
        )

        return list_plan_items_item

