from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.attribute_by import AttributeBy
from ..models.attribution import Attribution
from ..models.repeats import Repeats
from typing import cast

if TYPE_CHECKING:
  from ..models.statuses import Statuses





T = TypeVar("T", bound="Goal")



@_attrs_define
class Goal:
    """ A goal.

        Attributes:
            allow_ips (list[str]): Networks that may tell conversions; empty: all. Example: ['192.0.2.0/24'].
            attribute_by (AttributeBy): Whose time a conversion counts at.
            attribution (Attribution): Which click of a named visitor a conversion belongs to that comes without a click id.
            attribution_days (int): So many days after a click a conversion belongs to it. Example: 30.
            campaign (None | str): The campaign its events count for, too. Example: cmp_0000000000006.
            created_at (str): When it was made. Example: 2026-01-02T03:04:05Z.
            currency (None | str): The currency of its values, ISO 4217. Example: EUR.
            default_value (None | str): The value of a conversion that comes without one. Example: 12.50.
            id (str): Its id. Example: gol_0000000000008.
            name (str): For people; unique in the account. Example: Sale.
            repeats (Repeats): What another value of a transaction means that has the same status.
            signed (bool): Whether conversions must be signed. The secret itself is not shown.
            statuses (Statuses): Words for statuses. Example: {'approved': ['sale', '1'], 'pending': ['lead'], 'rejected':
                ['trash']}.
            tags (list[str]): For grouping. Example: ['mail'].
            url (str): Where conversions are told. Example: https://go.example/c/gol_0000000000008.
     """

    allow_ips: list[str]
    attribute_by: AttributeBy
    attribution: Attribution
    attribution_days: int
    campaign: None | str
    created_at: str
    currency: None | str
    default_value: None | str
    id: str
    name: str
    repeats: Repeats
    signed: bool
    statuses: Statuses
    tags: list[str]
    url: str





    def to_dict(self) -> dict[str, Any]:
        from ..models.statuses import Statuses # noqa: PLC0415
        allow_ips = self.allow_ips



        attribute_by = self.attribute_by.value

        attribution = self.attribution.value

        attribution_days = self.attribution_days

        campaign: None | str
        campaign = self.campaign

        created_at = self.created_at

        currency: None | str
        currency = self.currency

        default_value: None | str
        default_value = self.default_value

        id = self.id

        name = self.name

        repeats = self.repeats.value

        signed = self.signed

        statuses = self.statuses.to_dict()

        tags = self.tags



        url = self.url


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "allow_ips": allow_ips,
            "attribute_by": attribute_by,
            "attribution": attribution,
            "attribution_days": attribution_days,
            "campaign": campaign,
            "created_at": created_at,
            "currency": currency,
            "default_value": default_value,
            "id": id,
            "name": name,
            "repeats": repeats,
            "signed": signed,
            "statuses": statuses,
            "tags": tags,
            "url": url,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.statuses import Statuses # noqa: PLC0415
        d = dict(src_dict)
        allow_ips = cast(list[str], d.pop("allow_ips"))


        attribute_by = AttributeBy(d.pop("attribute_by"))




        attribution = Attribution(d.pop("attribution"))




        attribution_days = d.pop("attribution_days")

        def _parse_campaign(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        campaign = _parse_campaign(d.pop("campaign"))


        created_at = d.pop("created_at")

        def _parse_currency(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        currency = _parse_currency(d.pop("currency"))


        def _parse_default_value(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        default_value = _parse_default_value(d.pop("default_value"))


        id = d.pop("id")

        name = d.pop("name")

        repeats = Repeats(d.pop("repeats"))




        signed = d.pop("signed")

        statuses = Statuses.from_dict(d.pop("statuses"))




        tags = cast(list[str], d.pop("tags"))


        url = d.pop("url")

        goal = cls(
            allow_ips=allow_ips,
            attribute_by=attribute_by,
            attribution=attribution,
            attribution_days=attribution_days,
            campaign=campaign,
            created_at=created_at,
            currency=currency,
            default_value=default_value,
            id=id,
            name=name,
            repeats=repeats,
            signed=signed,
            statuses=statuses,
            tags=tags,
            url=url,
        )

        return goal

