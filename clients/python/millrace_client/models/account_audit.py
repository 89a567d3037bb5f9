from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.account_audit_rejected import AccountAuditRejected
  from ..models.account_audit_unrecorded import AccountAuditUnrecorded
  from ..models.counted_live import CountedLive
  from ..models.counted_settled import CountedSettled





T = TypeVar("T", bound="AccountAudit")



@_attrs_define
class AccountAudit:
    """ What was accepted of an account's events, and what counts them.

        Attributes:
            account (str): Its id. Example: acc_0000000000001.
            agrees (bool): Whether nothing differs. Example: True.
            live (CountedLive): Live events of an account.
            rejected (AccountAuditRejected): Events that were refused, by reason. Example: {'invalid_time': 6}.
            settled (CountedSettled): Settled events of an account.
            turned_away_as_of (None | str): How far `unrecorded` and `rejected` go at least. Example: 2026-01-02T03:04:05Z.
            unrecorded (AccountAuditUnrecorded): Events that could not be written, by reason. Example: {}.
     """

    account: str
    agrees: bool
    live: CountedLive
    rejected: AccountAuditRejected
    settled: CountedSettled
    turned_away_as_of: None | str
    unrecorded: AccountAuditUnrecorded





    def to_dict(self) -> dict[str, Any]:
        from ..models.account_audit_rejected import AccountAuditRejected # noqa: PLC0415
        from ..models.account_audit_unrecorded import AccountAuditUnrecorded # noqa: PLC0415
        from ..models.counted_live import CountedLive # noqa: PLC0415
        from ..models.counted_settled import CountedSettled # noqa: PLC0415
        account = self.account

        agrees = self.agrees

        live = self.live.to_dict()

        rejected = self.rejected.to_dict()

        settled = self.settled.to_dict()

        turned_away_as_of: None | str
        turned_away_as_of = self.turned_away_as_of

        unrecorded = self.unrecorded.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "account": account,
            "agrees": agrees,
            "live": live,
            "rejected": rejected,
            "settled": settled,
            "turned_away_as_of": turned_away_as_of,
            "unrecorded": unrecorded,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.account_audit_rejected import AccountAuditRejected # noqa: PLC0415
        from ..models.account_audit_unrecorded import AccountAuditUnrecorded # noqa: PLC0415
        from ..models.counted_live import CountedLive # noqa: PLC0415
        from ..models.counted_settled import CountedSettled # noqa: PLC0415
        d = dict(src_dict)
        account = d.pop("account")

        agrees = d.pop("agrees")

        live = CountedLive.from_dict(d.pop("live"))




        rejected = AccountAuditRejected.from_dict(d.pop("rejected"))




        settled = CountedSettled.from_dict(d.pop("settled"))




        def _parse_turned_away_as_of(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        turned_away_as_of = _parse_turned_away_as_of(d.pop("turned_away_as_of"))


        unrecorded = AccountAuditUnrecorded.from_dict(d.pop("unrecorded"))




        account_audit = cls(
            account=account,
            agrees=agrees,
            live=live,
            rejected=rejected,
            settled=settled,
            turned_away_as_of=turned_away_as_of,
            unrecorded=unrecorded,
        )

        return account_audit

