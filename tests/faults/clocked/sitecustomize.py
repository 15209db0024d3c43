"""For an app whose clock steps: faketime 0.9 makes time.sleep() fail where the monotonic clock is right."""

import select
import time

time.sleep = lambda seconds: select.select([], [], [], seconds) and None  # type: ignore[assignment]
