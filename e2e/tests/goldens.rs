//! The reference's workloads in the built page, in whatever engine this runs: one case of each kind of dataset.

use e2e::golden::{Case, hash, requests};
use streamgauge::settings::DatasetName;

/// A case of each kind. That of sonnet needs a chat template, and tests/chat_template.rs has it.
const CASES: &[(DatasetName, &str)] = &[
    (DatasetName::Sharegpt, "sharegpt_llama3ish_s42_n200"),
    (DatasetName::Random, "random_llama3ish_s42_n30_77_33_r0.3"),
];
const ELSEWHERE: &[DatasetName] = &[DatasetName::Sonnet];

#[test]
fn a_case_of_each_kind_of_dataset_is_the_references() {
    for kind in DatasetName::ALL {
        let here = CASES.iter().any(|(of, _)| of == kind);
        assert!(here || ELSEWHERE.contains(kind), "no golden case of {kind} is run in the browsers");
    }
    for (_, name) in CASES {
        let case = Case::named(name);
        let rate = "7.5";
        let outcome = case.dry_run(&format!("backend=openai&base-url=http://localhost:1&request-rate={rate}"));
        let line = |request| format!("{},{},{}\n", hash(request), request["prompt_len"], request["output_len"]);
        case.assert_requests(&requests(&outcome).iter().map(line).collect::<Vec<_>>());
        let waits = outcome["intervals_s"].as_array().expect("waits");
        let expected = case.expected["arrivals"]["rates"][rate]["head"].as_array().expect("the reference's waits");
        assert_eq!(&waits[..expected.len()], expected, "{name}: waits, to the last bit");
    }
}
