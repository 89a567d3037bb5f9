from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.comparison import Comparison
  from ..models.numbers import Numbers
  from ..models.row import Row
  from ..models.stats_meta import StatsMeta





T = TypeVar("T", bound="Stats")



@_attrs_define
class Stats:
    """ The numbers that were asked for.

        Attributes:
            meta (StatsMeta): How true numbers are, and what they were understood to be. Example: {'as_of':
                '7.0000000000000000000000002D-42', 'complete': True, 'counted_upto': {'0000000000000000000000002D': 42},
                'exact': {'clicks': True}, 'gaps': [], 'live': {'clicks': 20}, 'live_lag_ms': 12, 'manifest': 7, 'query':
                {'end': '2026-01-03T00:00:00Z', 'entity': 'acc_0000000000001', 'exclude_bots': True, 'filters': {}, 'group_by':
                'country', 'interval': 'day', 'metrics': ['clicks'], 'start': '2026-01-01T00:00:00Z', 'timezone': 'UTC'},
                'settled': {'clicks': 100}, 'settled_through': '2026-01-02T03:00:00Z', 'source': 'cube'}.
            results (list[Row]): By bucket and group.
            totals (Numbers): Numbers by metric; absent are those that were not asked for.
            comparison (Comparison | None | Unset):
     """

    meta: StatsMeta
    results: list[Row]
    totals: Numbers
    comparison: Comparison | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.comparison import Comparison # noqa: PLC0415
        from ..models.numbers import Numbers # noqa: PLC0415
        from ..models.row import Row # noqa: PLC0415
        from ..models.stats_meta import StatsMeta # noqa: PLC0415
        meta = self.meta.to_dict()

        results = []
        for results_item_data in self.results:
            results_item = results_item_data.to_dict()
            results.append(results_item)



        totals = self.totals.to_dict()

        comparison: dict[str, Any] | None | Unset
        if isinstance(self.comparison, Unset):
            comparison = UNSET
        elif isinstance(self.comparison, Comparison):
            comparison = self.comparison.to_dict()
        else:
            comparison = self.comparison


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "meta": meta,
            "results": results,
            "totals": totals,
        })
        if comparison is not UNSET:
            field_dict["comparison"] = comparison

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.comparison import Comparison # noqa: PLC0415
        from ..models.numbers import Numbers # noqa: PLC0415
        from ..models.row import Row # noqa: PLC0415
        from ..models.stats_meta import StatsMeta # noqa: PLC0415
        d = dict(src_dict)
        meta = StatsMeta.from_dict(d.pop("meta"))




        results = []
        _results = d.pop("results")
        for results_item_data in (_results):
            results_item = Row.from_dict(results_item_data)



            results.append(results_item)


        totals = Numbers.from_dict(d.pop("totals"))




        def _parse_comparison(data: object) -> Comparison | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                comparison_type_0 = Comparison.from_dict(data)



                return comparison_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Comparison | None | Unset, data)

        comparison = _parse_comparison(d.pop("comparison", UNSET))


        stats = cls(
            meta=meta,
            results=results,
            totals=totals,
            comparison=comparison,
        )

        return stats

