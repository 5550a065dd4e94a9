//! The random generators and the waits, against CPython's and NumPy's own.

use serde_json::Value;
use streamgauge::rng::{NumpyRandom, PythonRandom};
use streamgauge::schedule::Schedule;
use streamgauge::settings::Settings;

use crate::{sha256_csv, unzip_json};

const RNG: &[u8] = include_bytes!("rng.json.gz");
const INTERVALS: &[u8] = include_bytes!("intervals.json.gz");

fn array(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

fn seed_of(run: &Value) -> u32 {
    run["seed"].as_u64().and_then(|seed| u32::try_from(seed).ok()).expect("a seed")
}

fn int(value: &Value) -> usize {
    value.as_u64().expect("an integer") as usize
}

pub(crate) fn python_random_gives_the_same_integers_shuffles_and_samples() {
    let golden = unzip_json(RNG);
    for run in array(&golden["python_random"]) {
        let seed = seed_of(run);
        let fresh = || PythonRandom::new(seed);

        let mut random = fresh();
        let words: Vec<u64> = (0..630).map(|_| random.getrandbits(32)).collect();
        same!(run["u32_head"], words[..8]);
        same!(run["u32_at_620_to_630"], words[620..]);
        let mut random = fresh();
        same!(run["random_head"], (0..8).map(|_| random.random()).collect::<Vec<_>>());

        let mut random = fresh();
        for step in array(&run["below"]) {
            let n = step["n"].as_u64().expect("a bound");
            same!(step["values"], (0..6).map(|_| random.below(n)).collect::<Vec<_>>(), "below {n}");
        }
        same!(run["below_next_u32"], random.getrandbits(32));

        for case in array(&run["shuffle"]) {
            let mut random = fresh();
            let mut items: Vec<usize> = (0..int(&case["n"])).collect();
            random.shuffle(&mut items);
            check_indices(case, &items, &mut random);
        }
        for case in array(&run["sample"]) {
            let mut random = fresh();
            let places = random.sample(int(&case["n"]), int(&case["k"])).expect("enough");
            check_indices(case, &places, &mut random);
        }
        let mut random = fresh();
        for hash in array(&run["sample_sequence_520_29"]) {
            same!(*hash, sha256_csv(&random.sample(520, 29).expect("enough")));
        }
        assert_eq!(fresh().sample(3, 4), None);
    }
}

fn check_indices(case: &Value, indices: &[usize], random: &mut PythonRandom) {
    let head = &indices[..array(&case["head"]).len()];
    same!(case["head"], head);
    same!(case["sha256_csv"], sha256_csv(indices), "n {} k {}", case["n"], case["k"]);
    same!(case["next_u32"], random.getrandbits(32), "n {} k {}", case["n"], case["k"]);
}

pub(crate) fn numpy_gives_the_same_words_doubles_and_integers() {
    let golden = unzip_json(RNG);
    for run in array(&golden["numpy_legacy"]) {
        let seed = seed_of(run);
        let fresh = || NumpyRandom::new(seed);

        let mut random = fresh();
        let words: Vec<u32> = (0..630).map(|_| random.next_u32()).collect();
        same!(run["u32_head"], words[..8]);
        same!(run["u32_at_620_to_630"], words[620..]);
        let mut random = fresh();
        same!(run["random_sample_head"], (0..8).map(|_| random.random_sample()).collect::<Vec<_>>());

        for case in array(&run["randint"]) {
            let mut random = fresh();
            let bound = |key: &str| case[key].as_i64().expect("a bound");
            let drawn = random.randint(bound("low"), bound("high"), int(&case["size"])).expect("a range");
            same!(case["values"], drawn, "{} to {}", case["low"], case["high"]);
            same!(case["next_u32"], random.next_u32(), "{} to {}", case["low"], case["high"]);
        }
        let mut random = fresh();
        let expected = array(&run["sequence"]["values"]);
        for (i, (low, high)) in [(512, 1025), (64, 65), (0, 32_000)].into_iter().enumerate() {
            same!(expected[i], random.randint(low, high, 10).expect("a range"));
        }
        same!(expected[3], random.exponential(1.0 / 7.5));
        same!(expected[4], random.next_u32());
    }
    assert!(NumpyRandom::new(0).randint(3, 3, 1).is_err());
    assert_eq!(NumpyRandom::new(0).randint(3, 3, 0), Ok(vec![]));
}

pub(crate) fn waits_are_equal_to_the_last_bit() {
    let golden = unzip_json(INTERVALS);
    for run in array(&golden["runs"]) {
        let seed = seed_of(run);
        let mut random = NumpyRandom::new(seed);
        same!(run["u"], (0..1000).map(|_| random.random_sample()).collect::<Vec<_>>());
        for (rate, expected) in run["rates"].as_object().expect("rates") {
            let request_rate: f64 = rate.parse().expect("a rate");
            let settings = Settings { request_rate, ..Settings::default() };
            let mut numpy = NumpyRandom::new(seed);
            let schedule = Schedule::draw(&settings, int(&run["n"]), &mut numpy).expect("a schedule");
            same!(expected["intervals"], schedule.intervals_s, "rate {rate}");
            same!(expected["next_u32"], numpy.next_u32(), "rate {rate}");
        }
    }
}
