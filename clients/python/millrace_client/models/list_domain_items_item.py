from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.verification import Verification





T = TypeVar("T", bound="ListDomainItemsItem")



@_attrs_define
class ListDomainItemsItem:
    """ A domain of the account.

        Attributes:
            account (str): Whose it is, or who says so. Example: acc_0000000000001.
            created_at (str): When it was added. Example: 2026-01-02T03:04:05Z.
            host (str): Its name. Example: go.shop.example.
            id (str): Its name, which is its id. Example: go.shop.example.
            not_found_url (None | str): Where those are led whose link there is not. Example: https://shop.example/404.
            root_url (None | str): Where those are led who ask for no link. Example: https://shop.example/.
            verification (None | Verification):
            verified (bool): Whether it is known to be the account's: links answer only then.
     """

    account: str
    created_at: str
    host: str
    id: str
    not_found_url: None | str
    root_url: None | str
    verification: None | Verification
    verified: bool





    def to_dict(self) -> dict[str, Any]:
        from ..models.verification import Verification # noqa: PLC0415
        account = self.account

        created_at = self.created_at

        host = self.host

        id = self.id

        not_found_url: None | str
        not_found_url = self.not_found_url

        root_url: None | str
        root_url = self.root_url

        verification: dict[str, Any] | None
        if isinstance(self.verification, Verification):
            verification = self.verification.to_dict()
        else:
            verification = self.verification

        verified = self.verified


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "account": account,
            "created_at": created_at,
            "host": host,
            "id": id,
            "not_found_url": not_found_url,
            "root_url": root_url,
            "verification": verification,
            "verified": verified,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.verification import Verification # noqa: PLC0415
        d = dict(src_dict)
        account = d.pop("account")

        created_at = d.pop("created_at")

        host = d.pop("host")

        id = d.pop("id")

        def _parse_not_found_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        not_found_url = _parse_not_found_url(d.pop("not_found_url"))


        def _parse_root_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        root_url = _parse_root_url(d.pop("root_url"))


        def _parse_verification(data: object) -> None | Verification:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                verification_type_0 = Verification.from_dict(data)



                return verification_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Verification, data)

        verification = _parse_verification(d.pop("verification"))


        verified = d.pop("verified")

        list_domain_items_item = cls(
            account=account,
            created_at=created_at,
            host=host,
            id=id,
            not_found_url=not_found_url,
            root_url=root_url,
            verification=verification,
            verified=verified,
        )

        return list_domain_items_item

