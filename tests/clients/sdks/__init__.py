"""The official SDKs, each asked the same in its own words, and what is heard brought into one form."""

from tests.clients.sdks.chat import Chat
from tests.clients.sdks.common import Heard, Question, Sdk, Trip, Usage
from tests.clients.sdks.gemini import Gemini
from tests.clients.sdks.messages import Messages
from tests.clients.sdks.responses import Responses

__all__ = ["SDKS", "Heard", "Question", "Sdk", "Trip", "Usage"]

SDKS: dict[str, type[Sdk]] = {"chat": Chat, "responses": Responses, "messages": Messages, "gemini": Gemini}
