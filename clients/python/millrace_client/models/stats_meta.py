from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.source import Source
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.gap import Gap
  from ..models.imported import Imported
  from ..models.numbers import Numbers
  from ..models.period_costs_meta import PeriodCostsMeta
  from ..models.question import Question
  from ..models.stats_meta_counted_upto import StatsMetaCountedUpto
  from ..models.stats_meta_exact import StatsMetaExact
  from ..models.stats_meta_standard_error_type_0 import StatsMetaStandardErrorType0
  from ..models.visitors_meta import VisitorsMeta





T = TypeVar("T", bound="StatsMeta")



@_attrs_define
class StatsMeta:
    """ How true numbers are, and what they were understood to be.

        Example:
            {'as_of': '7.0000000000000000000000002D-42', 'complete': True, 'counted_upto': {'0000000000000000000000002D':
                42}, 'exact': {'clicks': True}, 'gaps': [], 'live': {'clicks': 20}, 'live_lag_ms': 12, 'manifest': 7, 'query':
                {'end': '2026-01-03T00:00:00Z', 'entity': 'acc_0000000000001', 'exclude_bots': True, 'filters': {}, 'group_by':
                'country', 'interval': 'day', 'metrics': ['clicks'], 'start': '2026-01-01T00:00:00Z', 'timezone': 'UTC'},
                'settled': {'clicks': 100}, 'settled_through': '2026-01-02T03:00:00Z', 'source': 'cube'}

        Attributes:
            as_of (str): The moment of these numbers: as `as_of` of another question it is answered of the same moment, for
                a quarter of an
                hour at least.
            complete (bool): Whether nothing is missing.
            counted_upto (StatsMetaCountedUpto): Per log, the event up to which everything is counted: a lower bound.
            exact (StatsMetaExact): By metric, whether it is exact.
            gaps (list[Gap] | None): Times in which events may be missing that nobody can count; null: not known just now,
                or not asked for.
            live (Numbers): Numbers by metric; absent are those that were not asked for.
            live_lag_ms (int): Longest delay of live numbers, milliseconds.
            manifest (int): The manifest of the settled part; 0: nothing is settled yet.
            query (Question): A question as it was understood.
            settled (Numbers): Numbers by metric; absent are those that were not asked for.
            settled_through (None | str): When the newest settled event was received.
            source (Source): Where numbers come from.
            imported (Imported | None | Unset):
            missing (list[str] | None | Unset): What may be missing, and why; absent: nothing.
            overlapping (bool | None | Unset): True: rows overlap, since an event may be in several groups. Totals count it
                once.
            period_costs (None | PeriodCostsMeta | Unset):
            standard_error (None | StatsMetaStandardErrorType0 | Unset): By metric that is not exact, its relative standard
                error.
            unchecked (bool | None | Unset): True: an event may be counted that repeats another, until the next batch.
            unique_visitors (None | Unset | VisitorsMeta):
     """

    as_of: str
    complete: bool
    counted_upto: StatsMetaCountedUpto
    exact: StatsMetaExact
    gaps: list[Gap] | None
    live: Numbers
    live_lag_ms: int
    manifest: int
    query: Question
    settled: Numbers
    settled_through: None | str
    source: Source
    imported: Imported | None | Unset = UNSET
    missing: list[str] | None | Unset = UNSET
    overlapping: bool | None | Unset = UNSET
    period_costs: None | PeriodCostsMeta | Unset = UNSET
    standard_error: None | StatsMetaStandardErrorType0 | Unset = UNSET
    unchecked: bool | None | Unset = UNSET
    unique_visitors: None | Unset | VisitorsMeta = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.gap import Gap # noqa: PLC0415
        from ..models.imported import Imported # noqa: PLC0415
        from ..models.numbers import Numbers # noqa: PLC0415
        from ..models.period_costs_meta import PeriodCostsMeta # noqa: PLC0415
        from ..models.question import Question # noqa: PLC0415
        from ..models.stats_meta_counted_upto import StatsMetaCountedUpto # noqa: PLC0415
        from ..models.stats_meta_exact import StatsMetaExact # noqa: PLC0415
        from ..models.stats_meta_standard_error_type_0 import StatsMetaStandardErrorType0 # noqa: PLC0415
        from ..models.visitors_meta import VisitorsMeta # noqa: PLC0415
        as_of = self.as_of

        complete = self.complete

        counted_upto = self.counted_upto.to_dict()

        exact = self.exact.to_dict()

        gaps: list[dict[str, Any]] | None
        if isinstance(self.gaps, list):
            gaps = []
            for gaps_type_0_item_data in self.gaps:
                gaps_type_0_item = gaps_type_0_item_data.to_dict()
                gaps.append(gaps_type_0_item)


        else:
            gaps = self.gaps

        live = self.live.to_dict()

        live_lag_ms = self.live_lag_ms

        manifest = self.manifest

        query = self.query.to_dict()

        settled = self.settled.to_dict()

        settled_through: None | str
        settled_through = self.settled_through

        source = self.source.value

        imported: dict[str, Any] | None | Unset
        if isinstance(self.imported, Unset):
            imported = UNSET
        elif isinstance(self.imported, Imported):
            imported = self.imported.to_dict()
        else:
            imported = self.imported

        missing: list[str] | None | Unset
        if isinstance(self.missing, Unset):
            missing = UNSET
        elif isinstance(self.missing, list):
            missing = self.missing


        else:
            missing = self.missing

        overlapping: bool | None | Unset
        if isinstance(self.overlapping, Unset):
            overlapping = UNSET
        else:
            overlapping = self.overlapping

        period_costs: dict[str, Any] | None | Unset
        if isinstance(self.period_costs, Unset):
            period_costs = UNSET
        elif isinstance(self.period_costs, PeriodCostsMeta):
            period_costs = self.period_costs.to_dict()
        else:
            period_costs = self.period_costs

        standard_error: dict[str, Any] | None | Unset
        if isinstance(self.standard_error, Unset):
            standard_error = UNSET
        elif isinstance(self.standard_error, StatsMetaStandardErrorType0):
            standard_error = self.standard_error.to_dict()
        else:
            standard_error = self.standard_error

        unchecked: bool | None | Unset
        if isinstance(self.unchecked, Unset):
            unchecked = UNSET
        else:
            unchecked = self.unchecked

        unique_visitors: dict[str, Any] | None | Unset
        if isinstance(self.unique_visitors, Unset):
            unique_visitors = UNSET
        elif isinstance(self.unique_visitors, VisitorsMeta):
            unique_visitors = self.unique_visitors.to_dict()
        else:
            unique_visitors = self.unique_visitors


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "as_of": as_of,
            "complete": complete,
            "counted_upto": counted_upto,
            "exact": exact,
            "gaps": gaps,
            "live": live,
            "live_lag_ms": live_lag_ms,
            "manifest": manifest,
            "query": query,
            "settled": settled,
            "settled_through": settled_through,
            "source": source,
        })
        if imported is not UNSET:
            field_dict["imported"] = imported
        if missing is not UNSET:
            field_dict["missing"] = missing
        if overlapping is not UNSET:
            field_dict["overlapping"] = overlapping
        if period_costs is not UNSET:
            field_dict["period_costs"] = period_costs
        if standard_error is not UNSET:
            field_dict["standard_error"] = standard_error
        if unchecked is not UNSET:
            field_dict["unchecked"] = unchecked
        if unique_visitors is not UNSET:
            field_dict["unique_visitors"] = unique_visitors

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.gap import Gap # noqa: PLC0415
        from ..models.imported import Imported # noqa: PLC0415
        from ..models.numbers import Numbers # noqa: PLC0415
        from ..models.period_costs_meta import PeriodCostsMeta # noqa: PLC0415
        from ..models.question import Question # noqa: PLC0415
        from ..models.stats_meta_counted_upto import StatsMetaCountedUpto # noqa: PLC0415
        from ..models.stats_meta_exact import StatsMetaExact # noqa: PLC0415
        from ..models.stats_meta_standard_error_type_0 import StatsMetaStandardErrorType0 # noqa: PLC0415
        from ..models.visitors_meta import VisitorsMeta # noqa: PLC0415
        d = dict(src_dict)
        as_of = d.pop("as_of")

        complete = d.pop("complete")

        counted_upto = StatsMetaCountedUpto.from_dict(d.pop("counted_upto"))




        exact = StatsMetaExact.from_dict(d.pop("exact"))




        def _parse_gaps(data: object) -> list[Gap] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                gaps_type_0 = []
                _gaps_type_0 = data
                for gaps_type_0_item_data in (_gaps_type_0):
                    gaps_type_0_item = Gap.from_dict(gaps_type_0_item_data)



                    gaps_type_0.append(gaps_type_0_item)

                return gaps_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Gap] | None, data)

        gaps = _parse_gaps(d.pop("gaps"))


        live = Numbers.from_dict(d.pop("live"))




        live_lag_ms = d.pop("live_lag_ms")

        manifest = d.pop("manifest")

        query = Question.from_dict(d.pop("query"))




        settled = Numbers.from_dict(d.pop("settled"))




        def _parse_settled_through(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        settled_through = _parse_settled_through(d.pop("settled_through"))


        source = Source(d.pop("source"))




        def _parse_imported(data: object) -> Imported | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                imported_type_0 = Imported.from_dict(data)



                return imported_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Imported | None | Unset, data)

        imported = _parse_imported(d.pop("imported", UNSET))


        def _parse_missing(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                missing_type_0 = cast(list[str], data)

                return missing_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        missing = _parse_missing(d.pop("missing", UNSET))


        def _parse_overlapping(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        overlapping = _parse_overlapping(d.pop("overlapping", UNSET))


        def _parse_period_costs(data: object) -> None | PeriodCostsMeta | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                period_costs_type_0 = PeriodCostsMeta.from_dict(data)



                return period_costs_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PeriodCostsMeta | Unset, data)

        period_costs = _parse_period_costs(d.pop("period_costs", UNSET))


        def _parse_standard_error(data: object) -> None | StatsMetaStandardErrorType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                standard_error_type_0 = StatsMetaStandardErrorType0.from_dict(data)



                return standard_error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | StatsMetaStandardErrorType0 | Unset, data)

        standard_error = _parse_standard_error(d.pop("standard_error", UNSET))


        def _parse_unchecked(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        unchecked = _parse_unchecked(d.pop("unchecked", UNSET))


        def _parse_unique_visitors(data: object) -> None | Unset | VisitorsMeta:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                unique_visitors_type_0 = VisitorsMeta.from_dict(data)



                return unique_visitors_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | VisitorsMeta, data)

        unique_visitors = _parse_unique_visitors(d.pop("unique_visitors", UNSET))


        stats_meta = cls(
            as_of=as_of,
            complete=complete,
            counted_upto=counted_upto,
            exact=exact,
            gaps=gaps,
            live=live,
            live_lag_ms=live_lag_ms,
            manifest=manifest,
            query=query,
            settled=settled,
            settled_through=settled_through,
            source=source,
            imported=imported,
            missing=missing,
            overlapping=overlapping,
            period_costs=period_costs,
            standard_error=standard_error,
            unchecked=unchecked,
            unique_visitors=unique_visitors,
        )

        return stats_meta

