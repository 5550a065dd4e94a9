//! Settings from and to a URL fragment: `#key=value&key=value`, percent-encoded, `+` taken literally.

use super::{FLAGS, Flag, Group, Kind, SettingError, Settings, Value, flag};

impl Settings {
    /// Reads a fragment, with or without its `#`. One that says nothing of a run (it is empty, or has only keys of
    /// [`Group::Link`]) gives the demo; with `simulated-server` the other keys change the demo, else the defaults.
    ///
    /// # Errors
    /// Every unknown key and bad value, each named.
    pub fn from_fragment(fragment: &str) -> Result<Self, Vec<SettingError>> {
        let pairs: Vec<(String, String)> = pairs(fragment).collect();
        let mut settings = base(
            pairs.iter().all(|(key, _)| flag(key).is_some_and(|flag| flag.group == Group::Link))
                || pairs.iter().any(|(key, text)| key == "simulated-server" && is_on(text)),
        );
        let mut errors = Vec::new();
        for (key, text) in pairs {
            let Some(flag) = flag(&key) else {
                errors.push(SettingError::Unknown { key });
                continue;
            };
            if let Err(reason) = (flag.set)(&mut settings, &text) {
                errors.push(SettingError::Bad { key: flag.key, label: flag.label, reason });
            }
        }
        errors.extend(settings.check());
        if errors.is_empty() { Ok(settings) } else { Err(errors) }
    }

    /// The fragment, without `#`, that gives these settings: the keys that differ from what [`Self::from_fragment`]
    /// starts from.
    pub fn to_fragment(&self) -> String {
        let base = base(self.simulated_server);
        let changed = |flag: &&Flag| (flag.get)(self) != (flag.get)(&base);
        let says_a_run = FLAGS.iter().filter(changed).any(|flag| flag.group != Group::Link);
        let mut pairs = Vec::new();
        // A fragment that says nothing of a run is the demo, so the defaults must say something, and the demo nothing.
        match (self.simulated_server, says_a_run) {
            (true, true) => pairs.push("simulated-server".to_owned()),
            (false, false) => pairs.push(format!("backend={}", self.backend)),
            _ => {}
        }
        for flag in FLAGS.iter().filter(changed) {
            let values = (flag.get)(self);
            match values.as_slice() {
                [on] if flag.kind == Kind::Switch && on == "true" => pairs.push(flag.key.to_owned()),
                [] => pairs.push(format!("{}=", flag.key)),
                values => pairs.extend(values.iter().map(|value| format!("{}={}", flag.key, encode(value)))),
            }
        }
        pairs.join("&")
    }
}

/// What the keys of a fragment change.
fn base(simulated: bool) -> Settings {
    if simulated { Settings::demo() } else { Settings::default() }
}

/// The keys and values of a fragment, decoded, in order.
fn pairs(fragment: &str) -> impl Iterator<Item = (String, String)> {
    fragment.trim_start_matches('#').split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, text) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key).replace('_', "-"), decode(text))
    })
}

fn is_on(text: &str) -> bool {
    let mut on = false;
    on.set(text).is_ok() && on
}

/// Percent-decodes; bytes that are not UTF-8 become U+FFFD, a stray `%` stays.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = bytes.get(i + 1..i + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if bytes[i] == b'%' => {
                out.push(byte);
                i += 3;
            }
            _ => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Percent-encodes what would end or change a value; keeps addresses readable.
fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~:/,=@!*'()".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_empty_fragment_is_the_demo() {
        assert_eq!(Settings::from_fragment("#").unwrap(), Settings::demo());
    }

    #[test]
    fn reads_the_contracts_example() {
        let settings = Settings::from_fragment(
            "#backend=openai&base-url=http://localhost:8000&model=m&dataset-name=sharegpt&dataset-path=data/sg.json\
             &tokenizer=data/tok/&num-prompts=100&request-rate=4&seed=0&metadata=a=1&metadata=b=2&autorun",
        )
        .unwrap();
        assert_eq!(settings.base_urls(), ["http://localhost:8000"]);
        assert_eq!(settings.metadata, ["a=1", "b=2"]);
        assert_eq!(settings.request_rate, 4.0);
        assert!(settings.autorun);
    }

    #[test]
    fn names_unknown_keys_and_bad_values() {
        let errors = Settings::from_fragment("#nonsense=1&port=eight&backend=x").unwrap_err();
        let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert!(text[0].contains("nonsense") && text[1].contains("port") && text[2].contains("backend"), "{text:?}");
    }

    #[test]
    fn a_link_without_a_run_is_the_demo_and_keys_of_the_simulation_change_it() {
        let demo = Settings { autorun: true, ..Settings::demo() };
        assert_eq!(Settings::from_fragment("#autorun").unwrap(), demo);
        let fewer = Settings { num_prompts: 20, model: None, ..Settings::demo() };
        assert_eq!(Settings::from_fragment("#simulated-server&num-prompts=20&model=").unwrap(), fewer);
    }

    #[test]
    fn every_start_survives_the_way_there_and_back() {
        let changed = [
            Settings::default(),
            Settings::demo(),
            Settings { num_prompts: 1000, model: None, ..Settings::demo() },
            Settings { autorun: true, ..Settings::demo() },
            Settings { autorun: true, ..Settings::default() },
            Settings { simulated_server: false, ..Settings::demo() },
            Settings { simulated_server: true, ..Settings::default() },
        ];
        for settings in changed {
            assert_eq!(
                Settings::from_fragment(&settings.to_fragment()).unwrap(),
                settings,
                "{}",
                settings.to_fragment()
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_survives_the_way_there_and_back(label in "\\PC*", model in "\\PC+") {
            let settings = Settings { label: Some(label.trim().to_owned()).filter(|l| !l.is_empty()),
                model: Some(model.trim().to_owned()).filter(|m| !m.is_empty()), request_rate: 7.5, ..Settings::default() };
            prop_assert_eq!(Settings::from_fragment(&settings.to_fragment()).unwrap(), settings);
        }

        #[test]
        fn never_panics(fragment in "\\PC*") {
            let _ = Settings::from_fragment(&fragment);
        }
    }
}
