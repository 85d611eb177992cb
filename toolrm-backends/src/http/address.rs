//! Where a server is, and what of that may be shown.

use std::fmt;

use reqwest::Url;
use toolrm_core::error::{ErrorKind, JudgeError};

/// Shorter texts are not taken for secrets: blotting out every `1` of an error would leave nothing to read.
const SHORTEST_SECRET: usize = 4;

/// The base address of a server, without `/v1`.
#[derive(Clone)]
pub(super) struct Address {
    /// With user and query, as it is asked.
    full: Url,
    /// Without them, for people.
    shown: String,
}

impl Address {
    /// Takes `host:port`, `http://host:port`, and the same with `/v1`, `/v1/` or `/v1/chat/completions` behind it.
    pub(super) fn new(url: &str) -> Result<Self, JudgeError> {
        let url = url.trim();
        let with_scheme = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        // The text itself may hold a password: it is not repeated.
        let wrong = |why: String| {
            let message = format!("the server's address {why}: it should look like http://localhost:8000");
            JudgeError::new(ErrorKind::InvalidInput, message)
        };
        let mut full = Url::parse(&with_scheme).map_err(|e| wrong(format!("is not a URL ({e})")))?;
        if !matches!(full.scheme(), "http" | "https") {
            return Err(wrong(format!("has the scheme {}, which is not spoken here", full.scheme())));
        }
        if full.host_str().is_none_or(str::is_empty) {
            return Err(wrong("names no host".into()));
        }
        full.set_fragment(None);
        let mut path = full.path().trim_end_matches('/');
        for ending in ["/chat/completions", "/v1"] {
            path = path.strip_suffix(ending).unwrap_or(path).trim_end_matches('/');
        }
        let path = path.to_owned();
        full.set_path(&path);
        Ok(Self { shown: shown(&full), full })
    }

    /// The address of a path (`/v1/models`).
    pub(super) fn of(&self, path: &str) -> Url {
        let mut url = self.full.clone();
        url.set_path(&format!("{}{path}", self.full.path().trim_end_matches('/')));
        url
    }

    /// Without user, password and query; no slash at its end.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) fn is_https(&self) -> bool {
        self.full.scheme() == "https"
    }

    /// Whether it leads to this machine.
    pub(super) fn is_local(&self) -> bool {
        self.full.host_str().is_some_and(|h| h == "localhost" || h == "[::1]" || h.starts_with("127."))
    }

    pub(super) fn has_user(&self) -> bool {
        !self.full.username().is_empty() || self.full.password().is_some()
    }

    /// Takes user and password out: a key replaces them.
    pub(super) fn without_user(mut self) -> Self {
        // Fails for addresses without a host only, which there are none of.
        let _ = self.full.set_username("");
        let _ = self.full.set_password(None);
        self
    }

    /// What of it is nobody's business.
    fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![self.full.username().to_owned()];
        secrets.extend(self.full.password().map(str::to_owned));
        secrets.extend(self.full.query().map(str::to_owned));
        secrets.extend(self.full.query_pairs().map(|(_, value)| value.into_owned()));
        secrets
    }
}

fn shown(full: &Url) -> String {
    let port = full.port().map(|p| format!(":{p}")).unwrap_or_default();
    let host = full.host_str().unwrap_or_default();
    format!("{}://{host}{port}{}", full.scheme(), full.path().trim_end_matches('/'))
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// The texts that must not be shown, and the means not to.
#[derive(Clone, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    pub(super) fn new(address: &Address, key: Option<&str>) -> Self {
        let mut secrets = address.secrets();
        secrets.extend(key.map(str::to_owned));
        secrets.retain(|s| s.len() >= SHORTEST_SECRET);
        // Longest first, so that no part of one is left standing.
        secrets.sort_by_key(|s| std::cmp::Reverse(s.len()));
        Self(secrets)
    }

    /// The text with every secret replaced: servers like to repeat the key they refuse.
    pub(super) fn redact(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "[secret]"))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_lead_to_the_same_place() {
        for url in [
            "http://h:8000",
            "http://h:8000/",
            "http://h:8000/v1",
            " http://h:8000/v1/ ",
            "h:8000",
            "h:8000/v1/chat/completions",
        ] {
            let address = Address::new(url).unwrap();
            assert_eq!(address.shown(), "http://h:8000", "{url}");
            assert_eq!(address.of("/v1/models").as_str(), "http://h:8000/v1/models", "{url}");
        }
        let behind_proxy = Address::new("https://h/llm/v1/").unwrap();
        assert_eq!(behind_proxy.of("/classify").as_str(), "https://h/llm/classify");
    }

    #[test]
    fn user_password_and_query_are_used_and_never_shown() {
        let address = Address::new("https://user:pass-word@h/v1?token=abc%20def").unwrap();
        assert_eq!(address.of("/x").as_str(), "https://user:pass-word@h/x?token=abc%20def");
        assert_eq!(format!("{address:?} {}", address.shown()), "https://h https://h");
        let secrets = Secrets::new(&address, Some("sk-1234"));
        let text = secrets.redact("Bearer sk-1234, pass-word, token=abc%20def, abc def");
        assert_eq!(text, "Bearer [secret], [secret], [secret], [secret]");
        assert_eq!(address.without_user().of("/x").as_str(), "https://h/x?token=abc%20def");
    }

    #[test]
    fn what_is_no_address_is_an_error_that_does_not_repeat_it() {
        for url in ["", "ftp://u:secret@h", "http://", "http://u:secret@h:port"] {
            let error = Address::new(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
