from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.log_audit_rejected import LogAuditRejected
  from ..models.log_audit_unrecorded import LogAuditUnrecorded





T = TypeVar("T", bound="LogAudit")



@_attrs_define
class LogAudit:
    """ One log.

        Attributes:
            epochs_before (int): Epochs up to this one were found to agree earlier; see [`Audit::checked_before`]. Example:
                2.
            last_seq_before (int): The last event of those. Example: 800.
            log (str): Its id. Example: 0000000000000000000000002D.
            rejected (LogAuditRejected): Events that were refused, by reason. Example: {'invalid_time': 6}.
            retired (bool): Whether its collector has drained it: nothing will be added.
            turned_away_as_of (None | str): When its collector last wrote these, RFC 3339. Example: 2026-01-02T03:04:05Z.
            unrecorded (LogAuditUnrecorded): Events that could not be written, by reason. Example: {}.
     """

    epochs_before: int
    last_seq_before: int
    log: str
    rejected: LogAuditRejected
    retired: bool
    turned_away_as_of: None | str
    unrecorded: LogAuditUnrecorded





    def to_dict(self) -> dict[str, Any]:
        from ..models.log_audit_rejected import LogAuditRejected # noqa: PLC0415
        from ..models.log_audit_unrecorded import LogAuditUnrecorded # noqa: PLC0415
        epochs_before = self.epochs_before

        last_seq_before = self.last_seq_before

        log = self.log

        rejected = self.rejected.to_dict()

        retired = self.retired

        turned_away_as_of: None | str
        turned_away_as_of = self.turned_away_as_of

        unrecorded = self.unrecorded.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "epochs_before": epochs_before,
            "last_seq_before": last_seq_before,
            "log": log,
            "rejected": rejected,
            "retired": retired,
            "turned_away_as_of": turned_away_as_of,
            "unrecorded": unrecorded,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.log_audit_rejected import LogAuditRejected # noqa: PLC0415
        from ..models.log_audit_unrecorded import LogAuditUnrecorded # noqa: PLC0415
        d = dict(src_dict)
        epochs_before = d.pop("epochs_before")

        last_seq_before = d.pop("last_seq_before")

        log = d.pop("log")

        rejected = LogAuditRejected.from_dict(d.pop("rejected"))




        retired = d.pop("retired")

        def _parse_turned_away_as_of(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        turned_away_as_of = _parse_turned_away_as_of(d.pop("turned_away_as_of"))


        unrecorded = LogAuditUnrecorded.from_dict(d.pop("unrecorded"))




        log_audit = cls(
            epochs_before=epochs_before,
            last_seq_before=last_seq_before,
            log=log,
            rejected=rejected,
            retired=retired,
            turned_away_as_of=turned_away_as_of,
            unrecorded=unrecorded,
        )

        return log_audit

