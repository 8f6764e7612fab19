"""Progress that a test can read, or stop the work with."""

from phonoscope.progress import NoProgress


class Recorded(NoProgress):
    """Keeps what work reports.

    ``stop`` is asked after every advance and raises to end the work there, as Ctrl-C would.
    """

    def __init__(self, stop=lambda progress: None):
        self.tasks, self.steps, self.messages = [], [], []
        self.total, self.done, self.share, self.counters = None, 0, None, {}
        self._stop = stop

    def start(self, task, *, unit, total=None, done=0, **counters):
        self.tasks.append((task, unit))
        self.total, self.done, self.share, self.counters = total, done, None, dict(counters)

    def advance(self, amount=1, **counters):
        self.done += amount
        for name, number in counters.items():
            self.counters[name] = self.counters.get(name, 0) + number
        self._stop(self)

    def reached(self, share):
        self.share = share

    def step(self, name):
        self.steps.append(name)

    def message(self, text):
        self.messages.append(text)
