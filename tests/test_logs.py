from diamonds.logs import OncePerMinute


def test_each_cause_is_logged_once_a_minute() -> None:
    clock = iter([0.0, 1.0, 59.0, 59.0, 60.0, 61.0])
    log = OncePerMinute(lambda: next(clock))

    due = [log.is_due(cause) for cause in ("full", "full", "full", "away", "full", "full")]

    assert due == [True, False, False, True, True, False]
