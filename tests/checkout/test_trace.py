"""A purchase is one trace: request, saga, calls, events, whichever processes they happen in."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from quickserve.contracts.payment import PaymentAuthorized
from quickserve.kernel import tracing
from quickserve.kernel.tracing import Span

from .conftest import Gala, House, new_id, order


@pytest.fixture
def spans() -> Iterator[list[Span]]:
    heard: list[Span] = []
    with tracing.listening(heard.append):
        yield heard


async def eventually(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come true")


class Trace:
    """The spans of one trace, as a tree."""

    def __init__(self, spans: list[Span], trace_id: str) -> None:
        self.spans = [span for span in spans if span.trace_id == trace_id]
        self._by_id = {span.span_id: span for span in self.spans}

    @property
    def names(self) -> set[tuple[str, str]]:
        return {(span.service, span.name) for span in self.spans}

    def above(self, service: str, name: str) -> list[str]:
        """From a span up to the trace's beginning."""
        span: Span | None = next(s for s in self.spans if (s.service, s.name) == (service, name))
        path: list[str] = []
        while span is not None:
            path.append(f"{span.service}: {span.name}")
            assert span.parent_id in self._by_id or not span.parent_id, "a parent that is lost"
            span = self._by_id.get(span.parent_id)
        return path


TAKE = f"take {PaymentAuthorized.TYPE}"


async def bought(house: House, gala: Gala, card: str, spans: list[Span]) -> Trace:
    """Asked for without a trace; the answer's request id tells which one it became."""
    hold = await gala.hold()
    async with house.http() as http:
        answer = await http.put(
            f"/checkouts/{new_id()}", content=order(hold, card).model_dump_json(),
            headers={"content-type": "application/json"},
        )  # fmt: skip
    assert answer.status_code in (200, 202), answer.text
    asked = answer.headers["x-request-id"]
    assert (await house.ended(answer.json()["id"])).state == "confirmed"
    (first,) = (
        s.trace_id
        for s in spans
        if s.service == "checkout"
        and s.kind == "server"
        and s.attributes["quickserve.request_id"] == asked
    )
    return Trace(spans, first)


async def test_request_saga_calls_and_events_are_one_trace(
    house: House, gala: Gala, spans: list[Span]
) -> None:
    trace = await bought(house, gala, "success", spans)
    await eventually(lambda: ("checkout", TAKE) in Trace(spans, trace.spans[0].trace_id).names)
    trace = Trace(spans, trace.spans[0].trace_id)
    request = "checkout: PUT /checkouts/{checkout_id}"
    assert trace.above("booking", "PUT /bookings/{booking_id}")[-4:] == [
        "checkout: PUT booking", "checkout: book_tickets reserve", "checkout: saga book_tickets",
        request,
    ]  # fmt: skip
    # The event of the payment that a step of the saga asked for, back in checkout.
    path = trace.above("checkout", TAKE)
    assert path[1].startswith("payment: ")
    assert path[2:] == [
        "checkout: PUT payment", "checkout: book_tickets authorize", "checkout: saga book_tickets",
        request,
    ]  # fmt: skip
    assert {service for service, _ in trace.names} == {"checkout", "booking", "payment"}


async def test_a_saga_that_waited_goes_on_in_the_buyers_trace(
    house: House, gala: Gala, spans: list[Span]
) -> None:
    """The bank's late answer is somebody else's trace; what the saga does then is the buyer's."""
    trace = await bought(house, gala, "late", spans)
    attempts = [span for span in trace.spans if span.name == "saga book_tickets"]
    assert len(attempts) >= 2
    assert trace.above("checkout", "book_tickets confirm")[-1].startswith(
        "checkout: PUT /checkouts"
    )
