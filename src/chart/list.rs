//! The one list of charts. The page's sections, the report, the export and the gallery are made from it: a chart that is
//! added has a file of its own and a line here.

use super::data::{ChartData, RunLatencies};
use super::kind::ChartKind;
use super::series::Series;
use super::sweep::SweepCurve;
use super::{in_flight, latency, lengths, overlay, rate, spark, sweep, timeline, ttft_over_time};
use crate::metrics::Metric;

/// Of a result: how the values of each standard latency are distributed.
pub fn distributions() -> impl Iterator<Item = ChartKind<ChartData>> {
    Metric::STANDARD.into_iter().map(latency::kind)
}

/// Of a result that has the times of its requests: what happened when.
pub const OVER_TIME: [ChartKind<ChartData>; 5] =
    [rate::TOKENS, in_flight::KIND, rate::ENDED, ttft_over_time::KIND, timeline::KIND];

/// All charts that there are of a result, by whether it has the times of its requests.
pub fn of_result(has_times: bool) -> impl Iterator<Item = ChartKind<ChartData>> {
    distributions().chain(OVER_TIME.into_iter().filter(move |_| has_times))
}

/// Of several results: each standard latency, one curve per result.
pub fn comparisons() -> impl Iterator<Item = ChartKind<[RunLatencies]>> {
    Metric::STANDARD.into_iter().map(overlay::kind)
}

/// Of a sweep: a latency by the throughput of its runs.
pub const SWEEP: ChartKind<SweepCurve> = sweep::KIND;

/// Of a workload: the lengths of its prompts, and of the outputs that it asks for; in tokens, one value per request.
pub const PROMPT_LENGTHS: ChartKind<[u32]> = lengths::PROMPTS;
/// See [`PROMPT_LENGTHS`].
pub const OUTPUT_LENGTHS: ChartKind<[u32]> = lengths::OUTPUTS;

/// Of a run under way: TTFT (in ms), tokens per second, and requests in flight.
pub const LIVE_TTFT: ChartKind<Series> = spark::TTFT;
/// See [`LIVE_TTFT`].
pub const LIVE_TOKENS: ChartKind<Series> = spark::TOKENS;
/// See [`LIVE_TTFT`].
pub const LIVE_IN_FLIGHT: ChartKind<Series> = spark::IN_FLIGHT;
/// Of a run under way: the TTFT of each request that ended, as (when it was sent, TTFT) in ms.
pub const LIVE_REQUESTS: ChartKind<[(f64, f64)]> = ttft_over_time::LIVE;
