"""Who listens to what parties say: for keys in the audio, for answering machines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cordboard.edge.media.decoding import Decoding
from cordboard.edge.media.errors import InvalidError
from cordboard.edge.media.legs import Leg
from cordboard.edge.media.outbox import Outbox
from cordboard.edge.media.protocol import DetectMachine, MachineDetected
from cordboard.wire.audio.dtmf import DtmfDetector, KeyHeard
from cordboard.wire.audio.machine import MachineDetector, MachineSettings

LONGEST_DETECTION_SECONDS = 60.0


@dataclass(slots=True)
class _Detection:
    owner: int
    leg: Leg
    detector: MachineDetector


class Listening:
    """The detectors of an engine."""

    def __init__(self, capacity: int, decoding: Decoding, outbox: Outbox) -> None:
        self._decoding = decoding
        self._outbox = outbox
        self._keys = DtmfDetector(capacity)
        self._for_keys = np.zeros(capacity, np.bool_)
        self._legs_for_keys = np.zeros(0, np.intp)
        self._detections: dict[int, _Detection] = {}

    def listen_for_keys(self, slot: int, *, listens: bool) -> None:
        """Whether a leg's audio is searched for keys: where its party sends no telephone events."""
        if listens and not self._for_keys[slot]:
            self._keys.reset(slot)
        self._for_keys[slot] = listens
        self._legs_for_keys = np.flatnonzero(self._for_keys)

    def detect_machine(self, owner: int, leg: Leg, command: DetectMachine) -> None:
        """Starts anew where it was listening already. Raises InvalidError."""
        if not 0 < command.seconds <= LONGEST_DETECTION_SECONDS:
            raise InvalidError(f"seconds is more than 0 and at most {LONGEST_DETECTION_SECONDS:g}")
        settings = MachineSettings(most_ms=round(command.seconds * 1000))
        self._detections[leg.slot] = _Detection(owner, leg, MachineDetector(settings))

    def stop_leg(self, slot: int) -> None:
        """Nobody listens to a leg that is closed."""
        self.listen_for_keys(slot, listens=False)
        self._detections.pop(slot, None)

    def tick(self) -> list[KeyHeard]:
        """Hears this tick's frames; the keys that went down."""
        for slot, detection in list(self._detections.items()):
            verdict = detection.detector.feed(self._decoding.samples(np.array([slot], np.intp))[0])
            if verdict is not None:
                del self._detections[slot]
                event = MachineDetected(detection.leg.name, verdict.answered_by, verdict.after_ms)
                self._outbox.tell(detection.owner, event)
        if not len(self._legs_for_keys):
            return []
        return self._keys.feed(self._legs_for_keys, self._decoding.samples(self._legs_for_keys))
