//! TLS and HTTP/2: many streams on one connection, each at its time, and a fault of one that leaves the others alone.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mock_server::{Config, Mock, Transport};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

async fn connect(mock: &Mock, protocols: &[&[u8]]) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(mock.certificate_pem().unwrap().as_bytes()).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(mock.address()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

fn completion(mock: &Mock, model: &str) -> Request<Full<Bytes>> {
    let body = format!(r#"{{"model":"{model}","prompt":"a","max_tokens":20,"stream":true}}"#);
    let builder =
        Request::post(format!("{}/v1/completions", mock.base_url())).header("content-type", "application/json");
    builder.body(Full::new(Bytes::from(body))).unwrap()
}

async fn text(response: Response<Incoming>) -> Result<String, hyper::Error> {
    Ok(String::from_utf8(response.into_body().collect().await?.to_bytes().to_vec()).unwrap())
}

#[tokio::test]
async fn streams_share_a_connection_and_a_reset_is_one_streams_own() {
    let config = Config { transport: Transport::Http2, ttft_ms: 50.0, itl_ms: 5.0, ..Config::default() };
    let mock = Mock::start(config).unwrap();
    let stream = connect(&mock, &[b"h2"]).await;
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let requests: Vec<_> = ["mock", "mock?fault=reset_mid_stream", "mock?fault=reset_before_headers", "mock"]
        .into_iter()
        .map(|model| {
            let (mut sender, request) = (sender.clone(), completion(&mock, model));
            tokio::spawn(async move { text(sender.send_request(request).await?).await })
        })
        .collect();
    let mut ends = Vec::new();
    for request in requests {
        ends.push(request.await.unwrap().map(|text| text.matches("data: {").count()).ok());
    }
    assert_eq!(ends, [Some(21), None, None, Some(21)]);
    let log = mock.generations();
    let shared = log[0].connection;
    assert!(log.iter().all(|log| log.http_version == "HTTP/2.0" && log.connection == shared));
    assert!(mock.max_in_flight() >= 2, "the streams took turns");
}

#[tokio::test]
async fn http1_goes_over_tls_too() {
    let config = Config { transport: Transport::Tls, ttft_ms: 1.0, itl_ms: 1.0, ..Config::default() };
    let mock = Mock::start(config).unwrap();
    let stream = connect(&mock, &[b"h2", b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(completion(&mock, "mock")).await.unwrap();
    assert_eq!(response.version(), Version::HTTP_11);
    assert!(text(response).await.unwrap().ends_with("data: [DONE]\n\n"));
    let reset = sender.send_request(completion(&mock, "mock?fault=reset_mid_stream")).await.unwrap();
    assert!(text(reset).await.is_err());
}
