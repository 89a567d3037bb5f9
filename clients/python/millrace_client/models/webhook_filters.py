from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="WebhookFilters")



@_attrs_define
class WebhookFilters:
    """ Which events are told: those for which all of this holds. Empty lists are of everything.

        Attributes:
            bots (bool): Whether clicks of bots are told, too.
            campaigns (list[str]): Ids of campaigns. Example: [].
            goals (list[str]): Ids of goals, of conversions. Example: [].
            links (list[str]): Ids of links: clicks on them, and conversions that those led to. Example:
                ['lnk_0000000000005'].
     """

    bots: bool
    campaigns: list[str]
    goals: list[str]
    links: list[str]





    def to_dict(self) -> dict[str, Any]:
        bots = self.bots

        campaigns = self.campaigns



        goals = self.goals



        links = self.links




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "bots": bots,
            "campaigns": campaigns,
            "goals": goals,
            "links": links,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        bots = d.pop("bots")

        campaigns = cast(list[str], d.pop("campaigns"))


        goals = cast(list[str], d.pop("goals"))


        links = cast(list[str], d.pop("links"))


        webhook_filters = cls(
            bots=bots,
            campaigns=campaigns,
            goals=goals,
            links=links,
        )

        return webhook_filters

