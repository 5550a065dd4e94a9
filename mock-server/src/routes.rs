//! The mock's routes: those that servers have beside generating text, its own log under `/mock/`, and the cross-origin
//! headers on all of them.

use axum::extract::{Request, State};
use axum::http::header::ACCESS_CONTROL_REQUEST_METHOD;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::app::App;
use crate::cors::Cors;
use crate::dialect::openai_error;
use crate::generate::generate;

/// All routes.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/v1/models", get(models))
        .route("/health", get(|| async { StatusCode::OK }))
        .route("/mock/log", get(log).delete(clear_log))
        .route("/mock/stats", get(stats))
        .fallback(generate)
        .layer(middleware::from_fn_with_state(app.clone(), cross_origin))
        .with_state(app)
}

async fn models(State(app): State<App>, request: Request) -> Response {
    app.journal.note_plain(&request);
    if !app.admits(request.headers()) {
        let error = openai_error(401, "Unauthorized");
        return (StatusCode::UNAUTHORIZED, Json(error)).into_response();
    }
    let created = (app.clock.start_unix_ms() / 1e3) as u64;
    let model = |id: &String| json!({ "id": id, "object": "model", "created": created, "owned_by": "mock" });
    let models: Vec<_> = app.config.models.iter().map(model).collect();
    Json(json!({ "object": "list", "data": models })).into_response()
}

async fn log(State(app): State<App>) -> Response {
    Json(app.journal.file()).into_response()
}

async fn clear_log(State(app): State<App>) -> StatusCode {
    app.journal.clear();
    StatusCode::NO_CONTENT
}

async fn stats(State(app): State<App>) -> Response {
    Json(app.journal.stats()).into_response()
}

/// Answers preflights, and adds to every other answer what lets a page read it.
async fn cross_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    let own_route = request.uri().path().starts_with("/mock/");
    let cors = if own_route { &Cors::Any } else { &app.config.cors };
    let asked = request.headers().clone();
    let mut response = if is_preflight(&request) {
        app.journal.note_plain(&request);
        match cors.preflight(&asked, app.config.preflight_max_age_s) {
            Some(headers) => (StatusCode::OK, headers).into_response(),
            None => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        }
    } else {
        let mut response = next.run(request).await;
        response.headers_mut().extend(cors.simple(&asked).unwrap_or_default());
        response
    };
    if app.config.timing_allow_origin {
        response.headers_mut().insert(HeaderName::from_static("timing-allow-origin"), HeaderValue::from_static("*"));
    }
    response
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}
