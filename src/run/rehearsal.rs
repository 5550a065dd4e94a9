//! A burst, rehearsed before the run with requests that ask for nothing: how fast requests reach the wire, and what a
//! request at that pace takes longer than one alone. What is sent faster only queues in the browser, unseen, and is
//! counted as the server's time.

use std::future::pending;
use std::pin::pin;

use futures_util::future::select;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::exchange::{Clock, Transport};
use crate::metrics::stats::{median, sorted};

/// What a rehearsal found.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Burst {
    /// From one send to the next, so that none waits long in the browser, ms.
    pub gap_ms: f64,
    /// How much longer a request took in a burst of that pace than alone, median, ms.
    pub longer_ms: f64,
}

/// Requests sent one after the other.
const ALONE: usize = 5;
/// How much slower than the fastest pace the run goes, for it has streams to read meanwhile.
const HEADROOM: f64 = 1.2;
/// No browser is slower than this between two sends, ms: what takes longer is the server's, and a burst is to show that.
const MOST_GAP_MS: f64 = 2.0;

/// Rehearses a burst over these lanes, one request each in order.
pub(super) async fn rehearse<T: Transport, C: Clock>(transport: &T, clock: &C, lanes: &[u16]) -> Burst {
    let rehearsal = Rehearsal { transport, clock };
    let mut alone_ms = Vec::new();
    for _ in 0..ALONE {
        alone_ms.push(rehearsal.knock_ms(0).await);
    }
    let alone_ms = median(&sorted(alone_ms));
    let begin_ms = clock.now_ms();
    rehearsal.burst_ms(lanes, 0.0).await;
    let each_ms = (clock.now_ms() - begin_ms - alone_ms).max(0.0) / lanes.len().max(1) as f64;
    // A knock may be more exchanges than a request of the run.
    let exchanges = transport.exchanges_a_knock();
    let gap_ms = (HEADROOM * each_ms / exchanges).min(MOST_GAP_MS);
    let paced_ms = rehearsal.burst_ms(lanes, gap_ms * exchanges).await;
    Burst { gap_ms, longer_ms: ((median(&sorted(paced_ms)) - alone_ms) / exchanges).max(0.0) }
}

/// Over whom it goes.
struct Rehearsal<'a, T, C> {
    transport: &'a T,
    clock: &'a C,
}

impl<T: Transport, C: Clock> Rehearsal<'_, T, C> {
    /// Sends one over each of these lanes, this far apart, and tells how long each took, ms, in the order of their ends.
    async fn burst_ms(&self, lanes: &[u16], gap_ms: f64) -> Vec<f64> {
        let mut under_way = FuturesUnordered::new();
        let mut took_ms = Vec::with_capacity(lanes.len());
        let mut next_ms = self.clock.now_ms();
        for lane in lanes {
            under_way.push(self.knock_ms(*lane));
            next_ms += gap_ms;
            let others = async {
                while let Some(ms) = under_way.next().await {
                    took_ms.push(ms);
                }
                pending::<()>().await;
            };
            select(pin!(others), pin!(self.clock.nap_until(next_ms))).await;
        }
        took_ms.extend(under_way.collect::<Vec<_>>().await);
        took_ms
    }

    /// How long a request that asks for nothing takes over a lane's open connections, ms.
    async fn knock_ms(&self, lane: u16) -> f64 {
        let sent_ms = self.clock.now_ms();
        self.transport.warm(lane, 1).await;
        self.clock.now_ms() - sent_ms
    }
}
