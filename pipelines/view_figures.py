"""View figures: the stock of the views and a policy in, what every channel would be told by it out.

It is what a job would tell that took the policy over at that moment: feeds that are silent by it, or that decline to
say how much there is, hold a figure, and the channel keeps what it was told last; a floor that is due is told.
"""

from datetime import datetime
from functools import partial

from pipelines.view_stock import FigureSeen, StepSeen, ViewStock
from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from transforms.ledger.hearing_rules import Hearing, Kept, Silent, doubts_about, watched
from transforms.ledger.ownership_rules import owners_from
from transforms.offers.doubt_rules import Doubts, in_doubt, keeps_last
from transforms.offers.offer_rules import Offer, ended_offer, offers_for, rules_at

Figures = dict[tuple[str, str], FigureSeen]  # by item and channel


def figures_by(policy: Policy, seen: ViewStock, master: MasterData, as_of: datetime) -> Figures:
    """The figure of every listing of that moment by a policy."""
    rules, standing = rules_at(policy, master.lots, as_of), master.at(as_of)
    doubts_of = partial(_doubts_of, seen, silent_by(rules.policy, seen, master, as_of), rules.policy)
    told = {(one.channel, one.listing): one.told for one in seen.figures.values()}
    figures: Figures = {}
    for item in sorted(standing.listings_of):
        offers = offers_for(item, seen.stock_of, standing, rules)
        for offer in in_doubt(item, offers, seen.stock_of, standing, rules, doubts_of).offers:
            figures[item, offer.channel] = _seen(item, offer, told.get((offer.channel, offer.listing)))
    for key, one in seen.figures.items():
        if key not in figures and one.channel in rules.policy.channels and one.told is not None:
            figures[key] = _seen(one.item, ended_offer(*key, one.listing, standing.boms), one.told)
    return figures


def silent_by(policy: Policy, seen: ViewStock, master: MasterData, as_of: datetime) -> Silent:
    """The feeds that a version of a policy takes for silent at a moment, by when their sources were last heard."""
    hearing = Hearing(Kept(tuple(seen.heard.items())))
    hearing.look(watched(policy, master.locations, owners_from(master), as_of), as_of)
    return hearing.silent


def _doubts_of(seen: ViewStock, silent: Silent, policy: Policy, item: str) -> Doubts:
    unknown = seen.unknown.get(item, {})
    return doubts_about(item, ((place, unknown.get(place)) for place in seen.stock_of(item).on_hand), silent, policy)


def _seen(item: str, offer: Offer, told: int | None) -> FigureSeen:
    figure, steps = offer.figure, tuple(StepSeen(*step) for step in offer.figure.steps)
    new = told if keeps_last(offer, told) else figure.quantity
    return FigureSeen(item, offer.channel, offer.listing, figure.quantity, steps, new, offer.state, offer.reason)
