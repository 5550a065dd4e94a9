//! What a run goes through, as a pure function of phase and event: every button, the tab's title and
//! `<html data-run-state>` are read from the phase, and only [`next`] makes one.

use crate::protocol::{Stage, StageError};

/// What a person asked for; all three begin with preparing the workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Show the workload, and send nothing.
    Preview,
    /// Hand out workload and schedule as JSON, and send nothing.
    DryRun,
    /// Send it.
    Run,
}

/// Where the page stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Phase {
    /// Nothing was asked for yet.
    #[default]
    Idle,
    /// The worker reads dataset and tokenizer.
    Preparing(Goal),
    /// The workload is on show, ready to be sent.
    Prepared,
    /// Server, connections and browser are looked at; the workload stays ready.
    Checking,
    /// The test request, the calibration and the warm-ups are under way.
    Testing,
    /// The measurement runs.
    Running,
    /// Stop was asked for; the worker still hands over what it has.
    Stopping,
    /// It came to its end.
    Done,
    /// It could not be done. What was measured before is kept.
    Failed(StageError),
    /// A person stopped it. What was measured before is kept.
    Aborted,
}

/// What can happen to a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A person, or a link, asks for something.
    Ask(Goal),
    /// The prepared workload is sent as it is.
    Start,
    /// Server, connections and browser are to be looked at before that.
    Check,
    /// They were.
    Checked,
    /// What was asked for cannot be begun as the form stands.
    Refused(StageError),
    /// The form was changed.
    Edited,
    /// A result from a file is on show.
    Opened,
    /// A person presses Stop.
    Stop,
    /// The worker was ended by force.
    Killed,
    /// The worker says that the workload is made.
    Prepared,
    /// The worker sends the test request.
    Testing,
    /// The worker passed t0.
    Started,
    /// The worker handed over everything.
    Finished {
        /// Whether it was stopped.
        stopped: bool,
    },
    /// The worker handed over everything, and another run follows.
    Next,
    /// The worker could not do it.
    Failed(StageError),
}

/// The phase after an event. An event that has no meaning in a phase leaves it as it is.
pub fn next(phase: Phase, event: Event) -> Phase {
    match (phase, event) {
        (phase, Event::Ask(goal)) if !phase.is_busy() => Phase::Preparing(goal),
        (phase, Event::Refused(error)) if !phase.is_busy() => Phase::Failed(error),
        (phase, Event::Opened) if !phase.is_busy() => Phase::Done,
        (Phase::Prepared, Event::Start) => Phase::Testing,
        (Phase::Prepared, Event::Check) => Phase::Checking,
        (Phase::Checking, Event::Checked) => Phase::Prepared,
        (Phase::Prepared | Phase::Failed(StageError { stage: Stage::Settings, .. }), Event::Edited) => Phase::Idle,
        (Phase::Preparing(_) | Phase::Checking, Event::Stop | Event::Killed) => Phase::Aborted,
        (Phase::Preparing(Goal::Preview), Event::Prepared) => Phase::Prepared,
        (Phase::Preparing(Goal::DryRun), Event::Prepared) => Phase::Done,
        (Phase::Preparing(Goal::Run), Event::Prepared) => Phase::Testing,
        (Phase::Testing, Event::Started) => Phase::Running,
        (Phase::Testing | Phase::Running, Event::Stop) => Phase::Stopping,
        (Phase::Testing | Phase::Running, Event::Next) => Phase::Preparing(Goal::Run),
        (Phase::Testing | Phase::Running, Event::Finished { stopped: false }) => Phase::Done,
        (Phase::Testing | Phase::Running, Event::Finished { stopped: true }) => Phase::Aborted,
        (Phase::Testing | Phase::Running | Phase::Stopping, Event::Killed) => Phase::Aborted,
        (Phase::Stopping, Event::Finished { .. } | Event::Failed(_)) => Phase::Aborted,
        (phase, Event::Failed(error)) if phase.is_busy() => Phase::Failed(error),
        (phase, _) => phase,
    }
}

impl Phase {
    /// The word for `<html data-run-state>`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Idle | Self::Prepared => "idle",
            Self::Preparing(_) | Self::Checking | Self::Testing => "preparing",
            Self::Running | Self::Stopping => "running",
            Self::Done => "done",
            Self::Failed(_) => "failed",
            Self::Aborted => "aborted",
        }
    }

    /// Whether the worker is at work, so that the form's values are fixed and Stop has a meaning.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Preparing(_) | Self::Checking | Self::Testing | Self::Running | Self::Stopping)
    }

    /// Whether requests may be in flight.
    pub fn is_sending(&self) -> bool {
        matches!(self, Self::Testing | Self::Running | Self::Stopping)
    }

    /// What went wrong, if that is where it ended.
    pub fn failure(&self) -> Option<&StageError> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// The tab's title: progress first, since a narrow tab shows only the beginning.
    pub fn title(&self, percent: u32) -> String {
        let state = match self {
            Self::Idle | Self::Prepared => return "Streamgauge".into(),
            Self::Preparing(_) => "Preparing".to_owned(),
            Self::Checking => "Checking".to_owned(),
            Self::Testing => "Testing".to_owned(),
            Self::Running => format!("{percent}%"),
            Self::Stopping => "Stopping".to_owned(),
            Self::Done => "Done".to_owned(),
            Self::Failed(_) => "Failed".to_owned(),
            Self::Aborted => "Stopped".to_owned(),
        };
        format!("{state} · Streamgauge")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: &[Event]) -> Phase {
        events.iter().cloned().fold(Phase::Idle, next)
    }

    fn fault() -> StageError {
        StageError { stage: Stage::Server, message: "no".into() }
    }

    #[test]
    fn a_run_goes_through_its_phases() {
        let run = [Event::Ask(Goal::Run), Event::Prepared, Event::Testing, Event::Started];
        let words: Vec<_> = (0..=run.len()).map(|n| after(&run[..n]).word()).collect();
        assert_eq!(words, ["idle", "preparing", "preparing", "preparing", "running"]);
        let ended = next(after(&run), Event::Finished { stopped: false });
        assert_eq!(ended, Phase::Done);
    }

    #[test]
    fn stop_keeps_the_run_until_the_worker_has_handed_over() {
        let stopped = after(&[Event::Ask(Goal::Run), Event::Prepared, Event::Started, Event::Stop]);
        assert_eq!((stopped.word(), stopped.is_busy()), ("running", true));
        assert_eq!(next(stopped.clone(), Event::Finished { stopped: true }), Phase::Aborted);
        assert_eq!(next(stopped.clone(), Event::Failed(fault())), Phase::Aborted);
        assert_eq!(next(stopped, Event::Killed), Phase::Aborted);
        assert_eq!(after(&[Event::Ask(Goal::Run), Event::Stop]), Phase::Aborted);
    }

    #[test]
    fn a_sweep_goes_from_run_to_run_and_is_done_once() {
        let run = [Event::Prepared, Event::Started];
        let first = [&[Event::Ask(Goal::Run)], run.as_slice(), &[Event::Next]].concat();
        assert_eq!(after(&first), Phase::Preparing(Goal::Run));
        let last = [first.as_slice(), &run, &[Event::Finished { stopped: false }]].concat();
        assert_eq!(after(&last), Phase::Done);
        assert_eq!(after(&[first.as_slice(), &run, &[Event::Stop, Event::Next]].concat()), Phase::Stopping);
        assert_eq!(next(Phase::Done, Event::Next), Phase::Done);
    }

    #[test]
    fn a_failure_ends_what_was_under_way_and_nothing_else() {
        assert_eq!(after(&[Event::Failed(fault())]), Phase::Idle);
        assert_eq!(after(&[Event::Ask(Goal::Preview), Event::Failed(fault())]), Phase::Failed(fault()));
        assert_eq!(next(Phase::Failed(fault()), Event::Ask(Goal::Run)), Phase::Preparing(Goal::Run));
    }

    #[test]
    fn a_refusal_stands_until_the_form_is_changed() {
        let why = StageError { stage: Stage::Settings, message: "no model".into() };
        let refused = after(&[Event::Refused(why.clone())]);
        assert_eq!(refused, Phase::Failed(why));
        assert_eq!(next(refused, Event::Edited), Phase::Idle);
    }

    #[test]
    fn a_second_ask_while_busy_changes_nothing() {
        assert_eq!(after(&[Event::Ask(Goal::Run), Event::Ask(Goal::Preview)]), Phase::Preparing(Goal::Run));
        assert_eq!(next(Phase::Running, Event::Opened), Phase::Running);
    }

    #[test]
    fn a_preview_is_sent_as_it_is_or_goes_stale() {
        let preview = after(&[Event::Ask(Goal::Preview), Event::Prepared]);
        assert_eq!(preview, Phase::Prepared);
        assert_eq!(next(preview.clone(), Event::Start), Phase::Testing);
        assert_eq!(next(preview, Event::Edited), Phase::Idle);
        assert_eq!(after(&[Event::Ask(Goal::DryRun), Event::Prepared]), Phase::Done);
    }

    #[test]
    fn a_check_leaves_the_workload_ready() {
        let checking = after(&[Event::Ask(Goal::Preview), Event::Prepared, Event::Check]);
        assert_eq!((&checking, checking.is_busy(), checking.is_sending()), (&Phase::Checking, true, false));
        assert_eq!(next(next(checking.clone(), Event::Checked), Event::Start), Phase::Testing);
        assert_eq!(next(checking.clone(), Event::Failed(fault())), Phase::Failed(fault()));
        assert_eq!(next(checking, Event::Stop), Phase::Aborted);
        assert_eq!(after(&[Event::Check]), Phase::Idle);
    }

    #[test]
    fn the_title_shows_progress_first() {
        assert_eq!(Phase::Running.title(42), "42% · Streamgauge");
        assert_eq!(Phase::Idle.title(0), "Streamgauge");
    }
}
