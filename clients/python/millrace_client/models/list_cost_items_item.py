from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="ListCostItemsItem")



@_attrs_define
class ListCostItemsItem:
    """ What was paid for a link or a campaign in a period.

        Attributes:
            account (str): Whose it is.
            amount (str): What was paid, a decimal. Example: 70.00.
            campaign (None | str): The campaign that it is of; null: it is of a link. Example: cmp_0000000000006.
            changed_at (str): Since when numbers are as it says. Example: 2026-01-02T03:04:05Z.
            created_at (str): When it was told first. Example: 2026-01-02T03:04:05Z.
            currency (str): ISO 4217. Example: EUR.
            from_ (str): From then on, in the account's time zone. Example: 2026-01-01T00:00:00Z.
            id (str): Its id. Example: cst_0000000000004.
            link (None | str): The link that it is of; null: it is of a campaign. Example: lnk_0000000000005.
            note (None | str): For people. Example: Invoice 7.
            to (str): Before then. Example: 2026-01-08T00:00:00Z.
     """

    account: str
    amount: str
    campaign: None | str
    changed_at: str
    created_at: str
    currency: str
    from_: str
    id: str
    link: None | str
    note: None | str
    to: str





    def to_dict(self) -> dict[str, Any]:
        account = self.account

        amount = self.amount

        campaign: None | str
        campaign = self.campaign

        changed_at = self.changed_at

        created_at = self.created_at

        currency = self.currency

        from_ = self.from_

        id = self.id

        link: None | str
        link = self.link

        note: None | str
        note = self.note

        to = self.to


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "account": account,
            "amount": amount,
            "campaign": campaign,
            "changed_at": changed_at,
            "created_at": created_at,
            "currency": currency,
            "from": from_,
            "id": id,
            "link": link,
            "note": note,
            "to": to,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        account = d.pop("account")

        amount = d.pop("amount")

        def _parse_campaign(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        campaign = _parse_campaign(d.pop("campaign"))


        changed_at = d.pop("changed_at")

        created_at = d.pop("created_at")

        currency = d.pop("currency")

        from_ = d.pop("from")

        id = d.pop("id")

        def _parse_link(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        link = _parse_link(d.pop("link"))


        def _parse_note(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        note = _parse_note(d.pop("note"))


        to = d.pop("to")

        list_cost_items_item = cls(
            account=account,
            amount=amount,
            campaign=campaign,
            changed_at=changed_at,
            created_at=created_at,
            currency=currency,
            from_=from_,
            id=id,
            link=link,
            note=note,
            to=to,
        )

        return list_cost_items_item

