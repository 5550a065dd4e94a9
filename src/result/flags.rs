//! Settings as flags in files and links, without the secrets that stand in headers and addresses.

use std::collections::BTreeMap;

use crate::settings::{FLAGS, Settings, flag};

/// Settings whose headers and addresses give no secret away. An API key is no setting; this is for keys that were put
/// where they do not belong.
pub fn without_secrets(mut settings: Settings) -> Settings {
    let secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["auth", "key", "token", "secret", "cookie", "password"].iter().any(|word| name.contains(word))
    };
    for header in &mut settings.header {
        if let Some((name, _)) = header.split_once('=').filter(|(name, _)| secret(name)) {
            *header = format!("{name}=***");
        }
    }
    settings.base_url = settings.base_url.map(|urls| {
        let urls = urls.split(|c: char| c == ',' || c.is_whitespace()).filter(|url| !url.is_empty());
        urls.map(without_user).collect::<Vec<_>>().join(" ")
    });
    settings.host = without_user(&settings.host);
    settings
}

/// An address without its `user:password@`, with or without a scheme.
fn without_user(url: &str) -> String {
    let (scheme, rest) = url.find("://").map_or(("", url), |at| url.split_at(at + 3));
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    format!("{scheme}{}{path}", host.rsplit('@').next().unwrap_or(host))
}

/// The flags that differ from the defaults, without secrets.
pub(crate) fn flags_of(settings: Settings) -> BTreeMap<String, Vec<String>> {
    let (settings, default) = (without_secrets(settings), Settings::default());
    let differing = FLAGS.iter().filter(|flag| (flag.get)(&settings) != (flag.get)(&default));
    // One by one: to collect a map sorts its keys, by code of their own.
    let mut flags = BTreeMap::new();
    flags.extend(differing.map(|flag| (flag.key.to_owned(), (flag.get)(&settings))));
    flags
}

/// The settings of such flags; a flag that this version does not know is passed over.
pub(crate) fn settings_of(flags: &BTreeMap<String, Vec<String>>) -> Settings {
    let mut settings = Settings::default();
    for (key, values) in flags {
        let Some(flag) = flag(key) else { continue };
        (flag.clear)(&mut settings);
        for value in values {
            // A value that this version refuses leaves the default.
            let _ = (flag.set)(&mut settings, value);
        }
    }
    settings
}
