"""OpenAI's dialect of responses: items instead of messages, and a stream that tells the life of each."""

import re
from dataclasses import replace
from functools import partial

from tiercel.simulator.conversation import converse
from tiercel.simulator.dialect import NAMED_EVENTS, Conversation, Route
from tiercel.simulator.dialects import openai
from tiercel.simulator.dialects.responses import answer, request, stream

DIALECT = replace(openai.DIALECT, name="responses")
TALK = Conversation(request.read, answer.unary, stream.events, stream.failure, NAMED_EVENTS)

ROUTES = [Route("POST", re.compile("(?:/.*)?/responses"), DIALECT, partial(converse, TALK))]
