//! What a client wants of a model, read and kept until it is answered.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use tiercel_core::config::{Dialect, MaxTokens};
use tiercel_core::keys::Principal;
use tiercel_core::plan::Plan;
use tiercel_core::registry::{Deployment, Provider};
use tiercel_core::routing::Style;
use tiercel_wire::{
    self as wire, Endpoint, Hosting, Quirks, Reading, Request, Target, Task, Unsupported, Upstream, passthrough,
};

use crate::Incoming;
use crate::answer::Expected;
use crate::entry::Entry;
use crate::error::{Error, Kind};
use crate::gateway::Gateway;
use crate::head::Head;

/// What a client wants of a model.
pub(crate) enum Demand {
    /// Something that is understood.
    Model(Arc<Request>),
    /// Something that goes through.
    Passthrough(passthrough::Request),
}

/// What is to be sent to a deployment.
pub(crate) struct Outgoing {
    pub(crate) method: &'static str,
    /// To follow the provider's base path.
    pub(crate) path: String,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Vec<u8>,
    /// What the provider speaks.
    pub(crate) upstream: Upstream,
    pub(crate) expected: Expected,
    /// The client's names of what the provider cannot take.
    pub(crate) dropped: Vec<String>,
}

impl Demand {
    /// Reads what `incoming` asks for at `entry`.
    pub(crate) fn read(entry: Entry<'_>, head: &Head<'_>, incoming: &Incoming<'_>) -> Result<Self, Error> {
        match entry {
            Entry::Endpoint(endpoint, model) => {
                let model = model.map(|model| percent_decode_str(model).decode_utf8_lossy());
                if endpoint == Endpoint::StreamGenerateContent && !wants_events(incoming.query) {
                    let message = "streams come as server-sent events only; add ?alt=sse to the URL";
                    return Err(Error::new(Kind::Unsupported, message));
                }
                let request = Request::parse(endpoint, model.as_deref(), incoming.body);
                Ok(Self::Model(Arc::new(request.map_err(|error| refused(&error))?)))
            }
            Entry::Passthrough(operation, path) => {
                let content_type = head.content_type;
                let request = passthrough::Request::parse(operation, path, incoming.query, content_type, incoming.body);
                Ok(Self::Passthrough(request.map_err(|error| refused(&error))?))
            }
            Entry::Live
            | Entry::Ready
            | Entry::Metrics
            | Entry::Health
            | Entry::ForgetHealth
            | Entry::Route
            | Entry::Reload
            | Entry::Cache(_)
            | Entry::Models
            | Entry::Model(_) => Err(Error::new(Kind::Internal, "a page is no demand")),
        }
    }

    /// Whether the client wants events.
    pub(crate) fn is_stream(&self) -> bool {
        match self {
            Self::Model(request) => request.is_stream(),
            Self::Passthrough(_) => false,
        }
    }

    /// The request of a model that reads and writes tokens, so that they can be estimated where it does not count them.
    pub(crate) fn billed(&self) -> Option<&Request> {
        match self {
            Self::Model(request) => Some(&**request).filter(|request| request.endpoint().task() != Task::Count),
            Self::Passthrough(_) => None,
        }
    }

    /// The request, if it wants tokens counted that `deployment` does not count.
    pub(crate) fn counted_here(&self, deployment: &Deployment) -> Option<&Request> {
        let Self::Model(request) = self else { return None };
        let endpoint = request.endpoint();
        let is_native = endpoint.is_native(upstream(deployment, endpoint));
        (endpoint.task() == Task::Count && !is_native).then_some(request)
    }

    /// The model or route that the client names, if it does.
    pub(crate) fn model(&self) -> Option<&str> {
        match self {
            Self::Model(request) => Some(request.model()),
            Self::Passthrough(request) => request.model(),
        }
    }

    /// Where it may go.
    pub(crate) fn plan(&self, head: &Head<'_>, gateway: &Gateway, principal: &Principal) -> Result<Plan, Error> {
        match (self, self.model()) {
            (_, Some(model)) => gateway.plan(principal, model),
            (Self::Passthrough(request), None) => {
                gateway.plan_for_provider(principal, head.provider, request.operation().name)
            }
            (Self::Model(_), None) => Err(Error::new(Kind::Internal, "a request without a model was let in")),
        }
    }

    /// Writes it for `deployment`. The call is known by `id` and came in at `unix_seconds`; `may_break` as at
    /// [`Expected::Passthrough`].
    ///
    /// # Errors
    /// What the provider cannot be asked, or cannot be asked without losing something that the client did not give up.
    pub(crate) fn write(
        &self,
        deployment: &Deployment,
        unsupported: Unsupported,
        style: &Style<'_>,
        (id, unix_seconds): (&str, u64),
        may_break: bool,
    ) -> Result<Outgoing, Error> {
        let provider = &deployment.provider;
        match self {
            Self::Model(request) => {
                let with_preface = style.preface.map(|text| request.with_preface(text).map(Arc::new)).transpose();
                let with_preface = with_preface.map_err(|error| refused(&error))?;
                let request = with_preface.as_ref().unwrap_or(request);
                let endpoint = request.endpoint();
                let upstream = upstream(deployment, endpoint);
                let target =
                    Target { upstream, hosting: hosting(provider), model: &deployment.model, quirks: quirks(provider) };
                let encoded = wire::encode(request, &target, unsupported).map_err(|error| refused(&error))?;
                let reading = Reading::new(Arc::clone(request), upstream, id.to_owned(), unix_seconds);
                let reading = if style.is_normalised { reading.normalised() } else { reading };
                Ok(Outgoing {
                    method: "POST",
                    path: encoded.path,
                    content_type: Some("application/json".to_owned()),
                    body: encoded.body,
                    upstream,
                    expected: Expected::Model(reading),
                    dropped: encoded.dropped,
                })
            }
            Self::Passthrough(request) => {
                if !speaks_openai(provider) {
                    let message = format!("{} does not speak OpenAI's dialect, which this path needs", deployment.name);
                    return Err(Error::new(Kind::Unsupported, message));
                }
                let mut body = Vec::new();
                request.encode(&deployment.model, &mut body);
                let prefix = if provider.dialect == Dialect::Azure { "/openai/v1" } else { "" };
                Ok(Outgoing {
                    method: request.method(),
                    path: [prefix, request.path()].concat(),
                    content_type: request.content_type().map(str::to_owned),
                    body,
                    upstream: Upstream::OpenAi,
                    expected: Expected::Passthrough { may_break },
                    dropped: Vec::new(),
                })
            }
        }
    }
}

fn wants_events(query: &[u8]) -> bool {
    query.split(|&byte| byte == b'&').any(|pair| pair == b"alt=sse")
}

/// Whether `provider` can be asked what goes through.
pub(crate) fn speaks_openai(provider: &Provider) -> bool {
    matches!(provider.dialect, Dialect::Openai | Dialect::Responses | Dialect::Azure)
}

/// What a client is told of a body that cannot be used.
pub(crate) fn refused(error: &wire::Error) -> Error {
    let kind = match error.kind() {
        wire::Kind::Unsupported => Kind::Unsupported,
        wire::Kind::Json | wire::Kind::AmbiguousKey | wire::Kind::Missing | wire::Kind::Invalid => Kind::MalformedBody,
    };
    Error { kind, message: error.to_string().into(), parameter: error.parameter() }
}

/// The dialect in which `deployment` is asked for `endpoint`.
fn upstream(deployment: &Deployment, endpoint: Endpoint) -> Upstream {
    let has_responses = deployment.provider.quirks.responses;
    match deployment.provider.dialect {
        Dialect::Openai | Dialect::Azure if endpoint == Endpoint::Responses && has_responses => Upstream::Responses,
        Dialect::Openai | Dialect::Azure => Upstream::OpenAi,
        Dialect::Responses if endpoint.task() == Task::Embed => Upstream::OpenAi,
        Dialect::Responses => Upstream::Responses,
        Dialect::Anthropic => Upstream::Anthropic,
        Dialect::Bedrock => Upstream::Bedrock,
        Dialect::Cohere => Upstream::Cohere,
        Dialect::Vertex if deployment.model.starts_with("claude") => Upstream::Anthropic,
        Dialect::Gemini | Dialect::Vertex => Upstream::Gemini,
    }
}

fn hosting(provider: &Provider) -> Hosting<'_> {
    match (provider.dialect, &provider.api_version) {
        (Dialect::Azure, Some(version)) => Hosting::AzureDeployments(version),
        (Dialect::Azure, None) => Hosting::Azure,
        (Dialect::Vertex, _) => {
            Hosting::Vertex { project: provider.parameter("project"), location: provider.parameter("location") }
        }
        _ => Hosting::Own,
    }
}

fn quirks(provider: &Provider) -> Quirks<'_> {
    let quirks = &provider.quirks;
    Quirks {
        stream_usage: quirks.stream_usage,
        max_tokens: quirks.max_tokens.map(|spelling| match spelling {
            MaxTokens::MaxTokens => wire::MaxTokens::MaxTokens,
            MaxTokens::MaxCompletionTokens => wire::MaxTokens::MaxCompletionTokens,
        }),
        developer_role: quirks.developer_role,
        refuses: &quirks.refuses,
    }
}
