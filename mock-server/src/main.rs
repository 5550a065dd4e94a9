//! The mock server as a program: `mock-server --port 8000 --ttft-ms 50 --itl-ms 10`.

use std::error::Error;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};
use mock_server::{Config, Mock, SETTINGS, SettingError};

const HELP: &str = "\
A mock LLM server with a known truth. Every flag takes a value; the same names, with underscores, can be set for a single
request in its model: \"mock?fault=stall&ttft_ms=10\".

  Server:   --host 127.0.0.1   --port 8000   --transport plain|tls|http2   --http2-max-streams 200   --worker-threads 2
            --slots N   --api-key KEY   --models a,b   --strict-models off   --require-json on   --mii-path /PATH
  Pages:    --cors on|off|without-authorization|ORIGIN,ORIGIN   --preflight-max-age-s 600   --timing-allow-origin off
  Timing:   --ttft-ms 50   --itl-ms 10   --tokens-per-chunk 1   --jitter 0   --seed 0   --headers-at-once on
  Text:     --text english|multibyte|a,b,c   --eos-after N   --reasoning-tokens 0   --role-at-once on
            --finish-with-last-token off
  Framing:  --crlf off   --comment-every N   --event-lines off   --split-bytes N   --split-gap-ms 0.3   --join-events 1
  Faults:   --fault FAULT   --fault-every N,FAULT, where FAULT is one of
            status:500 reset_before_headers reset_mid_stream:3 close_mid_stream:3 stall:3 broken_json:1 no_done
            wrong_content_type endless huge_line:20 error_event:3 empty slow_headers:1000

It answers /v1/completions, /v1/chat/completions, /v1/models, /generate_stream and /generate (TGI, SGLang),
/v2/models/MODEL/generate_stream (Triton) and /mii/… (DeepSpeed-MII).
GET /mock/log is what it knows to be true, DELETE /mock/log clears it, GET /mock/stats says how busy it is.";

/// The port of the program, unless it is given. The library's mocks take a free one.
const PORT: u16 = 8000;

fn main() -> ExitCode {
    match run(Parser::from_env()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Parser) -> Result<(), Box<dyn Error>> {
    let Some(config) = config(arguments)? else {
        println!("{HELP}");
        return Ok(());
    };
    let mock = Mock::start(config)?;
    println!("{}", mock.base_url());
    loop {
        std::thread::park();
    }
}

/// The configuration that the command line asks for; None where it asks for help.
fn config(mut arguments: Parser) -> Result<Option<Config>, Box<dyn Error>> {
    let mut config = Config { port: PORT, ..Config::default() };
    while let Some(argument) = arguments.next()? {
        let name = match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Long(name) => name.to_owned(),
            other => return Err(other.unexpected().into()),
        };
        let known = SETTINGS.iter().any(|(known, _)| *known == name.replace('-', "_"));
        if !known {
            return Err(SettingError::Unknown(format!("--{name}")).into());
        }
        config.set(&name, &arguments.value()?.string()?)?;
    }
    Ok(Some(config))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mock_server::Transport;

    fn read(words: &str) -> Result<Option<Config>, String> {
        config(Parser::from_args(words.split_whitespace())).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_are_the_settings() {
        let config = read("--ttft-ms 20 --itl-ms=5 --transport http2").unwrap().unwrap();
        assert_eq!((config.ttft_ms, config.itl_ms, config.transport), (20.0, 5.0, Transport::Http2));
        assert_eq!(config.port, PORT);
        assert_eq!(read("--port 9").unwrap().unwrap().port, 9);
        assert_eq!(read("--port 9 --help").unwrap(), None);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (words, named) in
            [("--speed 1", "--speed"), ("--speed", "--speed"), ("--port", "--port"), ("9000", "9000"), ("-p 1", "-p")]
        {
            let error = read(words).unwrap_err();
            assert!(error.contains(named), "{words}: {error}");
        }
        assert!(read("--jitter 2").unwrap_err().contains("jitter"));
    }

    #[test]
    fn the_help_lists_every_flag_and_no_other() {
        let flags = HELP.split_whitespace().filter_map(|word| word.strip_prefix("--"));
        let mut listed: Vec<String> = flags.map(|flag| flag.trim_end_matches(',').replace('-', "_")).collect();
        let mut settings: Vec<&str> = SETTINGS.iter().map(|(name, _)| *name).collect();
        listed.sort_unstable();
        settings.sort_unstable();
        assert_eq!(listed, settings);
    }
}
