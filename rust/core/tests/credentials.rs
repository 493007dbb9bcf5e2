//! What each kind of provider is shown, and where it is reached.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod support;

use std::sync::Arc;
use support::World;
use tiercel_core::config::{Config, ConfigError, Overrides};
use tiercel_core::health::HealthTable;
use tiercel_core::registry::{Credential, Registry, ServiceAccountId};
use tiercel_core::secrets::Secret;

const ACCOUNT: &str = r#"{
    "type": "service_account",
    "project_id": "acme",
    "private_key_id": "id-1",
    "private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "client_email": "gateway@acme.test",
    "token_uri": "https://oauth2.test/token"
}"#;

fn world() -> World {
    World::with(&[
        ("AWS_ACCESS_KEY_ID", "AKIA1"),
        ("AWS_SECRET_ACCESS_KEY", "secret/1"),
        ("AZURE_OPENAI_API_KEY", "azure-1"),
        ("ANTHROPIC_API_KEY", "anthropic-1"),
        ("COHERE_API_KEY", "cohere-1"),
        ("GEMINI_API_KEY", "gemini-1"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/keys/account.json"),
        ("ACCOUNT", ACCOUNT),
        ("OTHER", "other-1"),
    ])
    .file("/keys/account.json", ACCOUNT, 0o600, false)
    .file("other.json", ACCOUNT.replace("id-1", "id-2"), 0o600, false)
    .file("no-account.json", "{\"type\": \"authorized_user\", \"refresh_token\": \"k-secret\"}", 0o600, false)
    .file("odd.json", ACCOUNT.replace("https://oauth2.test/token", "oauth2"), 0o600, false)
}

fn load(text: &str, world: &World) -> Result<Registry, ConfigError> {
    Registry::new(&Config::parse(text, "tiercel.toml", &Overrides::default())?, world, Arc::new(HealthTable::new(7)))
}

/// What the only provider of `text` is shown, in a line.
fn shown(text: &str, world: &World) -> String {
    let registry = load(text, world).unwrap();
    let provider = registry.providers().next().unwrap();
    match provider.credential(0) {
        None => "nothing".to_owned(),
        Some(Credential::Bearer(key)) => format!("bearer {}", key.expose()),
        Some(Credential::Header { name, key }) => format!("{name}: {}", key.expose()),
        Some(Credential::Aws(key)) => {
            let token = key.session_token.as_ref().map_or("no token", |token| token.expose());
            let (id, secret) = (key.access_key_id.expose(), key.secret_access_key.expose());
            format!("aws {id} {secret} {token} in {}", provider.parameter("region"))
        }
        Some(Credential::ServiceAccount(ServiceAccountId(index))) => {
            let account = &registry.service_accounts()[*index];
            let (project, location) = (provider.parameter("project"), provider.parameter("location"));
            format!("account {} {} for {project} in {location}", account.email, account.private_key_id)
        }
    }
}

#[test]
fn what_a_provider_is_shown() {
    let check = |case: &str, text: &str, expected: &str| assert_eq!(expected, shown(text, &world()), "{case}");
    check("a key by a header of its own", "[providers.anthropic]", "x-api-key: anthropic-1");
    check("Gemini's", "[providers.gemini]", "x-goog-api-key: gemini-1");
    check("Cohere's", "[providers.cohere]", "bearer cohere-1");
    check("Azure's", "[providers.azure]\nparameters = { resource = \"acme\" }", "api-key: azure-1");
    check(
        "a header that the operator names",
        "[providers.a]\nbase_url = \"https://a.test\"\nauthentication = \"x-key\"\nkeys = [{ env = \"OTHER\" }]",
        "x-key: other-1",
    );
    check("none, though there is a variable", "[providers.anthropic]\nauthentication = \"none\"", "nothing");
    check("a key of Amazon's", "[providers.bedrock]", "aws AKIA1 secret/1 no token in us-east-1");
    check(
        "one in a region that is configured",
        "[providers.bedrock]\nparameters = { region = \"eu-west-1\" }",
        "aws AKIA1 secret/1 no token in eu-west-1",
    );
    check(
        "a temporary one from other variables",
        "[providers.bedrock]\nkeys = [{ env = \"OTHER\", access_key_id = { env = \"AWS_ACCESS_KEY_ID\" }, \
         session_token = { env = \"COHERE_API_KEY\" } }]",
        "aws AKIA1 other-1 cohere-1 in us-east-1",
    );
    check("a Bedrock API key", "[providers.bedrock]\nkeys = [{ env = \"OTHER\" }]", "bearer other-1");
    check(
        "an account in the file that the variable names",
        "[providers.vertex]\nparameters = { project = \"acme\", location = \"us-central1\" }",
        "account gateway@acme.test id-1 for acme in us-central1",
    );
    check(
        "one in a file",
        "[providers.vertex]\nparameters = { project = \"acme\", location = \"global\" }\n\
         keys = [{ file = \"other.json\" }]",
        "account gateway@acme.test id-2 for acme in global",
    );
    check(
        "one in the variable itself",
        "[providers.vertex]\nparameters = { project = \"acme\", location = \"global\" }\n\
         keys = [{ env = \"ACCOUNT\" }]",
        "account gateway@acme.test id-1 for acme in global",
    );
    check(
        "Vertex by a key",
        "[providers.vertex]\nparameters = { project = \"acme\", location = \"global\" }\n\
         authentication = \"x-goog-api-key\"\nkeys = [{ env = \"OTHER\" }]",
        "x-goog-api-key: other-1",
    );
}

#[test]
fn a_bedrock_api_key_goes_before_what_would_be_signed_with() {
    let mut world = world();
    world.variables.insert("AWS_SESSION_TOKEN", "token-1");
    assert_eq!(shown("[providers.bedrock]", &world), "aws AKIA1 secret/1 token-1 in us-east-1");

    world.variables.insert("AWS_BEARER_TOKEN_BEDROCK", "key-1");
    assert_eq!(shown("[providers.bedrock]", &world), "bearer key-1");
}

#[test]
fn where_a_provider_is_reached() {
    let check = |case: &str, text: &str, variables: &[(&'static str, &'static str)], expected: &str| {
        let mut world = world();
        world.variables.extend(variables.iter().copied());
        let registry = load(text, &world).unwrap();
        let provider = registry.providers().next().unwrap();
        let origin = &registry.origins()[provider.origin.0];

        assert_eq!(expected, format!("{}{}", origin.host, provider.base_path), "{case}");
        assert_eq!(origin.host, provider.host_header, "{case}");
    };
    let vertex = |location: &str| {
        format!("[providers.vertex]\nparameters = {{ project = \"acme\", location = \"{location}\" }}")
    };
    let bedrock = "[providers.bedrock]";
    check("by default", bedrock, &[], "bedrock-runtime.us-east-1.amazonaws.com");
    check("by a variable", bedrock, &[("AWS_REGION", "eu-west-1")], "bedrock-runtime.eu-west-1.amazonaws.com");
    check("by an empty variable", bedrock, &[("AWS_REGION", " ")], "bedrock-runtime.us-east-1.amazonaws.com");
    check("in a location", &vertex("us-central1"), &[], "us-central1-aiplatform.googleapis.com");
    check("in all of them", &vertex("global"), &[], "aiplatform.googleapis.com");
    check(
        "elsewhere",
        "[providers.azure]\nbase_url = \"https://gateway.acme.test/azure\"",
        &[],
        "gateway.acme.test/azure",
    );
    check(
        "by a variable that holds a URL",
        "[providers.databricks]\nkeys = [{ env = \"OTHER\" }]",
        &[("DATABRICKS_HOST", "https://adb-1.azuredatabricks.net/")],
        "adb-1.azuredatabricks.net/serving-endpoints",
    );
}

#[test]
fn accounts_are_shared_and_their_tokens_come_from_an_origin_of_their_own() {
    let vertex = |name: &str, file: &str| {
        format!(
            "[providers.{name}]\nbase_url = \"https://{name}.test\"\ndialect = \"vertex\"\n\
             keys = [{{ file = \"{file}\" }}]\nparameters = {{ project = \"acme\", location = \"global\" }}\n"
        )
    };
    let text = [vertex("a", "/keys/account.json"), vertex("b", "/keys/account.json"), vertex("c", "other.json")];

    let registry = load(&text.concat(), &world()).unwrap();

    let accounts = registry.service_accounts();
    assert_eq!(accounts.iter().map(|it| it.private_key_id.as_str()).collect::<Vec<_>>(), ["id-1", "id-2"]);
    for account in accounts {
        let endpoint = &account.token_endpoint;
        let origin = &registry.origins()[endpoint.origin.0];
        assert_eq!(("oauth2.test", 443, true), (origin.host.as_str(), origin.port, origin.is_tls));
        assert_eq!(("/token", "oauth2.test"), (endpoint.path.as_str(), endpoint.host_header.as_str()));
    }
    assert_eq!(registry.origins().len(), 4);
}

#[test]
fn everything_secret_is_known_and_none_is_printed() {
    let check = |text: &str, expected: &[&str]| {
        let mut world = world();
        world.variables.insert("AWS_SESSION_TOKEN", "token-1");
        let registry = load(text, &world).unwrap();
        let provider = registry.providers().next().unwrap();

        let secrets: Vec<_> = provider.secrets().iter().map(Secret::expose).collect();
        assert_eq!(expected, secrets, "{text}");
        let printed = format!("{registry:?}");
        assert!(secrets.iter().all(|secret| !printed.contains(secret)), "{printed}");
    };
    check("[providers.anthropic]", &["anthropic-1"]);
    check("[providers.bedrock]", &["AKIA1", "secret/1", "token-1"]);
    check(
        "[providers.vertex]\nparameters = { project = \"acme\", location = \"global\" }",
        &["-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"],
    );
}

#[test]
fn what_is_no_account() {
    let check = |file: &str, expected: &str| {
        let text = format!(
            "[providers.vertex]\nparameters = {{ project = \"acme\", location = \"global\" }}\nkeys = [{{ file = \"{file}\" }}]"
        );
        let error = load(&text, &world()).unwrap_err();

        assert_eq!(expected, error.message);
        assert_eq!(3, error.line);
        assert!(!error.to_string().contains("k-secret"));
    };
    check("no-account.json", "secret file no-account.json holds no service account's key");
    check("odd.json", "in the service account's `token_uri`: the URL must start with `https://` or `http://`");
    check("absent.json", "secret file absent.json cannot be read: No such file or directory");
}

#[test]
fn what_a_provider_still_lacks() {
    let check = |case: &str, name: &str, variables: &[(&'static str, &'static str)], expected: &[&str]| {
        let entry = tiercel_core::catalogue::entry(name).unwrap();

        assert_eq!(expected, entry.missing_variables(&World::with(variables)), "{case}");
    };
    let id = ("AWS_ACCESS_KEY_ID", "AKIA1");
    let secret = ("AWS_SECRET_ACCESS_KEY", "secret/1");
    let account = ("GOOGLE_APPLICATION_CREDENTIALS", "/keys/account.json");
    check("a key", "openai", &[], &["OPENAI_API_KEY"]);
    check("an empty one", "openai", &[("OPENAI_API_KEY", " ")], &["OPENAI_API_KEY"]);
    check("nothing", "openai", &[("OPENAI_API_KEY", "sk-1")], &[]);
    check("nothing, as it needs no key", "ollama", &[], &[]);
    check("half a key of Amazon's", "bedrock", &[id], &["AWS_SECRET_ACCESS_KEY"]);
    check("the other half", "bedrock", &[secret], &["AWS_ACCESS_KEY_ID"]);
    check("neither", "bedrock", &[id, secret], &[]);
    check("nothing beside a Bedrock API key", "bedrock", &[("AWS_BEARER_TOKEN_BEDROCK", "key-1")], &[]);
    check("the project of an account", "vertex", &[account], &["GOOGLE_CLOUD_PROJECT"]);
    check("the resource of a key", "azure", &[("AZURE_OPENAI_API_KEY", "azure-1")], &["AZURE_RESOURCE_NAME"]);
}

#[test]
fn keys_that_are_mostly_for_something_else_are_not_used_unasked() {
    let check = |variables: &[(&'static str, &'static str)], expected: &[&str]| {
        let config = Config::from_environment(&World::with(variables), &Overrides::default()).unwrap();

        assert_eq!(expected, config.iter().flat_map(|config| config.providers.keys()).collect::<Vec<_>>());
    };
    check(&[("HF_TOKEN", "hf_1")], &[]);
    check(&[("HF_TOKEN", "hf_1"), ("OPENAI_API_KEY", "sk-1")], &["openai"]);
    check(&[("AWS_ACCESS_KEY_ID", "AKIA1"), ("AWS_SECRET_ACCESS_KEY", "secret/1")], &[]);
}
