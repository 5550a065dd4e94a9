//! The cross-origin headers of an answer, by the Fetch standard: which origins a configuration allows, and which headers
//! they may send.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue};

/// Which pages may read the answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cors {
    /// None: no CORS header at all, and a preflight is refused.
    Off,
    /// Every origin, with every header that is asked for.
    #[default]
    Any,
    /// Every origin, but only the content type as a header: a key cannot be sent (the habit of TGI).
    WithoutAuthorization,
    /// These origins, with every header that is asked for.
    Origins(Vec<String>),
}

impl Cors {
    /// The value of `Access-Control-Allow-Origin` for a request from this origin.
    fn allow(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        match self {
            Self::Off => None,
            Self::Any | Self::WithoutAuthorization => Some(HeaderValue::from_static("*")),
            Self::Origins(origins) => {
                origins.iter().any(|allowed| allowed.as_bytes() == origin).then(|| origin.clone())
            }
        }
    }

    /// The headers of a preflight's answer, none if the origin is not allowed.
    pub(crate) fn preflight(&self, request: &HeaderMap, max_age_s: Option<u32>) -> Option<HeaderMap> {
        let mut headers = self.simple(request)?;
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE, OPTIONS"));
        let allowed = match self {
            Self::WithoutAuthorization => Some(HeaderValue::from_static("content-type")),
            _ => request.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned(),
        };
        headers.extend(allowed.map(|allowed| (ACCESS_CONTROL_ALLOW_HEADERS, allowed)));
        headers.extend(max_age_s.map(|seconds| (ACCESS_CONTROL_MAX_AGE, HeaderValue::from(seconds))));
        Some(headers)
    }

    /// The headers of any other answer, none if the origin is not allowed.
    pub(crate) fn simple(&self, request: &HeaderMap) -> Option<HeaderMap> {
        let allowed = self.allow(request.get(ORIGIN)?)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        headers.insert(VARY, HeaderValue::from_static("origin"));
        Some(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(origin: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, HeaderValue::from_static(origin));
        headers.insert(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("authorization,content-type"));
        headers
    }

    #[test]
    fn only_what_is_allowed_is_allowed() {
        let page = request("http://localhost:8080");
        assert!(Cors::Off.preflight(&page, None).is_none());
        let any = Cors::Any.preflight(&page, Some(600)).unwrap();
        assert_eq!(any[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(any[ACCESS_CONTROL_ALLOW_HEADERS], "authorization,content-type");
        assert_eq!(any[ACCESS_CONTROL_MAX_AGE], "600");
        let keyless = Cors::WithoutAuthorization.preflight(&page, None).unwrap();
        assert_eq!(keyless[ACCESS_CONTROL_ALLOW_HEADERS], "content-type");
        let listed = Cors::Origins(vec!["http://localhost:8080".into()]);
        assert_eq!(listed.simple(&page).unwrap()[ACCESS_CONTROL_ALLOW_ORIGIN], "http://localhost:8080");
        assert!(listed.simple(&request("http://localhost:9999")).is_none());
    }
}
