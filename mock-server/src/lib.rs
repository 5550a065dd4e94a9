//! A mock LLM server with a known truth. Its timing is set and precise, its framing is that of the real servers, faults
//! come on demand, and its log says when each request arrived and when each token left, so that a client's figures can be
//! held against it.
//!
//! ```
//! use mock_server::{Config, Mock};
//!
//! let mock = Mock::start(Config { ttft_ms: 20.0, itl_ms: 5.0, ..Config::default() })?;
//! println!("POST {}/v1/completions, then read {:?}", mock.base_url(), mock.generations());
//! # Ok::<(), mock_server::StartError>(())
//! ```
//!
//! One run can mix faulty and healthy requests: a request's model may carry settings of its own, as in
//! `mock?fault=stall&ttft_ms=10`. Servers whose requests name no model read it from a `model` beside the rest.
//!
//! A request is served as `config` → `dialect` (what the server would say) → `script` (when) → `faulty` → `framing`
//! (bytes) → `stream` (the body, at its deadlines) → `log`. A file uses others of its own layer or of the layers below,
//! never in a circle:
//!
//! | layer | files |
//! | --- | --- |
//! | server | `server`, `routes`, `generate`, `app` |
//! | answers | `stream`, `script`, `faulty`, `dialect` |
//! | configuration | `settings`, `config` |
//! | parts | `framing`, `event`, `faults`, `cors`, `text`, `log`, `timer`, `connection`, `tls`, `clock` |

mod app;
mod clock;
mod config;
mod connection;
mod cors;
mod dialect;
mod event;
mod faults;
mod faulty;
mod framing;
mod generate;
mod log;
mod routes;
mod script;
mod server;
mod settings;
mod stream;
mod text;
mod timer;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

pub use config::{Config, Transport};
pub use cors::Cors;
pub use faults::Fault;
pub use framing::Framing;
pub use log::{ChunkLog, LogFile, RequestLog, Stats};
pub use settings::{SETTINGS, Scope, SettingError};
pub use text::TextSource;
pub use tls::TlsError;

use app::App;
use clock::Clock;
use log::Journal;
use timer::Timer;

/// A running mock, on threads of its own. It stops when it is dropped.
pub struct Mock {
    address: SocketAddr,
    transport: Transport,
    certificate_pem: Option<String>,
    clock: Clock,
    timer: Timer,
    journal: Arc<Journal>,
    runtime: Option<Runtime>,
}

/// The mock does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or is not this machine's.
    #[error("the mock cannot listen on {address}: {source}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// No threads.
    #[error("the mock cannot start its threads: {0}")]
    Threads(std::io::Error),
    /// No TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Mock {
    /// Starts a mock. When this returns, it listens.
    ///
    /// # Errors
    /// When the address cannot be had, or the system gives no threads.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let config = config.usable();
        let clock = Clock::start();
        let runtime = Builder::new_multi_thread()
            .worker_threads(config.worker_threads)
            .thread_name("mock-server")
            .enable_all()
            .build()
            .map_err(StartError::Threads)?;
        let wanted = SocketAddr::new(config.host, config.port);
        let listen = |source| StartError::Listen { address: wanted, source };
        let inside = runtime.enter();
        let listener = server::listen(wanted).map_err(listen)?;
        drop(inside);
        let address = listener.local_addr().map_err(listen)?;
        let transport = config.transport;
        let tls = match transport {
            Transport::Plain => None,
            Transport::Tls => Some(tls::self_signed(false)?),
            Transport::Http2 => Some(tls::self_signed(true)?),
        };
        let timer = Timer::start(clock).map_err(StartError::Threads)?;
        let journal = Arc::new(Journal::new(clock));
        let slots = config.slots.map(|slots| Arc::new(Semaphore::new(slots)));
        let http2_max_streams = config.http2_max_streams;
        let app = App { config: Arc::new(config), clock, timer: timer.clone(), journal: Arc::clone(&journal), slots };
        let acceptor = tls.as_ref().map(|tls| tls.acceptor.clone());
        runtime.spawn(server::serve(listener, acceptor, http2_max_streams, routes::router(app)));
        let certificate_pem = tls.map(|tls| tls.certificate_pem);
        Ok(Self { address, transport, certificate_pem, clock, timer, journal, runtime: Some(runtime) })
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, or `https://localhost:PORT` with TLS.
    pub fn base_url(&self) -> String {
        match self.transport {
            Transport::Plain => format!("http://{}", self.address),
            Transport::Tls | Transport::Http2 => format!("https://localhost:{}", self.port()),
        }
    }

    /// The certificate, with TLS.
    pub fn certificate_pem(&self) -> Option<&str> {
        self.certificate_pem.as_deref()
    }

    /// Every request so far in order of arrival, preflights and lists of models too.
    pub fn log(&self) -> Vec<RequestLog> {
        self.journal.requests()
    }

    /// Every request so far that asked for a text.
    pub fn generations(&self) -> Vec<RequestLog> {
        self.log().into_iter().filter(|request| request.is_generation).collect()
    }

    /// Forgets the requests so far and the most in flight.
    pub fn clear_log(&self) {
        self.journal.clear();
    }

    /// How busy it is and was.
    pub fn stats(&self) -> Stats {
        self.journal.stats()
    }

    /// The most generations in flight at any time, those in the queue too.
    pub fn max_in_flight(&self) -> usize {
        self.stats().max_in_flight
    }

    /// Now on the log's clock, ms since the start: for clients in the same process.
    pub fn now_ms(&self) -> f64 {
        self.clock.now_ms()
    }

    /// The start of the log's clock as Unix time, ms.
    pub fn start_unix_ms(&self) -> f64 {
        self.clock.start_unix_ms()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.timer.stop();
        // In the background, because a mock may be dropped inside another runtime, which must not block.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
