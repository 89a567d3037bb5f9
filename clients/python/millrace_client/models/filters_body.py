from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="FiltersBody")



@_attrs_define
class FiltersBody:
    """ Which events are told: those for which all of this holds.

        Attributes:
            bots (bool | Unset): Whether clicks of bots are told, too. Default: False. Example: False.
            campaigns (list[str] | Unset): Ids of campaigns. Example: ['cmp_0000000000006'].
            goals (list[str] | Unset): Ids of goals, of conversions. Example: ['gol_0000000000008'].
            links (list[str] | Unset): Ids of links: clicks on them, and conversions that those led to. Example:
                ['lnk_0000000000005'].
     """

    bots: bool | Unset = False
    campaigns: list[str] | Unset = UNSET
    goals: list[str] | Unset = UNSET
    links: list[str] | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        bots = self.bots

        campaigns: list[str] | Unset = UNSET
        if not isinstance(self.campaigns, Unset):
            campaigns = self.campaigns



        goals: list[str] | Unset = UNSET
        if not isinstance(self.goals, Unset):
            goals = self.goals



        links: list[str] | Unset = UNSET
        if not isinstance(self.links, Unset):
            links = self.links




        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if bots is not UNSET:
            field_dict["bots"] = bots
        if campaigns is not UNSET:
            field_dict["campaigns"] = campaigns
        if goals is not UNSET:
            field_dict["goals"] = goals
        if links is not UNSET:
            field_dict["links"] = links

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        bots = d.pop("bots", UNSET)

        campaigns = cast(list[str], d.pop("campaigns", UNSET))


        goals = cast(list[str], d.pop("goals", UNSET))


        links = cast(list[str], d.pop("links", UNSET))


        filters_body = cls(
            bots=bots,
            campaigns=campaigns,
            goals=goals,
            links=links,
        )

        return filters_body

