from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.quota_sources import QuotaSources
  from ..models.quotas import Quotas
  from ..models.settings import Settings
  from ..models.suspension import Suspension





T = TypeVar("T", bound="NewAccount")



@_attrs_define
class NewAccount:
    """ A new account and its first key.

        Attributes:
            api_key (str): The secret of a key with the scope `admin`. It is shown once. Example: mr_7h4c….
            created_at (str): When it was made. Example: 2026-01-02T03:04:05Z.
            id (str): Its id. Example: acc_0000000000001.
            keep_events_days (int | None): For how many days its events are kept with all their details: as its settings
                say, or its quotas if that is less; null: for ever. Example: 365.
            name (str): For people. Example: Shop.
            plan (None | str): The name of its plan, if whoever runs the installation has given it one. Example: pro.
            quotas (Quotas): How much an account may have.
            quotas_from (QuotaSources): Where each quota of an account comes from.
            settings (Settings): Settings of an account.
            suspended (None | Suspension):
     """

    api_key: str
    created_at: str
    id: str
    keep_events_days: int | None
    name: str
    plan: None | str
    quotas: Quotas
    quotas_from: QuotaSources
    settings: Settings
    suspended: None | Suspension





    def to_dict(self) -> dict[str, Any]:
        from ..models.quota_sources import QuotaSources # noqa: PLC0415
        from ..models.quotas import Quotas # noqa: PLC0415
        from ..models.settings import Settings # noqa: PLC0415
        from ..models.suspension import Suspension # noqa: PLC0415
        api_key = self.api_key

        created_at = self.created_at

        id = self.id

        keep_events_days: int | None
        keep_events_days = self.keep_events_days

        name = self.name

        plan: None | str
        plan = self.plan

        quotas = self.quotas.to_dict()

        quotas_from = self.quotas_from.to_dict()

        settings = self.settings.to_dict()

        suspended: dict[str, Any] | None
        if isinstance(self.suspended, Suspension):
            suspended = self.suspended.to_dict()
        else:
            suspended = self.suspended


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "api_key": api_key,
            "created_at": created_at,
            "id": id,
            "keep_events_days": keep_events_days,
            "name": name,
            "plan": plan,
            "quotas": quotas,
            "quotas_from": quotas_from,
            "settings": settings,
            "suspended": suspended,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.quota_sources import QuotaSources # noqa: PLC0415
        from ..models.quotas import Quotas # noqa: PLC0415
        from ..models.settings import Settings # noqa: PLC0415
        from ..models.suspension import Suspension # noqa: PLC0415
        d = dict(src_dict)
        api_key = d.pop("api_key")

        created_at = d.pop("created_at")

        id = d.pop("id")

        def _parse_keep_events_days(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        keep_events_days = _parse_keep_events_days(d.pop("keep_events_days"))


        name = d.pop("name")

        def _parse_plan(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        plan = _parse_plan(d.pop("plan"))


        quotas = Quotas.from_dict(d.pop("quotas"))




        quotas_from = QuotaSources.from_dict(d.pop("quotas_from"))




        settings = Settings.from_dict(d.pop("settings"))




        def _parse_suspended(data: object) -> None | Suspension:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                suspended_type_0 = Suspension.from_dict(data)



                return suspended_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Suspension, data)

        suspended = _parse_suspended(d.pop("suspended"))


        new_account = cls(
            api_key=api_key,
            created_at=created_at,
            id=id,
            keep_events_days=keep_events_days,
            name=name,
            plan=plan,
            quotas=quotas,
            quotas_from=quotas_from,
            settings=settings,
            suspended=suspended,
        )

        return new_account

