//! Every setting once: its flag, label, group, default and help. The form, the URL fragment, the README's table and the
//! result's record of a run are all made from this one list ([`FLAGS`]).
//!
//! Names and defaults are the Python reference client's where it has the flag, vLLM's where vLLM has it, ours elsewhere.

mod check;
mod fragment;
mod simulated;
mod sweep;
mod value;

pub use check::SettingError;
pub use simulated::simulated_headers;
pub use sweep::{MOST_RUNS, Sweep, SweepError, SweepKey};
pub use value::{BackendKind, DatasetName, Kind, LengthField, Value};

use serde::{Deserialize, Serialize};

/// One flag: what the form, the URL and the README need to know of a setting.
pub struct Flag {
    /// The flag without its dashes; the key in the URL fragment.
    pub key: &'static str,
    /// What a person would call it.
    pub label: &'static str,
    /// One or two sentences of help.
    pub help: &'static str,
    /// Where the form shows it.
    pub group: Group,
    /// Whose flag it is.
    pub origin: Origin,
    /// What kind of input it takes.
    pub kind: Kind,
    /// The values it has in `settings`, as text; empty when unset, several when it repeats.
    pub get: fn(&Settings) -> Vec<String>,
    /// Sets it from text; a repeatable flag gains one value a call. The error is a sentence without the flag's name.
    pub set: fn(&mut Settings, &str) -> Result<(), String>,
    /// Sets it back to nothing or to its default.
    pub clear: fn(&mut Settings),
}

/// The form's sections, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What is measured: backend, address, model.
    Server,
    /// What is sent: dataset, tokenizer, lengths.
    Workload,
    /// How it is sent: rate, concurrency, seed.
    Load,
    /// What each request says: sampling, extra fields.
    Request,
    /// What is reported.
    Report,
    /// The simulated server inside the page.
    Simulated,
    /// What a link does by itself; no field in the form.
    Link,
}

/// Where a flag's name and meaning come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The Python reference client.
    Reference,
    /// `vllm bench serve`.
    Vllm,
    /// Streamgauge.
    Ours,
}

macro_rules! settings {
    ($( $(#[doc = $doc:literal])* $field:ident: $type:ty = $default:expr, $key:literal, $label:literal, $group:ident, $origin:ident; )*) => {
        /// All settings of a run.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct Settings {
            $( $(#[doc = $doc])* pub $field: $type, )*
        }

        impl Default for Settings {
            /// The reference client's defaults.
            fn default() -> Self {
                Self { $( $field: $default, )* }
            }
        }

        /// Every flag, in the order of the README's table.
        pub static FLAGS: &[Flag] = &[ $( Flag {
            key: $key,
            label: $label,
            help: concat!($($doc),*),
            group: Group::$group,
            origin: Origin::$origin,
            kind: <$type as Value>::KIND,
            get: |settings| settings.$field.show(),
            set: |settings, text| settings.$field.set(text.trim()),
            clear: |settings| settings.$field = $default,
        }, )* ];

        /// The key and the label of the flag with this key. The load worker, which names flags and no more, stays free
        /// by it of all that [`FLAGS`] holds.
        pub fn names(key: &str) -> Option<(&'static str, &'static str)> {
            match key {
                $( $key => Some(($key, $label)), )*
                _ => None,
            }
        }
    };
}

settings! {
    /// Which API the server speaks.
    backend: BackendKind = BackendKind::Aphrodite, "backend", "Backend", Server, Reference;
    /// The server's address, for example http://localhost:8000. What it shares with the endpoint (/v1, or all of it) is used once. Several, separated by spaces or commas, are used in turn. Empty: http, host and port.
    base_url: Option<String> = None, "base-url", "Base URL", Server, Reference;
    /// The server's host, when no base URL is given.
    host: String = "localhost".into(), "host", "Host", Server, Reference;
    /// The server's port, when no base URL is given.
    port: u16 = 8000, "port", "Port", Server, Reference;
    /// The path that requests go to.
    endpoint: String = "/v1/completions".into(), "endpoint", "Endpoint", Server, Reference;
    /// The model's name, as the server knows it.
    model: Option<String> = None, "model", "Model", Server, Reference;

    /// Which kind of dataset makes the prompts.
    dataset_name: DatasetName = DatasetName::Sharegpt, "dataset-name", "Dataset", Workload, Reference;
    /// Where the dataset is: a URL, absolute or relative to this page. Or pick a file.
    dataset_path: Option<String> = None, "dataset-path", "Dataset file", Workload, Reference;
    /// The URL of a folder with tokenizer.json, or a Hugging Face name such as org/model. Empty: the model's name. Or pick files.
    tokenizer: Option<String> = None, "tokenizer", "Tokenizer", Workload, Reference;
    /// Where Hugging Face names are looked up; a mirror has another address.
    hf_endpoint: String = DEFAULT_HUB.into(), "hf-endpoint", "Hugging Face address", Workload, Ours;
    /// How many requests are sent.
    num_prompts: u32 = 1000, "num-prompts", "Number of prompts", Workload, Reference;
    /// Output tokens for each request, in place of the length of the dataset's answer.
    sharegpt_output_len: Option<u32> = None, "sharegpt-output-len", "Output length", Workload, Reference;
    /// Input tokens for each request.
    sonnet_input_len: u32 = 550, "sonnet-input-len", "Sonnet input length", Workload, Reference;
    /// Output tokens for each request.
    sonnet_output_len: u32 = 150, "sonnet-output-len", "Sonnet output length", Workload, Reference;
    /// Tokens at the start that all prompts share.
    sonnet_prefix_len: u32 = 200, "sonnet-prefix-len", "Sonnet prefix length", Workload, Reference;
    /// Input tokens for each request.
    random_input_len: u32 = 1024, "random-input-len", "Random input length", Workload, Reference;
    /// Output tokens for each request.
    random_output_len: u32 = 128, "random-output-len", "Random output length", Workload, Reference;
    /// Lengths are drawn from this share of the length up to the length itself; 1 makes all equal.
    random_range_ratio: f64 = 1.0, "random-range-ratio", "Random range ratio", Workload, Reference;

    /// Requests per second on average; inf sends all at once.
    request_rate: f64 = f64::INFINITY, "request-rate", "Request rate", Load, Reference;
    /// Seed of the prompts and of the send times.
    seed: u32 = 0, "seed", "Seed", Load, Reference;
    /// Shape of the arrivals: 1 is a Poisson process, below 1 comes in bursts, above 1 is more even.
    burstiness: f64 = 1.0, "burstiness", "Burstiness", Load, Vllm;
    /// At most this many requests at a time; the rest wait here, and their wait is recorded.
    max_concurrency: Option<u32> = None, "max-concurrency", "Maximum concurrency", Load, Vllm;
    /// Several runs, one after another: request rates or concurrencies, for example request-rate:1 2 4 8 or max-concurrency:1 4 16 64. With goodput limits the page says which is the highest that meets them.
    sweep: Option<Sweep> = None, "sweep", "Sweep", Load, Ours;
    /// How the request rate grows over the run: linear or exponential, from the start rate to the end rate.
    ramp_up_strategy: Option<String> = None, "ramp-up-strategy", "Ramp-up", Load, Vllm;
    /// Requests per second at the start of a ramp-up.
    ramp_up_start_rps: Option<f64> = None, "ramp-up-start-rps", "Ramp-up start rate", Load, Vllm;
    /// Requests per second at the end of a ramp-up.
    ramp_up_end_rps: Option<f64> = None, "ramp-up-end-rps", "Ramp-up end rate", Load, Vllm;
    /// Requests sent before the run and not measured.
    num_warmups: u32 = 0, "num-warmups", "Warm-up requests", Load, Vllm;
    /// Sends the run's first prompt as test request and as warm-ups too, as the Python clients do: a server's prefix cache may then answer it too soon.
    test_first_prompt: bool = false, "test-first-prompt", "Test with the first prompt", Load, Ours;
    /// How long to wait for the server to become ready, in seconds.
    ready_check_timeout_sec: u32 = 0, "ready-check-timeout-sec", "Ready check timeout", Load, Vllm;
    /// A request that takes longer than this many seconds is given up and counted as failed.
    request_timeout_sec: f64 = 21600.0, "request-timeout-sec", "Request timeout", Load, Ours;
    /// Before the run the page measures itself for about 2 s, against the server that is simulated inside it, so that the verdict knows what the browser adds.
    calibrate: bool = true, "calibrate", "Calibrate first", Load, Ours;

    /// Makes this many answers a prompt and returns the best one.
    best_of: u32 = 1, "best-of", "Best of", Request, Reference;
    /// Uses beam search.
    use_beam_search: bool = false, "use-beam-search", "Use beam search", Request, Reference;
    /// Goes on to the asked length, whatever the model says.
    ignore_eos: bool = false, "ignore-eos", "Ignore end of sequence", Request, Vllm;
    /// Sampling temperature. Empty: the reference's value for the backend, 0 for most.
    temperature: Option<f64> = None, "temperature", "Temperature", Request, Vllm;
    /// Nucleus sampling.
    top_p: Option<f64> = None, "top-p", "Top p", Request, Vllm;
    /// Samples from this many likeliest tokens.
    top_k: Option<i64> = None, "top-k", "Top k", Request, Vllm;
    /// Least probability of a token, as a share of the likeliest one's.
    min_p: Option<f64> = None, "min-p", "Min p", Request, Vllm;
    /// Penalty for tokens by how often they came.
    frequency_penalty: Option<f64> = None, "frequency-penalty", "Frequency penalty", Request, Vllm;
    /// Penalty for tokens that came at all.
    presence_penalty: Option<f64> = None, "presence-penalty", "Presence penalty", Request, Vllm;
    /// Penalty for repeated tokens.
    repetition_penalty: Option<f64> = None, "repetition-penalty", "Repetition penalty", Request, Vllm;
    /// Log probabilities to return for each token.
    logprobs: Option<u32> = None, "logprobs", "Log probabilities", Request, Vllm;
    /// The field that carries each request's output length. max_tokens is the backend's usual name for it, max_completion_tokens the only one that some models take; none leaves the length to the server.
    length_field: LengthField = LengthField::MaxTokens, "length-field", "Length field", Request, Ours;
    /// A JSON object that is merged into each request's body last, objects key by key; null removes a field.
    extra_body: Option<String> = None, "extra-body", "Extra body", Request, Vllm;
    /// A header of each request, as NAME=VALUE; may repeat. Not for API keys.
    header: Vec<String> = Vec::new(), "header", "Headers", Request, Vllm;

    /// A name for this run.
    label: Option<String> = None, "label", "Label", Report, Vllm;
    /// KEY=VALUE to keep in the result; may repeat.
    metadata: Vec<String> = Vec::new(), "metadata", "Metadata", Report, Reference;
    /// The result's file name.
    result_filename: Option<String> = None, "result-filename", "Result file name", Report, Reference;
    /// Service levels that a good request meets, in ms, for example ttft:200 tpot:50.
    goodput: Option<String> = None, "goodput", "Goodput limits", Report, Vllm;
    /// Which latencies get percentiles, by their short names, for example ttft,itl,e2el.
    percentile_metrics: String = "ttft,tpot,itl,e2el".into(), "percentile-metrics", "Percentile metrics", Report, Vllm;
    /// Which percentiles are reported, separated by commas.
    metric_percentiles: String = "50,90,99".into(), "metric-percentiles", "Percentiles", Report, Vllm;

    /// Measures the server that is simulated inside this page, in place of a real one.
    simulated_server: bool = false, "simulated-server", "Simulated server", Simulated, Ours;
    /// Time from request to first token of the simulated server, in ms.
    simulated_ttft_ms: f64 = 120.0, "simulated-ttft-ms", "Simulated TTFT", Simulated, Ours;
    /// Time between tokens of the simulated server, in ms.
    simulated_itl_ms: f64 = 20.0, "simulated-itl-ms", "Simulated ITL", Simulated, Ours;
    /// How much the simulated times vary: 0 not at all, 0.2 by a fifth either way.
    simulated_jitter: f64 = 0.2, "simulated-jitter", "Simulated jitter", Simulated, Ours;
    /// How many requests the simulated server works on at a time; the others wait in its queue.
    simulated_slots: u32 = 32, "simulated-slots", "Simulated slots", Simulated, Ours;

    /// Starts the run without a click, where everything it contacts is this machine or the page's own origin, or with a start token.
    autorun: bool = false, "autorun", "Run at once", Link, Ours;
    /// Sends the outcome to this URL when the run has ended.
    report_to: Option<String> = None, "report-to", "Report to", Link, Ours;
    /// Opens the result at this URL, absolute or relative to this page; may repeat, and then compares them.
    result: Vec<String> = Vec::new(), "result", "Open result", Link, Ours;
    /// Makes the workload and the schedule, and sends nothing.
    dry_run: bool = false, "dry-run", "Dry run", Link, Ours;
    /// The token that cargo xtask serve or bench made for this start: a link with it does what it asks for without a click.
    start_token: Option<String> = None, "start-token", "Start token", Link, Ours;
    /// Figures and chart data of a run that someone shares, packed by Copy link; shown when the link is opened.
    shared: Option<String> = None, "shared", "Shared summary", Link, Ours;
}

impl Settings {
    /// The settings of the demo: the simulated server, a small dataset and tokenizer that come with the page.
    pub fn demo() -> Self {
        Self {
            backend: BackendKind::Openai,
            simulated_server: true,
            model: Some("simulated".into()),
            dataset_path: Some(DEMO_DATASET.into()),
            tokenizer: Some(DEMO_TOKENIZER.into()),
            num_prompts: 120,
            request_rate: 12.0,
            ..Self::default()
        }
    }

    /// The base URLs as they were typed; none where host and port stand for one. What they come to, together with the
    /// endpoint, only `backend::targets` says.
    pub fn base_urls(&self) -> Vec<&str> {
        let typed = self.base_url.as_deref().unwrap_or_default();
        typed.split(|c: char| c == ',' || c.is_whitespace()).filter(|url| !url.is_empty()).collect()
    }

    /// The tokenizer's place: its own setting, or the model's name as in the reference.
    pub fn tokenizer_place(&self) -> Option<&str> {
        self.tokenizer.as_deref().or(self.model.as_deref())
    }
}

/// The folder of a tokenizer on a hub, ending in a slash; none where its place can be no name there: `org/model`, or
/// `model` alone.
pub fn hub_folder(place: &str, hub: &str) -> Option<String> {
    let place = place.trim_end_matches("tokenizer.json");
    let is_part = |part: &str| {
        let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        !part.is_empty() && !part.starts_with('.') && plain
    };
    let is_name = place.split('/').count() <= 2 && place.split('/').all(is_part);
    is_name.then(|| format!("{}/{place}/resolve/main/", hub.trim_end_matches('/')))
}

/// The address of a file or folder on a hub, where the address of the page about it was given: `/blob/` and `/tree/` become
/// `/resolve/`. Any other address stays as it is.
pub fn hub_file(url: &str, hub: &str) -> String {
    let hubs = [DEFAULT_HUB, hub.trim_end_matches('/')];
    let of_hub = hubs.iter().any(|hub| url.strip_prefix(hub).is_some_and(|path| path.starts_with('/')));
    if !of_hub || url.contains("/resolve/") {
        return url.to_owned();
    }
    let page = ["/blob/", "/tree/"].into_iter().find(|page| url.contains(page));
    page.map_or_else(|| url.to_owned(), |page| url.replacen(page, "/resolve/", 1))
}

/// Where Hugging Face names are looked up, unless a mirror is set.
const DEFAULT_HUB: &str = "https://huggingface.co";
/// The dataset that comes with the page, relative to it.
pub const DEMO_DATASET: &str = "demo/sharegpt.json";
/// The tokenizer that comes with the page, relative to it.
pub const DEMO_TOKENIZER: &str = "demo/tokenizer/";
/// Where the simulated server answers, relative to the page.
pub const SIMULATED_BASE_URL: &str = "simulated";

/// The flag with this key.
pub fn flag(key: &str) -> Option<&'static Flag> {
    FLAGS.iter().find(|flag| flag.key == key)
}
