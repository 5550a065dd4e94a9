//! What Run will do, in plain sentences, before anyone presses it.

use super::format::{count, digits, duration_s, plural};
use crate::dataset;
use crate::settings::{DEMO_DATASET, Settings, Sweep, SweepKey};

/// One sentence: how many prompts, how fast, to whom.
pub fn intent(settings: &Settings, dataset_file: Option<&str>) -> String {
    let prompts = plural(u64::from(settings.num_prompts), "prompt");
    let runs = settings.sweep.as_ref().map(|sweep| format!("{} of ", plural(sweep.values.len() as u64, "run")));
    let prompts = runs.unwrap_or_default() + &prompts;
    format!("{prompts} {}, {} {}.", source(settings, dataset_file), pace(settings), target(settings))
}

/// What was done, and, where the dataset gave fewer prompts than were asked for, that it did.
pub fn outcome(settings: &Settings, made: Option<u32>) -> String {
    let asked = settings.num_prompts;
    let made = made.filter(|made| *made > 0).unwrap_or(asked);
    let done = intent(&Settings { num_prompts: made, ..settings.clone() }, None);
    let fewer =
        format!(" The dataset gave {} of the {} asked for.", count(made.into()), plural(asked.into(), "prompt"));
    if made < asked { done + &fewer } else { done }
}

fn source(settings: &Settings, dataset_file: Option<&str>) -> String {
    let about = dataset::about(settings.dataset_name);
    let place = settings.dataset_path.as_deref().filter(|_| about.needs_file);
    match (dataset_file.filter(|_| about.needs_file), place) {
        (Some(file), _) => format!("from {file}"),
        (None, Some(DEMO_DATASET)) => "from the built-in sample".into(),
        (None, Some(path)) => format!("from {}", path.rsplit('/').next().unwrap_or(path)),
        (None, None) => about.origin.into(),
    }
}

fn pace(settings: &Settings) -> String {
    match &settings.sweep {
        Some(Sweep { key: SweepKey::RequestRate, values }) => format!("{} requests a second in turn,", listed(values)),
        Some(Sweep { key: SweepKey::MaxConcurrency, values }) => {
            format!("{} at most {} at a time in turn,", rate(settings), listed(values))
        }
        None => rate(settings),
    }
}

/// "1, 2 and 4".
fn listed(values: &[f64]) -> String {
    let texts: Vec<String> = values.iter().map(f64::to_string).collect();
    match texts.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => texts.concat(),
    }
}

fn rate(settings: &Settings) -> String {
    if settings.request_rate.is_infinite() {
        return "all at once,".into();
    }
    let rate = digits(settings.request_rate, 3);
    let rate = rate.strip_suffix(".00").or_else(|| rate.strip_suffix(".0")).unwrap_or(&rate);
    format!("{rate} a second on average,")
}

fn target(settings: &Settings) -> String {
    if settings.simulated_server {
        return "to a server simulated inside this page".into();
    }
    match settings.base_urls().as_slice() {
        [one] => format!("to {one}"),
        several => format!("to {} addresses in turn", several.len()),
    }
}

/// How long the sends will take, where the rate says so.
pub fn expected(settings: &Settings) -> Option<String> {
    let rates = (0..settings.runs()).map(|place| settings.of_run(place).request_rate);
    let sends_s: f64 = rates.map(|rate| f64::from(settings.num_prompts) / rate).sum();
    (sends_s.is_finite() && sends_s > 0.0)
        .then(|| if sends_s < 60.0 { format!("{} s", digits(sends_s.ceil(), 1)) } else { duration_s(sends_s) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_run_will_do() {
        assert_eq!(
            intent(&Settings::demo(), None),
            "120 prompts from the built-in sample, 12 a second on average, to a server simulated inside this page."
        );
        let own = Settings {
            simulated_server: false,
            base_url: Some("http://gpu:8000/".into()),
            num_prompts: 1,
            request_rate: f64::INFINITY,
            dataset_path: Some("https://host/data/sg.json".into()),
            ..Settings::demo()
        };
        assert_eq!(intent(&own, None), "1 prompt from sg.json, all at once, to http://gpu:8000.");
        assert_eq!(intent(&own, Some("mine.json")), "1 prompt from mine.json, all at once, to http://gpu:8000.");
        let rates = Settings { sweep: "request-rate:2 4 8".parse().ok(), ..Settings::demo() };
        assert!(
            intent(&rates, None).starts_with("3 runs of 120 prompts from the built-in sample, 2, 4 and 8 requests a")
        );
        assert_eq!(expected(&rates).as_deref(), Some("1 min 45 s"));
        let streams = Settings { sweep: "max-concurrency:4".parse().ok(), ..Settings::demo() };
        let said = intent(&streams, None);
        assert!(
            said.starts_with("1 run of 120") && said.contains("a second on average, at most 4 at a time"),
            "{said}"
        );
        assert!(outcome(&Settings::demo(), Some(41)).starts_with("41 prompts from"));
        assert!(outcome(&Settings::demo(), Some(41)).ends_with(" The dataset gave 41 of the 120 prompts asked for."));
        assert_eq!(outcome(&Settings::demo(), Some(120)), intent(&Settings::demo(), None));
        assert_eq!(expected(&own), None);
        assert_eq!(expected(&Settings::demo()).as_deref(), Some("10 s"));
    }
}
