"""A DataHub Action that hands events over to a running tokenize action.

It does no work itself: an event is only a hint that a dataset's tags may have changed, which the
tokenize action then reads from DataHub. So `act` puts the event into a queue and returns, since the
framework's sources lose their place when an action takes long; a thread sends what is in the queue.
What cannot be delivered is dropped with a line in the log: the next sweep finds the dataset anyway.
"""

import http.client
import json
import logging
import queue
import random
import threading
import urllib.error
import urllib.request
from typing import List, Optional

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from datahub_actions.action.action import Action
from datahub_actions.event.event_envelope import EventEnvelope
from datahub_actions.event.event_registry import ENTITY_CHANGE_EVENT_V1_TYPE
from datahub_actions.pipeline.pipeline_context import PipelineContext

logger = logging.getLogger(__name__)

# far below the limit of a request's body, however long the URNs are
MAX_BATCH = 100
# problems that another event of the same request may have
OF_ONE_EVENT = ("HTTP 400", "HTTP 413")
IDLE_SECONDS = 0.2
FIRST_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 30.0


class TokenizeConfig(BaseModel):
    """The keys under `action.config` of the pipeline's file."""

    # its errors would show a token under a misspelt key
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    url: str = Field(pattern=r"^https?://", description="where the tokenize action listens")
    token: Optional[SecretStr] = Field(default=None, description="its TRIGGER_TOKEN")
    timeout_seconds: float = Field(default=10, gt=0, description="for one request")
    attempts: int = Field(default=6, ge=1, description="how often a request is tried")
    queue_size: int = Field(default=10_000, ge=1, description="events that may wait")
    close_seconds: float = Field(default=5, ge=0, description="for what waits at the end")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token to another place."""

    def redirect_request(self, *args, **kwargs):
        return None


class TokenizeAction(Action):
    """Hands EntityChangeEvents over to `POST /datahub/events`, and never waits for the outcome."""

    @classmethod
    def create(cls, config_dict: dict, ctx: PipelineContext) -> "TokenizeAction":
        return cls(TokenizeConfig.model_validate(config_dict or {}))

    def __init__(self, config: TokenizeConfig) -> None:
        self._config = config
        self._url = f"{config.url.rstrip('/')}/datahub/events"
        self._opener = urllib.request.build_opener(NoRedirect)
        self._events: "queue.Queue[dict]" = queue.Queue(config.queue_size)
        self._closing = threading.Event()
        self._overflow = 0
        self._sending = 0
        self._sender = threading.Thread(target=self._send_all, name="tokenize", daemon=True)
        self._sender.start()

    def act(self, event: EventEnvelope) -> None:
        if event.event_type != ENTITY_CHANGE_EVENT_V1_TYPE:
            return
        try:
            self._events.put_nowait(as_datahub_writes_it(event))
        except queue.Full:
            self._overflow += 1
            if self._overflow == 1:
                logger.warning("The queue is full: events are dropped, sweeps find their datasets")

    def close(self) -> None:
        """Gives what waits a last chance, and drops the rest."""
        self._closing.set()
        self._sender.join(self._config.close_seconds)
        left = self._events.qsize() + self._sending
        if left > 0:
            logger.error("Events dropped at the end: %d", left)

    def _send_all(self) -> None:
        while not (self._closing.is_set() and self._events.empty()):
            batch = self._next_batch()
            self._sending = len(batch)
            if batch:
                self._deliver(batch)
                self._report_overflow()
            self._sending = 0

    def _next_batch(self) -> List[dict]:
        """What waits, at most a request's worth; empty if nothing came for a moment."""
        try:
            batch = [self._events.get(timeout=IDLE_SECONDS)]
            while len(batch) < MAX_BATCH and not self._events.empty():
                batch.append(self._events.get_nowait())
            return batch
        except queue.Empty:  # nobody else takes events, so this is the first `get`
            return []

    def _deliver(self, batch: List[dict]) -> None:
        body = json.dumps(batch).encode()
        pause = FIRST_PAUSE_SECONDS
        for attempt in range(1, self._config.attempts + 1):
            problem = self._post(body)
            if problem is None:
                return
            if problem in OF_ONE_EVENT and len(batch) > 1:
                middle = len(batch) // 2  # the others are not to be lost with it
                self._deliver(batch[:middle])
                self._deliver(batch[middle:])
                return
            if not is_passing(problem) or attempt == self._config.attempts or self._closing.is_set():
                logger.error("Events dropped: %d, at attempt %d: %s", len(batch), attempt, problem)
                return
            # jitter, so that several senders do not come back together
            self._closing.wait(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, MAX_PAUSE_SECONDS)

    def _post(self, body: bytes) -> Optional[str]:
        """What went wrong, as `HTTP 503` or the name of an error; None if nothing did."""
        headers = {"Content-Type": "application/json"}
        if self._config.token is not None:
            headers["Authorization"] = f"Bearer {self._config.token.get_secret_value()}"
        request = urllib.request.Request(self._url, body, headers, method="POST")
        try:
            with self._opener.open(request, timeout=self._config.timeout_seconds):
                return None
        except urllib.error.HTTPError as error:
            error.close()
            return f"HTTP {error.code}"
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__

    def _report_overflow(self) -> None:
        if self._overflow > 0:
            logger.warning("Events dropped as the queue was full: %d", self._overflow)
            self._overflow = 0


def is_passing(problem: str) -> bool:
    """Whether it may be over at the next attempt: no response, too many requests, a server's fault."""
    return not problem.startswith("HTTP ") or problem in ("HTTP 408", "HTTP 429") or problem >= "HTTP 5"


def as_datahub_writes_it(event: EventEnvelope) -> dict:
    """The event's payload as it travels: the framework's class keeps `parameters` apart."""
    return json.loads(event.event.as_json())
