//! From a request to its answer: read it, find who would answer it and what it asks for, refuse what that server would
//! refuse, wait for a slot, and stream.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::app::App;
use crate::config::Config;
use crate::connection::{Connection, ResetMark};
use crate::dialect::{self, Dialect, Job};
use crate::faults::Fault;
use crate::faulty::{self, Faulty};
use crate::framing::{Chunk, Framer};
use crate::log::{self, RequestLog, Ticket};
use crate::script::{Pace, Script, chunks};
use crate::stream::{AnswerBody, Serving};

/// The longest answer, as every model has one.
const MAX_TOKENS: usize = 1_000_000;

/// An answer that is ready to be given.
struct Plan {
    dialect: &'static dyn Dialect,
    config: Arc<Config>,
    job: Arc<Job>,
}

/// Why there is none, and with which status.
struct Refusal(u16, String);

/// Answers every path that generates text.
pub(crate) async fn generate(State(app): State<App>, request: Request) -> Response {
    let seen = log::seen(&request);
    let connection = request.extensions().get::<Connection>().cloned();
    let (head, body) = request.into_parts();
    let Ok(bytes) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let arrival_ms = app.clock.now_ms();
    let body: Result<Value, _> = serde_json::from_slice(&bytes);
    let json = body.as_ref().unwrap_or(&Value::Null);
    let Some((dialect, streams)) = dialect::for_path(&seen.path, app.config.mii_path.as_deref(), json) else {
        return (StatusCode::NOT_FOUND, Json(json!({ "detail": "Not Found" }))).into_response();
    };
    if head.method != Method::POST {
        return (StatusCode::METHOD_NOT_ALLOWED, Json(json!({ "detail": "Method Not Allowed" }))).into_response();
    }
    let path = seen.path.clone();
    let log = RequestLog { arrival_ms, start_ms: arrival_ms, body: json.clone(), ..seen };
    let (ticket, number) = app.journal.open(log);
    let plan = check(&app, &head.headers, body.map_err(|error| error.to_string()), dialect)
        .and_then(|body| plan(&app, &body, dialect, number, streams, &path));
    match plan {
        Ok(plan) => answer(&app, plan, ticket, connection, arrival_ms).await,
        Err(Refusal(status, message)) => refuse(dialect, &ticket, status, &message),
    }
}

/// What a server checks before it looks into a body.
fn check(app: &App, headers: &HeaderMap, body: Result<Value, String>, dialect: &dyn Dialect) -> Result<Value, Refusal> {
    if !app.admits(headers) {
        return Err(Refusal(401, "Unauthorized".into()));
    }
    let is_json = headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if app.config.require_json && !is_json {
        return Err(Refusal(415, "Unsupported Media Type: Only 'application/json' is allowed".into()));
    }
    body.map_err(|error| Refusal(dialect.bad_request_status(), format!("the body is not JSON: {error}")))
}

/// What will be answered.
fn plan(
    app: &App,
    body: &Value,
    dialect: &'static dyn Dialect,
    number: usize,
    streams: Option<bool>,
    path: &str,
) -> Result<Plan, Refusal> {
    let asked = body.get("model").and_then(Value::as_str);
    let (config, model) =
        app.config.for_request(asked.unwrap_or(""), number).map_err(|e| Refusal(400, e.to_string()))?;
    if config.strict_models && asked.is_some() && !config.models.contains(&model) {
        return Err(Refusal(404, format!("The model `{model}` does not exist.")));
    }
    let mut params = dialect.params(body).map_err(|message| Refusal(dialect.bad_request_status(), message))?;
    params.stream = streams.unwrap_or(params.stream);
    if params.max_tokens > MAX_TOKENS {
        let message = format!("{} tokens are more than the mock's {MAX_TOKENS}", params.max_tokens);
        return Err(Refusal(dialect.bad_request_status(), message));
    }
    let eos_after = config.eos_after.filter(|_| !params.ignore_eos).unwrap_or(usize::MAX);
    let endless = config.fault == Some(Fault::Endless);
    let total = if endless { usize::MAX } else { params.max_tokens.min(eos_after) };
    // Triton names the model in its path, other servers' requests may leave it out.
    let in_path = path.strip_prefix("/v2/models/").and_then(|rest| rest.split('/').next());
    let default = config.models.first().map_or("mock", String::as_str);
    let model = in_path.unwrap_or(if model.is_empty() { default } else { &model }).to_owned();
    let job = Job {
        number,
        created_unix_s: ((app.clock.start_unix_ms() + app.clock.now_ms()) / 1e3) as u64,
        model,
        total,
        reasoning: config.reasoning_tokens.min(total),
        stopped: total < params.max_tokens,
        finish_with_last_token: config.finish_with_last_token,
        text: config.text.clone(),
        params,
    };
    Ok(Plan { dialect, config: Arc::new(config), job: Arc::new(job) })
}

fn refuse(dialect: &dyn Dialect, ticket: &Ticket, status: u16, message: &str) -> Response {
    ticket.note(|log| log.status = status);
    ticket.finish();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(dialect.error(status.as_u16(), message))).into_response()
}

async fn answer(app: &App, plan: Plan, ticket: Ticket, connection: Option<Connection>, arrival_ms: f64) -> Response {
    let Plan { dialect, config, job } = plan;
    let fault = config.fault;
    ticket.note(|log| {
        log.prompt.clone_from(&job.params.prompt);
        log.max_tokens = job.params.max_tokens;
        log.fault = fault.map(|fault| fault.to_string());
    });
    let (slot, mut start_ms) = queue(app, &ticket, arrival_ms).await;
    match fault {
        Some(Fault::Status { code }) => return refuse(dialect, &ticket, code, "the mock was told to fail"),
        Some(Fault::ErrorEvent { .. }) if !job.params.stream => {
            return refuse(dialect, &ticket, 500, "the mock was told to fail");
        }
        Some(Fault::ResetBeforeHeaders) => return reset(&ticket, connection.as_ref()),
        Some(Fault::WrongContentType) => return page(&ticket),
        Some(Fault::SlowHeaders { ms }) => {
            start_ms += f64::from(ms);
            app.timer.at(start_ms).await;
        }
        _ => {}
    }
    let serving = Serving { ticket, timer: app.timer.clone(), connection, _slot: slot };
    if job.params.stream {
        stream(app, dialect, config, job, start_ms, serving).await
    } else {
        whole(app, dialect, &config, &job, start_ms, serving).await
    }
}

/// Waits for a slot, where they are limited, and says when the request got it.
async fn queue(app: &App, ticket: &Ticket, arrival_ms: f64) -> (Option<tokio::sync::OwnedSemaphorePermit>, f64) {
    let Some(slots) = &app.slots else { return (None, arrival_ms) };
    if let Ok(slot) = Arc::clone(slots).try_acquire_owned() {
        return (Some(slot), arrival_ms);
    }
    // The semaphore is never closed.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    let start_ms = app.clock.now_ms();
    ticket.note(|log| log.start_ms = start_ms);
    (slot, start_ms)
}

fn reset(ticket: &Ticket, connection: Option<&Connection>) -> Response {
    ticket.finish();
    connection.into_iter().for_each(Connection::reset_on_drop);
    let mut response = Response::default();
    response.extensions_mut().insert(ResetMark);
    response
}

fn page(ticket: &Ticket) -> Response {
    ticket.note(|log| log.status = 200);
    ticket.finish();
    let html = "<!DOCTYPE html><title>A proxy</title><p>This is a page, and no answer of an LLM server.";
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

async fn stream(
    app: &App,
    dialect: &'static dyn Dialect,
    config: Arc<Config>,
    job: Arc<Job>,
    start_ms: f64,
    serving: Serving,
) -> Response {
    if !config.headers_at_once {
        app.timer.at(Pace::new(&config, start_ms, job.number).next()).await;
    }
    serving.ticket.note(|log| log.status = 200);
    let script = Script::new(Arc::clone(&config), Arc::clone(&job), dialect, start_ms);
    let items = Faulty::new(script, config.fault, dialect, &job, chunks(&config, &job));
    let pieces = Framer::new(items, config.framing.clone(), dialect.prefix());
    let headers = [(CONTENT_TYPE, "text/event-stream; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (headers, Body::new(AnswerBody::stream(pieces, serving))).into_response()
}

/// An answer in one piece, when its last token would have come.
async fn whole(
    app: &App,
    dialect: &'static dyn Dialect,
    config: &Config,
    job: &Job,
    start_ms: f64,
    serving: Serving,
) -> Response {
    if job.total == usize::MAX {
        return std::future::pending().await;
    }
    let due_ms = Pace::new(config, start_ms, job.number).last_of(chunks(config, job));
    let full = dialect.whole(job).to_string();
    let full_length = full.len();
    let (text, end) = faulty::whole(config.fault, full);
    let length = if end.is_some() { full_length } else { text.len() };
    app.timer.at(due_ms).await;
    serving.ticket.note(|log| log.status = 200);
    let tokens = u32::try_from(job.total).unwrap_or(u32::MAX);
    let chunk = Chunk { due_ms, tokens, text: job.text.text(0, job.total) };
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_LENGTH, length.to_string())];
    (headers, Body::new(AnswerBody::whole(text, chunk, end, serving))).into_response()
}
