"""Every type of node by its name."""

from __future__ import annotations

from typing import Final

from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.nodes.agent_queue import AgentQueue
from cordboard.engines.workflow.nodes.ai_assist import AiAssist
from cordboard.engines.workflow.nodes.call import Call
from cordboard.engines.workflow.nodes.callback import Callback
from cordboard.engines.workflow.nodes.campaign import StartOther
from cordboard.engines.workflow.nodes.carrier_lookup import CarrierLookup
from cordboard.engines.workflow.nodes.computation import Computation
from cordboard.engines.workflow.nodes.condition import Condition
from cordboard.engines.workflow.nodes.control import Control
from cordboard.engines.workflow.nodes.dnc import Dnc
from cordboard.engines.workflow.nodes.dnc_check import DncCheck
from cordboard.engines.workflow.nodes.edit_contact import ContactEdit
from cordboard.engines.workflow.nodes.email import Email
from cordboard.engines.workflow.nodes.end_repeater import EndRepeater
from cordboard.engines.workflow.nodes.event import Event
from cordboard.engines.workflow.nodes.meme import Meme
from cordboard.engines.workflow.nodes.percentage import Percentage
from cordboard.engines.workflow.nodes.random import Random
from cordboard.engines.workflow.nodes.repeater import Repeater
from cordboard.engines.workflow.nodes.section import Section
from cordboard.engines.workflow.nodes.sms_send import SmsSend
from cordboard.engines.workflow.nodes.time_delay import TimeDelay

NODE_TYPES: Final[dict[str, type[Node]]] = {
    node.kind: node
    for node in (
        AgentQueue,
        AiAssist,
        Call,
        Callback,
        StartOther,
        CarrierLookup,
        Computation,
        Condition,
        Control,
        Dnc,
        DncCheck,
        ContactEdit,
        Email,
        EndRepeater,
        Event,
        Meme,
        Percentage,
        Random,
        Repeater,
        Section,
        SmsSend,
        TimeDelay,
    )
}
