//! What the page and the load worker say to each other: one enum down, one enum up, encoded with postcard. Picked files
//! travel beside a message, by structured clone. No logic here.

use serde::{Deserialize, Serialize};

use super::calibration::{Calibration, CalibrationJob};
use super::forecast::Pace;
use crate::record::Record;
use crate::settings::Settings;
use crate::workload::{Request, WorkloadSummary};

/// Raised with every change to these enums or to what they hold.
pub const PROTOCOL: u32 = 8;

/// The build's mark, the same in page and worker where they were built in one go. The worker's files carry no hash in
/// their names, so it travels in their address, and [`FromWorker::Ready`] says it back.
pub const BUILD: &str = match option_env!("STREAMGAUGE_BUILD") {
    Some(build) => build,
    None => env!("CARGO_PKG_VERSION"),
};

/// What the page asks of the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// Read dataset and tokenizer, make the workload and the schedule; answer `Prepared` or `Failed`. The tokenizer is
    /// kept for `Count`.
    Prepare(Box<Job>),
    /// Send the test request and find out about the connections; answer `Planned` or `Failed`.
    Check(Box<Order>),
    /// Send a prepared workload: do as for `Check`, wait for `Go`, and run; answer `Finished` or `Failed`.
    Start(Box<Order>),
    /// Go on with the run that was planned.
    Go,
    /// Measure yourself against the simulated server, in whose scope you are; answer `Calibrated` or `Failed`.
    Calibrate(Box<CalibrationJob>),
    /// Count the tokens of these texts, none where there is none; answer `Counted`.
    Count(Vec<Option<String>>),
    /// End the run at once and keep what was measured; answer `Finished`.
    Stop,
    /// The page was shown or hidden, frozen or resumed.
    Visibility(Visibility),
    /// Ask the server for its models; answer `Models` or `Failed`.
    ListModels(Box<Job>),
}

/// Everything a run is made from, but for the picked files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The settings.
    pub settings: Settings,
    /// The page's address, which relative addresses are resolved against.
    pub page_url: String,
    /// The API key, in memory only; none where nothing is asked of the server.
    pub api_key: Option<String>,
    /// How many of the files that travel with the message are the dataset's (the first), 0 or 1.
    pub dataset_files: u32,
    /// How many are the tokenizer's (the rest).
    pub tokenizer_files: u32,
}

/// A workload as it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Where and how.
    pub job: Job,
    /// The requests, in order.
    pub requests: Vec<Request>,
    /// When each is due, ms from the start.
    pub intended_ms: Vec<f64>,
    /// From the start to the end of the last wait, in s.
    pub span_s: f64,
}

/// What the person sees of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Visibility {
    /// In view.
    Visible,
    /// In a tab behind, or minimised.
    Hidden,
    /// Frozen by the browser.
    Frozen,
}

/// What the worker tells the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromWorker {
    /// The worker is loaded. The page goes no further if protocol or build are not its own.
    Ready {
        /// [`PROTOCOL`] of the worker.
        protocol: u32,
        /// The build's mark.
        build: String,
    },
    /// Preparing goes on: what is being done, and how far (0 to 1) where that is known.
    Preparing {
        /// In words: "Reading the dataset".
        step: String,
        /// Share done.
        fraction: Option<f64>,
    },
    /// The workload is made.
    Prepared(Box<Prepared>),
    /// The test request is under way.
    Testing,
    /// The test request succeeded, and this is how requests will travel.
    Planned(Box<PlanReport>),
    /// What the worker adds to the times that it measures.
    Calibrated(Calibration),
    /// The run has begun: t0 as milliseconds since the epoch.
    Started {
        /// Unix time of t0, ms.
        t0_unix_ms: f64,
    },
    /// How the run stands, some four times a second at most.
    Progress(Progress),
    /// Requests that ended since the last batch; the last batch comes before `Finished`.
    Records(Vec<Record>),
    /// The run is over, and all records were sent.
    Finished(Box<Finished>),
    /// How many tokens each text has; none where there is no text, or it could not be counted.
    Counted(Vec<Option<u32>>),
    /// What was asked for could not be done; the worker is ready for the next wish.
    Failed(StageError),
    /// The server's models.
    Models(Vec<String>),
}

/// What was found out about server and connections before a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PlanReport {
    /// The addresses that requests go to, one a lane.
    pub lanes: Vec<String>,
    /// How many base URLs they belong to.
    pub base_urls: u32,
    /// HTTP versions that the browser told of; none where it does not tell.
    pub protocols: Vec<String>,
    /// Streams that the lanes carry at once.
    pub streams_that_fit: u32,
    /// Requests under way at once at the schedule's peak, if each is answered as the test request was.
    pub wanted_streams: u32,
    /// How that was.
    pub pace: Pace,
}

impl PlanReport {
    /// Streams at once, as far as they fit.
    pub fn streams_in_use(&self) -> u32 {
        self.wanted_streams.min(self.streams_that_fit)
    }
}

/// A workload that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    /// What it looks like.
    pub summary: WorkloadSummary,
    /// The requests themselves.
    pub requests: Vec<Request>,
    /// The waits of the schedule in s.
    pub intervals_s: Vec<f64>,
    /// Whether this is all that was asked for.
    pub dry_run: bool,
    /// What making it took.
    pub cost: PrepareCost,
}

/// What making a workload took in the worker.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct PrepareCost {
    /// From the wish to the workload, downloads included, ms.
    pub preparing_ms: f64,
    /// Size of the worker's WebAssembly memory afterwards, in bytes. It never shrinks, so this is the most it ever was.
    pub memory_bytes: u64,
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Time since t0, ms.
    pub elapsed_ms: f64,
    /// Requests in the workload.
    pub total: u32,
    /// Sent so far.
    pub sent: u32,
    /// In flight now.
    pub in_flight: u32,
    /// Due, but held back by us.
    pub waiting: u32,
    /// Completed.
    pub completed: u32,
    /// Failed.
    pub failed: u32,
    /// Stream events that brought text, so far.
    pub text_events: u64,
}

/// What only the end of a run knows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Finished {
    /// From t0 to the last outcome and the end of the schedule, in s.
    pub duration_s: f64,
    /// Whether the person stopped it.
    pub stopped: bool,
    /// What the worker knows of itself.
    pub client: ClientReport,
}

/// What the worker measured of itself during a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientReport {
    /// Smallest step of the clock, ms.
    pub clock_step_ms: f64,
    /// Whether the page is cross-origin isolated (a finer clock).
    pub cross_origin_isolated: bool,
    /// Lanes that requests were spread over: host names, each with the streams that it carries.
    pub lanes: u32,
    /// Streams that the planned connections carry at once.
    pub streams_that_fit: u32,
    /// Streams that the schedule was expected to want at its peak.
    pub wanted_streams: u32,
    /// Least time between two sends of a burst, which keeps requests out of the browser's own queue, ms; none where the
    /// run is no burst.
    pub send_gap_ms: Option<f64>,
    /// How much longer a request that asks for nothing took in a burst of that pace than alone, median, ms.
    pub burst_delay_ms: Option<f64>,
    /// Lateness of a regular tick of the event loop: (p50, p99, max), ms.
    pub event_loop_lag_ms: (f64, f64, f64),
    /// Intervals in which the page was hidden or frozen: (from, to, which), ms from t0.
    pub visibility: Vec<(f64, f64, Visibility)>,
    /// The browser, as it names itself.
    pub user_agent: String,
}

/// Something could not be done, and where a person can mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageError {
    /// The stage that failed.
    pub stage: Stage,
    /// What is wrong, where, and what to do, in a sentence or two.
    pub message: String,
}

/// Where in the house something failed; the page shows the message beside that part of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The settings.
    Settings,
    /// The dataset.
    Dataset,
    /// The tokenizer or its chat template.
    Tokenizer,
    /// The server: not reached, refused, or the test request failed.
    Server,
    /// The page itself: a fault of ours.
    Page,
}

/// A message as bytes.
///
/// # Errors
/// None for these types in practice; postcard's own where it finds one.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_stdvec(message)
}

/// A message from bytes.
///
/// # Errors
/// When the bytes are of another version of the protocol.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, postcard::Error> {
    postcard::from_bytes(bytes)
}
