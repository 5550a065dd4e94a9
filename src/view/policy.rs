//! What a run's worker may do: connect to the run's target, and nothing else. The browser keeps it to that by a
//! Content-Security-Policy of its own, so that neither what a server answers nor a fault of ours can send prompts or a key
//! to anybody else.

use crate::address::{Host, Origin};

/// The policy of a worker that asks these servers. The worker loads no script, and those that it may start are blobs, which
/// live under the same policy.
pub fn run_policy(targets: &[Origin]) -> String {
    let mut sources: Vec<String> = Vec::new();
    for source in targets.iter().flat_map(sources_of) {
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    if sources.is_empty() {
        sources.push("'none'".to_owned());
    }
    let targets = sources.join(" ");
    format!("default-src 'none'; script-src 'wasm-unsafe-eval'; worker-src blob:; connect-src {targets}")
}

/// A server's origin, and the other names of this machine over which the load is spread.
fn sources_of(origin: &Origin) -> Vec<String> {
    let any_name = |other: Origin| Origin { host: Host::Name("*.localhost".into()), ..other };
    let names = origin.other_name(1).map(|other| any_name(other).to_string());
    // The language of policies has no words for IPv6 addresses: the scheme is the nearest that it can say.
    let own = if matches!(origin.host, Host::V6(_)) { format!("{}:", origin.scheme()) } else { origin.to_string() };
    std::iter::once(own).chain(names).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn sources(targets: &[&str]) -> String {
        let origin = |target: &&str| Address::parse(target).expect("an address").origin;
        let targets: Vec<Origin> = targets.iter().map(origin).collect();
        let policy = run_policy(&targets);
        let rest = "default-src 'none'; script-src 'wasm-unsafe-eval'; worker-src blob:; connect-src ";
        policy.strip_prefix(rest).expect("nothing else is allowed").to_owned()
    }

    #[test]
    fn names_the_target_and_nothing_else() {
        assert_eq!(sources(&["https://gpu.example/llm/v1?x=http://other.example"]), "https://gpu.example");
        assert_eq!(sources(&["http://10.0.0.7:8000", "http://10.0.0.7:8000/b"]), "http://10.0.0.7:8000");
        assert_eq!(sources(&["http://gpu:8000/", "https://b.example"]), "http://gpu:8000 https://b.example");
        assert_eq!(sources(&["http://gpu.:80"]), "http://gpu");
        assert_eq!(sources(&[]), "'none'");
    }

    #[test]
    fn this_machine_has_other_names() {
        assert_eq!(sources(&["http://localhost:8000"]), "http://localhost:8000 http://*.localhost:8000");
        assert_eq!(sources(&["http://127.0.0.1"]), "http://127.0.0.1 http://*.localhost");
        assert_eq!(sources(&["http://[::1]:9"]), "http: http://*.localhost:9");
        assert_eq!(sources(&["http://[::ffff:127.0.0.1]:9"]), "http: http://*.localhost:9");
        assert_eq!(sources(&["https://localhost:8443"]), "https://localhost:8443");
    }

    #[test]
    fn what_a_policy_cannot_say_does_not_change_it() {
        assert_eq!(sources(&["https://[2001:db8::1]/v1"]), "https:");
        for hostile in ["https://a;connect-src/", "https://a\"><script/", "http://a 'self'", "http://*.example"] {
            assert!(Address::parse(hostile).is_err(), "{hostile}");
        }
    }
}
