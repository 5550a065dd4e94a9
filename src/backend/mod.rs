//! One file a kind of server: a request's body out, a stream's bytes in. The SSE reader stands beside them.
//!
//! Bodies and rules are the Python reference client's (and SGLang's own client's for `sglang`), read against the
//! servers' documentation. A new kind is one file that implements `Backend` and reads its events, and one line each in
//! `fn backend` and `fn reader`.
//!
//! # Differences
//! Where the reference is wrong, this is what is done in its place.
//!
//! | Server | Reference | Here |
//! | --- | --- | --- |
//! | all | an error status keeps only its phrase | the server's own words are kept ([`error_text`]) |
//! | all | a line with an SSE comment, `event:` or `id:` is a JSON error (all but `tgi`) | read as the SSE standard says |
//! | all | an event must be one line of JSON | data over several lines, CR and CRLF, and a missing last blank line are read |
//! | all | an event of another shape is a JSON or key error | read where it holds a token, passed over and counted where it is none (docs/servers.md) |
//! | all | an error inside the stream is a Python traceback | a failure with the server's words |
//! | all | a stream without a token counts as a success with a TTFT of 0 | a failure: no token received |
//! | all | an answer that is not a stream is a traceback | one JSON document is one event: a latency without a TTFT |
//! | all | `extra-body` does not exist; vLLM's replaces whole top-level fields | merged last, objects key by key; null removes |
//! | OpenAI-like | no `[DONE]` is a failure | the stream's end is its end |
//! | OpenAI-like | a chunk with usage alone is a failure | usage is kept beside the tokenizer's count |
//! | OpenAI-like | usage is not asked for | asked for; it does not change what the server generates |
//! | OpenAI-like | sends `Authorization: Bearer None` without a key | sends no such header |
//! | `openai-chat` | reasoning, tool calls and refusals are not seen | they are tokens, kept apart from the answer |
//! | `openai-chat` | an ITL counts from the last chunk, even an empty one | every event keeps its time; metrics choose |
//! | `tgi` | special tokens count like others | they are events without text; the text is the last event's, as there |
//! | `tensorrt-llm` | a prompt that the server puts before the answer counts as output | it is removed, and the result says so |
//! | `tensorrt-llm` | text so far is added up again at each frame, so output is counted many times | each frame brings what it adds |
//! | `deepspeed-mii` | a TTFT of 0, which enters the statistics | not streamed, so it has a latency and no TTFT or ITL |
//! | `sglang` | (its client) the requested length stands in for a missing count | only counts that the server sent are kept |

mod assembly;
mod chat;
mod completions;
mod content;
mod cumulative;
mod decode;
mod deepspeed_mii;
mod echo;
mod encode;
mod error;
mod frame;
mod growing;
mod join;
mod models;
mod openai;
mod refusal;
mod repair;
mod sglang;
pub mod sse;
mod target;
mod tensorrt_llm;
mod tgi;
mod wire;

pub use decode::Decoder;
pub use encode::{EncodeError, HttpRequest, authorization, encode, key_problem};
pub use error::error_text;
pub use models::{ModelsError, parse_models};
pub use refusal::with_advice;
pub use target::{Target, TargetError, target_urls, targets};

use encode::{Ask, Fields};
use frame::Frame;
use wire::Unreadable;

use crate::settings::BackendKind;

/// What sets one kind of server apart from the others.
trait Backend: Sync {
    /// Where such a server usually answers.
    fn place(&self) -> Place;
    /// The request's body, but for the extra body.
    ///
    /// # Errors
    /// When a setting cannot be said to this kind of server.
    fn body(&self, ask: &Ask<'_>) -> Result<Fields, EncodeError>;
    /// The header that carries an API key; servers without keys ignore it.
    fn authorization(&self, key: &str) -> (String, String) {
        ("Authorization".into(), format!("Bearer {key}"))
    }
}

/// Reads the JSON of one event, or of a response that is not a stream, into the frame. A function and no method of
/// [`Backend`], so that the page, which reads no stream, does not carry it.
///
/// # Errors
/// [`Unreadable`] when it is not JSON of this kind; the frame is unchanged then.
type Read = fn(json: &[u8], frame: &mut Frame<'_>) -> Result<(), Unreadable>;

/// Where a kind of server usually answers.
struct Place {
    /// The usual path.
    path: &'static str,
    /// What the path must end with: another one would speak another API.
    path_end: &'static str,
    /// The usual port.
    port: u16,
    /// Where it lists its models.
    models: Option<&'static str>,
}

/// The kind's own rules.
fn backend(kind: BackendKind) -> &'static dyn Backend {
    match kind {
        BackendKind::Vllm | BackendKind::Openai => &completions::Completions { port: 8000 },
        BackendKind::Aphrodite => &completions::Completions { port: 2242 },
        BackendKind::Lmdeploy => &completions::Completions { port: 23333 },
        BackendKind::Scalellm => &completions::Completions { port: 8080 },
        BackendKind::OpenaiChat => &chat::Chat,
        BackendKind::Tgi => &tgi::Tgi,
        BackendKind::TensorrtLlm => &tensorrt_llm::TensorrtLlm,
        BackendKind::DeepspeedMii => &deepspeed_mii::DeepspeedMii,
        BackendKind::Sglang => &sglang::Sglang,
    }
}

/// What reads the kind's events.
fn reader(kind: BackendKind) -> Read {
    match kind {
        BackendKind::Vllm
        | BackendKind::Openai
        | BackendKind::Aphrodite
        | BackendKind::Lmdeploy
        | BackendKind::Scalellm
        | BackendKind::OpenaiChat => openai::read,
        BackendKind::Tgi => tgi::read,
        BackendKind::TensorrtLlm => tensorrt_llm::read,
        BackendKind::DeepspeedMii => deepspeed_mii::read,
        BackendKind::Sglang => sglang::read,
    }
}

/// Whether the kind's streams end with a mark: `[DONE]`, a finish reason, or a report of usage.
fn ends_with_a_mark(kind: BackendKind) -> bool {
    !matches!(kind, BackendKind::TensorrtLlm | BackendKind::DeepspeedMii)
}

/// The path of the completions API, which is the reference's default endpoint.
pub(crate) const COMPLETIONS_PATH: &str = "/v1/completions";

/// The path and port that such a server usually has.
pub fn default_endpoint(kind: BackendKind) -> (&'static str, u16) {
    let place = backend(kind).place();
    (place.path, place.port)
}
