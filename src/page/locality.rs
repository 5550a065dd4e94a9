//! What a link may do by itself. `autorun` and `report-to` act without a click only where the page was served from a
//! loopback or private address, or where their target is the page's own origin; a hosted page asks first, because a
//! link must not make a stranger's browser load somebody's server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether a host name (as `URL.hostname` gives it) is this machine or a private network.
pub fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => is_local_v4(ip),
        Ok(IpAddr::V6(ip)) => is_local_v6(ip),
        Err(_) => host == "localhost" || host.ends_with(".localhost") || host.ends_with(".local"),
    }
}

/// Whether a host name is this machine, so that nothing sent to it crosses a network.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn is_local_v4(ip: Ipv4Addr) -> bool {
    ip.is_loopback() || ip.is_private() || ip.is_link_local()
}

fn is_local_v6(ip: Ipv6Addr) -> bool {
    ip.to_ipv4_mapped().is_some_and(is_local_v4)
        || ip.is_loopback()
        || ip.is_unique_local()
        || ip.is_unicast_link_local()
}

/// What a link asks the page to do by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkAsk {
    /// Start without a click.
    pub autorun: bool,
    /// Send the outcome there.
    pub report_to: Option<String>,
    /// Make the workload and send nothing.
    pub dry_run: bool,
}

impl LinkAsk {
    /// Whether the page needs a person's word before it obeys: `page_host` served it, `same_origin` tells of an
    /// address whether it is of the page's own origin, `targets` are the addresses that a run would load.
    pub fn needs_a_click(&self, page_host: &str, targets: &[String], same_origin: impl Fn(&str) -> bool) -> bool {
        if is_local(page_host) {
            return false;
        }
        let runs_elsewhere = self.autorun && !self.dry_run && !targets.iter().all(|target| same_origin(target));
        let reports_elsewhere = self.report_to.as_deref().is_some_and(|target| !same_origin(target));
        runs_elsewhere || reports_elsewhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_local_hosts_from_others() {
        for host in ["localhost", "s3.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "10.0.0.4", "172.16.3.1"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["192.168.1.2", "169.254.1.1", "[fd00::1]", "[fe80::1]", "gpu.local", "LOCALHOST."] {
            assert!(is_local(host), "{host}");
        }
        for host in ["example.org", "172.32.0.1", "8.8.8.8", "localhost.example.org", "[2001:db8::1]", "", "local"] {
            assert!(!is_local(host), "{host}");
        }
        assert!(is_loopback("127.0.0.1") && !is_loopback("10.0.0.4"));
    }

    #[test]
    fn a_hosted_page_asks_before_it_loads_or_reports_elsewhere() {
        let own = |address: &str| address.starts_with("https://page.example");
        let elsewhere = ["https://gpu.example".to_owned()];
        let here = ["https://page.example/llm".to_owned()];
        let run = LinkAsk { autorun: true, ..LinkAsk::default() };
        assert!(run.needs_a_click("page.example", &elsewhere, own));
        assert!(!run.needs_a_click("page.example", &here, own));
        assert!(!run.needs_a_click("localhost", &elsewhere, own));
        let report = LinkAsk { report_to: Some("https://other.example".into()), ..run };
        assert!(report.needs_a_click("page.example", &here, own));
        let nothing = LinkAsk::default();
        assert!(!nothing.needs_a_click("page.example", &elsewhere, own));
    }
}
