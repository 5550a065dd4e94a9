//! What settings must keep to, beyond the type of each: ranges and fields that belong together.

use super::{Settings, SweepKey};

/// What is wrong with a setting, in a sentence that names it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// No such key.
    #[error("Unknown setting \"{key}\" in the address. Check its spelling against the table in the README.")]
    Unknown {
        /// The key as given.
        key: String,
    },
    /// A value that cannot be.
    #[error("{label} ({key}) {reason}.")]
    Bad {
        /// The flag.
        key: &'static str,
        /// Its label.
        label: &'static str,
        /// What it must be.
        reason: String,
    },
}

impl SettingError {
    /// The flag at fault, if it is one of ours.
    pub fn key(&self) -> Option<&'static str> {
        match self {
            Self::Unknown { .. } => None,
            Self::Bad { key, .. } => Some(key),
        }
    }
}

impl Settings {
    /// Everything that is wrong with the values, by themselves.
    pub fn check(&self) -> Vec<SettingError> {
        let mut errors = Vec::new();
        let mut must = |holds: bool, key: &str, reason: &str| {
            if let (false, Some((key, label))) = (holds, super::names(key)) {
                errors.push(SettingError::Bad { key, label, reason: reason.to_owned() });
            }
        };
        must(self.num_prompts >= 1, "num-prompts", "must be at least 1");
        must(self.request_rate > 0.0, "request-rate", "must be above 0, or inf to send all at once");
        must(self.burstiness > 0.0, "burstiness", "must be above 0");
        must(self.max_concurrency != Some(0), "max-concurrency", "must be at least 1, or empty for no limit");
        must(self.best_of >= 1, "best-of", "must be at least 1");
        let ratio = self.random_range_ratio;
        must((0.0..=1.0).contains(&ratio), "random-range-ratio", "must be from 0 to 1");
        must(self.sharegpt_output_len.is_none_or(|len| len >= 4), "sharegpt-output-len", "must be at least 4");
        must(
            is_path(&self.endpoint),
            "endpoint",
            "must be a path that begins with one slash; the host is part of Base URL",
        );
        must(self.request_timeout_sec > 0.0, "request-timeout-sec", "must be above 0");
        let pairs = |items: &[String]| items.iter().all(|item| item.contains('='));
        must(pairs(&self.metadata), "metadata", "must be KEY=VALUE");
        must(pairs(&self.header), "header", "must be NAME=VALUE");
        let is_object = |text: &str| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok();
        must(self.extra_body.as_deref().is_none_or(is_object), "extra-body", "must be a JSON object");
        let strategy = self.ramp_up_strategy.as_deref();
        must(
            matches!(strategy, None | Some("linear" | "exponential")),
            "ramp-up-strategy",
            "must be linear or exponential",
        );
        let rates = self.sweep.as_ref().is_some_and(|sweep| sweep.key == SweepKey::RequestRate);
        must(
            !(rates && strategy.is_some()),
            "sweep",
            "over request rates must go without a ramp-up, which sets the rate",
        );
        let simulated_times = [self.simulated_ttft_ms, self.simulated_itl_ms, self.simulated_jitter];
        must(simulated_times.iter().all(|t| t.is_finite() && *t >= 0.0), "simulated-ttft-ms", "must be 0 or more");
        must(self.simulated_slots >= 1, "simulated-slots", "must be at least 1");
        errors
    }
}

/// Whether a text is a path and can be nothing else: a browser reads `//host` and `/\host` as another host.
fn is_path(text: &str) -> bool {
    let unusual = |c: char| c == '\\' || c == '#' || c.is_whitespace() || c.is_control();
    text.starts_with('/') && !text.starts_with("//") && !text.contains(unusual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_path_and_names_no_host() {
        for endpoint in
            ["v1/completions", "//evil/v1/completions", "/\\evil/completions", "/a#completions", "/a\tb", ""]
        {
            let settings = Settings { endpoint: endpoint.into(), ..Settings::default() };
            let errors = settings.check();
            assert!(matches!(&*errors, [error] if error.key() == Some("endpoint")), "{endpoint:?}: {errors:?}");
        }
        let settings = Settings { endpoint: "/a//b/completions?api-version=1".into(), ..Settings::default() };
        assert_eq!(settings.check(), []);
    }

    #[test]
    fn defaults_and_demo_are_sound() {
        assert_eq!(Settings::default().check(), []);
        assert_eq!(Settings::demo().check(), []);
    }

    #[test]
    fn says_which_and_why() {
        let settings = Settings { num_prompts: 0, extra_body: Some("[1]".into()), ..Settings::default() };
        let text: Vec<String> = settings.check().iter().map(ToString::to_string).collect();
        assert_eq!(
            text,
            ["Number of prompts (num-prompts) must be at least 1.", "Extra body (extra-body) must be a JSON object."]
        );
    }
}
