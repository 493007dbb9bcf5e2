"""The core: everything that is decided. `rust/py` has no logic of its own, see `rust/gateway` and `rust/core`."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Literal, final

__all__ = [
    "Attempt",
    "Call",
    "Classification",
    "Classifier",
    "Connection",
    "Core",
    "Embedder",
    "Fitted",
    "HeldConnections",
    "Index",
    "KnownModel",
    "KnownProvider",
    "LoadTarget",
    "Pause",
    "Prices",
    "Reply",
    "Step",
    "Verifier",
    "classifier_features",
    "count_tokens",
    "error_kinds",
    "known_models",
    "known_providers",
    "normalise",
    "rarities",
    "schema",
    "serve_upstream",
    "trusted_threshold",
    "version",
    "veto",
]

_Tree = tuple[Sequence[tuple[int, float, int, int]], Sequence[float]]
_Headers = Sequence[tuple[bytes, bytes]] | Sequence[tuple[str, str]]

@final
class Core:
    """One worker's gateway; immutable but for its counters."""

    def __new__(
        cls,
        path: str | None,
        overrides: Mapping[str, str | int],
        text: str | None = None,
        state: PathLike[str] | str | None = None,
    ) -> Core:
        """Build the gateway that the configuration at `path` describes.

        Args:
            path: The file; None: the catalogue's providers whose keys are in the environment, if any.
            overrides: `host`, `port`, `workers`, `interface` instead of the file's `[server]`.
            text: What the file is taken to say; None: it is read.
            state: A folder that the workers share, for answers that may be asked for again; None: they are in memory.

        Raises:
            ConfigurationError: It cannot be used.
        """

    def renew(self, text: str | None = None) -> Core:
        """Build what takes this one's place, of its file read again, or of `text` in place of that.

        Both count in one place and have the same calls in flight; calls go on with the one that opened them. What takes
        a restart stays as it is, see `deferred_changes`.

        Raises:
            ConfigurationError: It cannot be used, and this one goes on as if nothing had been asked.
        """

    def open_cache(self) -> None:
        """Have answers kept in the folder `cache.path`, if there is one, which all workers do before they serve.

        A folder that cannot be used is told by `take_notes`; this one then goes on without a cache.

        Raises:
            OSError: The system gives no more threads.
        """

    def open(self, method: str, path: str, query: bytes, headers: _Headers, body: bytes) -> Call:
        """Take in a request whose body is whole: parse, authenticate, limit, plan.

        The call is either answered at once or hands out attempts.
        """

    def reject(self, method: str, path: str, headers: _Headers, code: str, message: str) -> Call:
        """Take in a request whose body could not be read, as `code` of a `RequestError` says."""

    def connect(self, origin: int) -> Connection:
        """The state of a new connection to the origin of that index.

        Raises:
            UpstreamFailed: The host's name is none that TLS can check.
        """

    @property
    def origins(self) -> list[tuple[str, int, int, float]]:
        """Host, port, connections at most, and seconds that an unused one is kept."""

    @property
    def max_body(self) -> int:
        """Bytes that a request's body may have."""

    @property
    def body_timeout(self) -> float:
        """Seconds that a request's body may take."""

    @property
    def drain_timeout(self) -> float:
        """Seconds that running requests may take once the server shuts down."""

    @property
    def host(self) -> str:
        """The address to listen on."""

    @property
    def port(self) -> int:
        """The port to listen on."""

    @property
    def workers(self) -> int:
        """How many processes serve."""

    @property
    def interface(self) -> str:
        """`asgi` or `rsgi`."""

    @property
    def access_log(self) -> str:
        """`stdout`, `stderr`, `off` or a file's path."""

    @property
    def config_text(self) -> str:
        """The configuration as it was read, or as it was made from the environment."""

    @property
    def changes(self) -> list[str]:
        """How it differs from the one that it was renewed from, such as `provider openai added`; 21 at most."""

    @property
    def deferred_changes(self) -> list[str]:
        """What differs in the file but takes a restart, such as `server.port takes a restart`."""

    def count_reload(self, *, accepted: bool) -> None:
        """Count a reload that was decided on in this process, for the metrics."""

    def explain(self, body: bytes) -> bytes:
        """Where the chat completion `body` would go, and why, without sending it.

        Returns:
            A JSON object: `model`, `route`, `tier`, `deployments` in the order of trying, `reason` as
            in the `x-tiercel-reason` header, `stages` as sentences, `task`, `prompt_tokens`, and `asks_llm`: whether
            a model would be asked first.

        Raises:
            UnknownModel: There is no such model; the text lists those that there are.
            RequestError: What else it would be refused for.
        """

    def models(self) -> list[tuple[str, str]]:
        """The names that a client may ask for, and whose they are."""

    def providers(self) -> list[tuple[str, str, str]]:
        """The providers that are configured: their names, what they speak, and the URLs of their APIs."""

    def configured_models(self) -> list[KnownModel]:
        """What is known of the models that the configuration names, at the prices that it sets."""

    def drain(self) -> None:
        """Refuse new requests from now on."""

    def interrupt(self) -> None:
        """Begin no attempt from now on: calls that wait for one fail as draining."""

    def tick(self) -> None:
        """Bring up to date what changes with time alone: prices."""

    def health_snapshot(self) -> bytes:
        """What this worker knows of deployments, for its siblings."""

    def set_sibling_health(self, siblings: Sequence[bytes]) -> None:
        """Take what the other workers know of deployments."""

    def take_notes(self) -> list[str]:
        """A line for the operator on each change of a deployment's state since the last time."""

    def set_connections(self, n_open: int, n_waiting: int) -> None:
        """Tell how many connections to providers are open, and how many attempts wait for one, for the metrics."""

    def take_access_log(self) -> bytes:
        """Whole lines of JSON since the last time."""

    def metrics_snapshot(self) -> bytes:
        """This worker's metrics, for its siblings."""

    def set_sibling_metrics(self, siblings: Sequence[tuple[bytes, bool]]) -> None:
        """Take the other workers' snapshots, each with whether that worker lives."""

@final
class KnownProvider:
    """A provider of the catalogue."""

    @property
    def id(self) -> str:
        """What configurations call it."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def base_url(self) -> str:
        """Where it is reached, with the names of `parameters` in braces."""

    @property
    def dialect(self) -> str:
        """What it speaks, as a configuration has it."""

    @property
    def authentication(self) -> str:
        """How its key is shown, as a configuration has it."""

    @property
    def key_variables(self) -> list[str]:
        """The environment variables that its key is read from; none where it needs no key."""

    @property
    def missing_variables(self) -> list[str]:
        """The environment variables that are still to be set for it to be used with no configuration."""

    @property
    def parameters(self) -> list[tuple[str, str | None, str | None]]:
        """What `base_url` or its requests leave open: name, environment variable, value by default."""

    @property
    def responses(self) -> bool:
        """Whether it has OpenAI's `/responses`."""

    @property
    def embeddings(self) -> bool:
        """Whether it has embeddings."""

    @property
    def stream_usage(self) -> bool:
        """Whether it takes `stream_options.include_usage`."""

    @property
    def max_tokens(self) -> str | None:
        """The only spelling of a limit on the answer that it takes; None where it takes any."""

    @property
    def refuses(self) -> list[str]:
        """Fields of a request that it refuses."""

    @property
    def developer_role(self) -> bool:
        """Whether it takes messages of the role `developer`."""

    @property
    def patterns(self) -> list[str]:
        """Patterns of the models that are asked of it when a client names no provider."""

    @property
    def defaults(self) -> list[tuple[str, str]]:
        """The model that serves each tier where there is no configuration."""

    @property
    def docs(self) -> str | None:
        """Where the facts are from."""

    @property
    def tried(self) -> bool:
        """Whether it was ever driven, and not only described."""

@final
class KnownModel:
    """A model of a provider. Prices are in dollars per million tokens, of a short prompt; None where not known."""

    @property
    def provider(self) -> str:
        """What configurations call its provider."""

    @property
    def name(self) -> str:
        """What its provider calls it."""

    @property
    def context_window(self) -> int | None:
        """Tokens that it reads and writes at most; None where not known."""

    @property
    def input(self) -> float | None:
        """The price of its prompt."""

    @property
    def output(self) -> float | None:
        """The price of its answer."""

    @property
    def cache_read(self) -> float | None:
        """The price of what is read from its provider's prompt cache."""

    @property
    def cache_write(self) -> float | None:
        """The price of what is written to its provider's prompt cache."""

    @property
    def capabilities(self) -> list[str] | None:
        """Of `vision`, `tools`, `json_schema` and `reasoning` what it can do; None where not known."""

@final
class Prices:
    """The prices of a configuration, or those that everybody has; and its tiers, which stand in order of price."""

    def __new__(cls, path: str | None = None) -> Prices:
        """Read the configuration at `path`. Keys of providers are not needed.

        Raises:
            ConfigurationError: It cannot be used.
        """

    @property
    def version(self) -> str:
        """Which prices these are, as the access log has it."""

    @property
    def tiers(self) -> list[tuple[str, list[str]]]:
        """The tiers, the cheapest first, and their deployments, the first choice first."""

    @property
    def routes(self) -> list[tuple[str, list[str]]]:
        """The routes, and the tiers that they choose among."""

    def cost(
        self,
        deployment: str,
        unix_us: int,
        *,
        input: int = 0,  # noqa: A002 - what the log calls it
        cache_read: int = 0,
        cache_write: int = 0,
        cache_write_1h: int = 0,
        input_audio: int = 0,
        output: int = 0,
        reasoning: int = 0,
        output_audio: int = 0,
    ) -> int | None:
        """What an answer costs, in nano-dollars.

        Args:
            deployment: `provider/model`.
            unix_us: When, in microseconds since 1970: some prices change with the time of day.
            input: Tokens of the prompt that neither came from nor went to the provider's cache.
            cache_read: Tokens of the prompt that came from it.
            cache_write: Tokens of the prompt that went to it.
            cache_write_1h: Those of them that are kept for an hour.
            input_audio: Those of `input` that were sound.
            output: Tokens of the answer.
            reasoning: Those of them that were spent on reasoning.
            output_audio: Those of them that are sound.

        Returns:
            None where nobody knows the model's price.
        """

@final
class Call:
    """One client call. It settles once; dropping it settles it."""

    @property
    def is_answered(self) -> bool:
        """Whether there is a whole answer to send."""

    def take_reply(self) -> Reply | None:
        """The whole answer, once; None when the answer was a stream."""

    @property
    def is_reload(self) -> bool:
        """Whether it asks for the configuration to be read again, and whoever holds it has to do so and answer."""

    def answer_reload(self, body: bytes) -> None:
        """Answer it: the configuration was read again, and `body` is the JSON that says more."""

    def refuse_reload(self, code: str, message: str) -> None:
        """Answer it: the configuration was not read again, for the reason that `code` of a `RequestError` names."""

    def next_attempt(self) -> Attempt | Pause | Call | None:
        """What to do next; None when the call is over.

        Returns:
            An attempt to make; how long to wait before asking again; or a call to make first, to be handed back by
            `take_aside`.
        """

    def take_aside(self, aside: Call) -> None:
        """Take the answer of a call that `next_attempt` gave, however it ended."""

    def hedge(self) -> Attempt | None:
        """An attempt beside the one under way; None where it is not worth one."""

    @property
    def is_decided(self) -> bool:
        """Whether one attempt gives the answer, so that others are not needed any more."""

    def connect_failed(self, why: Literal["refused", "timeout", "busy"]) -> None:
        """Tell that no connection for the latest attempt came about, and why."""

    def settle(self) -> Call | None:
        """End the call: metrics, log, books.

        Gives a question of the gateway's own that came of it, to be made and settled.
        """

@final
class Attempt:
    """What to connect to."""

    @property
    def origin(self) -> int:
        """Index into `Core.origins`."""

    @property
    def is_fresh(self) -> bool:
        """Whether only a new connection will do."""

    @property
    def connect_timeout(self) -> float:
        """Seconds that connecting may take."""

    @property
    def hedge_after(self) -> float | None:
        """Seconds after which, when nothing has come, `Call.hedge` is to be asked; None: not at all."""

@final
class Pause:
    """A wait before the next attempt."""

    @property
    def seconds(self) -> float:
        """How long at most."""

    @property
    def is_queued(self) -> bool:
        """Whether it waits for room: then to be asked again whenever another attempt has ended."""

@final
class Connection:
    """One socket's state: TLS, HTTP/1.1 and the answer's stream. It outlives its attempts."""

    def begin(self, call: Call) -> Step | None:
        """Take up the call's current attempt."""

    def feed(self, data: bytes) -> Step | None:
        """Take one read; empty `data` is the end of file. None: nothing to do."""

    def lost(self) -> Step | None:
        """Take note that the socket is gone."""

    def expire(self) -> Step | None:
        """End the attempt if its time is up."""

    def interrupt(self) -> Step | None:
        """End the attempt since the server shuts down."""

    def end(self) -> None:
        """Let go of the call; where it is not over, its client has gone."""

    def patience(self) -> float:
        """Seconds until `expire` should be called."""

    def is_reusable(self) -> bool:
        """Whether another attempt may use it."""

    def is_settling(self) -> bool:
        """Whether only the end of a finished answer is missing until it is reusable."""

@final
class Step:
    """What to do after a read or a time-out."""

    @property
    def to_socket(self) -> bytes | None:
        """To be written to the socket."""

    @property
    def head(self) -> Reply | None:
        """The head of the client's stream; once, before its body."""

    @property
    def body(self) -> bytes | None:
        """For the client."""

    @property
    def is_over(self) -> bool:
        """Whether the attempt is over; `Call.next_attempt` says what then."""

    @property
    def is_decided(self) -> bool:
        """Whether the client gets this attempt's answer: one beside it is not needed any more."""

    @property
    def is_broken(self) -> bool:
        """Whether it broke off where no error can be told: the client must see its connection break."""

@final
class Reply:
    """A whole answer, or the head of a stream."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Names in lower case, for ASGI."""

    @property
    def text_headers(self) -> list[tuple[str, str]]:
        """Names in lower case, for RSGI."""

    @property
    def body(self) -> bytes:
        """The body."""

@final
class LoadTarget:
    """A chat completion that is asked again and again, with a number in it. Whoever asks is silent for so long."""

    def __new__(
        cls,
        address: str,
        head: str,
        model: str,
        question: str,
        *,
        shape: Literal["unary", "stream", "held"] = "unary",
        n_distinct: int = ...,
    ) -> LoadTarget:
        """Numbers go on from run to run.

        Args:
            address: `HOST:PORT`, which speaks HTTP without TLS.
            head: The request's line and fields, but those of its body, each with its line end.
            model: Which model.
            question: What. It has `{number}`, in whose place eight digits go, or `{marks}`: spaces and exclamation
                marks, so that each number puts the same question in another way.
            shape: A whole answer, a stream to its `[DONE]`, or a stream that is left after its first event.
            n_distinct: After how many numbers they begin again; never if not said.

        Raises:
            ValueError: The question has no place, or two, or there is no such shape.
        """

    def closed(self, *, n_connections: int, seconds: float, max_requests: int = ...) -> bytes:
        """Ask over each connection again as soon as it is answered.

        Returns:
            A JSON object: `requests` that were answered whole, `errors` by what was wrong, `cache` by the word that
            `x-tiercel-cache` begins with, `seconds`, `requests_per_second`, `events`, and `latency_us`,
            `first_event_us` and `gap_us`, each null or `mean`, `p50`, `p99`, `p999` and `max`.

        Raises:
            OSError: The system gives no more threads or files.
        """

    def open(self, *, n_connections: int, seconds: float, rate: int) -> bytes:
        """Ask `rate` times a second, whether or not there was an answer; times count from when a request was due.

        Returns:
            As `closed`.

        Raises:
            OSError: As `closed`.
            ValueError: The rate is not from 1 to a million.
        """

    def hold(self, n_connections: int) -> HeldConnections:
        """Open connections, each answered once, or each with an open stream.

        Raises:
            OSError: One could not be opened.
        """

@final
class HeldConnections:
    """Connections that stay open until they are closed."""

    def __len__(self) -> int: ...
    def close(self) -> None:
        """Close them."""

def serve_upstream(
    announce: Callable[[int], object], *, n_deltas: int, delay: float, certificate: PathLike[str] | str | None = None
) -> None:
    """Serve constant chat completions on a port of the system's choice, and never return.

    Args:
        announce: Told the port.
        n_deltas: Events of a stream that have a word each; two more end it.
        delay: Seconds between two events.
        certificate: A file for the certificate that is made, for TLS; None: there is no TLS.

    Raises:
        OSError: There is no port, or the certificate cannot be written.
    """

def count_tokens(text: str, model: str = "gpt-4o") -> int:
    """Count the tokens of a text as OpenAI's models do.

    >>> import tiercel
    >>> tiercel.count_tokens("The quick brown fox jumps over the lazy dog.")
    10

    Args:
        text: Of any length. What looks like a special token counts as ordinary text.
        model: By its provider's name for it. GPT-4, GPT-3.5 and the embedding models count with `cl100k_base`, all
            others with `o200k_base`. For models of other makers, whose vocabulary is not public, that is an estimate,
            within some tens of percent.
    """

def version() -> str:
    """The version of this package."""

def schema() -> str:
    """The JSON Schema of the configuration."""

def known_providers() -> list[KnownProvider]:
    """Every provider of the catalogue, with the keys that are in the environment."""

def known_models(provider: str) -> list[KnownModel]:
    """The models that are known of the provider that the catalogue calls `provider`."""

def error_kinds() -> list[tuple[str, int, str]]:
    """Every kind of error: its code, its status, and its type in OpenAI's dialect."""

@final
class Classifier:
    """A trained classifier; immutable. `tiercel.Classifier` is the one to use."""

    @staticmethod
    def shipped() -> Classifier:
        """The one whose weights ship."""

    @staticmethod
    def read(weights: bytes) -> Classifier:
        """What `write` wrote.

        Raises:
            ValueError: These are no weights, or they are damaged.
        """

    def write(self) -> bytes:
        """The weights as a file has them."""

    @property
    def name(self) -> str:
        """Which weights these are."""

    @property
    def labels(self) -> list[str]:
        """What a text may be taken for, at most 15."""

    @property
    def min_confidence(self) -> float:
        """The confidence below which no task is named."""

    def classify(self, text: str) -> Classification:
        """What a text is taken for."""

    def classify_many(self, texts: Sequence[str]) -> bytes:
        """The probability of each label, then `p_cheap`, of each text: float32 in the machine's order, row by row."""

@final
class Classification:
    """What a text was taken for.

    >>> import tiercel
    >>> found = tiercel.Classifier().classify("Fix this: for i in range(10) print(i)")
    >>> found.task, found.confidence > 0.5, 0 <= found.p_cheap <= 1, len(found.probabilities)
    ('code', True, True, 12)
    """

    @property
    def task(self) -> str | None:
        """The likeliest label; `None` where the text is empty or no label is likely enough."""

    @property
    def confidence(self) -> float:
        """The probability of the likeliest label, from 0 to 1, whether or not it was likely enough."""

    @property
    def p_cheap(self) -> float:
        """The probability that a cheap model's answer is right, from 0 to 1."""

    @property
    def probabilities(self) -> list[tuple[str, float]]:
        """Each label with its probability, together 1."""

@final
class Fitted:
    """Weights that were learned: of each of `weights`' rows and 16 columns."""

    @staticmethod
    def of(classifier: Classifier, labels: Sequence[str]) -> Fitted:
        """The classifier's weights of these labels, to go on learning from; zero for labels that it does not have."""

    @staticmethod
    def learn(
        texts: Sequence[str],
        targets: Sequence[Sequence[float]],
        weights: Sequence[float],
        *,
        n_epochs: int,
        rate: float,
        decay: float,
        dropout: float,
        seed: int,
        base: Fitted | None = None,
    ) -> Fitted:
        """Learn how likely each column is for a text, by multinomial logistic regression.

        Args:
            texts: What is seen, `n` of them.
            targets: How likely each column is for each text, together 1; `n` times 1 to 16.
            weights: How much each text counts, about 1 on average.
            n_epochs: Passes over the texts.
            rate: Length of a step.
            decay: How strongly weights are drawn to zero.
            dropout: Share of features that are left out, others each time.
            seed: Of the order of texts and of what is left out.
            base: What to go on from.

        Raises:
            ValueError: There are not as many targets and weights as texts, or columns differ in number.
        """

    def scores(self, texts: Sequence[str]) -> bytes:
        """The scores of each text's 16 columns: float32 in the machine's order, row by row."""

    def weights(self) -> bytes:
        """The weight of each row and of its 16 columns: float32 in the machine's order."""

    def bias(self) -> list[float]:
        """What each of the 16 columns begins with."""

    def build(
        self,
        name: str,
        labels: Sequence[str],
        *,
        sharpness: float,
        min_confidence: float,
        cheap: Fitted | Classifier,
        slope: float = 1.0,
        offset: float = 0.0,
    ) -> Classifier:
        """A classifier that has these weights, rounded to a byte each.

        Args:
            name: Which weights these are.
            labels: Of the columns, 1 to 15.
            sharpness: What scores are multiplied by, so that a confidence is how often it is right.
            min_confidence: The confidence below which no task is named.
            cheap: Two columns, "will not do" and "will do", or a classifier whose `p_cheap` is taken over.
            slope: What the score of `cheap` is multiplied by.
            offset: What is added then.

        Raises:
            ValueError: A label is empty, too long or there twice, or there are too many.
        """

@final
class Embedder:
    """A table of vectors; immutable. `tiercel.embed` is what to use."""

    @staticmethod
    def shipped() -> Embedder:
        """The one whose weights ship."""

    @staticmethod
    def read(weights: bytes) -> Embedder:
        """What `write` wrote.

        Raises:
            ValueError: These are no weights, or they are damaged.
        """

    @staticmethod
    def build(name: str, pieces: Sequence[str], vectors: bytes) -> Embedder:
        """Round vectors that were learned to signed bytes.

        Args:
            name: Which weights these are.
            pieces: What words are taken apart into, as BERT writes them, in the order of the vectors.
            vectors: 256 numbers a piece, float32 in the machine's order; lengths count relative to one another alone.

        Raises:
            ValueError: There are not as many vectors as pieces, or one of either cannot be.
        """

    def write(self) -> bytes:
        """The weights as a file has them."""

    @property
    def name(self) -> str:
        """Which weights these are."""

    @property
    def pieces(self) -> list[str]:
        """What words are taken apart into; `##` marks a piece that goes on where another one ended."""

    def embed_many(self, texts: Sequence[str]) -> bytes:
        """The 256 numbers of each text's direction: float32 in the machine's order, row by row."""

    def pieces_of(self, texts: Sequence[str]) -> tuple[bytes, bytes]:
        """Where each text's pieces begin (uint64, and the end) and their numbers (uint32), in the machine's order.

        A text has at most 512. The number of an unknown word is the greatest there is.
        """

@final
class Index:
    """Embeddings by what they mean: the nearest are found in microseconds. An embedding is the bytes of 256 float32."""

    def __new__(cls, *, max_flat: int | None = None, max_entries: int | None = None, width: int | None = None) -> Index:
        """An empty one.

        Args:
            max_flat: Up to how many entries all are looked at; 8,000 if not said.
            max_entries: Entries beyond these are refused; 1,000,000 if not said.
            width: How many a walk through a graph of more keeps: more find more and take longer. 24 if not said.
        """

    @staticmethod
    def read(snapshot: bytes) -> Index:
        """What `write` gave.

        Raises:
            ValueError: It is something else, damaged, or holds too much.
        """

    def write(self) -> bytes:
        """A snapshot, from which it is built anew in a moment."""

    def insert(self, entry: int, embedding: bytes) -> None:
        """Adds an entry by its id, in place of one of the same.

        Raises:
            ValueError: There are `max_entries`, the embedding is all zeros, or is not 1,024 bytes.
        """

    def remove(self, entry: int) -> bool:
        """Removes an entry by its id; whether there was one."""

    def search(self, embedding: bytes, k: int = 1, min_cosine: float = ...) -> list[tuple[int, float]]:
        """Ids and cosines of up to `k` entries at least as alike as `min_cosine` (-1 if not said), the nearest first.

        Raises:
            ValueError: The embedding is not 1,024 bytes.
        """

    def __len__(self) -> int: ...

def classifier_features(texts: Sequence[str]) -> tuple[bytes, bytes, bytes]:
    """The features of texts in compressed sparse rows.

    Returns:
        Where each text's begin (`n + 1` of uint64), their rows (uint32) and their values (float32), in the machine's
        order. A row that comes twice counts twice.
    """

def normalise(text: str) -> str:
    """A question as it is embedded and compared: lower case, contractions written out, without courtesies."""

def veto(asked: str, stored: str) -> str | None:
    """Why the answer to one question must not serve the other, in a word such as `number`, or `None`."""

def trusted_threshold(checks: Sequence[tuple[float, bool]], max_error: float) -> tuple[float, int, int, float] | None:
    """From which score on at most `max_error` of the answers are wrong, by checks in the order in which they were made.

    A check is a score and whether the answer was wrong. Returns the loosest threshold that can be trusted with 95 %
    confidence, how many checks reached it and how many of these were wrong, and the one-sided Clopper-Pearson bound on
    their share; `None` where none can be.

    Raises:
        ValueError: `max_error` is not between 0 and 1, or a score is no number.
    """

def rarities(texts: Sequence[str]) -> bytes:
    """How rare the words of some texts are: 4,096 bytes, a row of the table each."""

@final
class Verifier:
    """Trees over features of two questions; immutable."""

    @staticmethod
    def shipped() -> Verifier:
        """Those that are compiled in."""

    @staticmethod
    def read(weights: bytes) -> Verifier:
        """What `write` wrote.

        Raises:
            ValueError: It is none of that, or damaged.
        """

    @staticmethod
    def build(
        rarities: bytes, trees: Sequence[tuple[Sequence[tuple[int, float, int, int]], Sequence[float]]]
    ) -> Verifier:
        """Makes a verifier of what was learned: of each tree its nodes and its leaves, see `trees`.

        Raises:
            ValueError: A tree is none.
        """

    @staticmethod
    def feature_names() -> list[tuple[str, int]]:
        """What each feature is, and whether it may only raise (1) or only lower (-1) the probability, or both (0)."""

    def write(self) -> bytes:
        """The bytes of a weights file."""

    def trees(self) -> list[tuple[list[tuple[int, float, int, int]], list[float]]]:
        """Of each tree its nodes (feature, threshold, next if at most that, next if more) and its leaves.

        A next of 0 or more is a node, of less the leaf `-1 - next`. A tree without nodes has one leaf.
        """

    def score(self, asked: str, stored: str, cosine: float) -> float:
        """The probability that the answer to the one question serves the other, whose embeddings have that cosine."""

    def features(self, pairs: Sequence[tuple[str, str, float]]) -> bytes:
        """What the trees see of each pair and its cosine: float32, in the machine's order."""
