//! The settings of the simulated server as each request carries them: headers that `assets/simulated-server.js` reads.
//! They go to the page's own origin alone, so no server's CORS rules come into it.

use super::Settings;

/// The headers, as (name, value), that a request to the simulated server needs; none for a real server.
pub fn simulated_headers(settings: &Settings) -> Vec<(String, String)> {
    if !settings.simulated_server {
        return Vec::new();
    }
    let values = [
        ("ttft-ms", settings.simulated_ttft_ms),
        ("itl-ms", settings.simulated_itl_ms),
        ("jitter", settings.simulated_jitter),
        ("slots", f64::from(settings.simulated_slots)),
    ];
    values.map(|(name, value)| (format!("x-simulated-{name}"), value.to_string())).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_reads_every_header() {
        let server = include_str!("../../assets/simulated-server.js");
        let headers = simulated_headers(&Settings::demo());
        assert_eq!(headers.len(), 4);
        for (name, _) in headers {
            assert!(server.contains(&format!("{name} ")), "{name} is not in the server's list");
            let short = name.trim_start_matches("x-simulated-");
            assert!(server.contains(&format!("setting(\"{short}\")")), "{short} is not read");
        }
    }

    #[test]
    fn a_real_server_gets_none() {
        assert_eq!(simulated_headers(&Settings::default()), []);
    }
}
