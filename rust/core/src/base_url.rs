//! A provider's base URL, taken apart once.

use http::uri::{Scheme, Uri};

/// Where a provider is reached.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    pub(crate) is_tls: bool,
    /// A name or an address; that of IPv6 without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// What goes before each request's path: `/v1`, or nothing.
    pub(crate) path: String,
    /// What the `host` header says: without the port where it is the scheme's own.
    pub(crate) host_header: String,
}

impl BaseUrl {
    /// # Errors
    /// What is wrong with `text`, without quoting it: it may hold a password.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let url: Uri = text.parse().map_err(|_| "this is not a URL")?;
        let is_tls = match url.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err("the URL must start with `https://` or `http://`"),
        };
        let authority = url.authority().ok_or("the URL has no host")?;
        if authority.as_str().contains('@') {
            return Err("the URL must not hold a user or password");
        }
        if url.query().is_some() || text.contains('#') {
            return Err("the URL must end with its path");
        }
        let default_port = if is_tls { 443 } else { 80 };
        let port = authority.port_u16();
        // A colon outside an address's brackets promises a port.
        if port.is_none() && authority.as_str() != authority.host() || port == Some(0) {
            return Err("the URL's port must be from 1 to 65535");
        }
        let port = port.unwrap_or(default_port);
        let host = authority.host();
        if host.is_empty() {
            return Err("the URL has no host");
        }
        let host_header = if port == default_port { host.to_owned() } else { format!("{host}:{port}") };
        Ok(Self {
            is_tls,
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            path: url.path().trim_end_matches('/').to_owned(),
            host_header,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_says() {
        let check = |text: &str, expected: (bool, &str, u16, &str, &str)| {
            let url = BaseUrl::parse(text).unwrap();

            assert_eq!(expected, (url.is_tls, &*url.host, url.port, &*url.path, &*url.host_header), "{text}");
        };
        check("https://api.openai.com/v1", (true, "api.openai.com", 443, "/v1", "api.openai.com"));
        check("https://api.openai.com:443/v1/", (true, "api.openai.com", 443, "/v1", "api.openai.com"));
        check("http://127.0.0.1:8000", (false, "127.0.0.1", 8000, "", "127.0.0.1:8000"));
        check("http://[::1]:8000/a/b", (false, "::1", 8000, "/a/b", "[::1]:8000"));
        check("http://[::1]", (false, "::1", 80, "", "[::1]"));
        check("HTTPS://example.com", (true, "example.com", 443, "", "example.com"));
    }

    #[test]
    fn what_is_no_base_url() {
        for text in [
            "",
            "api.openai.com/v1",
            "ftp://example.com",
            "/v1",
            "https://",
            "https:///v1",
            "https://user:pass@example.com/v1",
            "https://example.com/v1?key=1",
            "https://example.com/v1#part",
            "https://example.com:0/v1",
            "https://example.com:99999/v1",
            "https://example.com:/v1",
            "https://example.com/v1\r\nhost: other",
            "https://exa mple.com",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }
}
