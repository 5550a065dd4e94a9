//! The connection plan. Over HTTP/1.1 a browser carries six streams a host and a few hundred in all, and it queues the
//! rest where no page can see it; over HTTP/2 about a hundred a session. A lane is one host name with the streams that
//! it carries. A server on this machine is reached by many names (`s1.localhost`, `s2.localhost` …), each a lane.

use std::net::IpAddr;

use crate::settings::Settings;

/// Streams that a browser carries to one host over HTTP/1.1.
pub const STREAMS_HTTP1: u32 = 6;
/// Streams that an HTTP/2 session carries, unless the server says otherwise.
pub const STREAMS_HTTP2: u32 = 100;
/// Streams over HTTP/1.1 in all: browsers stop at 256 sockets, and need a few themselves.
pub const MAX_STREAMS_HTTP1: u32 = 240;
/// Requests outstanding in all: beyond some 1350, Chromium fails them at once.
pub const MAX_OUTSTANDING: u32 = 1200;
/// Names that a server on this machine is spread over.
pub const MAX_NAMES: u32 = 40;

/// Where requests may go at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The lanes; never empty.
    pub lanes: Vec<Lane>,
    /// Streams in all lanes together, at most.
    pub total: u32,
    /// Streams that the run may want at its peak.
    pub wanted: u32,
    /// The HTTP versions of the base URLs, where the browser told.
    pub protocols: Vec<String>,
}

/// One host name, and what it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Address up to the endpoint's path.
    pub base_url: String,
    /// Streams at a time.
    pub capacity: u32,
    /// Which of the person's base URLs it belongs to, from 0.
    pub target: u16,
}

/// What was found out about a base URL before the run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probe {
    /// "http/1.1", "h2" or "h3"; none where the browser does not tell.
    pub protocol: Option<String>,
    /// Whether the server also answers as `s1.localhost`.
    pub other_names: bool,
}

impl Plan {
    /// The plan for these settings and this many requests; `probes` has one entry a base URL, in order, and may be
    /// shorter where nothing is known.
    pub fn new(settings: &Settings, requests: u32, probes: &[Probe]) -> Self {
        let wanted = requests.min(settings.max_concurrency.unwrap_or(u32::MAX)).min(MAX_OUTSTANDING);
        if settings.simulated_server {
            let base_url = settings.base_urls().remove(0);
            let lane = Lane { base_url, capacity: MAX_OUTSTANDING, target: 0 };
            return Self { lanes: vec![lane], total: MAX_OUTSTANDING, wanted, protocols: Vec::new() };
        }
        let base_urls = settings.base_urls();
        let share = wanted.div_ceil(base_urls.len() as u32);
        let unknown = Probe::default();
        let targets = base_urls.iter().zip(0..);
        let lanes: Vec<Lane> = targets
            .flat_map(|(base_url, target)| {
                target_lanes(base_url, target, share, probes.get(usize::from(target)).unwrap_or(&unknown))
            })
            .collect();
        let (http2, http1): (Vec<&Lane>, Vec<&Lane>) = lanes.iter().partition(|lane| lane.capacity > STREAMS_HTTP1);
        let sum = |lanes: &[&Lane]| lanes.iter().map(|lane| lane.capacity).sum::<u32>();
        let total = (sum(&http1).min(MAX_STREAMS_HTTP1) + sum(&http2)).min(MAX_OUTSTANDING);
        let mut protocols: Vec<String> = probes.iter().filter_map(|probe| probe.protocol.clone()).collect();
        protocols.dedup();
        Self { lanes, total, wanted, protocols }
    }

    /// Streams that the plan carries at once.
    pub fn streams_that_fit(&self) -> u32 {
        let sum = self.lanes.iter().fold(0u32, |sum, lane| sum.saturating_add(lane.capacity));
        self.total.min(sum)
    }
}

fn target_lanes(base_url: &str, target: u16, share: u32, probe: &Probe) -> Vec<Lane> {
    let multiplexed = matches!(probe.protocol.as_deref(), Some("h2" | "h3"));
    let capacity = if multiplexed { STREAMS_HTTP2 } else { STREAMS_HTTP1 };
    let mut lanes = vec![Lane { base_url: base_url.to_owned(), capacity, target }];
    if !multiplexed && probe.other_names {
        let names = share.div_ceil(capacity).clamp(1, MAX_NAMES);
        let others = (1..names).filter_map(|n| loopback_name(base_url, n));
        lanes.extend(others.map(|base_url| Lane { base_url, capacity, target }));
    }
    lanes
}

/// The same server by its `n`-th name, `s{n}.localhost`, if it is on this machine and speaks plain HTTP; a certificate
/// would not know the name.
pub fn loopback_name(base_url: &str, n: u32) -> Option<String> {
    let rest = base_url.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => (host, Some(port)),
        _ => (authority, None),
    };
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    is_loopback(host).then(|| format!("http://s{n}.localhost{port}{path}"))
}

/// Whether a host, as a URL writes it, is this machine.
pub fn is_loopback(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(&host);
    bare == "localhost" || bare.ends_with(".localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A plan in use: how many streams each lane carries now.
#[derive(Debug, Clone)]
pub struct Lanes {
    /// (lane, streams in flight), in the plan's order.
    lanes: Vec<(Lane, u32)>,
    /// (streams in flight, requests sent so far) of each target.
    targets: Vec<(u32, u64)>,
    in_flight: u32,
    limit: u32,
}

impl Lanes {
    /// The plan's lanes, empty; with the person's own limit on requests at a time, if any.
    pub fn new(plan: &Plan, max_concurrency: Option<u32>) -> Self {
        let targets = plan.lanes.iter().map(|lane| usize::from(lane.target) + 1).max().unwrap_or(0);
        Self {
            lanes: plan.lanes.iter().map(|lane| (lane.clone(), 0)).collect(),
            targets: vec![(0, 0); targets],
            in_flight: 0,
            limit: plan.streams_that_fit().min(max_concurrency.unwrap_or(u32::MAX)).max(1),
        }
    }

    /// Takes a place for one request: at the target with the fewest in flight (of equals, the one with the fewest
    /// sent), and there under the first name with room, so that connections are used again. None when all is full.
    pub fn take(&mut self) -> Option<u16> {
        if self.in_flight >= self.limit {
            return None;
        }
        let with_room = self.lanes.iter().enumerate().filter(|(_, (lane, in_flight))| *in_flight < lane.capacity);
        let (index, _) = with_room.min_by_key(|(_, (lane, _))| self.targets[usize::from(lane.target)])?;
        let (lane, in_flight) = &mut self.lanes[index];
        let target = &mut self.targets[usize::from(lane.target)];
        *in_flight += 1;
        *target = (target.0 + 1, target.1 + 1);
        self.in_flight += 1;
        u16::try_from(index).ok()
    }

    /// Gives a place back that was taken.
    pub fn give_back(&mut self, lane: u16) {
        if let Some((lane, in_flight)) = self.lanes.get_mut(usize::from(lane))
            && *in_flight > 0
        {
            *in_flight -= 1;
            self.targets[usize::from(lane.target)].0 -= 1;
            self.in_flight -= 1;
        }
    }

    /// Requests in flight now.
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// The connections that `streams` requests at a time would use: (lane, how many). A lane whose streams share one
    /// connection has one.
    pub fn connections(&self, streams: u32) -> Vec<(u16, u32)> {
        let mut trial = Self { in_flight: 0, ..self.clone() };
        for _ in 0..streams {
            if trial.take().is_none() {
                break;
            }
        }
        let used = trial.lanes.iter().zip(0..).filter(|((_, in_flight), _)| *in_flight > 0);
        let shared = |lane: &Lane| lane.capacity > STREAMS_HTTP1;
        used.map(|((lane, in_flight), index)| (index, if shared(lane) { 1 } else { *in_flight })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(base_url: &str) -> Settings {
        Settings { base_url: Some(base_url.into()), ..Settings::default() }
    }

    fn other_names() -> Probe {
        Probe { protocol: Some("http/1.1".into()), other_names: true }
    }

    fn take_all(lanes: &mut Lanes) -> Vec<u16> {
        std::iter::from_fn(|| lanes.take()).collect()
    }

    #[test]
    fn a_local_server_is_spread_over_names() {
        let plan = Plan::new(&settings("http://localhost:8000/api"), 200, &[other_names()]);
        assert_eq!(plan.lanes.len(), 34);
        assert_eq!(plan.lanes[0].base_url, "http://localhost:8000/api");
        assert_eq!(plan.lanes[33].base_url, "http://s33.localhost:8000/api");
        assert_eq!(plan.streams_that_fit(), 204);
        let plan = Plan::new(&settings("http://127.0.0.1:8000"), 5000, &[other_names()]);
        assert_eq!((plan.lanes.len(), plan.streams_that_fit()), (40, MAX_STREAMS_HTTP1));
        assert_eq!(plan.wanted, MAX_OUTSTANDING);
    }

    #[test]
    fn few_requests_need_one_name() {
        let limited = Settings { max_concurrency: Some(6), ..settings("http://localhost:8000") };
        assert_eq!(Plan::new(&limited, 1000, &[other_names()]).lanes.len(), 1);
        assert_eq!(Plan::new(&settings("http://localhost:8000"), 3, &[other_names()]).lanes.len(), 1);
    }

    #[test]
    fn nothing_is_assumed_of_an_unknown_server() {
        for url in ["https://gpu.example/v", "http://localhost:8000"] {
            let plan = Plan::new(&settings(url), 500, &[]);
            assert_eq!((plan.lanes.len(), plan.streams_that_fit()), (1, STREAMS_HTTP1), "{url}");
        }
    }

    #[test]
    fn http2_carries_a_hundred() {
        let h2 = Probe { protocol: Some("h2".into()), other_names: false };
        let plan = Plan::new(&settings("https://a.example, https://b.example"), 500, &[h2.clone(), h2]);
        assert_eq!((plan.lanes.len(), plan.streams_that_fit()), (2, 200));
        assert_eq!(Lanes::new(&plan, None).connections(150), [(0, 1), (1, 1)]);
    }

    #[test]
    fn only_this_machine_has_other_names() {
        let named = |url| loopback_name(url, 2);
        assert_eq!(named("http://[::1]:81").as_deref(), Some("http://s2.localhost:81"));
        assert_eq!(named("http://127.8.0.1/x").as_deref(), Some("http://s2.localhost/x"));
        assert_eq!(named("http://gpu.LOCALHOST:1").as_deref(), Some("http://s2.localhost:1"));
        for url in ["https://localhost:8000", "http://192.168.1.4:8000", "http://notlocalhost", "", "http://"] {
            assert_eq!(named(url), None, "{url}");
        }
    }

    #[test]
    fn fills_one_name_before_the_next() {
        let plan = Plan::new(&settings("http://localhost:8000"), 13, &[other_names()]);
        let mut lanes = Lanes::new(&plan, None);
        assert_eq!(take_all(&mut lanes), [[0; 6], [1; 6], [2; 6]].concat());
        lanes.give_back(1);
        assert_eq!((lanes.in_flight(), lanes.take(), lanes.take()), (17, Some(1), None));
        assert_eq!(Lanes::new(&plan, None).connections(8), [(0, 6), (1, 2)]);
    }

    #[test]
    fn takes_several_servers_in_turn() {
        let plan = Plan::new(&settings("http://a http://b"), 100, &[]);
        let mut lanes = Lanes::new(&plan, Some(5));
        assert_eq!(take_all(&mut lanes), [0, 1, 0, 1, 0]);
        lanes.give_back(1);
        lanes.give_back(1);
        assert_eq!(take_all(&mut lanes), [1, 1]);
        let mut idle = Lanes::new(&plan, None);
        let turns: Vec<_> = (0..4).map(|_| idle.take().inspect(|lane| idle.give_back(*lane))).collect();
        assert_eq!(turns, [Some(0), Some(1), Some(0), Some(1)]);
    }

    #[test]
    fn the_simulated_server_takes_what_a_browser_can_hold() {
        let plan = Plan::new(&Settings::demo(), 5000, &[]);
        assert_eq!((plan.lanes.len(), plan.streams_that_fit()), (1, MAX_OUTSTANDING));
        assert_eq!(Lanes::new(&plan, None).connections(50), [(0, 1)]);
    }
}
