//! When each request is due: a list of absolute times, made before the run from the seed.
