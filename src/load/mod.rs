//! The load generator: it owns the clock, the schedule, the fetches and the reading of streams. `runner` is one loop over
//! a schedule, generic over a transport and a clock, so that it runs natively against a script in virtual time;
//! `browser` gives it fetch and `performance.now` in a dedicated Worker; `protocol` is all that the page sees of it.

pub mod protocol;
