//! Makes the demo's dataset and tokenizer, `assets/demo/`, out of the word lists below: every sentence in them is ours.
//! Run `cargo run --example make-demo --features text` after a change; the same lists give the same bytes.
//!
//! The tokenizer is a byte-level BPE trained until each word of the dataset, and of the simulated server, is one token.

use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, TokenizerBuilder};

const CONVERSATIONS: usize = 200;
/// More than the words need; training ends when every word is one token.
const MOST_TOKENS: usize = 8000;

const THINGS: &[&str] = &[
    "wooden bridge",
    "rain gauge",
    "bread oven",
    "garden pump",
    "paper lantern",
    "school radio",
    "mountain path",
    "bicycle wheel",
    "tea kettle",
    "weather vane",
    "small library",
    "night train",
    "stone wall",
    "apple tree",
    "rowing boat",
    "street market",
    "kitchen clock",
    "water mill",
    "letter box",
    "glass house",
    "bee hive",
    "choir hall",
    "village well",
    "ferry landing",
    "corner café",
    "sewing machine",
    "chess table",
    "fishing net",
];
const PEOPLE: &[&str] = &[
    "my neighbour",
    "an old teacher",
    "the baker",
    "two sisters",
    "a young engineer",
    "the postman",
    "our choir",
    "a retired sailor",
    "the mayor",
    "a patient gardener",
    "the night nurse",
    "a travelling painter",
    "Zoë",
    "the twins",
];
const NUMBERS: &[&str] = &["two", "three", "four", "five", "six", "seven", "ten", "twelve", "20", "35", "100"];
const TIMES: &[&str] = &[
    "a week",
    "one long winter",
    "a single afternoon",
    "three summers",
    "a month",
    "half a day",
    "ten years",
    "the whole spring",
    "an hour",
];
const WEATHERS: &[&str] = &["heavy rain", "early frost", "a dry wind", "thick fog", "bright sun", "the first snow"];

const QUESTIONS: &[&str] = &[
    "How would you repair the {thing} after it has stood unused for {time}?",
    "Write a short story about the {thing} and {person}.",
    "Explain to a child how the {thing} works, in {number} sentences.",
    "I have {time} and {number} coins to improve the {thing}. What should I do first?",
    "Give me {number} names for a newspaper column about the {thing}.",
    "Compare the {thing} with the {other}. Which one would {person} miss more, and why?",
    "Draft a polite letter to {person}: the {thing} was borrowed {time} ago and has not come back.",
    "What could go wrong when {person} paints the {thing} in {weather}?",
    "Plan a day around the {thing} for {person}, from breakfast to the evening.",
    "Is it wise to move the {thing} before {weather} comes?",
    "Make a list of {number} questions that {person} should ask before buying the {thing}.",
    "Why does the {thing} sound different in {weather}?",
];
const NOTES: &[&str] = &[
    "It belongs to {person}, who has looked after it for {time}.",
    "The last repair was {time} ago, and nobody wrote down what was done.",
    "There is room for {number} people around it, if they are polite.",
    "In {weather} it makes a noise that the whole street can hear.",
    "We tried to sell it once, but {person} would not hear of it.",
    "Please keep in mind that {person} will read the answer aloud.",
    "Some of the parts came from the {other} that stood here before.",
    "I would rather wait {time} than do it badly.",
    "The budget is {number} coins; anything beyond that needs a vote.",
    "Last year {weather} did more harm to it than {time} of daily use.",
];
const OPENINGS: &[&str] = &[
    "Start with a good look at the {thing}, and take your time.",
    "That is a fair question, and the short answer is yes, with care.",
    "Once there was a {thing} that nobody had counted on.",
    "Here is a plan that {person} could follow without help.",
    "It depends on the weather: {weather} changes nearly everything.",
    "I would do it in {number} small steps.",
    "Dear friend, I hope that this letter finds you well and that the {thing} does too.",
];
const BODIES: &[&str] = &[
    "First, clean the side that faces the wind, because that is where the trouble begins.",
    "Write down what you see before you touch anything, and put the date beside it.",
    "Then ask {person} to hold the light while you look underneath.",
    "If a part is loose, mark it with chalk and leave it where it is until the end.",
    "After {time} you will know whether the work was worth it.",
    "The {thing} does not mind waiting, but {person} might.",
    "Nothing in it is secret: water comes in at the top, does its work and leaves at the bottom.",
    "In {weather} the wood swells, so leave a gap as wide as a coin.",
    "Keep {number} spare pieces in a dry box and tell {person} where the box is.",
    "A cheap fix lasts {time}; a proper one lasts as long as somebody cares.",
    "Measure twice, and let somebody else read the second number.",
    "When {person} came by in the evening, the whole thing was already humming.",
    "People who live near the {thing} say that it is never quite the same colour on two days.",
    "Do the loud work before noon and the quiet work after supper.",
    "It helps to compare it with the {other} across the road, which was built in the same year.",
    "Do not trust a figure that nobody can explain; ask how it was measured.",
];
const CLOSINGS: &[&str] = &[
    "That is all there is to it.",
    "If it still fails, send me a picture and the numbers.",
    "And {person} kept the key, just in case.",
    "Rest for {time}, then look at it again with fresh eyes.",
    "In the end the {thing} outlived every plan that was made for it.",
    "Good luck, and enjoy the work!",
];
const FOLLOW_UPS: &[&str] =
    &["And what if {weather} comes early?", "Could {person} do that alone?", "Can you say it in fewer words?"];

/// A small generator (a multiplicative one modulo 2^31 - 1); its seed is part of the demo.
struct Dice {
    state: u64,
    /// What the conversation at hand is about.
    thing: &'static str,
}

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.state = self.state * 48271 % 2_147_483_647;
        (self.state as usize) % end
    }

    fn pick(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len())]
    }

    /// A sentence from a list, its slots filled.
    fn sentence(&mut self, list: &[&'static str]) -> String {
        let form = self.pick(list);
        self.fill(form)
    }

    fn fill(&mut self, form: &str) -> String {
        let mut text = form.replace("{thing}", self.thing);
        let slots = [
            ("{other}", THINGS),
            ("{person}", PEOPLE),
            ("{number}", NUMBERS),
            ("{time}", TIMES),
            ("{weather}", WEATHERS),
        ];
        for (slot, words) in slots {
            while text.contains(slot) {
                text = text.replacen(slot, self.pick(words), 1);
            }
        }
        capitalised(&text)
    }

    /// Different sentences from a list: mostly few, now and then many, as in real conversations.
    fn sentences(&mut self, list: &[&'static str], least: usize) -> Vec<String> {
        let most = list.len() * 4 / 5;
        let count = self.below(most).min(self.below(most)).max(least);
        let mut left = list.to_vec();
        (0..count)
            .map(|_| {
                let form = left.swap_remove(self.below(left.len()));
                self.fill(form)
            })
            .collect()
    }

    fn question(&mut self) -> String {
        self.thing = self.pick(THINGS);
        let question = vec![self.sentence(QUESTIONS)];
        [question, self.sentences(NOTES, 0)].concat().join(" ")
    }

    fn answer(&mut self) -> String {
        let (opening, closing) = (self.sentence(OPENINGS), self.sentence(CLOSINGS));
        let body = self.sentences(BODIES, 1).join(" ");
        let breaks = if self.below(3) == 0 { "\n\n" } else { " " };
        [opening, body, closing].join(breaks)
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn turn(from: &str, value: String) -> Value {
    json!({ "from": from, "value": value })
}

/// The dataset, in ShareGPT's form. Its last few entries are of the kinds that the sampler passes over.
fn conversations() -> Vec<Value> {
    let mut dice = Dice { state: 20_240, thing: THINGS[0] };
    let mut turns: Vec<Vec<Value>> = Vec::new();
    while turns.len() < CONVERSATIONS {
        let mut one = vec![turn("human", dice.question()), turn("gpt", dice.answer())];
        if turns.contains(&one) {
            continue;
        }
        if dice.below(5) == 0 {
            one.extend([turn("human", dice.sentence(FOLLOW_UPS)), turn("gpt", dice.sentence(BODIES))]);
        }
        turns.push(one);
    }
    turns.push(vec![turn("human", dice.question())]);
    turns.push(vec![]);
    turns.push(vec![turn("human", "Thanks!".into()), turn("gpt", dice.answer())]);
    turns.push(vec![turn("human", dice.question()), turn("gpt", "Yes.".into())]);
    turns
        .into_iter()
        .enumerate()
        .map(|(i, turns)| json!({ "id": format!("demo-{i}"), "conversations": turns }))
        .collect()
}

/// The words that the simulated server says, out of its source.
fn server_words(assets: &Path) -> Result<String, Box<dyn Error>> {
    let source = fs::read_to_string(assets.join("simulated-server.js"))?;
    let words = source.split_once("const WORDS = `").and_then(|(_, rest)| rest.split_once('`'));
    Ok(words.ok_or("no WORDS in simulated-server.js")?.0.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Trains the tokenizer on these texts and writes it.
fn write_tokenizer(texts: &[String], folder: &Path) -> Result<(), Box<dyn Error>> {
    let special = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"];
    // The space before the first word makes it the same token as anywhere else.
    let bytes = ByteLevel::new(true, true, true);
    let mut tokenizer = TokenizerBuilder::new()
        .with_model(BPE::default())
        .with_normalizer(Some(NFC))
        .with_pre_tokenizer(Some(bytes))
        .with_post_processor(Some(ByteLevel::new(true, false, true)))
        .with_decoder(Some(bytes))
        .build()
        .map_err(|error| error.to_string())?;
    let mut trainer = BpeTrainerBuilder::new()
        .show_progress(false)
        .vocab_size(MOST_TOKENS)
        .min_frequency(1)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .special_tokens(special.map(|token| AddedToken::from(token, true)).into())
        .build();
    tokenizer.train(&mut trainer, texts.iter()).map_err(|error| error.to_string())?;
    tokenizer.save(folder.join("tokenizer.json"), false).map_err(|error| error.to_string())?;
    let config = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": 4096,
        "clean_up_tokenization_spaces": false,
        "add_prefix_space": true,
        "eos_token": "<|end|>",
        "chat_template": "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>\n{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}",
    });
    fs::write(folder.join("tokenizer_config.json"), serde_json::to_string_pretty(&config)? + "\n")?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let demo = assets.join("demo");
    fs::create_dir_all(demo.join("tokenizer"))?;
    let conversations = conversations();
    // One conversation a line keeps the file readable, and a change to it small.
    let lines: Vec<String> = conversations.iter().map(Value::to_string).collect();
    fs::write(demo.join("sharegpt.json"), format!("[\n{}\n]\n", lines.join(",\n")))?;
    let turns = conversations.iter().filter_map(|one| one["conversations"].as_array()).flatten();
    let mut texts: Vec<String> = turns.filter_map(|turn| turn["value"].as_str()).map(str::to_owned).collect();
    texts.push(server_words(&assets)?);
    write_tokenizer(&texts, &demo.join("tokenizer"))
}
