from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.attribute_by import AttributeBy
from ..models.attribution import Attribution
from ..models.repeats import Repeats
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.statuses import Statuses





T = TypeVar("T", bound="GoalBody")



@_attrs_define
class GoalBody:
    """ What clients set of a goal.

        Attributes:
            allow_ips (list[str] | None | Unset): Addresses and networks that may tell conversions; without any all.
                Example: ['192.0.2.0/24'].
            attribute_by (AttributeBy | None | Unset):
            attribution (Attribution | None | Unset):
            attribution_days (int | None | Unset): So many days after a click a conversion belongs to it; 30 unless set.
                Example: 30.
            campaign (None | str | Unset): The id or the name of a campaign that its events count for, too. Example: Spring.
            currency (None | str | Unset): The currency of its values, ISO 4217. Example: EUR.
            default_value (float | None | str | Unset):
            name (None | str | Unset): For people; unique in the account. Needed. Example: Lead.
            repeats (None | Repeats | Unset):
            secret (None | str | Unset): What senders sign with: then each conversion has `sig`, the HMAC-SHA256 in hex of
                its other parameters, decoded,
                sorted by name and then value, as `name=value` joined with `&`. Example: a long secret.
            statuses (None | Statuses | Unset):
            tags (list[str] | None | Unset): For grouping. Example: ['mail'].
     """

    allow_ips: list[str] | None | Unset = UNSET
    attribute_by: AttributeBy | None | Unset = UNSET
    attribution: Attribution | None | Unset = UNSET
    attribution_days: int | None | Unset = UNSET
    campaign: None | str | Unset = UNSET
    currency: None | str | Unset = UNSET
    default_value: float | None | str | Unset = UNSET
    name: None | str | Unset = UNSET
    repeats: None | Repeats | Unset = UNSET
    secret: None | str | Unset = UNSET
    statuses: None | Statuses | Unset = UNSET
    tags: list[str] | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.statuses import Statuses # noqa: PLC0415
        allow_ips: list[str] | None | Unset
        if isinstance(self.allow_ips, Unset):
            allow_ips = UNSET
        elif isinstance(self.allow_ips, list):
            allow_ips = self.allow_ips


        else:
            allow_ips = self.allow_ips

        attribute_by: None | str | Unset
        if isinstance(self.attribute_by, Unset):
            attribute_by = UNSET
        elif isinstance(self.attribute_by, AttributeBy):
            attribute_by = self.attribute_by.value
        else:
            attribute_by = self.attribute_by

        attribution: None | str | Unset
        if isinstance(self.attribution, Unset):
            attribution = UNSET
        elif isinstance(self.attribution, Attribution):
            attribution = self.attribution.value
        else:
            attribution = self.attribution

        attribution_days: int | None | Unset
        if isinstance(self.attribution_days, Unset):
            attribution_days = UNSET
        else:
            attribution_days = self.attribution_days

        campaign: None | str | Unset
        if isinstance(self.campaign, Unset):
            campaign = UNSET
        else:
            campaign = self.campaign

        currency: None | str | Unset
        if isinstance(self.currency, Unset):
            currency = UNSET
        else:
            currency = self.currency

        default_value: float | None | str | Unset
        if isinstance(self.default_value, Unset):
            default_value = UNSET
        else:
            default_value = self.default_value

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        repeats: None | str | Unset
        if isinstance(self.repeats, Unset):
            repeats = UNSET
        elif isinstance(self.repeats, Repeats):
            repeats = self.repeats.value
        else:
            repeats = self.repeats

        secret: None | str | Unset
        if isinstance(self.secret, Unset):
            secret = UNSET
        else:
            secret = self.secret

        statuses: dict[str, Any] | None | Unset
        if isinstance(self.statuses, Unset):
            statuses = UNSET
        elif isinstance(self.statuses, Statuses):
            statuses = self.statuses.to_dict()
        else:
            statuses = self.statuses

        tags: list[str] | None | Unset
        if isinstance(self.tags, Unset):
            tags = UNSET
        elif isinstance(self.tags, list):
            tags = self.tags


        else:
            tags = self.tags


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if allow_ips is not UNSET:
            field_dict["allow_ips"] = allow_ips
        if attribute_by is not UNSET:
            field_dict["attribute_by"] = attribute_by
        if attribution is not UNSET:
            field_dict["attribution"] = attribution
        if attribution_days is not UNSET:
            field_dict["attribution_days"] = attribution_days
        if campaign is not UNSET:
            field_dict["campaign"] = campaign
        if currency is not UNSET:
            field_dict["currency"] = currency
        if default_value is not UNSET:
            field_dict["default_value"] = default_value
        if name is not UNSET:
            field_dict["name"] = name
        if repeats is not UNSET:
            field_dict["repeats"] = repeats
        if secret is not UNSET:
            field_dict["secret"] = secret
        if statuses is not UNSET:
            field_dict["statuses"] = statuses
        if tags is not UNSET:
            field_dict["tags"] = tags

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.statuses import Statuses # noqa: PLC0415
        d = dict(src_dict)
        def _parse_allow_ips(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                allow_ips_type_0 = cast(list[str], data)

                return allow_ips_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        allow_ips = _parse_allow_ips(d.pop("allow_ips", UNSET))


        def _parse_attribute_by(data: object) -> AttributeBy | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                attribute_by_type_0 = AttributeBy(data)



                return attribute_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AttributeBy | None | Unset, data)

        attribute_by = _parse_attribute_by(d.pop("attribute_by", UNSET))


        def _parse_attribution(data: object) -> Attribution | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                attribution_type_0 = Attribution(data)



                return attribution_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Attribution | None | Unset, data)

        attribution = _parse_attribution(d.pop("attribution", UNSET))


        def _parse_attribution_days(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        attribution_days = _parse_attribution_days(d.pop("attribution_days", UNSET))


        def _parse_campaign(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        campaign = _parse_campaign(d.pop("campaign", UNSET))


        def _parse_currency(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        currency = _parse_currency(d.pop("currency", UNSET))


        def _parse_default_value(data: object) -> float | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | str | Unset, data)

        default_value = _parse_default_value(d.pop("default_value", UNSET))


        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))


        def _parse_repeats(data: object) -> None | Repeats | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                repeats_type_0 = Repeats(data)



                return repeats_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Repeats | Unset, data)

        repeats = _parse_repeats(d.pop("repeats", UNSET))


        def _parse_secret(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        secret = _parse_secret(d.pop("secret", UNSET))


        def _parse_statuses(data: object) -> None | Statuses | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                statuses_type_0 = Statuses.from_dict(data)



                return statuses_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Statuses | Unset, data)

        statuses = _parse_statuses(d.pop("statuses", UNSET))


        def _parse_tags(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                tags_type_0 = cast(list[str], data)

                return tags_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        tags = _parse_tags(d.pop("tags", UNSET))


        goal_body = cls(
            allow_ips=allow_ips,
            attribute_by=attribute_by,
            attribution=attribution,
            attribution_days=attribution_days,
            campaign=campaign,
            currency=currency,
            default_value=default_value,
            name=name,
            repeats=repeats,
            secret=secret,
            statuses=statuses,
            tags=tags,
        )

        return goal_body

