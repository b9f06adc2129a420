"""The table of who takes which events says what the services declare."""

from quickserve.contracts.deliveries import TAKERS

from .project import existing


def test_the_table_names_every_subscription_and_no_other() -> None:
    declared = {
        service.name: {subscription.event for subscription in service.subscriptions}
        for service in existing()
        if service.subscriptions
    }
    assert {name: set(events) for name, events in TAKERS.items()} == declared
