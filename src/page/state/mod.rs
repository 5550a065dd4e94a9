//! What the page knows, in one struct of signals: built once, kept in context, `Copy`. Components read it and call
//! [`crate::page::state::actions`]; nothing here decides.

pub(in crate::page) mod actions;
pub(in crate::page) mod ask_models;
pub(in crate::page) mod calibrate;
pub(in crate::page) mod effects;
pub(in crate::page) mod frame;
pub(in crate::page) mod link;
pub(in crate::page) mod outcome;
pub(in crate::page) mod preparing;
pub(in crate::page) mod program;
pub(in crate::page) mod simulated;
pub(in crate::page) mod sweep;
pub(in crate::page) mod workers;

use std::collections::VecDeque;
use std::sync::Arc;

use leptos::prelude::*;
use web_sys::File;

use crate::address::Origin;
use crate::backend::{EncodeError, Target, encode, key_problem, targets};
use crate::chart::ChartData;
use crate::dataset;
use crate::metrics::MetricOptions;
use crate::page::browser::WakeLock;
use crate::page::history::{Keeper, Store};
use crate::page::state::sweep::Chain;
use crate::page::state::workers::Workers;
use crate::protocol::Stage;
use crate::protocol::prepare::Prepared;
use crate::protocol::run::Finished;
use crate::record::Record;
use crate::record::client::Calibration;
use crate::result::sweep::Swept;
use crate::run::forecast::PlanReport;
use crate::settings::Settings;
use crate::view::form_state::Form;
use crate::view::live::Live;
use crate::view::locality::LinkAsk;
use crate::view::session::Phase;
use crate::view::shelf::Shelf;
use crate::view::shown::Shown;

/// The page's state.
#[derive(Clone, Copy)]
pub(in crate::page) struct AppState {
    /// What the form holds.
    pub(in crate::page) form: RwSignal<Form>,
    /// The settings of the target that is not chosen (simulated or one's own), for when it is chosen again.
    pub(in crate::page) parked: RwSignal<Settings>,
    /// The API key; it lives here and in the worker's memory, nowhere else.
    pub(in crate::page) api_key: RwSignal<String>,
    /// The addresses to which a person lets the key go in the clear.
    pub(in crate::page) key_consent: RwSignal<Vec<String>>,
    /// The picked files.
    pub(in crate::page) files: RwSignal<Picked, LocalStorage>,
    /// Where the page stands; changed by `actions::dispatch` alone.
    pub(in crate::page) phase: RwSignal<Phase>,
    /// Whether a run was asked for while something was missing, so that the form shows what.
    pub(in crate::page) tried: RwSignal<bool>,
    /// What is being prepared.
    pub(in crate::page) step: RwSignal<Step>,
    /// The run as it goes.
    pub(in crate::page) live: RwSignal<Live>,
    /// The workload on show.
    pub(in crate::page) workload: RwSignal<Option<Arc<Prepared>>>,
    /// What is known of connections and browser before it is sent.
    pub(in crate::page) instrument: RwSignal<Instrument>,
    /// The run on show, ended or read from a file.
    pub(in crate::page) run: RwSignal<Option<Arc<Shown>>>,
    /// What the charts of that run show.
    pub(in crate::page) charts: Memo<Option<Arc<ChartData>>>,
    /// The results that can be opened and compared.
    pub(in crate::page) shelf: RwSignal<Shelf>,
    /// The results that stand side by side, in place of the run on show; none if none do.
    pub(in crate::page) compared: RwSignal<Vec<Compared>>,
    /// Which of them the others are compared with, by place.
    pub(in crate::page) baseline: RwSignal<usize>,
    /// The runs of a sweep, on show while none of them is alone.
    pub(in crate::page) swept: RwSignal<Vec<Compared>>,
    /// The sweep on show, where it came with a link and there are no results.
    pub(in crate::page) shared_sweep: RwSignal<Option<Swept>>,
    /// The sweep that is under way.
    pub(in crate::page) chain: RwSignal<Option<Chain>>,
    /// The request whose events are on show.
    pub(in crate::page) selected: RwSignal<Option<u32>>,
    /// The server's models.
    pub(in crate::page) models: RwSignal<Models>,
    /// What the link that opened the page asks for.
    pub(in crate::page) link_ask: RwSignal<LinkAsk>,
    /// Whether that waits for a person's word.
    pub(in crate::page) link_waits: RwSignal<bool>,
    /// Sentences for the person, newest last.
    pub(in crate::page) notices: RwSignal<VecDeque<Notice>>,
    /// What no component shows.
    pub(in crate::page) backstage: StoredValue<Backstage, LocalStorage>,
}

/// A result beside others.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::page) struct Compared {
    /// What it is called in the list of results.
    pub(in crate::page) title: String,
    /// The result.
    pub(in crate::page) shown: Arc<Shown>,
}

/// Files that a person picked or dropped; they stand in for the addresses of the form.
#[derive(Clone, Default)]
pub(in crate::page) struct Picked {
    /// The dataset.
    pub(in crate::page) dataset: Option<File>,
    /// The tokenizer's files.
    pub(in crate::page) tokenizer: Vec<File>,
}

/// What is being prepared.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::page) struct Step {
    /// In words.
    pub(in crate::page) text: String,
    /// Share done, where known.
    pub(in crate::page) fraction: Option<f64>,
}

/// What is known of connections and browser before a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::page) struct Instrument {
    /// How requests will travel; none before the server was asked.
    pub(in crate::page) plan: Option<PlanReport>,
    /// What the browser adds.
    pub(in crate::page) calibration: Calibrated,
}

/// Whether it is known what the browser adds.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::page) enum Calibrated {
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
pub(in crate::page) enum Models {
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
pub(in crate::page) struct Notice {
    pub(in crate::page) tone: Tone,
    pub(in crate::page) text: String,
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::page) enum Tone {
    Good,
    Info,
    Bad,
}

/// What no component shows.
#[derive(Default)]
pub(in crate::page) struct Backstage {
    /// The load workers.
    pub(in crate::page) workers: Workers,
    /// Grows with everything that is asked for, so that what was asked before and comes late is known.
    pub(in crate::page) attempt: u32,
    /// Ends the wait for the worker that measures itself.
    pub(in crate::page) calibration_limit: Option<TimeoutHandle>,
    /// Records so far; the signals hear of them with each progress.
    pub(in crate::page) records: Vec<Record>,
    /// The end of a run whose tokens are being counted.
    pub(in crate::page) finished: Option<Finished>,
    /// Unix time of t0, ms.
    pub(in crate::page) started_unix_ms: f64,
    /// The browser's database of kept runs, once it is open.
    pub(in crate::page) store: Option<Store>,
    /// Writes the run there while it goes on.
    pub(in crate::page) keeper: Option<Keeper>,
    /// Keeps the screen awake during a run.
    pub(in crate::page) wake_lock: Option<WakeLock>,
}

/// Something that keeps the form from being run.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::page) struct Problem {
    /// The field, by flag.
    pub(in crate::page) key: &'static str,
    /// What is wrong, in a sentence.
    pub(in crate::page) message: String,
}

impl AppState {
    /// A page with nothing filled in.
    pub(in crate::page) fn new() -> Self {
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
    pub(in crate::page) fn is_simulated(&self) -> bool {
        self.form.with(|form| form.settings.simulated_server)
    }

    /// Whether the worker is at work.
    pub(in crate::page) fn is_busy(&self) -> bool {
        self.phase.with(Phase::is_busy)
    }

    /// Everything that keeps the form from being run: what is wrong, then what is missing.
    pub(in crate::page) fn problems(&self) -> Vec<Problem> {
        let mut problems = self.form.with(wrong);
        for (key, message) in self.form.with(|form| self.files.with(|files| missing(&form.settings, files))) {
            if problems.iter().all(|problem| problem.key != key) {
                problems.push(Problem { key, message: message.to_owned() });
            }
        }
        problems.extend(self.key_problem().map(|message| Problem { key: "api-key", message }));
        if self.key_needs_word() {
            problems.push(Problem { key: "api-key", message: KEY_IN_THE_CLEAR.into() });
        }
        problems
    }

    /// Why the key cannot be sent, if it cannot.
    pub(in crate::page) fn key_problem(&self) -> Option<String> {
        if self.is_simulated() { None } else { self.api_key.with(|key| key_problem(key)) }
    }

    /// Where the key would go, if it went in the clear: some address is plain http, and not on this machine.
    pub(in crate::page) fn key_goes_plain(&self) -> Option<Vec<String>> {
        let has_key = !self.is_simulated() && self.api_key.with(|key| !key.trim().is_empty());
        let targets = self.form.with(|form| targets(&form.settings)).ok()?;
        let plain = targets.iter().any(|target| target.origin.as_ref().is_some_and(Origin::is_plain_and_far));
        (has_key && plain).then(|| targets.iter().map(Target::base_url).collect())
    }

    /// Whether the key waits for a person's word before it goes to these addresses.
    pub(in crate::page) fn key_needs_word(&self) -> bool {
        self.key_goes_plain().is_some_and(|targets| self.key_consent.with(|consent| *consent != targets))
    }

    /// What a field has to say: what is wrong with it, or, once a run was tried, that it is missing.
    pub(in crate::page) fn problem_of(&self, key: &'static str) -> Option<String> {
        let problems = if self.tried.get() { self.problems() } else { self.form.with(wrong) };
        problems.into_iter().find(|problem| problem.key == key).map(|problem| problem.message)
    }

    /// What went wrong at a stage of the last run, if that is where it ended.
    pub(in crate::page) fn failure_at(&self, stage: Stage) -> Option<String> {
        self.phase.with(|phase| {
            phase.failure().filter(|failure| failure.stage == stage).map(|failure| failure.message.clone())
        })
    }

    /// Tells the person something.
    pub(in crate::page) fn say(&self, tone: Tone, text: impl Into<String>) {
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
pub(in crate::page) const KEY_IN_THE_CLEAR: &str = "The API key would go over plain http, where whoever sits between can read it. Allow it beside the key, or use https.";

/// The state, from context.
pub(in crate::page) fn app() -> AppState {
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
    if let Err(error) = targets(&form.settings)
        && problems.iter().all(|problem| problem.key != error.key())
    {
        problems.push(Problem { key: error.key(), message: error.to_string() });
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
