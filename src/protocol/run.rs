//! The page and a run worker, which sends a workload, checks how it would travel, asks a server for its models, or
//! measures itself against the simulated server.

use serde::{Deserialize, Serialize};

use super::{FromWorker, Greeting, Job, StageError};
use crate::dataset::Request;
use crate::record::Record;
use crate::record::client::{Calibration, ClientReport, Visibility};
use crate::run::calibration::CalibrationJob;
use crate::run::forecast::PlanReport;
use crate::run::reporting::RunProgress;

/// What the page asks of a run worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToRunner {
    /// Send the test request and find out about the connections; answer `Planned` or `Failed`.
    Check(Box<Order>),
    /// Send a prepared workload: do as for `Check`, wait for `Go`, and run; answer `Finished` or `Failed`.
    Start(Box<Order>),
    /// Go on with the run that was planned.
    Go,
    /// Measure yourself against the simulated server, in whose scope you are; answer `Calibrated` or `Failed`.
    Calibrate(Box<CalibrationJob>),
    /// End the run at once and keep what was measured; answer `Finished`.
    Stop,
    /// The page was shown or hidden, frozen or resumed.
    Visibility(Visibility),
    /// Ask the server for its models; answer `Models` or `Failed`.
    ListModels(Box<Job>),
}

/// What a run worker tells the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromRunner {
    /// The worker is loaded.
    Ready(Greeting),
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
    Progress(RunProgress),
    /// Requests that ended since the last batch; the last batch comes before `Finished`.
    Records(Vec<Record>),
    /// The run is over, and all records were sent.
    Finished(Box<Finished>),
    /// The server's models.
    Models(Vec<String>),
    /// What was asked for could not be done.
    Failed(StageError),
}

impl FromWorker for FromRunner {
    fn greeting(&self) -> Option<&Greeting> {
        match self {
            Self::Ready(greeting) => Some(greeting),
            _ => None,
        }
    }
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
