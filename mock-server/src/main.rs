//! The mock server as a program: `mock-server --port 8000 --ttft-ms 50 --itl-ms 10`.

use std::process::ExitCode;

use mock_server::{Config, Mock};

const HELP: &str = "\
A mock LLM server with a known truth. Every flag takes a value; the same names, with underscores, can be set for a single
request in its model: \"mock?fault=stall&ttft_ms=10\".

  Server:   --host 127.0.0.1   --port 8000   --transport plain|tls|http2   --http2-max-streams 200   --worker-threads 2
            --slots N   --api-key KEY   --models a,b   --strict-models off   --require-json on   --mii-path /PATH
  Pages:    --cors on|off|without-authorization|ORIGIN,ORIGIN   --preflight-max-age-s 600   --tao off
  Timing:   --ttft-ms 50   --itl-ms 10   --tokens-per-chunk 1   --jitter 0   --seed 0   --headers-at-once on
  Text:     --text english|multibyte|a,b,c   --eos-after N   --reasoning-tokens 0   --role-at-once on
            --finish-with-last-token off
  Framing:  --crlf off   --comment-every N   --event-lines off   --split-bytes N   --split-gap-ms 0.3   --join-events 1
  Faults:   --fault FAULT   --fault-every N,FAULT, where FAULT is one of
            status:500 reset_before_headers reset_mid_stream:3 close_mid_stream:3 stall:3 broken_json:1 no_done
            wrong_content_type endless huge_line:20 error_event:3 empty slow_headers:1000

It answers /v1/completions, /v1/chat/completions, /v1/models, /generate_stream and /generate (TGI, SGLang),
/v2/models/MODEL/generate_stream (Triton) and /mii/… (DeepSpeed-MII).
GET /mock/log is what it knows to be true, DELETE /mock/log forgets it, GET /mock/stats says how busy it is.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let port_given = args.iter().any(|arg| arg == "--port");
    let config = match Config::from_args(args) {
        Ok(config) if port_given => config,
        Ok(config) => Config { port: 8000, ..config },
        Err(error) => return fail(&error),
    };
    match Mock::start(config) {
        Ok(mock) => {
            println!("{}", mock.base_url());
            loop {
                std::thread::park();
            }
        }
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}
