//! What a link may do by itself. It acts without a click only where everything that it contacts is the page's own origin,
//! or this machine while the page is served from this machine too; or where it carries the token that this start of the
//! page's server made. Otherwise the page shows what the link asks for, with every address, and waits: a link must not
//! make a stranger's browser load a server, read from it, or send an outcome away.

use crate::address::{AddressSpace, Origin, contacted};
use crate::backend::target_urls;
use crate::settings::{Settings, hub_folder};

/// What a link asks the page to do by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkAsk {
    /// Start without a click.
    pub autorun: bool,
    /// Send the outcome there.
    pub report_to: Option<String>,
    /// Make the workload and send nothing.
    pub dry_run: bool,
    /// Open the results at these addresses.
    pub results: Vec<String>,
}

/// Something that a link would have the page do at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// What is done there: the beginning of a sentence that the address ends.
    pub what: &'static str,
    /// The address, which may be relative to the page.
    pub address: String,
}

impl LinkAsk {
    /// Whether the link asks for anything that happens by itself.
    pub fn acts(&self) -> bool {
        self.autorun || self.report_to.is_some() || !self.results.is_empty()
    }

    /// Every address that the page would contact because of the link, with these settings of it; those that are part of
    /// the page apart. They are joined from their parts as they would be fetched.
    pub fn contacts(&self, settings: &Settings) -> Vec<Contact> {
        let mut contacts = Vec::new();
        let mut add = |what, address: String| contacts.push(Contact { what, address });
        if self.autorun && !self.dry_run && !settings.simulated_server {
            target_urls(settings).into_iter().for_each(|url| add("Send requests to", url));
        }
        if self.autorun {
            settings.dataset_path.iter().for_each(|url| add("Read the dataset from", url.clone()));
            let place = settings.tokenizer_place();
            let folder =
                place.map(|place| hub_folder(place, &settings.hf_endpoint).unwrap_or_else(|| place.to_owned()));
            folder.into_iter().for_each(|url| add("Read the tokenizer from", url));
        }
        self.results.iter().for_each(|url| add("Open the result at", url.clone()));
        self.report_to.iter().for_each(|url| add("Send the outcome to", url.clone()));
        contacts
    }

    /// Whether a page with this origin needs a person's word before it obeys.
    pub fn needs_a_click(&self, settings: &Settings, page: Option<&Origin>) -> bool {
        self.acts() && !self.contacts(settings).iter().all(|contact| is_own(&contact.address, page))
    }
}

/// Whether an address is of the page's own origin, or both are this machine.
fn is_own(address: &str, page: Option<&Origin>) -> bool {
    let here = |origin: &Origin| origin.space() == AddressSpace::Loopback;
    match (contacted(address, page), page) {
        (Ok(Some(origin)), Some(page)) => origin == *page || (here(&origin) && here(page)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    /// Whether a link with this fragment waits, in a page at this address.
    fn waits(page: &str, fragment: &str) -> bool {
        let settings = Settings::from_fragment(fragment).expect("settings");
        let ask = LinkAsk {
            autorun: settings.autorun,
            report_to: settings.report_to.clone(),
            dry_run: settings.dry_run,
            results: settings.result.clone(),
        };
        let page = Address::parse(page).ok().map(|address| address.origin);
        ask.needs_a_click(&settings, page.as_ref())
    }

    const LOCAL: &str = "backend=openai&model=m&base-url=http://127.0.0.1:9&dataset-path=demo/a.json&tokenizer=demo/t/";

    #[test]
    fn this_machine_and_the_pages_own_origin_need_no_word() {
        for page in ["http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:8080", "https://s1.localhost"] {
            assert!(!waits(page, &format!("{LOCAL}&autorun&report-to=http://localhost:7/out")), "{page}");
            assert!(!waits(page, "autorun&report-to=report/outcome"), "{page}");
        }
        let hosted = "https://gauge.example";
        let own = LOCAL.replace("http://127.0.0.1:9", "https://gauge.example:443/llm");
        assert!(!waits(hosted, &format!("{own}&autorun&result=old.json&report-to=https://gauge.example/r")));
        assert!(!waits(hosted, "autorun"), "the demo is part of the page");
        assert!(!waits(hosted, "base-url=https://gpu.example&model=m"), "it does nothing by itself");
    }

    #[test]
    fn every_other_address_is_asked_about() {
        let here = "http://localhost:8080";
        for more in [
            "report-to=https://evil.example/r",
            "report-to=http://192.168.1.9/r",
            "report-to=//evil.example/r",
            "autorun&base-url=http://10.0.0.7:8000",
            "autorun&base-url=gpu.internal:8000",
            "autorun&base-url=http://127.0.0.1:9%20http://gpu:8000",
            "autorun&dry-run&dataset-path=http://intranet/secret.txt",
            "autorun&dataset-path=%2F%2Fevil.example/x",
            "autorun&tokenizer=org/model",
            "autorun&tokenizer=https://evil.example/t",
            "autorun&hf-endpoint=https://evil.example&tokenizer=org/model",
            "autorun&tokenizer=&model=org/model",
            "result=https://evil.example/r.json",
            "result=old.json&result=http://intranet/r.json",
        ] {
            assert!(waits(here, &format!("{LOCAL}&{more}")), "{more}");
        }
    }

    #[test]
    fn a_page_that_is_not_of_this_machine_asks_about_this_machine() {
        for page in ["https://gauge.example", "http://192.168.1.4:8080", "http://100.64.0.1", "file:///page.html"] {
            assert!(waits(page, &format!("{LOCAL}&autorun")), "{page}");
            assert!(waits(page, "report-to=http://localhost:7/r"), "{page}");
        }
    }

    #[test]
    fn hostile_spellings_of_this_machine_are_asked_about() {
        for address in [
            "http://localhost@evil.example/",
            "http://localhost:80@evil.example/",
            "http://evil.example\\@localhost/",
            "http:\\\\evil.example",
            "\\\\evil.example",
            "/\\evil.example",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://127.1/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://%6cocalhost/",
            "http://localhost%2eevil.example/",
            "http://localhost\u{3002}evil.example/",
            "ht\ttp://evil.example/",
            "http:evil.example",
            "http:/evil.example",
            "http:///evil.example",
            "javascript:fetch('x')",
            "data:application/json,{}",
        ] {
            let ask = LinkAsk { results: vec![address.to_owned()], ..LinkAsk::default() };
            let page = Address::parse("http://localhost:8080").expect("a page").origin;
            assert!(ask.needs_a_click(&Settings::demo(), Some(&page)), "{address}");
        }
    }

    #[test]
    fn the_question_names_every_address_as_it_is_contacted() {
        let settings = Settings::from_fragment(
            "backend=openai-chat&base-url=gpu:9000/v1&model=m&tokenizer=org/model&dataset-path=https://data.example/d",
        )
        .expect("settings");
        let ask = LinkAsk {
            autorun: true,
            report_to: Some("https://me.example".into()),
            results: vec!["old.json".into()],
            dry_run: false,
        };
        let lines = |ask: &LinkAsk| -> Vec<String> {
            let contacts = ask.contacts(&settings);
            contacts.iter().map(|contact| format!("{} {}", contact.what, contact.address)).collect()
        };
        let read = [
            "Read the dataset from https://data.example/d",
            "Read the tokenizer from https://huggingface.co/org/model/resolve/main/",
            "Open the result at old.json",
            "Send the outcome to https://me.example",
        ];
        assert_eq!(lines(&LinkAsk { dry_run: true, ..ask.clone() }), read);
        assert_eq!(lines(&ask)[0], "Send requests to http://gpu:9000/v1/chat/completions");
        assert_eq!(lines(&ask)[1..], read);
        assert_eq!(lines(&LinkAsk::default()), [""; 0]);
    }
}
