from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.numbers_costs_type_0 import NumbersCostsType0
  from ..models.numbers_profits_type_0 import NumbersProfitsType0
  from ..models.numbers_values_type_0 import NumbersValuesType0





T = TypeVar("T", bound="Numbers")



@_attrs_define
class Numbers:
    """ Numbers by metric; absent are those that were not asked for.

        Attributes:
            aov (None | str | Unset): Value of each conversion; null without conversions, or in several currencies. Example:
                18.50.
            bot_clicks (int | None | Unset): Clicks of bots. Example: 3.
            bot_views (int | None | Unset): Views of bots. Example: 1.
            clicks (int | None | Unset): Clicks; those of bots only with `exclude_bots=false`. Example: 120.
            conversions (int | None | Unset): Conversions. Example: 7.
            cost (None | str | Unset): What clicks cost; null if in several currencies: then `costs` has it in each.
                Example: 6.00.
            costs (None | NumbersCostsType0 | Unset): By currency, what clicks cost in several; else absent. Example:
                {'EUR': '1.00', 'USD': '5.00'}.
            cr (float | None | Unset): Conversions for each click; null without clicks. Example: 0.058.
            ctr (float | None | Unset): Clicks for each view; null without views. Example: 0.35.
            epc (None | str | Unset): Value for each click; null without clicks, or in several currencies. Example: 1.08.
            pending (int | None | Unset): Conversions that are pending: those that became so, less those that are not any
                more. Example: 2.
            profit (None | str | Unset): Value less cost; null if in several currencies: then `profits` has it in each.
                Example: 123.50.
            profits (None | NumbersProfitsType0 | Unset): By currency, value less cost in several; else absent. Example:
                {'EUR': '11.50', 'USD': '20.00'}.
            rejected (int | None | Unset): Conversions that were rejected. Example: 1.
            roi (float | None | Unset): Profit for each unit of cost; null without cost, or in several currencies. Example:
                20.58.
            unique_visitors (int | None | Unset): Distinct visitors. They do not add up over rows. Example: 99.
            value (None | str | Unset): Value of conversions; null if it is in several currencies, which do not add up: then
                `values` has it
                in each. Example: 129.50.
            values (None | NumbersValuesType0 | Unset): By currency, the value of conversions in several; else absent.
                Example: {'EUR': '12.50', 'USD': '25.00'}.
            views (int | None | Unset): Views; those of bots only with `exclude_bots=false`. Example: 340.
     """

    aov: None | str | Unset = UNSET
    bot_clicks: int | None | Unset = UNSET
    bot_views: int | None | Unset = UNSET
    clicks: int | None | Unset = UNSET
    conversions: int | None | Unset = UNSET
    cost: None | str | Unset = UNSET
    costs: None | NumbersCostsType0 | Unset = UNSET
    cr: float | None | Unset = UNSET
    ctr: float | None | Unset = UNSET
    epc: None | str | Unset = UNSET
    pending: int | None | Unset = UNSET
    profit: None | str | Unset = UNSET
    profits: None | NumbersProfitsType0 | Unset = UNSET
    rejected: int | None | Unset = UNSET
    roi: float | None | Unset = UNSET
    unique_visitors: int | None | Unset = UNSET
    value: None | str | Unset = UNSET
    values: None | NumbersValuesType0 | Unset = UNSET
    views: int | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.numbers_costs_type_0 import NumbersCostsType0 # noqa: PLC0415
        from ..models.numbers_profits_type_0 import NumbersProfitsType0 # noqa: PLC0415
        from ..models.numbers_values_type_0 import NumbersValuesType0 # noqa: PLC0415
        aov: None | str | Unset
        if isinstance(self.aov, Unset):
            aov = UNSET
        else:
            aov = self.aov

        bot_clicks: int | None | Unset
        if isinstance(self.bot_clicks, Unset):
            bot_clicks = UNSET
        else:
            bot_clicks = self.bot_clicks

        bot_views: int | None | Unset
        if isinstance(self.bot_views, Unset):
            bot_views = UNSET
        else:
            bot_views = self.bot_views

        clicks: int | None | Unset
        if isinstance(self.clicks, Unset):
            clicks = UNSET
        else:
            clicks = self.clicks

        conversions: int | None | Unset
        if isinstance(self.conversions, Unset):
            conversions = UNSET
        else:
            conversions = self.conversions

        cost: None | str | Unset
        if isinstance(self.cost, Unset):
            cost = UNSET
        else:
            cost = self.cost

        costs: dict[str, Any] | None | Unset
        if isinstance(self.costs, Unset):
            costs = UNSET
        elif isinstance(self.costs, NumbersCostsType0):
            costs = self.costs.to_dict()
        else:
            costs = self.costs

        cr: float | None | Unset
        if isinstance(self.cr, Unset):
            cr = UNSET
        else:
            cr = self.cr

        ctr: float | None | Unset
        if isinstance(self.ctr, Unset):
            ctr = UNSET
        else:
            ctr = self.ctr

        epc: None | str | Unset
        if isinstance(self.epc, Unset):
            epc = UNSET
        else:
            epc = self.epc

        pending: int | None | Unset
        if isinstance(self.pending, Unset):
            pending = UNSET
        else:
            pending = self.pending

        profit: None | str | Unset
        if isinstance(self.profit, Unset):
            profit = UNSET
        else:
            profit = self.profit

        profits: dict[str, Any] | None | Unset
        if isinstance(self.profits, Unset):
            profits = UNSET
        elif isinstance(self.profits, NumbersProfitsType0):
            profits = self.profits.to_dict()
        else:
            profits = self.profits

        rejected: int | None | Unset
        if isinstance(self.rejected, Unset):
            rejected = UNSET
        else:
            rejected = self.rejected

        roi: float | None | Unset
        if isinstance(self.roi, Unset):
            roi = UNSET
        else:
            roi = self.roi

        unique_visitors: int | None | Unset
        if isinstance(self.unique_visitors, Unset):
            unique_visitors = UNSET
        else:
            unique_visitors = self.unique_visitors

        value: None | str | Unset
        if isinstance(self.value, Unset):
            value = UNSET
        else:
            value = self.value

        values: dict[str, Any] | None | Unset
        if isinstance(self.values, Unset):
            values = UNSET
        elif isinstance(self.values, NumbersValuesType0):
            values = self.values.to_dict()
        else:
            values = self.values

        views: int | None | Unset
        if isinstance(self.views, Unset):
            views = UNSET
        else:
            views = self.views


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if aov is not UNSET:
            field_dict["aov"] = aov
        if bot_clicks is not UNSET:
            field_dict["bot_clicks"] = bot_clicks
        if bot_views is not UNSET:
            field_dict["bot_views"] = bot_views
        if clicks is not UNSET:
            field_dict["clicks"] = clicks
        if conversions is not UNSET:
            field_dict["conversions"] = conversions
        if cost is not UNSET:
            field_dict["cost"] = cost
        if costs is not UNSET:
            field_dict["costs"] = costs
        if cr is not UNSET:
            field_dict["cr"] = cr
        if ctr is not UNSET:
            field_dict["ctr"] = ctr
        if epc is not UNSET:
            field_dict["epc"] = epc
        if pending is not UNSET:
            field_dict["pending"] = pending
        if profit is not UNSET:
            field_dict["profit"] = profit
        if profits is not UNSET:
            field_dict["profits"] = profits
        if rejected is not UNSET:
            field_dict["rejected"] = rejected
        if roi is not UNSET:
            field_dict["roi"] = roi
        if unique_visitors is not UNSET:
            field_dict["unique_visitors"] = unique_visitors
        if value is not UNSET:
            field_dict["value"] = value
        if values is not UNSET:
            field_dict["values"] = values
        if views is not UNSET:
            field_dict["views"] = views

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.numbers_costs_type_0 import NumbersCostsType0 # noqa: PLC0415
        from ..models.numbers_profits_type_0 import NumbersProfitsType0 # noqa: PLC0415
        from ..models.numbers_values_type_0 import NumbersValuesType0 # noqa: PLC0415
        d = dict(src_dict)
        def _parse_aov(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        aov = _parse_aov(d.pop("aov", UNSET))


        def _parse_bot_clicks(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        bot_clicks = _parse_bot_clicks(d.pop("bot_clicks", UNSET))


        def _parse_bot_views(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        bot_views = _parse_bot_views(d.pop("bot_views", UNSET))


        def _parse_clicks(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        clicks = _parse_clicks(d.pop("clicks", UNSET))


        def _parse_conversions(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        conversions = _parse_conversions(d.pop("conversions", UNSET))


        def _parse_cost(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        cost = _parse_cost(d.pop("cost", UNSET))


        def _parse_costs(data: object) -> None | NumbersCostsType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                costs_type_0 = NumbersCostsType0.from_dict(data)



                return costs_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | NumbersCostsType0 | Unset, data)

        costs = _parse_costs(d.pop("costs", UNSET))


        def _parse_cr(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        cr = _parse_cr(d.pop("cr", UNSET))


        def _parse_ctr(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        ctr = _parse_ctr(d.pop("ctr", UNSET))


        def _parse_epc(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        epc = _parse_epc(d.pop("epc", UNSET))


        def _parse_pending(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        pending = _parse_pending(d.pop("pending", UNSET))


        def _parse_profit(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        profit = _parse_profit(d.pop("profit", UNSET))


        def _parse_profits(data: object) -> None | NumbersProfitsType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                profits_type_0 = NumbersProfitsType0.from_dict(data)



                return profits_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | NumbersProfitsType0 | Unset, data)

        profits = _parse_profits(d.pop("profits", UNSET))


        def _parse_rejected(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        rejected = _parse_rejected(d.pop("rejected", UNSET))


        def _parse_roi(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        roi = _parse_roi(d.pop("roi", UNSET))


        def _parse_unique_visitors(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        unique_visitors = _parse_unique_visitors(d.pop("unique_visitors", UNSET))


        def _parse_value(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        value = _parse_value(d.pop("value", UNSET))


        def _parse_values(data: object) -> None | NumbersValuesType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                values_type_0 = NumbersValuesType0.from_dict(data)



                return values_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | NumbersValuesType0 | Unset, data)

        values = _parse_values(d.pop("values", UNSET))


        def _parse_views(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        views = _parse_views(d.pop("views", UNSET))


        numbers = cls(
            aov=aov,
            bot_clicks=bot_clicks,
            bot_views=bot_views,
            clicks=clicks,
            conversions=conversions,
            cost=cost,
            costs=costs,
            cr=cr,
            ctr=ctr,
            epc=epc,
            pending=pending,
            profit=profit,
            profits=profits,
            rejected=rejected,
            roi=roi,
            unique_visitors=unique_visitors,
            value=value,
            values=values,
            views=views,
        )

        return numbers

