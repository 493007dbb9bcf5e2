//! Refusals as vendors send them, from their documentation and from reports of their users.

use super::*;

fn check(upstream: Upstream, name: &str, status: u16, body: &str, expected: Outcome) {
    let error = UpstreamError::read(body.as_bytes());
    assert!(error.is_some() || !body.starts_with(['{', '[']), "{name}: the body cannot be read");

    assert_eq!(expected, Outcome::of(upstream, status, error.as_ref()), "{name}");
}

/// Both of OpenAI's dialects, which have the same errors.
fn openai(name: &str, status: u16, body: &str, expected: Outcome) {
    check(Upstream::OpenAi, name, status, body, expected);
    check(Upstream::Responses, name, status, body, expected);
}

#[test]
fn of_openai() {
    let check = openai;
    let body = |message: &str, kind: &str, code: &str| {
        format!(r#"{{"error":{{"message":"{message}","type":{kind},"param":null,"code":{code}}}}}"#)
    };
    let bad = r#""invalid_request_error""#;
    let no_key = body("Incorrect API key provided: sk-1.", bad, r#""invalid_api_key""#);
    check("no valid key", 401, &no_key, CredentialFault);
    let no_member = body("You must be a member of an organization to use the API.", bad, "null");
    check("no member of an organization", 401, &no_member, CredentialFault);
    let country = body(
        "Country, region, or territory not supported",
        r#""request_forbidden""#,
        r#""unsupported_country_region_territory""#,
    );
    check("the gateway's country", 403, &country, CredentialFault);
    let quota = body(
        "You exceeded your current quota, please check your plan and billing details.",
        r#""insufficient_quota""#,
        r#""insufficient_quota""#,
    );
    check("the quota is spent", 429, &quota, CredentialFault);
    let credit = body("No credits.", r#""insufficient_quota""#, r#""credit_balance_exhausted""#);
    check("the credit is spent", 429, &credit, CredentialFault);
    let spend = body("Limit.", "null", r#""project_spend_limit_exceeded""#);
    check("the project's money is spent", 429, &spend, CredentialFault);
    let hard = body("Billing hard limit has been reached", bad, r#""billing_hard_limit_reached""#);
    check("the hard limit, of images", 400, &hard, CredentialFault);
    let rate =
        body("Rate limit reached for gpt-5 on requests per min (RPM).", r#""requests""#, r#""rate_limit_exceeded""#);
    check("too many requests", 429, &rate, Throttled);
    let large = body("Request too large for gpt-5 on tokens per min (TPM).", r#""tokens""#, r#""rate_limit_exceeded""#);
    check("more tokens than a minute's", 429, &large, Throttled);
    let fast = body("Slow down.", r#""rate_limit_error""#, r#""slow_down""#);
    check("a rate that rose too fast", 429, &fast, Throttled);
    check("the same with 503", 503, &fast, Throttled);
    let engine = body("The engine is currently overloaded, please try again later", r#""server_error""#, "null");
    check("the engine is overloaded, older", 429, &engine, Overloaded);
    check("the engine is overloaded", 503, &engine, Overloaded);
    let model = body("That model is currently overloaded with other requests.", r#""server_error""#, "null");
    check("the model is overloaded", 500, &model, Overloaded);
    let overloaded = body("Not enough capacity.", r#""service_unavailable_error""#, r#""server_is_overloaded""#);
    check("the model has no capacity", 503, &overloaded, Overloaded);
    let failed =
        body("The server had an error while processing your request.", r#""server_error""#, r#""server_error""#);
    check("the server failed", 500, &failed, ServerFault);
    check("the server says nothing of load", 503, &failed, ServerFault);
    check("a page of Cloudflare's", 502, "<html>502 Bad Gateway</html>", ServerFault);
    let length = body(
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 8227 tokens.",
        bad,
        r#""context_length_exceeded""#,
    );
    check("the context is too long", 400, &length, ClientFault(ContextLength));
    let window = body("Your input exceeds the context window of this model.", bad, "null");
    check("the context is too long, of responses", 400, &window, ClientFault(ContextLength));
    let missing =
        body("The model `gpt-9` does not exist or you do not have access to it.", bad, r#""model_not_found""#);
    check("no such model", 404, &missing, ClientFault(ModelNotFound));
    let older = body("The model `gpt-9` does not exist", bad, "null");
    check("no such model, older", 404, &older, ClientFault(ModelNotFound));
    let project = body("Project `p` does not have access to model `gpt-5`", bad, r#""model_not_found""#);
    check("a model that the project may not use", 403, &project, ClientFault(ModelNotFound));
    check("no such file", 404, &body("No such File object: file-1", bad, "null"), ClientFault(Request));
    check("no such address", 404, &body("Invalid URL (POST /v1/chat)", bad, "null"), ClientFault(Request));
    let previous = body("Previous response with id 'resp_1' not found.", bad, r#""previous_response_not_found""#);
    check("no such response", 404, &previous, ClientFault(Request));
    let policy = body("Your request was rejected by our safety system.", bad, r#""content_policy_violation""#);
    check("a policy, of images", 400, &policy, ClientFault(ContentPolicy));
    let flagged = body(
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
        bad,
        r#""invalid_prompt""#,
    );
    check("a policy, of prompts", 400, &flagged, ClientFault(ContentPolicy));
    let value = body("Invalid 'temperature': decimal above maximum value.", bad, r#""decimal_above_max_value""#);
    check("a value that is wrong", 400, &value, ClientFault(Request));
    check("a value that is wrong, with another status", 422, &value, ClientFault(Request));
}

#[test]
fn of_azure() {
    let check = openai;
    let missing =
        r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#;
    check("no such deployment", 404, missing, ClientFault(ModelNotFound));
    let address = r#"{"error":{"code":"404","message":"Resource not found"}}"#;
    check("no such address", 404, address, ClientFault(ModelNotFound));
    let kind = r#"{"error":{"code":"OperationNotSupported","message":"The chatCompletion operation does not work."}}"#;
    check("a deployment of another kind", 400, kind, ClientFault(ModelNotFound));
    let filter = r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":false}}}}}"#;
    check("the filter", 400, filter, ClientFault(ContentPolicy));
    let inner = r#"{"error":{"message":"Filtered.","code":"x","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#;
    check("the filter, inside", 400, inner, ClientFault(ContentPolicy));
    let rate = r#"{"error":{"code":"429","message":"Requests to the ChatCompletions_Create Operation have exceeded call rate limit. Please retry after 20 seconds."}}"#;
    check("a rate", 429, rate, Throttled);
    let demand = r#"{"error":{"code":"too_many_requests","message":"The system is currently experiencing high demand and cannot process your request."}}"#;
    check("high demand", 429, demand, Overloaded);
    let key =
        r#"{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}}"#;
    check("no valid key", 401, key, CredentialFault);
}

#[test]
fn of_servers_that_are_compatible() {
    let check = openai;
    let vllm = r#"{"object":"error","message":"This model's maximum context length is 6048 tokens. However, you requested 6616 tokens.","type":"BadRequestError","param":null,"code":400}"#;
    check("vLLM, context", 400, vllm, ClientFault(ContextLength));
    let prompt = r#"{"error":{"message":"The decoder prompt (length 9) is longer than the maximum model length of 8.","type":"BadRequestError","code":400}}"#;
    check("vLLM, prompt", 400, prompt, ClientFault(ContextLength));
    let model = r#"{"object":"error","message":"The model `m` does not exist.","type":"NotFoundError","param":null,"code":404}"#;
    check("vLLM, model", 404, model, ClientFault(ModelNotFound));
    check("vLLM, address", 404, r#"{"detail":"Not Found"}"#, ClientFault(ModelNotFound));
    check("nginx, address", 404, "<html>404</html>", ClientFault(ModelNotFound));
    let sglang = r#"{"object":"error","message":"The input (9 tokens) is longer than the model's context length (8 tokens).","type":"BadRequestError","code":400}"#;
    check("SGLang, context", 400, sglang, ClientFault(ContextLength));
    let llama = r#"{"error":{"code":400,"message":"request (9412 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9412,"n_ctx":8192}}"#;
    check("llama.cpp, context", 400, llama, ClientFault(ContextLength));
    let loading = r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#;
    check("llama.cpp, loading", 503, loading, Overloaded);
    let ollama = r#"{"error":{"message":"model \"m\" not found, try pulling it first","type":"api_error","param":null,"code":null}}"#;
    check("Ollama, model", 404, ollama, ClientFault(ModelNotFound));
    check("Ollama, model, bare", 404, r#"{"error":"model 'm' not found"}"#, ClientFault(ModelNotFound));
    let busy = r#"{"error":"server busy, please try again. maximum pending requests exceeded"}"#;
    check("Ollama, busy", 503, busy, Overloaded);
    check("Ollama, overloaded", 503, r#"{"error":"Server overloaded, please retry shortly (ref: a)"}"#, Overloaded);
    let embedding = r#"{"error":"the input length exceeds the context length"}"#;
    check("Ollama, context", 400, embedding, ClientFault(ContextLength));
    let studio =
        r#"{"error":"The number of tokens to keep from the initial prompt is greater than the context length."}"#;
    check("LM Studio, context", 400, studio, ClientFault(ContextLength));
}

#[test]
fn of_hosts_that_are_compatible() {
    let check = openai;
    let groq = r#"{"error":{"message":"Request too large for model `m` in organization `o` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 12328, please reduce your message size and try again.","type":"tokens","code":"rate_limit_exceeded"}}"#;
    check("Groq, more tokens than a minute's", 413, groq, Throttled);
    let bytes =
        r#"{"error":{"message":"Request Entity Too Large","type":"invalid_request_error","code":"request_too_large"}}"#;
    check("Groq, bytes", 413, bytes, ClientFault(ContextLength));
    let length = r#"{"error":{"message":"Please reduce the length of the messages or completion.","type":"invalid_request_error"}}"#;
    check("Groq, context", 400, length, ClientFault(ContextLength));
    let capacity = r#"{"error":{"message":"m is currently over capacity. Please try again and back off exponentially.","type":"internal_server_error"}}"#;
    check("Groq, capacity", 503, capacity, Overloaded);
    let gone = r#"{"error":{"message":"The model `m` has been decommissioned.","type":"invalid_request_error","code":"model_decommissioned"}}"#;
    check("Groq, a model of the past", 400, gone, ClientFault(ModelNotFound));
    let mistral = r#"{"object":"error","message":"Prompt contains 40960 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_message","param":null,"code":"3051"}"#;
    check("Mistral, context", 400, mistral, ClientFault(ContextLength));
    let invalid =
        r#"{"object":"error","message":"Invalid model: m","type":"invalid_model","param":null,"code":"1500"}"#;
    check("Mistral, model", 400, invalid, ClientFault(ModelNotFound));
    let limited = r#"{"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300","raw_status_code":429}"#;
    check("Mistral, rate", 429, limited, Throttled);
    let tier = r#"{"object":"error","message":"Service tier capacity exceeded for this model.","type":"invalid_request_error","param":null,"code":null}"#;
    check("Mistral, capacity", 429, tier, Overloaded);
    let together = r#"{"error":{"message":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 80125 `inputs` tokens and 4096 `max_new_tokens`","type":"invalid_request_error","param":"max_tokens","code":null}}"#;
    check("Together, context", 422, together, ClientFault(ContextLength));
    let unavailable = r#"{"error":{"message":"Unable to access model m. Please visit the list of models.","type":"invalid_request_error","param":null,"code":"model_not_available"}}"#;
    check("Together, model", 404, unavailable, ClientFault(ModelNotFound));
    let loaded = r#"{"error":{"message":"The server is overloaded or not ready yet.","type":"server_error"}}"#;
    check("Together, overloaded", 503, loaded, Overloaded);
    let balance = r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}"#;
    check("DeepSeek, balance", 402, balance, CredentialFault);
    check(
        "Zhipu, balance",
        429,
        r#"{"error":{"code":"1113","message":"Insufficient balance or no resource package."}}"#,
        CredentialFault,
    );
    let risk = r#"{"error":{"message":"Content Exists Risk","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#;
    check("DeepSeek, content", 400, risk, ClientFault(ContentPolicy));
    check("DeepSeek, model", 400, r#"{"error":{"message":"Model Not Exist"}}"#, ClientFault(ModelNotFound));
    let spent = r#"{"code":"Some resource has been exhausted","error":"Your team 16f2-40 has either used all available credits or reached its monthly spending limit."}"#;
    check("xAI, credit", 429, spent, CredentialFault);
    let wrong = r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***."}"#;
    check("xAI, key", 400, wrong, CredentialFault);
    let usage = r#"{"code":"The caller does not have permission","error":"Content violates usage guidelines. Failed check: SAFETY"}"#;
    check("xAI, content", 403, usage, ClientFault(ContentPolicy));
    let prompt = r#"{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but the request contains 537812 tokens."}"#;
    check("xAI, context", 400, prompt, ClientFault(ContextLength));
    let kimi = r#"{"error":{"message":"Invalid request: Your request exceeded model token limit: 8192","type":"invalid_request_error"}}"#;
    check("Moonshot, context", 400, kimi, ClientFault(ContextLength));
    let quota = r#"{"error":{"message":"Your account is suspended, please check your plan","type":"exceeded_current_quota_error"}}"#;
    check("Moonshot, quota", 429, quota, CredentialFault);
    let minimax =
        r#"{"error":{"message":"invalid params, context window exceeds limit (2013)","type":"bad_request_error"}}"#;
    check("MiniMax, context", 400, minimax, ClientFault(ContextLength));
    let cerebras = r#"{"message":"Please reduce the length of the messages or completion. Current length is 9 while limit is 8","type":"invalid_request_error","code":"context_length_exceeded"}"#;
    check("Cerebras, context", 400, cerebras, ClientFault(ContextLength));
    let github = r#"{"error":{"code":"tokens_limit_reached","message":"Request body too large for m model. Max size: 8000 tokens."}}"#;
    check("GitHub, context", 413, github, ClientFault(ContextLength));
    let copilot = r#"{"error":{"message":"prompt token count of 93854 exceeds the limit of 90000","param":"","code":"","type":""}}"#;
    check("GitHub Copilot, context", 400, copilot, ClientFault(ContextLength));
    check("Alibaba, arrears", 400, r#"{"error":{"code":"Arrearage","message":"Access denied."}}"#, CredentialFault);
    check(
        "Alibaba, content",
        400,
        r#"{"error":{"code":"data_inspection_failed","message":"No."}}"#,
        ClientFault(ContentPolicy),
    );
    let fireworks = r#"{"error":{"message":"Model not found, inaccessible, and/or not deployed","object":"error","code":"NOT_FOUND"}}"#;
    check("Fireworks, model", 404, fireworks, ClientFault(ModelNotFound));
    let hugging = r#"{"error":{"message":"The requested model 'm' is not supported by any provider you have enabled.","type":"invalid_request_error","param":"model","code":"model_not_supported"}}"#;
    check("Hugging Face, model", 400, hugging, ClientFault(ModelNotFound));
    let credits = r#"{"error":{"message":"Insufficient credits. Add more.","code":402}}"#;
    check("OpenRouter, credits", 402, credits, CredentialFault);
    let endpoints = r#"{"error":{"message":"No endpoints found for m.","code":404}}"#;
    check("OpenRouter, model", 404, endpoints, ClientFault(ModelNotFound));
    let id = r#"{"error":{"message":"m is not a valid model ID","code":400}}"#;
    check("OpenRouter, name of a model", 400, id, ClientFault(ModelNotFound));
    let flagged = r#"{"error":{"message":"m requires moderation on OpenAI. Your input was flagged for \"violence\".","code":403,"metadata":{"reasons":["violence"]}}}"#;
    check("OpenRouter, content", 403, flagged, ClientFault(ContentPolicy));
    let key = r#"{"error":{"message":"Key limit exceeded (total limit).","code":403}}"#;
    check("OpenRouter, the key's limit", 403, key, CredentialFault);
    let router =
        r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"m is rate-limited upstream"}}}"#;
    check("OpenRouter, rate", 429, router, Throttled);
    let down = r#"{"error":{"message":"Provider returned error","code":502}}"#;
    check("OpenRouter, a provider failed", 502, down, ServerFault);
    let litellm = r#"{"error":{"message":"litellm.ContextWindowExceededError: OpenAIException - too long","type":null,"param":null,"code":"400"}}"#;
    check("LiteLLM, context", 400, litellm, ClientFault(ContextLength));
}

#[test]
fn of_anthropic() {
    let check =
        |name: &str, status: u16, body: &str, expected| check(Upstream::Anthropic, name, status, body, expected);
    let body = |kind: &str, message: &str| {
        format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}},"request_id":"req_1"}}"#)
    };
    let bad = "invalid_request_error";
    check("no valid key", 401, &body("authentication_error", "invalid x-api-key"), CredentialFault);
    check("not allowed", 403, &body("permission_error", "Your API key does not have permission."), CredentialFault);
    check("billing", 402, &body("billing_error", "Check your billing."), CredentialFault);
    let credit = body(bad, "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.");
    check("the credit is spent", 400, &credit, CredentialFault);
    let limit = body(bad, "You have reached your specified API usage limits. You will regain access on 2026-12-01.");
    check("the organization's limit", 400, &limit, CredentialFault);
    let workspace = body(bad, "You have reached your specified workspace API usage limits.");
    check("the workspace's limit", 400, &workspace, CredentialFault);
    let spend = r#"{"type":"error","error":{"type":"rate_limit_error","message":"No.","details":{"error_code":"enforced_spend_limit_reached"}}}"#;
    check("the month's money is spent", 429, spend, CredentialFault);
    let rate = body("rate_limit_error", "This request would exceed your account's rate limit. Please try again later.");
    check("a rate", 429, &rate, Throttled);
    check("overloaded", 529, &body("overloaded_error", "Overloaded"), Overloaded);
    check("overloaded, with another status", 500, &body("overloaded_error", "Overloaded"), Overloaded);
    check("it failed", 500, &body("api_error", "Internal server error"), ServerFault);
    check("it took too long", 504, &body("timeout_error", "Timed out."), ServerFault);
    let long = body(bad, "prompt is too long: 213462 tokens > 200000 maximum");
    check("the prompt is too long", 400, &long, ClientFault(ContextLength));
    let both = body(bad, "input length and `max_tokens` exceed context limit: 197000 + 8192 > 200000");
    check("prompt and answer are too long", 400, &both, ClientFault(ContextLength));
    let bytes = body("request_too_large", "Request exceeds the maximum size");
    check("too many bytes", 413, &bytes, ClientFault(ContextLength));
    check("no such model", 404, &body("not_found_error", "model: claude-9"), ClientFault(ModelNotFound));
    check("no such file", 404, &body("not_found_error", "File not found: file_1"), ClientFault(Request));
    let filtered = body(bad, "Output blocked by content filtering policy");
    check("a policy", 400, &filtered, ClientFault(ContentPolicy));
    check("a field that is wrong", 400, &body(bad, "max_tokens: Field required"), ClientFault(Request));
    check("no name of a model", 400, &body(bad, "model: Field required"), ClientFault(Request));
    check("a conflict", 409, &body("conflict_error", "Conflict."), ClientFault(Request));
    let vertex = r#"[{"error":{"code":429,"message":"Quota exceeded for aiplatform.googleapis.com.","status":"RESOURCE_EXHAUSTED"}}]"#;
    check("Vertex AI, a quota", 429, vertex, Throttled);
    let missing = r#"{"error":{"code":404,"message":"Publisher Model `projects/p/locations/l/publishers/anthropic/models/m` was not found.","status":"NOT_FOUND"}}"#;
    check("Vertex AI, model", 404, missing, ClientFault(ModelNotFound));
}

#[test]
fn of_google() {
    let check = |name: &str, status: u16, body: &str, expected| check(Upstream::Gemini, name, status, body, expected);
    let body = |code: u16, status: &str, message: &str, details: &str| {
        format!(r#"{{"error":{{"code":{code},"message":"{message}","status":"{status}","details":[{details}]}}}}"#)
    };
    let bad = "INVALID_ARGUMENT";
    let reason =
        |reason: &str| format!(r#"{{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"{reason}"}}"#);
    let invalid = body(400, bad, "API key not valid. Please pass a valid API key.", &reason("API_KEY_INVALID"));
    check("no valid key", 400, &invalid, CredentialFault);
    let older = body(400, bad, "API key not valid. Please pass a valid API key.", "");
    check("no valid key, without details", 400, &older, CredentialFault);
    let expired = body(400, bad, "API key expired. Please renew the API key.", "");
    check("a key that is too old", 400, &expired, CredentialFault);
    let denied = body(403, "PERMISSION_DENIED", "Billing is disabled.", &reason("BILLING_DISABLED"));
    check("no billing", 403, &denied, CredentialFault);
    let unknown = body(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", "");
    check("Vertex AI, no valid token", 401, &unknown, CredentialFault);
    let location = body(400, "FAILED_PRECONDITION", "User location is not supported for the API use.", "");
    check("the gateway's country", 400, &location, CredentialFault);
    let free = body(400, "FAILED_PRECONDITION", "Gemini API free tier is not available in your country.", "");
    check("the account's country", 400, &free, CredentialFault);
    check("money", 402, &body(402, "RESOURCE_EXHAUSTED", "Pay.", ""), CredentialFault);
    let quota = body(
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details.",
        "",
    );
    check("a quota", 429, &quota, Throttled);
    let none = body(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later.", "");
    check("Vertex AI, a quota", 429, &none, Throttled);
    let overloaded = body(503, "UNAVAILABLE", "The model is overloaded. Please try again later.", "");
    check("overloaded", 503, &overloaded, Overloaded);
    check("not there", 503, &body(503, "UNAVAILABLE", "The service is currently unavailable.", ""), Overloaded);
    check("a page of a proxy's", 503, "<html>503</html>", ServerFault);
    check("it failed", 500, &body(500, "INTERNAL", "An internal error has occurred.", ""), ServerFault);
    check("it took too long", 504, &body(504, "DEADLINE_EXCEEDED", "Deadline exceeded.", ""), ServerFault);
    let long =
        body(400, bad, "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).", "");
    check("the context is too long", 400, &long, ClientFault(ContextLength));
    let submit =
        "Unable to submit request because the input token count is 1200000 but model only supports up to 1048576.";
    check("Vertex AI, context", 400, &body(400, bad, submit, ""), ClientFault(ContextLength));
    let payload = body(400, bad, "Request payload size exceeds the limit: 20971520 bytes.", "");
    check("too many bytes", 400, &payload, ClientFault(ContextLength));
    let missing = body(
        404,
        "NOT_FOUND",
        "models/gemini-9 is not found for API version v1beta, or is not supported for generateContent.",
        "",
    );
    check("no such model", 404, &missing, ClientFault(ModelNotFound));
    let gone = body(404, "NOT_FOUND", "This model models/gemini-2.5-flash is no longer available to new users.", "");
    check("a model of the past", 404, &gone, ClientFault(ModelNotFound));
    let cache = body(404, "NOT_FOUND", "CachedContent not found (or permission denied)", "");
    check("no such cache", 404, &cache, ClientFault(Request));
    let image = body(400, bad, "This prompt contains words that violate Google's Responsible AI practices.", "");
    check("a policy", 400, &image, ClientFault(ContentPolicy));
    let field = body(400, bad, "Invalid JSON payload received. Unknown name", "");
    check("a field that is wrong", 400, &field, ClientFault(Request));
    check(
        "another precondition",
        400,
        &body(400, "FAILED_PRECONDITION", "Precondition check failed.", ""),
        ClientFault(Request),
    );
}

#[test]
fn of_bedrock() {
    let check = |name: &str, status, class: &str, message: &str, expected| {
        let body = format!(r#"{{"message":"{message}"}}"#);
        let class = format!("{class}:http://internal.amazon.com/coral/com.amazon.bedrock/");
        let error = UpstreamError::of_answer([("x-amzn-errortype", class.as_bytes())], body.as_bytes());

        assert_eq!(expected, Outcome::of(Upstream::Bedrock, status, error.as_ref()), "{name}");
    };
    let bad = "ValidationException";
    check("not allowed", 403, "AccessDeniedException", "You don't have access to the model.", CredentialFault);
    check("no valid signature", 403, "InvalidSignatureException", "It does not match.", CredentialFault);
    check("a token that is too old", 403, "ExpiredTokenException", "The security token is expired", CredentialFault);
    check("half a signature", 400, "IncompleteSignature", "No.", CredentialFault);
    check("a rate", 429, "ThrottlingException", "Too many tokens, please wait before trying again.", Throttled);
    check("a quota", 400, "ServiceQuotaExceededException", "Your request exceeds the service quota.", Throttled);
    check("a model that is being loaded", 429, "ModelNotReadyException", "The model is not ready.", Overloaded);
    check("no capacity", 503, "ServiceUnavailableException", "Bedrock is unable to process your request.", Overloaded);
    check("it failed", 500, "InternalServerException", "The system encountered an error.", ServerFault);
    check("the model failed", 424, "ModelErrorException", "The model failed.", ServerFault);
    check("it took too long", 408, "ModelTimeoutException", "Model timeout.", ServerFault);
    check(
        "no such model",
        404,
        "ResourceNotFoundException",
        "The specified resource ARN was not found.",
        ClientFault(ModelNotFound),
    );
    check("no such name of a model", 400, bad, "The provided model identifier is invalid.", ClientFault(ModelNotFound));
    let profile = "Invocation of model ID anthropic.m with on-demand throughput isn\u{2019}t supported.";
    check("a model that needs a profile", 400, bad, profile, ClientFault(ModelNotFound));
    check("the context is too long", 400, bad, "Input is too long for requested model.", ClientFault(ContextLength));
    let claude = "The model returned the following errors: prompt is too long: 9 tokens > 8 maximum";
    check("Claude, context", 400, bad, claude, ClientFault(ContextLength));
    check("Nova, context", 400, bad, "Too many input tokens. Max input tokens: 300000.", ClientFault(ContextLength));
    let filter = "The model returned the following errors: Output blocked by content filtering policy";
    check("Claude, a policy", 400, bad, filter, ClientFault(ContentPolicy));
    check(
        "Titan, a policy",
        400,
        bad,
        "This request has been blocked by our content filters.",
        ClientFault(ContentPolicy),
    );
    check("a field that is wrong", 400, bad, "A conversation must start with a user message.", ClientFault(Request));
}

#[test]
fn of_cohere() {
    let check = |name: &str, status: u16, message: &str, expected| {
        let body = format!(r#"{{"id":"i","message":"{message}"}}"#);
        check(Upstream::Cohere, name, status, &body, expected);
    };
    check("no valid key", 401, "invalid api token", CredentialFault);
    check("money", 402, "Please add or update your payment method.", CredentialFault);
    let month = "You are using a Trial key, which is limited to 1000 API calls / month.";
    check("the month's calls are spent", 429, month, CredentialFault);
    let minute = "You are using a Trial key, which is limited to 10 API calls / minute.";
    check("the minute's calls are spent", 429, minute, Throttled);
    check("a rate", 429, "You have exceeded your rate limit.", Throttled);
    let long = "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4292.";
    check("the context is too long", 400, long, ClientFault(ContextLength));
    let answer = "too many tokens: max tokens must be less than or equal to 4096, the maximum output for this model";
    check("the answer may be too long", 400, answer, ClientFault(Request));
    let missing = "model 'xlarge' not found, make sure the correct model ID was used";
    check("no such model", 404, missing, ClientFault(ModelNotFound));
    check(
        "a model of another kind",
        400,
        "invalid request: model 'm' is not supported by the generate API",
        ClientFault(ModelNotFound),
    );
    check("a word that is not allowed", 498, "No.", ClientFault(ContentPolicy));
    check("a field that is wrong", 400, "invalid request: message must be at least 1 token long", ClientFault(Request));
    check("it failed", 500, "internal server error", ServerFault);
    check("overloaded", 503, "The service is overloaded.", Overloaded);
}

/// The bodies are what `tiercel simulator` writes for an unknown model, a bad key, a bad field and each `status` fault.
#[test]
fn of_the_simulator() {
    let check = |name: &str, upstream, status: u16, body: &str, expected| check(upstream, name, status, body, expected);
    let model = r#"{"error":{"message":"The model `m` does not exist or you do not have access to it.","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#;
    check("OpenAI, model", Upstream::OpenAi, 404, model, ClientFault(ModelNotFound));
    let fault = r#"{"error":{"message":"Simulated fault: status=503","type":"server_error","param":null,"code":null}}"#;
    check("OpenAI, 503", Upstream::OpenAi, 503, fault, ServerFault);
    check(
        "Anthropic, 529",
        Upstream::Anthropic,
        529,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Simulated fault: status=529"},"request_id":"r"}"#,
        Overloaded,
    );
    check(
        "Anthropic, 503",
        Upstream::Anthropic,
        503,
        r#"{"type":"error","error":{"type":"api_error","message":"Simulated fault: status=503"},"request_id":"r"}"#,
        ServerFault,
    );
    check(
        "Anthropic, a field of Vertex AI's",
        Upstream::Anthropic,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"model: Extra inputs are not permitted"},"request_id":"r"}"#,
        ClientFault(Request),
    );
    check(
        "Gemini, key",
        Upstream::Gemini,
        400,
        r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}"#,
        CredentialFault,
    );
    check(
        "Gemini, 503",
        Upstream::Gemini,
        503,
        r#"{"error":{"code":503,"message":"Simulated fault: status=503","status":"UNAVAILABLE","details":[]}}"#,
        Overloaded,
    );
    check(
        "Gemini, 422",
        Upstream::Gemini,
        422,
        r#"{"error":{"code":422,"message":"Simulated fault: status=422","status":"FAILED_PRECONDITION","details":[]}}"#,
        ClientFault(Request),
    );
    check("Cohere, 429", Upstream::Cohere, 429, r#"{"id":"i","message":"Simulated fault: status=429"}"#, Throttled);
}
