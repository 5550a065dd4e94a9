//! Asks a server for its models.

use web_sys::{Headers, Response};

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::clock::BrowserClock;
use super::diagnose::explain;
use super::fetch::{absolute, plain_init};
use crate::backend::{authorization, error_text, models_path, parse_models};
use crate::protocol::{Job, Stage, StageError};
use crate::web::scope::{js_error_text, scope};

/// The names of the server's models.
///
/// # Errors
/// When the server has no such list, is not reached, or answers something else.
pub(super) async fn list_models(job: &Job, clock: &BrowserClock) -> Result<Vec<String>, StageError> {
    let server = |message: String| StageError { stage: Stage::Server, message };
    let backend = job.settings.backend;
    let path = models_path(backend)
        .ok_or_else(|| server(format!("{backend} has no list of models: type the model's name.")))?;
    let base_url = job.settings.base_urls().remove(0);
    let url = absolute(&format!("{base_url}{path}"), &job.page_url);
    let response = match get(job, &url).await {
        Ok(response) => response,
        Err(_) => return Err(server(explain(job, &url, clock).await)),
    };
    let body = body(&response)
        .await
        .map_err(|error| server(format!("The list of models broke off: {}.", js_error_text(&error))))?;
    if !response.ok() {
        let status = response.status();
        return Err(server(format!("{url} answered {status}: {}", error_text(status, &body))));
    }
    parse_models(&body).map_err(|error| server(error.to_string()))
}

async fn get(job: &Job, url: &str) -> Result<Response, JsValue> {
    let init = plain_init("GET", &job.page_url, url)?;
    if let Some((name, value)) = authorization(job.settings.backend, job.api_key.as_deref()) {
        let headers = Headers::new()?;
        headers.append(&name, &value)?;
        init.set_headers(&headers);
    }
    Ok(JsFuture::from(scope().fetch_with_str_and_init(url, &init)).await?.unchecked_into())
}

async fn body(response: &Response) -> Result<String, JsValue> {
    Ok(JsFuture::from(response.text()?).await?.as_string().unwrap_or_default())
}
