//! Requests and tokens, against what the reference sampled and tokenized.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_json::{Value, json};
use streamgauge::dataset::{DrawError, Request, random, sharegpt, sonnet};
use streamgauge::rng::{Generators, PythonRandom};
use streamgauge::schedule::Schedule;
use streamgauge::settings::{BackendKind, DatasetName, Settings};
use streamgauge::text::template::LocalTime;
use streamgauge::text::tokenize::{Tokenize, TokenizerError};
use streamgauge::text::{Tokenizer, TokenizerFiles};
use streamgauge::workload::prepare;

use crate::{sha256, sha256_csv, unzip, unzip_json};

const WORKLOAD: &[u8] = include_bytes!("workload.json.gz");
const ENCODE: &[u8] = include_bytes!("encode.json.gz");

/// Where a case's inputs come from.
pub(crate) trait Inputs {
    fn dataset(&self, name: &str) -> Vec<u8>;
    fn tokenizer(&self, name: &str) -> Remembering;
}

/// The inputs in this folder.
pub(crate) struct Committed;

impl Inputs for Committed {
    fn dataset(&self, name: &str) -> Vec<u8> {
        match name {
            "sharegpt_public.json" => unzip(include_bytes!("datasets/sharegpt_public.json.gz")),
            "poem_public.txt" => include_bytes!("datasets/poem_public.txt").to_vec(),
            "poem_public_crlf.txt" => include_bytes!("datasets/poem_public_crlf.txt").to_vec(),
            "poem_public_nolast.txt" => include_bytes!("datasets/poem_public_nolast.txt").to_vec(),
            "texts_public.json" => include_bytes!("datasets/texts_public.json").to_vec(),
            _ => panic!("no dataset {name}"),
        }
    }

    fn tokenizer(&self, name: &str) -> Remembering {
        macro_rules! files {
            ($($name:literal)*) => { match name {
                $( $name => (
                    &include_bytes!(concat!("tokenizers/", $name, ".json.gz"))[..],
                    &include_bytes!(concat!("tokenizers/", $name, "_config.json"))[..],
                ), )*
                _ => panic!("no tokenizer {name}"),
            } };
        }
        let (tokenizer, config) = files!("bertish" "llama2ish" "llama3ish" "unigram");
        read(&unzip(tokenizer), Some(config))
    }
}

fn read(tokenizer: &[u8], tokenizer_config: Option<&[u8]>) -> Remembering {
    let files = TokenizerFiles { tokenizer, tokenizer_config, ..TokenizerFiles::default() };
    let inner =
        Tokenizer::from_files(files).and_then(|it| it.with_renderer(LocalTime::default())).expect("a tokenizer");
    Remembering { inner, counts: RefCell::default() }
}

/// A tokenizer that counts each text once, since the cases share their texts.
pub(crate) struct Remembering {
    inner: Tokenizer,
    counts: RefCell<HashMap<String, u32>>,
}

impl Tokenize for Remembering {
    fn count(&self, text: &str) -> Result<u32, TokenizerError> {
        if let Some(count) = self.counts.borrow().get(text) {
            return Ok(*count);
        }
        let count = self.inner.count(text)?;
        self.counts.borrow_mut().insert(text.to_owned(), count);
        Ok(count)
    }

    fn count_plain(&self, text: &str) -> Result<u32, TokenizerError> {
        self.inner.count_plain(text)
    }

    fn decode(&self, ids: &[u32]) -> Result<String, TokenizerError> {
        self.inner.decode(ids)
    }

    fn vocab_size(&self) -> u32 {
        self.inner.vocab_size()
    }

    fn chat_prompt(&self, content: &str) -> Result<String, TokenizerError> {
        self.inner.chat_prompt(content)
    }
}

pub(crate) fn every_sharegpt_case_gives_the_same_requests() {
    committed("sharegpt", 28);
}

pub(crate) fn every_sonnet_case_gives_the_same_requests() {
    committed("sonnet", 40);
}

pub(crate) fn every_random_case_gives_the_same_requests() {
    committed("random", 32);
}

pub(crate) fn every_text_gives_the_same_tokens_and_back() {
    for case in unzip_json(ENCODE).as_array().expect("a list") {
        check(case, &Committed, &Committed.tokenizer(name(case, "tokenizer")));
    }
}

/// Checks the committed cases of a kind.
fn committed(kind: &str, count: usize) {
    let cases = unzip_json(WORKLOAD);
    let cases: Vec<&Value> = cases.as_array().expect("a list").iter().filter(|case| case["kind"] == kind).collect();
    assert_eq!(cases.len(), count);
    for of_tokenizer in cases.chunk_by(|a, b| a["tokenizer"] == b["tokenizer"]) {
        let tokenizer = Committed.tokenizer(name(of_tokenizer[0], "tokenizer"));
        for case in of_tokenizer {
            check(case, &Committed, &tokenizer);
        }
    }
}

fn check(case: &Value, inputs: &impl Inputs, tokenizer: &Remembering) {
    match name(case, "kind") {
        "encode" => check_encode(case, inputs, tokenizer),
        "sharegpt" => check_sharegpt(case, inputs, tokenizer),
        "sonnet" => check_sonnet(case, inputs, tokenizer),
        "random" => check_random(case, tokenizer),
        kind => panic!("unknown kind {kind}"),
    }
}

fn check_encode(case: &Value, inputs: &impl Inputs, tokenizer: &Remembering) {
    let label = name(case, "name");
    same!(case["vocab_size"], tokenizer.vocab_size(), "{label}");
    let texts: Vec<String> = serde_json::from_slice(&inputs.dataset(name(case, "texts"))).expect("texts");
    for (text, row) in texts.iter().zip(case["rows"].as_array().expect("rows")) {
        let ids = tokenizer.inner.encode(text, true).expect("tokens");
        same!(row["ids"], ids, "{label}: {text:?}");
        assert_eq!(tokenizer.count(text).expect("tokens") as usize, ids.len(), "{label}: {text:?}");
        same!(row["ids_plain_len"], tokenizer.count_plain(text).expect("tokens"), "{label}: {text:?}");
        same!(row["decoded"], tokenizer.decode(&ids).expect("text"), "{label}: {text:?}");
        same!(row["decoded_no_cleanup"], tokenizer.inner.decode_as_is(&ids).expect("text"), "{label}: {text:?}");
    }
}

fn check_sharegpt(case: &Value, inputs: &impl Inputs, tokenizer: &Remembering) {
    let settings = Settings {
        dataset_name: DatasetName::Sharegpt,
        sharegpt_output_len: case["fixed_output_len"].as_u64().map(|len| len as u32),
        ..settings(case)
    };
    let file = inputs.dataset(name(case, "dataset"));
    let mut generators = Generators::from_seed(settings.seed);
    let index = now(sharegpt::index(file.as_slice(), &mut |_| {})).expect("an index");
    if let Some(conversations) = case.get("n_conversations") {
        assert_eq!((conversations, &case["n_eligible"]), (&json!(index.conversations), &json!(index.entries.len())));
        let mut order: Vec<usize> = (0..index.entries.len()).collect();
        PythonRandom::new(settings.seed).shuffle(&mut order);
        same!(case["shuffle_head"], order[..20]);
        same!(case["shuffle_sha256"], sha256_csv(&order));
    }
    let python = &mut generators.python;
    let sampled = now(sharegpt::sample(file.as_slice(), index.entries, &settings, tokenizer, python, &mut |_| {}));
    let Some(sampled) = both_or_neither(case, sampled) else { return };
    if let Some(examined) = case.get("examined") {
        let counts = json!([sampled.examined, sampled.too_short, sampled.too_long]);
        assert_eq!(json!([examined, case["dropped_short"], case["dropped_long"]]), counts, "{}", case["name"]);
    }
    same!(case["py_next_u32"], generators.python.getrandbits(32));
    check_requests(case, &rows(&sampled.requests), &sampled.requests, "first_prompts");
    check_whole(case, &settings, &file, tokenizer, &sampled.requests, &mut generators);
}

fn check_sonnet(case: &Value, inputs: &impl Inputs, tokenizer: &Remembering) {
    let formatted = Settings {
        dataset_name: DatasetName::Sonnet,
        sonnet_input_len: number(case, "input_len"),
        sonnet_output_len: number(case, "output_len"),
        sonnet_prefix_len: number(case, "prefix_len"),
        ..settings(case)
    };
    let chat = Settings { backend: BackendKind::OpenaiChat, ..formatted.clone() };
    let file = inputs.dataset(name(case, "dataset"));
    let mut generators = Generators::from_seed(formatted.seed);
    let sampled = sonnet::sample(&file, &formatted, tokenizer, &mut generators.python);
    let Some((plan, requests)) = both_or_neither(case, sampled) else { return };
    same!(case["n_lines"], plan.lines.len());
    same!(case["average_line_tokens"], plan.average_line_tokens);
    same!(case["base_prompt_formatted"], plan.base_prompt_formatted);
    same!(case["base_prompt_offset"], plan.base_prompt_offset);
    same!(case["num_input_lines"], plan.input_lines);
    same!(case["num_prefix_lines"], plan.prefix_lines);
    same!(case["py_next_u32"], generators.python.getrandbits(32));

    let (_, plain) = sonnet::sample(&file, &chat, tokenizer, &mut PythonRandom::new(chat.seed)).expect("requests");
    let row = |(plain, formatted): (&Request, &Request)| {
        assert_eq!((plain.prompt_len, plain.output_len), (formatted.prompt_len, formatted.output_len));
        json!([sha256(&plain.prompt), sha256(&formatted.prompt), formatted.prompt_len, formatted.output_len])
    };
    let rows: Vec<Value> = plain.iter().zip(&requests).map(row).collect();
    check_requests(case, &rows, &plain, "first_prompts");
    check_requests(case, &rows, &requests, "first_prompts_formatted");
    check_whole(case, &formatted, &file, tokenizer, &requests, &mut generators);
}

fn check_random(case: &Value, tokenizer: &Remembering) {
    let settings = Settings {
        dataset_name: DatasetName::Random,
        random_input_len: number(case, "input_len"),
        random_output_len: number(case, "output_len"),
        random_range_ratio: case["range_ratio"].as_f64().expect("a ratio"),
        ..settings(case)
    };
    let mut generators = Generators::from_seed(settings.seed);
    let sampled = random::sample(&settings, tokenizer, &mut generators.numpy);
    let Some(requests) = both_or_neither(case, sampled) else { return };
    same!(case["vocab_size"], tokenizer.vocab_size());
    check_requests(case, &rows(&requests), &requests, "first_prompts");
    check_whole(case, &settings, &[], tokenizer, &requests, &mut generators);
}

/// What was made, when the reference made something; nothing, when both refused.
fn both_or_neither<T>(case: &Value, made: Result<T, DrawError>) -> Option<T> {
    match (case.get("error"), made) {
        (Some(_), Err(error)) => {
            assert!(error.to_string().ends_with('.'), "no sentence: {error}");
            None
        }
        (None, Ok(made)) => Some(made),
        (error, made) => panic!("{}: the reference {error:?}, we {:?}", case["name"], made.err()),
    }
}

/// A request as the cases have it.
fn rows(requests: &[Request]) -> Vec<Value> {
    let row = |request: &Request| json!([sha256(&request.prompt), request.prompt_len, request.output_len]);
    requests.iter().map(row).collect()
}

fn check_requests(case: &Value, rows: &[Value], requests: &[Request], first_prompts: &str) {
    let label = name(case, "name");
    same!(case["count"], requests.len(), "{label}");
    for (prompt, request) in case.get(first_prompts).and_then(Value::as_array).into_iter().flatten().zip(requests) {
        same!(*prompt, request.prompt, "{label}");
    }
    let expected = case["requests"].as_array().expect("requests");
    same!(Value::from(expected.clone()), rows[..expected.len()], "{label}");
    match case.get("requests_sha256") {
        None => assert_eq!(expected.len(), rows.len(), "{label}"),
        Some(hash) => {
            let text = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
            let line = |row: &Value| {
                let cells = row.as_array().expect("a row").iter().map(text);
                cells.collect::<Vec<_>>().join(",") + "\n"
            };
            same!(*hash, sha256(rows.iter().map(line).collect::<String>()), "{label}");
        }
    }
}

/// The waits drawn after sampling, and that `prepare` makes the same workload from the settings alone.
fn check_whole(
    case: &Value,
    settings: &Settings,
    file: &[u8],
    tokenizer: &Remembering,
    requests: &[Request],
    generators: &mut Generators,
) {
    for (rate, expected) in case["arrivals"]["rates"].as_object().into_iter().flatten() {
        let settings = Settings { request_rate: rate.parse().expect("a rate"), ..settings.clone() };
        let mut numpy = generators.numpy.clone();
        let waits = Schedule::draw(&settings, requests.len(), &mut numpy).expect("a schedule").intervals_s;
        let label = format!("{} at rate {rate}", case["name"]);
        same!(expected["draws"], waits.len(), "{label}");
        same!(expected["head"], waits[..waits.len().min(10)], "{label}");
        same!(expected["last"], json!(waits.last()), "{label}");
        let (sum, expected_sum) = (waits.iter().sum::<f64>(), expected["sum"].as_f64().expect("a sum"));
        assert!((sum - expected_sum).abs() <= 1e-14 * expected_sum, "{label}: {sum} for {expected_sum}");
        if !expected["next_u32"].is_null() {
            same!(expected["next_u32"], numpy.next_u32(), "{label}");
        }
    }
    let prepared = now(prepare(settings, Some(file), tokenizer, |_| {}));
    match prepared {
        Ok(workload) => assert_eq!(workload.requests, requests),
        Err(error) => assert!(requests.is_empty(), "{}: {error}", case["name"]),
    }
}

fn settings(case: &Value) -> Settings {
    Settings { seed: number(case, "seed"), num_prompts: number(case, "num_prompts"), ..Settings::default() }
}

fn name<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_else(|| panic!("no {key} in {case:.100}"))
}

fn number(case: &Value, key: &str) -> u32 {
    case[key].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_else(|| panic!("no {key}"))
}

/// The result of a future that waits for nothing.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a read from memory waited"),
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod folder {
    use super::*;
    use std::path::PathBuf;

    /// The inputs in a folder of the same layout as the reference data's.
    struct Folder(PathBuf);

    impl Inputs for Folder {
        fn dataset(&self, name: &str) -> Vec<u8> {
            std::fs::read(self.0.join("datasets").join(name)).expect("a dataset")
        }

        fn tokenizer(&self, name: &str) -> Remembering {
            let folder = self.0.join("tokenizers").join(name);
            let tokenizer = std::fs::read(folder.join("tokenizer.json")).expect("tokenizer.json");
            read(&tokenizer, std::fs::read(folder.join("tokenizer_config.json")).ok().as_deref())
        }
    }

    /// Without a folder there are only the committed cases, which the other tests run.
    #[test]
    fn every_case_of_the_folder_given() {
        let Ok(folder) = std::env::var("STREAMGAUGE_GOLDEN") else { return };
        let inputs = Folder(folder.into());
        let mut paths: Vec<_> = std::fs::read_dir(inputs.0.join("cases"))
            .expect("a folder of cases")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        let mut tokenizers = HashMap::new();
        let mut checked = 0;
        for path in paths {
            let case: Value = serde_json::from_slice(&std::fs::read(&path).expect("a case")).expect("JSON");
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if crate::figures::check_folders(name, &case) {
                checked += 1;
                continue;
            }
            let Some(tokenizer) = case["tokenizer"].as_str() else { continue };
            let tokenizer = tokenizers.entry(tokenizer.to_owned()).or_insert_with_key(|name| inputs.tokenizer(name));
            check(&case, &inputs, tokenizer);
            checked += 1;
        }
        assert!(checked > 0, "no case");
        println!("{checked} cases agree");
    }
}
