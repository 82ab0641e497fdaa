import threading
from collections.abc import Callable
from functools import partial

import pytest

from diamonds.models.threads import CORES, on_all_cores


def test_calls_give_what_they_give_in_order() -> None:
    assert on_all_cores([partial(pow, number, 2) for number in range(20)]) == [n * n for n in range(20)]
    assert on_all_cores([]) == []


@pytest.mark.skipif(CORES == 1, reason="One core does one thing at a time.")
def test_calls_run_side_by_side_and_the_calls_that_they_make_do_not() -> None:
    both_run = threading.Barrier(2)

    def inner() -> str:
        return threading.current_thread().name

    def outer() -> list[str]:
        both_run.wait(timeout=120)
        return on_all_cores([inner] * 4)

    threads = on_all_cores([outer, outer])

    assert [len(set(names)) for names in threads] == [1, 1]
    assert threads[0] != threads[1]


@pytest.mark.skipif(CORES == 1, reason="There are no helpers.")
def test_what_no_helper_has_begun_is_done_by_the_thread_that_asks() -> None:
    all_work = threading.Barrier(CORES)
    taken = threading.Event()

    def work() -> int:
        all_work.wait(timeout=120)
        return threading.get_native_id()

    def keep_working() -> int:
        thread = work()
        assert taken.wait(timeout=120)
        return thread

    def take() -> int:
        taken.set()
        return threading.get_native_id()

    first, *others, last = on_all_cores([work, *[keep_working] * (CORES - 1), take])

    assert first == last == threading.get_native_id()
    assert len({first, *others}) == CORES


@pytest.mark.parametrize("place", [0, 1, 4])
def test_an_error_of_one_call_is_the_callers_and_later_calls_run(place: int) -> None:
    def fail() -> int:
        raise LookupError("as the test asked")

    calls: list[Callable[[], int]] = [partial(int, "7")] * 5
    calls[place] = fail
    with pytest.raises(LookupError, match="as the test asked"):
        on_all_cores(calls)

    assert on_all_cores([partial(int, "7")] * 5) == [7] * 5
