"""A source of events for the actions framework: the lines of a file, each an envelope."""

import time

from datahub_actions.event.event_envelope import EventEnvelope
from datahub_actions.source.event_source import EventSource


class FileSource(EventSource):
    @classmethod
    def create(cls, config_dict, ctx):
        return cls(config_dict["path"])

    def __init__(self, path):
        self.path = path

    def events(self):
        with open(self.path, encoding="utf-8") as lines:
            for line in lines:
                yield EventEnvelope.from_json(line)
        while not self.stop_requested():
            time.sleep(0.05)

    def ack(self, event, processed=True):
        pass

    def close(self):
        pass
