//! What the server of the page refuses: names that are not this machine's, and links of other sites that lead straight into
//! the page.
//!
//! A page of another site may send the browser to `http://localhost:8080/#…`, and what it put into the fragment is not sent
//! to the server. So each navigation that another site began is answered with a question. Its button posts to the same
//! address and is sent back to it, now by the server's own page; browsers keep the fragment on both ways, and no script is
//! needed. Navigations that the person began (an address that was typed, a bookmark, a link in another program) go through.

use axum::extract::Request;
use axum::http::header::{CONTENT_SECURITY_POLICY, HOST};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use streamgauge::address::{Address, AddressSpace};

/// Nothing runs in the question, nobody frames it, and its form goes to the server alone.
const QUESTION_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const QUESTION: &str = include_str!("question.html");

/// Lets a request through, or answers it.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    if !is_for_this_machine(&request) {
        let words = "This server answers to localhost and to loopback addresses only.\n";
        return (StatusCode::MISDIRECTED_REQUEST, words).into_response();
    }
    if is_navigation_from_another_site(&request) {
        return (StatusCode::FORBIDDEN, [(CONTENT_SECURITY_POLICY, QUESTION_POLICY)], Html(QUESTION)).into_response();
    }
    if request.method() == Method::POST {
        // One slash: two would name another host.
        return Redirect::to(&format!("/{}", request.uri().path().trim_start_matches('/'))).into_response();
    }
    next.run(request).await
}

/// Whether the request names this machine. A name of somebody else's that resolves to this machine would make their page
/// one of the server's origin (DNS rebinding).
fn is_for_this_machine(request: &Request) -> bool {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let address = host.and_then(|host| Address::parse(&format!("http://{host}")).ok());
    address.is_some_and(|address| address.origin.space() == AddressSpace::Loopback)
}

fn is_navigation_from_another_site(request: &Request) -> bool {
    let is = |name: &str, value: &str| request.headers().get(name).is_some_and(|have| have == value);
    is("sec-fetch-mode", "navigate") && is("sec-fetch-site", "cross-site")
}
