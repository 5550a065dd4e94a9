//! What a link that is copied carries: settings, and where it is wanted a summary as base64url. Nothing is in it that was
//! not ticked, and what is never in it has no tick.

use crate::settings::{DEMO_DATASET, DEMO_TOKENIZER, FLAGS, Flag, Group, Settings};

/// The longest link that is made, in characters: what chats and mail programs let through.
pub const MOST_LINK_CHARS: usize = 8000;
/// The longest summary that is read, in characters.
const MOST_READ_CHARS: usize = 16_384;

/// Why a shared summary is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SharedError {
    /// More than any link of ours has.
    #[error("The summary in this link is longer than any that Streamgauge makes, so it is not read.")]
    TooLong,
    /// Another version.
    #[error(
        "The summary in this link was made by another version of Streamgauge. Open it with that version, or ask for the result JSON."
    )]
    Version,
    /// Characters are missing or wrong.
    #[error("The summary in this link is incomplete: it was cut off or changed on its way. Ask for the link anew.")]
    CutOff,
    /// It holds what no run has.
    #[error("The summary in this link holds values that no run has, so it is not shown.")]
    Unsound,
    /// The browser cannot.
    #[error("This browser cannot unpack the summary in this link. It needs a browser of 2023 or later.")]
    NoInflate,
}

/// What a person wants in a link beside the settings that say how a run is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LinkParts {
    /// Figures and chart data.
    pub summary: bool,
    /// The server's address, and headers.
    pub server: bool,
    /// Addresses and names of dataset, tokenizer and result file.
    pub files: bool,
}

impl LinkParts {
    /// What is left out, for a person to read before the link is copied.
    pub fn left_out(self) -> Vec<String> {
        let mut items = vec!["The API key, and whatever would start a run or send its result".to_owned()];
        items.push("Prompts, outputs and error messages: they would not fit; send the result JSON for them".to_owned());
        if !self.summary {
            items.push("Figures and charts".to_owned());
        }
        if !self.server {
            items.push("The server's address, and headers".to_owned());
        }
        if !self.files {
            items.push("Addresses and names of dataset, tokenizer and result file".to_owned());
        }
        items
    }
}

/// The settings that go into a link: never what acts by itself, and no secret.
pub fn settings_for_link(settings: &Settings, parts: LinkParts) -> Settings {
    let mut settings = crate::result::without_secrets(settings.clone());
    let clear = |settings: &mut Settings, unwanted: &dyn Fn(&Flag) -> bool| {
        FLAGS.iter().filter(|flag| unwanted(flag)).for_each(|flag| (flag.clear)(settings));
    };
    clear(&mut settings, &|flag| flag.group == Group::Link);
    if !parts.server {
        clear(&mut settings, &|flag| ["base-url", "host", "port", "header"].contains(&flag.key));
    }
    if !parts.files {
        let of_the_page = |place: &Option<String>, known| place.as_deref() == Some(known);
        let dataset = of_the_page(&settings.dataset_path, DEMO_DATASET);
        let tokenizer = of_the_page(&settings.tokenizer, DEMO_TOKENIZER);
        clear(&mut settings, &|flag| match flag.key {
            "dataset-path" => !dataset,
            "tokenizer" => !tokenizer,
            key => ["hf-endpoint", "result-filename"].contains(&key),
        });
    }
    settings
}

/// What a link carries, for a person to read before it is copied: label and value of each setting that differs from its
/// default.
pub fn settings_in_words(settings: &Settings) -> Vec<(&'static str, String)> {
    let default = Settings::default();
    let said = FLAGS.iter().filter(|flag| (flag.get)(settings) != (flag.get)(&default));
    said.map(|flag| (flag.label, (flag.get)(settings).join(", ")))
        .map(|(label, value)| (label, if value.is_empty() { "none".to_owned() } else { value }))
        .collect()
}

/// What a link's summary is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summarised {
    /// One run.
    Run,
    /// The runs of a sweep.
    Sweep,
}

impl Summarised {
    const ALL: [Self; 2] = [Self::Run, Self::Sweep];

    /// The mark of the one version that there is; an older page says that it cannot read a newer one.
    fn mark(self) -> &'static str {
        match self {
            Self::Run => "1.",
            Self::Sweep => "s1.",
        }
    }
}

/// A fragment, without `#`, with these settings and this summary (compressed).
pub fn fragment(settings: &Settings, summary: Option<(Summarised, &[u8])>) -> String {
    Settings { shared: summary.map(to_text), ..settings.clone() }.to_fragment()
}

fn to_text((of, compressed): (Summarised, &[u8])) -> String {
    format!("{}{}", of.mark(), base64url(compressed))
}

/// The compressed summary in a link's value, and what it is of.
///
/// # Errors
/// When it is too long, of another version, or no base64url.
pub fn from_text(text: &str) -> Result<(Summarised, Vec<u8>), SharedError> {
    if text.len() > MOST_READ_CHARS {
        return Err(SharedError::TooLong);
    }
    let marked = |of: Summarised| Some((of, text.strip_prefix(of.mark())?));
    let (of, body) = Summarised::ALL.into_iter().find_map(marked).ok_or(SharedError::Version)?;
    Ok((of, from_base64url(body).ok_or(SharedError::CutOff)?))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64url(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let letters = (0..=chunk.len()).map(|i| ALPHABET[(bits >> (18 - 6 * i)) as usize & 63]);
        out.extend(letters.map(char::from));
    }
    out
}

fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    for chunk in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for (i, letter) in chunk.iter().enumerate() {
            let value = ALPHABET.iter().position(|known| known == letter)?;
            bits |= (value as u32) << (18 - 6 * i);
        }
        if chunk.len() == 1 {
            return None;
        }
        out.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn own_server() -> Settings {
        Settings {
            base_url: Some("https://user:pass@gpu.internal:8000".into()),
            model: Some("org/m".into()),
            dataset_path: Some("https://files.internal/private.json".into()),
            tokenizer: Some("secret-tokenizer/".into()),
            header: vec!["x-api-key=hunter2".into(), "x-team=alpha".into()],
            result_filename: Some("private-name.json".into()),
            autorun: true,
            report_to: Some("https://report.internal".into()),
            shared: Some("1.AAAA".into()),
            request_rate: 4.0,
            ..Settings::default()
        }
    }

    #[test]
    fn hosts_and_files_are_in_a_link_only_where_they_were_ticked() {
        let plain = fragment(&settings_for_link(&own_server(), LinkParts::default()), None);
        assert_eq!(plain, "model=org/m&request-rate=4");
        let all = LinkParts { server: true, files: true, summary: false };
        let all = fragment(&settings_for_link(&own_server(), all), None);
        assert!(all.contains("gpu.internal") && all.contains("private.json") && all.contains("alpha"), "{all}");
        for never in ["hunter2", "pass", "autorun", "report", "shared"] {
            assert!(!all.contains(never), "{never} is in {all}");
        }
    }

    #[test]
    fn a_link_to_the_demo_stays_the_demo() {
        let settings = settings_for_link(&Settings::demo(), LinkParts::default());
        assert_eq!(settings, Settings::demo());
        let words = settings_in_words(&settings);
        assert!(words.contains(&("Model", "simulated".to_owned())), "{words:?}");
    }

    #[test]
    fn what_is_no_summary_is_refused() {
        assert_eq!(from_text("2.AAAA"), Err(SharedError::Version));
        assert_eq!(from_text("1.A"), Err(SharedError::CutOff));
        assert_eq!(from_text("1.AA=="), Err(SharedError::CutOff));
        assert_eq!(from_text(&"1".repeat(MOST_READ_CHARS + 1)), Err(SharedError::TooLong));
    }

    proptest! {
        #[test]
        fn bytes_survive_the_way_there_and_back(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for of in Summarised::ALL {
                prop_assert_eq!(from_text(&to_text((of, &bytes))), Ok((of, bytes.clone())));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
            let _ = from_text(&text);
            let _ = from_text(&format!("1.{text}"));
        }
    }
}
