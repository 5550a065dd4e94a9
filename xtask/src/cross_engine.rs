//! The end-to-end tests that run in every engine, and not in Chromium alone: what a person does with the page, from the
//! main job to a shared link, and what is promised of every browser.

/// Names of tests under e2e/tests. They take the engine from the environment
/// ([`Engine::VARIABLE`](crate::browser::Engine::VARIABLE)).
pub const TESTS: &[&str] = &[
    // The main job, its figures against the server's log; the demo; outcomes, dry runs and errors by report-to.
    "figures_agree_with_the_servers_log",
    "the_demo_measures_the_simulated_server",
    "the_demo_as_it_stands_gives_no_cause_for_doubt_of_its_own",
    "a_dry_run_sends_nothing_and_tells_the_workload",
    "an_unknown_key_or_a_bad_value_is_named_and_nothing_runs",
    // Workloads are the reference's.
    "a_case_of_each_kind_of_dataset_is_the_references",
    "templated_prompts_are_the_references",
    // A burst.
    "two_hundred_streams_are_in_flight_at_once_over_http1",
    // The page in a person's hands.
    "one_button_runs_the_demo",
    "stop_keeps_what_was_measured",
    "picked_files_are_sent_as_files_by_address_are",
    "a_broken_file_that_is_picked_says_what_is_wrong_and_where",
    "several_files_are_compared_and_a_link_opens_results",
    "a_shared_link_shows_the_same_figures_in_a_fresh_profile",
    // A kill, and what is left of the run.
    "a_killed_browser_leaves_a_partial_run_that_lacks_a_second_at_most",
    // What workers may reach.
    "a_run_reaches_its_target_and_nothing_else",
    "the_simulated_servers_worker_reaches_the_pages_origin_and_nothing_else",
];

#[cfg(test)]
mod tests {
    use std::fs;

    use super::TESTS;
    use crate::root;

    #[test]
    fn each_is_a_test_and_is_there_once() {
        let folder = fs::read_dir(root().join("e2e/tests")).unwrap();
        let sources: String = folder.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
        for name in TESTS {
            assert_eq!(sources.matches(&format!("#[test]\nfn {name}()")).count(), 1, "{name}");
        }
    }
}
