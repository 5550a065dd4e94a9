//! What the page knows, in one struct of signals: built once, kept in context, `Copy`. Components read it and call
//! [`super::actions`]; nothing here decides.

use std::collections::VecDeque;
use std::sync::Arc;

use leptos::prelude::*;
use web_sys::File;

use super::browser::{self, WakeLock};
use super::form_state::Form;
use super::history::shelf::Shelf;
use super::history::{Keeper, Store};
use super::live::Live;
use super::locality::LinkAsk;
use super::run::Shown;
use super::session::Phase;
use super::sweep::Chain;
use super::workers::Workers;
use crate::backend::{EncodeError, encode};
use crate::dataset;
use crate::export::charts::ChartData;
use crate::metrics::MetricOptions;
use crate::protocol::Stage;
use crate::protocol::prepare::Prepared;
use crate::protocol::run::Finished;
use crate::record::Record;
use crate::record::client::Calibration;
use crate::result::sweep::Swept;
use crate::run::forecast::PlanReport;
use crate::settings::Settings;

/// The page's state.
#[derive(Clone, Copy)]
pub(super) struct AppState {
    /// What the form holds.
    pub(super) form: RwSignal<Form>,
    /// The settings of the target that is not chosen (simulated or one's own), for when it is chosen again.
    pub(super) parked: RwSignal<Settings>,
    /// The API key; it lives here and in the worker's memory, nowhere else.
    pub(super) api_key: RwSignal<String>,
    /// The addresses to which a person lets the key go in the clear.
    pub(super) key_consent: RwSignal<Vec<String>>,
    /// The picked files.
    pub(super) files: RwSignal<Picked, LocalStorage>,
    /// Where the page stands; changed by `actions::dispatch` alone.
    pub(super) phase: RwSignal<Phase>,
    /// Whether a run was asked for while something was missing, so that the form shows what.
    pub(super) tried: RwSignal<bool>,
    /// What is being prepared.
    pub(super) step: RwSignal<Step>,
    /// The run as it goes.
    pub(super) live: RwSignal<Live>,
    /// The workload on show.
    pub(super) workload: RwSignal<Option<Arc<Prepared>>>,
    /// What is known of connections and browser before it is sent.
    pub(super) instrument: RwSignal<Instrument>,
    /// The run on show, ended or read from a file.
    pub(super) run: RwSignal<Option<Arc<Shown>>>,
    /// What the charts of that run show.
    pub(super) charts: Memo<Option<Arc<ChartData>>>,
    /// The results that can be opened and compared.
    pub(super) shelf: RwSignal<Shelf>,
    /// The results that stand side by side, in place of the run on show; none if none do.
    pub(super) compared: RwSignal<Vec<Compared>>,
    /// Which of them the others are compared with, by place.
    pub(super) baseline: RwSignal<usize>,
    /// The runs of a sweep, on show while none of them is alone.
    pub(super) swept: RwSignal<Vec<Compared>>,
    /// The sweep on show, where it came with a link and there are no results.
    pub(super) shared_sweep: RwSignal<Option<Swept>>,
    /// The sweep that is under way.
    pub(super) chain: RwSignal<Option<Chain>>,
    /// The request whose events are on show.
    pub(super) selected: RwSignal<Option<u32>>,
    /// The server's models.
    pub(super) models: RwSignal<Models>,
    /// What the link that opened the page asks for.
    pub(super) link_ask: RwSignal<LinkAsk>,
    /// Whether that waits for a person's word.
    pub(super) link_waits: RwSignal<bool>,
    /// Sentences for the person, newest last.
    pub(super) notices: RwSignal<VecDeque<Notice>>,
    /// What no component shows.
    pub(super) backstage: StoredValue<Backstage, LocalStorage>,
}

/// A result beside others.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    /// What it is called in the list of results.
    pub(super) title: String,
    /// The result.
    pub(super) shown: Arc<Shown>,
}

/// Files that a person picked or dropped; they stand in for the addresses of the form.
#[derive(Clone, Default)]
pub(super) struct Picked {
    /// The dataset.
    pub(super) dataset: Option<File>,
    /// The tokenizer's files.
    pub(super) tokenizer: Vec<File>,
}

/// What is being prepared.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Step {
    /// In words.
    pub(super) text: String,
    /// Share done, where known.
    pub(super) fraction: Option<f64>,
}

/// What is known of connections and browser before a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Instrument {
    /// How requests will travel; none before the server was asked.
    pub(super) plan: Option<PlanReport>,
    /// What the browser adds.
    pub(super) calibration: Calibrated,
}

/// Whether it is known what the browser adds.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Calibrated {
    /// Not asked for.
    #[default]
    Not,
    /// It is being measured.
    Measuring,
    /// What was found.
    Found(Calibration),
    /// Why it cannot be known.
    Impossible(String),
}

/// What is known of the server's models.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Models {
    /// Not asked for.
    #[default]
    Unknown,
    /// Asked for.
    Asked,
    /// Their names.
    Named(Vec<String>),
    /// Why they are not known.
    Refused(String),
}

/// A sentence for the person.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Notice {
    pub(super) tone: Tone,
    pub(super) text: String,
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Info,
    Bad,
}

/// What no component shows.
#[derive(Default)]
pub(super) struct Backstage {
    /// The load workers.
    pub(super) workers: Workers,
    /// Grows with everything that is asked for, so that what was asked before and comes late is known.
    pub(super) attempt: u32,
    /// Ends the wait for the worker that measures itself.
    pub(super) calibration_limit: Option<TimeoutHandle>,
    /// Records so far; the signals hear of them with each progress.
    pub(super) records: Vec<Record>,
    /// The end of a run whose tokens are being counted.
    pub(super) finished: Option<Finished>,
    /// Unix time of t0, ms.
    pub(super) started_unix_ms: f64,
    /// The browser's database of kept runs, once it is open.
    pub(super) store: Option<Store>,
    /// Writes the run there while it goes on.
    pub(super) keeper: Option<Keeper>,
    /// Keeps the screen awake during a run.
    pub(super) wake_lock: Option<WakeLock>,
}

/// Something that keeps the form from being run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    /// The field, by flag.
    pub(super) key: &'static str,
    /// What is wrong, in a sentence.
    pub(super) message: String,
}

impl AppState {
    /// A page with nothing filled in.
    pub(super) fn new() -> Self {
        let run = RwSignal::new(None::<Arc<Shown>>);
        Self {
            form: RwSignal::new(Form::from(Settings::demo())),
            parked: RwSignal::new(Form::own_server()),
            api_key: RwSignal::new(String::new()),
            key_consent: RwSignal::new(Vec::new()),
            files: RwSignal::new_local(Picked::default()),
            phase: RwSignal::new(Phase::Idle),
            tried: RwSignal::new(false),
            step: RwSignal::new(Step::default()),
            live: RwSignal::new(Live::default()),
            workload: RwSignal::new(None),
            instrument: RwSignal::new(Instrument::default()),
            run,
            // Whoever sets a run means another one; comparing costs more than drawing.
            charts: Memo::new_with_compare(
                move |_| run.with(|run| run.as_ref().map(|shown| shown.charts())),
                |_, _| true,
            ),
            shelf: RwSignal::new(Shelf::default()),
            compared: RwSignal::new(Vec::new()),
            baseline: RwSignal::new(0),
            swept: RwSignal::new(Vec::new()),
            shared_sweep: RwSignal::new(None),
            chain: RwSignal::new(None),
            selected: RwSignal::new(None),
            models: RwSignal::new(Models::Unknown),
            link_ask: RwSignal::new(LinkAsk::default()),
            link_waits: RwSignal::new(false),
            notices: RwSignal::new(VecDeque::new()),
            backstage: StoredValue::new_local(Backstage::default()),
        }
    }

    /// Whether the simulated server is chosen.
    pub(super) fn is_simulated(&self) -> bool {
        self.form.with(|form| form.settings.simulated_server)
    }

    /// Whether the worker is at work.
    pub(super) fn is_busy(&self) -> bool {
        self.phase.with(Phase::is_busy)
    }

    /// Everything that keeps the form from being run: what is wrong, then what is missing.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = self.form.with(wrong);
        for (key, message) in self.form.with(|form| self.files.with(|files| missing(&form.settings, files))) {
            if problems.iter().all(|problem| problem.key != key) {
                problems.push(Problem { key, message: message.to_owned() });
            }
        }
        if self.key_needs_word() {
            problems.push(Problem { key: "api-key", message: KEY_IN_THE_CLEAR.into() });
        }
        problems
    }

    /// Where the key would go, if it went in the clear: some address is plain http, and not on this machine.
    pub(super) fn key_goes_plain(&self) -> Option<Vec<String>> {
        let has_key = !self.is_simulated() && self.api_key.with(|key| !key.trim().is_empty());
        let targets = self.form.with(|form| form.settings.base_urls());
        (has_key && targets.iter().any(|target| browser::is_plain_and_far(target))).then_some(targets)
    }

    /// Whether the key waits for a person's word before it goes to these addresses.
    pub(super) fn key_needs_word(&self) -> bool {
        self.key_goes_plain().is_some_and(|targets| self.key_consent.with(|consent| *consent != targets))
    }

    /// What a field has to say: what is wrong with it, or, once a run was tried, that it is missing.
    pub(super) fn problem_of(&self, key: &'static str) -> Option<String> {
        let problems = if self.tried.get() { self.problems() } else { self.form.with(wrong) };
        problems.into_iter().find(|problem| problem.key == key).map(|problem| problem.message)
    }

    /// What went wrong at a stage of the last run, if that is where it ended.
    pub(super) fn failure_at(&self, stage: Stage) -> Option<String> {
        self.phase.with(|phase| {
            phase.failure().filter(|failure| failure.stage == stage).map(|failure| failure.message.clone())
        })
    }

    /// Tells the person something.
    pub(super) fn say(&self, tone: Tone, text: impl Into<String>) {
        let notice = Notice { tone, text: text.into() };
        self.notices.update(|notices| {
            notices.retain(|shown| *shown != notice);
            notices.push_back(notice);
            if notices.len() > 5 {
                notices.pop_front();
            }
        });
    }
}

/// What keeps a key from going where others can read it.
pub(super) const KEY_IN_THE_CLEAR: &str = "The API key would go over plain http, where whoever sits between can read it. Allow it beside the key, or use https.";

/// The state, from context.
pub(super) fn app() -> AppState {
    expect_context()
}

fn wrong(form: &Form) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let errors = form.errors().into_iter().chain(MetricOptions::from_settings(&form.settings).err());
    problems.extend(errors.filter_map(|error| Some(Problem { key: error.key()?, message: error.to_string() })));
    match encode(&form.settings, "", 1) {
        Ok(_) | Err(EncodeError::NoModel { .. }) => {}
        Err(error) => {
            problems.push(Problem { key: error.key(), message: error.to_string() });
        }
    }
    problems
}

fn missing(settings: &Settings, files: &Picked) -> Vec<(&'static str, &'static str)> {
    let mut missing = Vec::new();
    if matches!(encode(settings, "", 1), Err(EncodeError::NoModel { .. })) {
        missing.push(("model", "Say which model to measure, as the server names it. List models asks the server."));
    }
    let needs_dataset = dataset::about(settings.dataset_name).needs_file;
    if needs_dataset && settings.dataset_path.is_none() && files.dataset.is_none() {
        missing
            .push(("dataset-path", "Pick a dataset file, give its URL, or take the sample that comes with the page."));
    }
    if settings.tokenizer_place().is_none() && files.tokenizer.is_empty() {
        missing.push(("tokenizer", "Pick the model's tokenizer.json, or give its URL or Hugging Face name."));
    }
    missing
}
