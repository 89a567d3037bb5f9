from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.audit_rejected import AuditRejected
  from ..models.audit_unrecorded import AuditUnrecorded
  from ..models.epoch_audit import EpochAudit
  from ..models.finding import Finding
  from ..models.log_audit import LogAudit





T = TypeVar("T", bound="Audit")



@_attrs_define
class Audit:
    """ What an audit found.

        Attributes:
            agrees (bool): Whether nothing differs. Example: True.
            checked_at (str): When it was made, RFC 3339. Example: 2026-01-02T03:04:05Z.
            checked_before (int): What earlier audits found to agree and this one did not read again: all that this
                manifest covers; 0: nothing. Example: 6.
            duplicates (int): Of these, events that are not counted: another with the same sender's key is, and the door
                could not know.
            epochs (list[EpochAudit]): Every epoch that was looked at; with those that are open at the end of each log as
                one.
            events (int): Events it covers. Example: 1200.
            findings (list[Finding]): What differs. Example: [].
            live_unknown (None | str): Why live counts were not compared at all, if they were not.
            logs (list[LogAudit]): Every log with an epoch in `epochs` or with events that were turned away.
            manifest (int): The manifest that was looked at. Example: 7.
            rejected (AuditRejected): Events that were refused, by reason, over all logs. Example: {'invalid_time': 6}.
            turned_away_as_of (None | str): How far `unrecorded` and `rejected` go at least, RFC 3339: the oldest word of a
                collector
                that is not retired. One that was killed takes its last seconds of these with it. Example: 2026-01-02T03:04:05Z.
            unrecorded (AuditUnrecorded): Events that could not be written, by reason, over all logs. Example: {}.
     """

    agrees: bool
    checked_at: str
    checked_before: int
    duplicates: int
    epochs: list[EpochAudit]
    events: int
    findings: list[Finding]
    live_unknown: None | str
    logs: list[LogAudit]
    manifest: int
    rejected: AuditRejected
    turned_away_as_of: None | str
    unrecorded: AuditUnrecorded





    def to_dict(self) -> dict[str, Any]:
        from ..models.audit_rejected import AuditRejected # noqa: PLC0415
        from ..models.audit_unrecorded import AuditUnrecorded # noqa: PLC0415
        from ..models.epoch_audit import EpochAudit # noqa: PLC0415
        from ..models.finding import Finding # noqa: PLC0415
        from ..models.log_audit import LogAudit # noqa: PLC0415
        agrees = self.agrees

        checked_at = self.checked_at

        checked_before = self.checked_before

        duplicates = self.duplicates

        epochs = []
        for epochs_item_data in self.epochs:
            epochs_item = epochs_item_data.to_dict()
            epochs.append(epochs_item)



        events = self.events

        findings = []
        for findings_item_data in self.findings:
            findings_item = findings_item_data.to_dict()
            findings.append(findings_item)



        live_unknown: None | str
        live_unknown = self.live_unknown

        logs = []
        for logs_item_data in self.logs:
            logs_item = logs_item_data.to_dict()
            logs.append(logs_item)



        manifest = self.manifest

        rejected = self.rejected.to_dict()

        turned_away_as_of: None | str
        turned_away_as_of = self.turned_away_as_of

        unrecorded = self.unrecorded.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "agrees": agrees,
            "checked_at": checked_at,
            "checked_before": checked_before,
            "duplicates": duplicates,
            "epochs": epochs,
            "events": events,
            "findings": findings,
            "live_unknown": live_unknown,
            "logs": logs,
            "manifest": manifest,
            "rejected": rejected,
            "turned_away_as_of": turned_away_as_of,
            "unrecorded": unrecorded,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.audit_rejected import AuditRejected # noqa: PLC0415
        from ..models.audit_unrecorded import AuditUnrecorded # noqa: PLC0415
        from ..models.epoch_audit import EpochAudit # noqa: PLC0415
        from ..models.finding import Finding # noqa: PLC0415
        from ..models.log_audit import LogAudit # noqa: PLC0415
        d = dict(src_dict)
        agrees = d.pop("agrees")

        checked_at = d.pop("checked_at")

        checked_before = d.pop("checked_before")

        duplicates = d.pop("duplicates")

        epochs = []
        _epochs = d.pop("epochs")
        for epochs_item_data in (_epochs):
            epochs_item = EpochAudit.from_dict(epochs_item_data)



            epochs.append(epochs_item)


        events = d.pop("events")

        findings = []
        _findings = d.pop("findings")
        for findings_item_data in (_findings):
            findings_item = Finding.from_dict(findings_item_data)



            findings.append(findings_item)


        def _parse_live_unknown(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        live_unknown = _parse_live_unknown(d.pop("live_unknown"))


        logs = []
        _logs = d.pop("logs")
        for logs_item_data in (_logs):
            logs_item = LogAudit.from_dict(logs_item_data)



            logs.append(logs_item)


        manifest = d.pop("manifest")

        rejected = AuditRejected.from_dict(d.pop("rejected"))




        def _parse_turned_away_as_of(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        turned_away_as_of = _parse_turned_away_as_of(d.pop("turned_away_as_of"))


        unrecorded = AuditUnrecorded.from_dict(d.pop("unrecorded"))




        audit = cls(
            agrees=agrees,
            checked_at=checked_at,
            checked_before=checked_before,
            duplicates=duplicates,
            epochs=epochs,
            events=events,
            findings=findings,
            live_unknown=live_unknown,
            logs=logs,
            manifest=manifest,
            rejected=rejected,
            turned_away_as_of=turned_away_as_of,
            unrecorded=unrecorded,
        )

        return audit

