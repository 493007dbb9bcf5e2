"""The event that signals set: a handler may come at any moment, and no one is missed."""

import signal
import threading

from tiercel.cli.wake import Wake

N_SIGNALS = 2_000


def test_it_is_set_until_it_is_cleared():
    wake = Wake()
    assert not wake.is_set()
    assert not wake.wait(0.001)
    for _ in range(100_000):
        wake.set()

    assert wake.wait()
    assert wake.is_set()
    wake.clear()
    assert not wake.is_set()


def test_all_who_wait_go_on():
    wake = Wake()
    waiting = [threading.Thread(target=wake.wait) for _ in range(3)]
    for thread in waiting:
        thread.start()
    wake.set()
    for thread in waiting:
        thread.join(30)

    assert not any(thread.is_alive() for thread in waiting)


def test_no_signal_is_missed_or_waits_for_itself():
    wake = Wake()
    n_heard = 0

    def hear(*_):
        nonlocal n_heard
        n_heard += 1
        wake.set()

    before = signal.signal(signal.SIGUSR2, hear)
    main, is_answered = threading.get_ident(), threading.Event()

    def send():
        for _ in range(N_SIGNALS):
            is_answered.clear()
            signal.pthread_kill(main, signal.SIGUSR2)
            assert is_answered.wait(30)

    sender = threading.Thread(target=send)
    try:
        sender.start()
        for _ in range(N_SIGNALS):
            assert wake.wait(30)
            wake.clear()
            is_answered.set()
        sender.join(30)
    finally:
        signal.signal(signal.SIGUSR2, before)

    assert not sender.is_alive()
    assert n_heard == N_SIGNALS
