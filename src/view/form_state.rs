//! The form's values: the settings that they make, and what was typed where it does not make one. Pure, so that a
//! field's rules are tested without a browser.

use std::collections::BTreeMap;

use crate::backend::default_endpoint;
use crate::settings::{BackendKind, DEMO_DATASET, Flag, Kind, SettingError, Settings, flag};

/// Settings and drafts.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// The last value of each field that made sense.
    pub settings: Settings,
    /// By flag: what was typed since the field was entered, and what is wrong with it.
    drafts: BTreeMap<&'static str, Draft>,
}

#[derive(Debug, Clone, PartialEq)]
struct Draft {
    text: String,
    error: Option<String>,
}

impl From<Settings> for Form {
    fn from(settings: Settings) -> Self {
        Self { settings, drafts: BTreeMap::new() }
    }
}

impl Form {
    /// The text that a field shows.
    pub fn text(&self, flag: &Flag) -> String {
        match self.drafts.get(flag.key) {
            Some(draft) => draft.text.clone(),
            None => (flag.get)(&self.settings).join("\n"),
        }
    }

    /// Takes what was typed; the setting follows where the text makes sense, and keeps its value where not.
    pub fn type_in(&mut self, flag: &'static Flag, text: &str) {
        let error = parse(flag, text, &mut self.settings).err();
        self.drafts.insert(flag.key, Draft { text: text.to_owned(), error });
        if flag.key == "backend" {
            self.follow_backend();
        }
    }

    /// The field was left: what made sense is shown as the setting has it.
    pub fn leave(&mut self, flag: &Flag) {
        if self.drafts.get(flag.key).is_some_and(|draft| draft.error.is_none()) {
            self.drafts.remove(flag.key);
        }
    }

    /// What is wrong, field by field.
    pub fn errors(&self) -> Vec<SettingError> {
        let typed = self.drafts.iter().filter_map(|(key, draft)| {
            let flag = flag(key)?;
            Some(SettingError::Bad { key: flag.key, label: flag.label, reason: draft.error.clone()? })
        });
        let mut errors: Vec<SettingError> = typed.collect();
        errors.extend(self.settings.check().into_iter().filter(|error| {
            error.key().is_none_or(|key| self.drafts.get(key).is_none_or(|draft| draft.error.is_none()))
        }));
        errors
    }

    /// The settings for one's own server, from where the demo leaves off.
    pub fn own_server() -> Settings {
        Settings {
            backend: BackendKind::Openai,
            base_url: Some("http://localhost:8000".into()),
            dataset_path: Some(DEMO_DATASET.into()),
            num_prompts: 100,
            request_rate: 4.0,
            ..Settings::default()
        }
    }

    /// A path and a port that are some backend's usual ones become this backend's; what a person chose stays.
    fn follow_backend(&mut self) {
        let settings = &mut self.settings;
        let usual = || BackendKind::ALL.iter().map(|kind| default_endpoint(*kind));
        let (path, port) = default_endpoint(settings.backend);
        if usual().any(|(path, _)| path == settings.endpoint) {
            settings.endpoint = path.into();
            self.drafts.remove("endpoint");
        }
        if usual().any(|(_, port)| port == settings.port) {
            settings.port = port;
            self.drafts.remove("port");
        }
        let here = |port: u16| Some(format!("http://localhost:{port}"));
        if usual().any(|(_, port)| settings.base_url == here(port)) {
            settings.base_url = here(port);
            self.drafts.remove("base-url");
        }
    }
}

fn parse(flag: &Flag, text: &str, settings: &mut Settings) -> Result<(), String> {
    let mut changed = settings.clone();
    (flag.clear)(&mut changed);
    if flag.kind == Kind::Texts {
        text.lines().try_for_each(|line| (flag.set)(&mut changed, line))?;
    } else {
        (flag.set)(&mut changed, text)?;
    }
    *settings = changed;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(key: &str, text: &str) -> Form {
        let mut form = Form::from(Settings::demo());
        form.type_in(flag(key).unwrap(), text);
        form
    }

    #[test]
    fn a_number_being_typed_is_not_rewritten() {
        let mut form = typed("request-rate", "4.");
        assert_eq!(form.text(flag("request-rate").unwrap()), "4.");
        assert_eq!(form.settings.request_rate, 4.0);
        form.leave(flag("request-rate").unwrap());
        assert_eq!(form.text(flag("request-rate").unwrap()), "4");
    }

    #[test]
    fn nonsense_stays_on_show_with_its_error_and_the_setting_stays() {
        let mut form = typed("request-rate", "fast");
        form.leave(flag("request-rate").unwrap());
        assert_eq!(form.text(flag("request-rate").unwrap()), "fast");
        assert_eq!(form.settings.request_rate, Settings::demo().request_rate);
        let errors = form.errors();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].key(), Some("request-rate"));
    }

    #[test]
    fn a_value_out_of_range_is_reported_once() {
        assert_eq!(typed("num-prompts", "0").errors().len(), 1);
    }

    #[test]
    fn a_repeatable_flag_takes_a_line_each() {
        let form = typed("metadata", "a=1\nb=2");
        assert_eq!(form.settings.metadata, ["a=1", "b=2"]);
    }

    #[test]
    fn the_endpoint_follows_the_backend_unless_a_person_chose_it() {
        assert_eq!(typed("backend", "openai-chat").settings.endpoint, "/v1/chat/completions");
        let mut form = typed("endpoint", "/my/path");
        form.type_in(flag("backend").unwrap(), "tgi");
        assert_eq!(form.settings.endpoint, "/my/path");
        let mut form = Form::from(Form::own_server());
        form.type_in(flag("backend").unwrap(), "aphrodite");
        assert_eq!(form.settings.base_url.as_deref(), Some("http://localhost:2242"));
        form.type_in(flag("base-url").unwrap(), "http://gpu:9000");
        form.type_in(flag("backend").unwrap(), "vllm");
        assert_eq!(form.settings.base_url.as_deref(), Some("http://gpu:9000"));
    }

    #[test]
    fn the_start_for_ones_own_server_is_sound() {
        assert_eq!(Form::own_server().check(), []);
    }
}
