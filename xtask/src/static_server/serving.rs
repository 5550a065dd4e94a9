//! A router on loopback, on a thread of its own, until it is dropped. What it answers is the router's.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::thread::{self, JoinHandle};

use axum::Router;
use axum::serve::ListenerExt;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// A server that listens; it stops when it is dropped, and its port is free then.
pub struct Serving {
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    /// Listens on 127.0.0.1 and, where there is one, [::1]; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken, or the system gives no thread.
    pub fn start(router: Router, port: u16) -> io::Result<Self> {
        let listeners = listen(port)?;
        let port = listeners[0].local_addr()?.port();
        // One thread serves; files are read on threads of tokio's.
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let inside = runtime.enter();
        let listeners = listeners.into_iter().map(tokio::net::TcpListener::from_std).collect::<io::Result<Vec<_>>>()?;
        drop(inside);
        let (stop, stopped) = oneshot::channel();
        let serve = move || serve(&runtime, listeners, &router, stopped);
        let thread = thread::Builder::new().name("static-server".into()).spawn(serve)?;
        Ok(Self { port, stop: Some(stop), thread: Some(thread) })
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends at once, and a panic in it was printed.
            let _ = thread.join();
        }
    }
}

/// Loopback's listeners, IPv4's first.
fn listen(port: u16) -> io::Result<Vec<TcpListener>> {
    let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let port = v4.local_addr()?.port();
    let mut listeners = vec![v4];
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
        Ok(v6) => listeners.push(v6),
        // Another program answers there, and browsers would ask it first.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
        Err(_) => {}
    }
    for listener in &listeners {
        listener.set_nonblocking(true)?;
    }
    Ok(listeners)
}

/// Serves until the other end of `stopped` is dropped; connections end with it.
fn serve(runtime: &Runtime, listeners: Vec<tokio::net::TcpListener>, router: &Router, stopped: oneshot::Receiver<()>) {
    runtime.block_on(async {
        for listener in listeners {
            // An answer's end must not wait for the acknowledgement of its start.
            let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
            tokio::spawn(axum::serve(listener, router.clone()).into_future());
        }
        // An error is the sender's end, which is what is waited for.
        let _ = stopped.await;
    });
}
