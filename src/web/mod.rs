//! The few things that several rooms ask of a browser: a worker's channel to the page, turns of the event loop, promises
//! with the time at which they settle, a worker's global scope, Web Locks.

pub mod channel;
pub mod event_loop;
pub mod promise;
pub mod scope;
pub mod web_lock;
