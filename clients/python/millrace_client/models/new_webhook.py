from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.event_type import EventType
from ..models.webhook_kind import WebhookKind
from ..models.webhook_method import WebhookMethod
from typing import cast

if TYPE_CHECKING:
  from ..models.webhook_filters import WebhookFilters





T = TypeVar("T", bound="NewWebhook")



@_attrs_define
class NewWebhook:
    """ A new webhook, or one with a new secret.

        Attributes:
            created_at (str): When it was made. Example: 2026-01-02T03:04:05Z.
            disabled_at (None | str): Since when nothing is; null: it is enabled.
            disabled_reason (None | str): Why.
            enabled (bool): Whether something is sent.
            filters (WebhookFilters): Which events are told: those for which all of this holds. Empty lists are of
                everything.
            id (str): Its id. Example: whk_0000000000004.
            kind (WebhookKind): What is sent.
            method (WebhookMethod): How it is sent.
            name (str): For people. Example: Shop.
            old_secret_until (None | str): Until when messages are signed with the secret before, too; null: it has had one
                alone. Example: 2026-01-03T03:04:05Z.
            secret (str): What messages are signed with. It is shown once. Example: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw.
            types (list[EventType]): What it is told of. Example: ['conversion.created'].
            url (str): Where it is sent. Example: https://shop.example.com/hooks.
     """

    created_at: str
    disabled_at: None | str
    disabled_reason: None | str
    enabled: bool
    filters: WebhookFilters
    id: str
    kind: WebhookKind
    method: WebhookMethod
    name: str
    old_secret_until: None | str
    secret: str
    types: list[EventType]
    url: str





    def to_dict(self) -> dict[str, Any]:
        from ..models.webhook_filters import WebhookFilters # noqa: PLC0415
        created_at = self.created_at

        disabled_at: None | str
        disabled_at = self.disabled_at

        disabled_reason: None | str
        disabled_reason = self.disabled_reason

        enabled = self.enabled

        filters = self.filters.to_dict()

        id = self.id

        kind = self.kind.value

        method = self.method.value

        name = self.name

        old_secret_until: None | str
        old_secret_until = self.old_secret_until

        secret = self.secret

        types = []
        for types_item_data in self.types:
            types_item = types_item_data.value
            types.append(types_item)



        url = self.url


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "created_at": created_at,
            "disabled_at": disabled_at,
            "disabled_reason": disabled_reason,
            "enabled": enabled,
            "filters": filters,
            "id": id,
            "kind": kind,
            "method": method,
            "name": name,
            "old_secret_until": old_secret_until,
            "secret": secret,
            "types": types,
            "url": url,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.webhook_filters import WebhookFilters # noqa: PLC0415
        d = dict(src_dict)
        created_at = d.pop("created_at")

        def _parse_disabled_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        disabled_at = _parse_disabled_at(d.pop("disabled_at"))


        def _parse_disabled_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        disabled_reason = _parse_disabled_reason(d.pop("disabled_reason"))


        enabled = d.pop("enabled")

        filters = WebhookFilters.from_dict(d.pop("filters"))




        id = d.pop("id")

        kind = WebhookKind(d.pop("kind"))




        method = WebhookMethod(d.pop("method"))




        name = d.pop("name")

        def _parse_old_secret_until(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        old_secret_until = _parse_old_secret_until(d.pop("old_secret_until"))


        secret = d.pop("secret")

        types = []
        _types = d.pop("types")
        for types_item_data in (_types):
            types_item = EventType(types_item_data)



            types.append(types_item)


        url = d.pop("url")

        new_webhook = cls(
            created_at=created_at,
            disabled_at=disabled_at,
            disabled_reason=disabled_reason,
            enabled=enabled,
            filters=filters,
            id=id,
            kind=kind,
            method=method,
            name=name,
            old_secret_until=old_secret_until,
            secret=secret,
            types=types,
            url=url,
        )

        return new_webhook

