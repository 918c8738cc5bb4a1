"""Slots: as many as configured, held with an end, and never shared."""

import pytest

from telephony.admission import Admission
from telephony.twilio.pending import PendingCalls


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_call_more_than_the_house_has_slots_is_refused_and_counted():
    admission = Admission(2, 1000)
    slots = [admission.hold(), admission.hold()]
    assert all(slots) and admission.hold() is None
    numbers = admission.numbers
    assert (numbers.active, numbers.held, numbers.refused) == (0, 2, 1)


def test_a_hold_that_nobody_takes_ends_by_the_clock():
    clock = Clock()
    admission = Admission(1, 1000, clock)
    late = admission.hold()
    clock.now = 0.999
    assert admission.hold() is None
    clock.now = 1.0
    other = admission.hold()
    assert other is not None and other.take()
    assert late is not None and not late.take()


def test_a_taken_slot_does_not_end_by_the_clock():
    clock = Clock()
    admission = Admission(1, 1000, clock)
    slot = admission.hold()
    assert slot is not None and slot.take()
    clock.now = 3600
    assert admission.hold() is None


def test_a_slot_is_taken_once():
    slot = Admission(1, 1000).hold()
    assert slot is not None and slot.take() and not slot.take()


def test_a_released_slot_is_free_even_when_released_twice():
    admission = Admission(1, 1000)
    slot = admission.hold()
    assert slot is not None
    slot.release()
    other = admission.hold()
    slot.release()
    assert other is not None and admission.hold() is None


def test_an_exception_in_a_call_gives_its_slot_back():
    admission = Admission(1, 1000)
    slot = admission.hold()
    assert slot is not None
    with pytest.raises(RuntimeError), slot:
        slot.take()
        raise RuntimeError
    assert admission.hold() is not None


def test_a_repeated_webhook_of_one_call_holds_one_slot():
    admission = Admission(2, 1000)
    pending = PendingCalls(admission)
    first = pending.announce("CA1", "a", "b", "shop")
    second = pending.announce("CA1", "a", "b", "shop")
    assert first and second and admission.numbers.held == 1
    assert pending.claim("CA1", first.token) is None
    assert pending.claim("CA1", second.token) is second


def test_a_token_opens_only_its_own_call_and_only_once():
    pending = PendingCalls(Admission(2, 1000))
    one, two = (pending.announce(sid, "a", "b", "shop") for sid in ("CA1", "CA2"))
    assert one and two
    assert pending.claim("CA2", one.token) is None
    assert pending.claim("CA1", "") is None
    assert pending.claim("CA1", "é") is None
    assert pending.claim("CA1", one.token) is one
    assert pending.claim("CA1", one.token) is None


def test_a_token_that_comes_after_the_deadline_opens_nothing():
    clock = Clock()
    pending = PendingCalls(Admission(1, 1000, clock))
    announced = pending.announce("CA1", "a", "b", "shop")
    clock.now = 1.0
    assert announced and pending.claim("CA1", announced.token) is None


def test_calls_that_never_open_their_socket_are_forgotten():
    clock = Clock()
    pending = PendingCalls(Admission(3, 1000, clock))
    for number in range(50):
        clock.now = number * 2.0
        assert pending.announce(f"CA{number}", "a", "b", "shop")
    assert len(pending._by_sid) == 1
