"""Change feed: the subscription of master data changes in, kept beside the tables that the stream watches.

--changes_subscription projects/P/subscriptions/S     of a stream; each message is one change of one row
"""

from typing import Any

from apache_beam.io.gcp.pubsub import ReadFromPubSub

from transforms.arrival.change_feed import KeepChanges
from transforms.arrival.pubsub_source import ReadMessagesFromPubSub


def add_change_feed(rules: Any) -> None:
    """The flag."""
    said = "projects/P/subscriptions/S: changes of master data while a stream runs, kept in changes/ beside the tables"
    rules.add_argument("--changes_subscription", default="", help=said)


def feed_problem(subscription: str, refresh_seconds: float, *, streaming: bool) -> str:
    """What is wrong with the flag and those it depends on; "" where nothing is."""
    flag = f"--changes_subscription {subscription!r}"
    if not subscription:
        return ""
    if not (subscription.startswith("projects/") and "/subscriptions/" in subscription):
        return f"{flag}, expected projects/PROJECT/subscriptions/SUBSCRIPTION"
    if not streaming:
        return f"{flag} with --input_folder: a run over files reads the tables once, expected --input_subscription"
    return "" if refresh_seconds else f"{flag} with --refresh_seconds 0: nobody would look at what came, expected more"


def keep_change_feed(pipeline: Any, settings: Any) -> tuple[Any, ...]:
    """Wire the feed where one is named: what was refused of it."""
    subscription = settings.changes_subscription
    if not subscription:
        return ()
    if settings.pubsub_readers:
        read: Any = ReadMessagesFromPubSub(subscription, readers=1)
    else:
        read = ReadFromPubSub(subscription=subscription, with_attributes=True)
    keep = KeepChanges(settings.master_data, subscription)
    return (pipeline | "ReadChanges" >> read | "KeepChanges" >> keep,)
