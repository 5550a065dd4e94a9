//! Where a run's worker may connect: to the run's target and to its own program, and nowhere else. The browser keeps it to
//! that by a Content-Security-Policy of its own, so that neither what a server answers nor a fault of ours can send
//! prompts or a key to anybody else.

use crate::run::diagnose::origin;
use crate::run::lanes::is_loopback;

/// The `connect-src` directive for a worker that asks these targets; all are absolute addresses as the browser writes
/// them. `program` is the worker's own file.
pub fn connect_src(targets: &[String], program: &str) -> String {
    let mut sources = vec![own_file(program)];
    for source in targets.iter().flat_map(|target| sources_of(target)) {
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    format!("connect-src {}", sources.join(" "))
}

/// The file alone; where a policy cannot write its address, all of the page's own origin.
fn own_file(url: &str) -> String {
    let file = url.split(['?', '#']).next().unwrap_or_default();
    if file.contains("://") && is_writable(file) && !file.contains('[') { file.to_owned() } else { "'self'".to_owned() }
}

/// A target's origin, and the other names of this machine over which the load is spread.
fn sources_of(target: &str) -> Vec<String> {
    let origin = origin(target);
    let Some((scheme, authority)) = origin.split_once("://") else { return Vec::new() };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, format!(":{port}")),
        _ => (authority, String::new()),
    };
    let names = (scheme == "http" && is_loopback(host)).then(|| format!("http://*.localhost{port}"));
    // The language of policies has no words for IPv6 addresses: the scheme is the nearest that it can say.
    let own = if host.starts_with('[') || !is_writable(&origin) { format!("{scheme}:") } else { origin.clone() };
    std::iter::once(own).chain(names).collect()
}

/// Whether an address has no character that means something in a policy, or in the page that carries it.
fn is_writable(address: &str) -> bool {
    address.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/%[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "https://gauge.example/a/load-worker_bg.wasm?v=1";

    fn sources(targets: &[&str]) -> String {
        let targets: Vec<String> = targets.iter().map(|target| (*target).to_owned()).collect();
        let policy = connect_src(&targets, PROGRAM);
        let own = "connect-src https://gauge.example/a/load-worker_bg.wasm";
        policy.strip_prefix(own).expect("the worker's own file").trim_start().to_owned()
    }

    #[test]
    fn names_the_target_and_nothing_else() {
        assert_eq!(sources(&["https://gpu.example/llm/v1?x=http://other.example"]), "https://gpu.example");
        assert_eq!(sources(&["http://10.0.0.7:8000", "http://10.0.0.7:8000/b"]), "http://10.0.0.7:8000");
        assert_eq!(sources(&["http://user:pw@gpu:8000/", "https://b.example"]), "http://gpu:8000 https://b.example");
        assert_eq!(sources(&[]), "");
    }

    #[test]
    fn this_machine_has_other_names() {
        assert_eq!(sources(&["http://localhost:8000"]), "http://localhost:8000 http://*.localhost:8000");
        assert_eq!(sources(&["http://127.0.0.1"]), "http://127.0.0.1 http://*.localhost");
        assert_eq!(sources(&["http://[::1]:9"]), "http: http://*.localhost:9");
        assert_eq!(sources(&["https://localhost:8443"]), "https://localhost:8443");
    }

    #[test]
    fn what_a_policy_cannot_say_does_not_change_it() {
        assert_eq!(sources(&["https://[2001:db8::1]/v1"]), "https:");
        assert_eq!(sources(&["https://a;connect-src/"]), "https:");
        assert_eq!(sources(&["https://a\"><script/"]), "https:");
        assert_eq!(sources(&["nonsense"]), "");
        assert_eq!(connect_src(&[], "https://gauge.example/a;b/w.wasm"), "connect-src 'self'");
    }
}
