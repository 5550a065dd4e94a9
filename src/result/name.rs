//! The result file's name and the metadata pairs, by the reference's rules.

use super::python::repr;
use super::{About, Own};
use crate::settings::SweepKey;

/// A metadata item that is no pair.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Metadata must be KEY=VALUE, and {item:?} has no \"=\".")]
pub struct MetadataError {
    /// The item.
    pub item: String,
}

/// The pairs of metadata items. An item is split at every `=`; the first part is the key, the second the value, and
/// further parts are dropped, as in the reference.
///
/// # Errors
/// The first item without `=`.
pub fn parse_metadata(items: &[String]) -> Result<Vec<(String, String)>, MetadataError> {
    let pair = |item: &String| {
        let mut parts = item.split('=').map(str::trim);
        match (parts.next(), parts.next()) {
            (Some(key), Some(value)) => Ok((key.to_owned(), value.to_owned())),
            _ => Err(MetadataError { item: item.clone() }),
        }
    };
    items.iter().map(pair).collect()
}

/// The name of a result's file: the one that was asked for, or
/// `{backend}-{rate}qps-{model's last part}-{date}.json`. Characters that no file name may have become `_`.
pub fn file_name(about: &About, own: Option<&Own>) -> String {
    let rate = repr(about.request_rate.unwrap_or(f64::INFINITY));
    named(about, own, &format!("{rate}qps"))
}

/// The name of a sweep's file, by its first result: likewise, with `sweep-{key}` in the place of the rate.
pub fn sweep_file_name(about: &About, own: Option<&Own>, key: SweepKey) -> String {
    named(about, own, &format!("sweep-{key}"))
}

fn named(about: &About, own: Option<&Own>, what: &str) -> String {
    if let Some(asked) = own.and_then(|own| own.settings.result_filename.as_deref()) {
        return clean(asked);
    }
    let backend = about.backend.as_deref().unwrap_or_default();
    let model = about.model_id.as_deref().unwrap_or_default();
    let model = model.rsplit('/').next().unwrap_or_default();
    clean(&format!("{backend}-{what}-{model}-{}.json", about.date.as_deref().unwrap_or_default()))
}

fn clean(name: &str) -> String {
    let bad = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    name.chars().map(|c| if bad(c) { '_' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_split_as_the_reference_splits_it() {
        let items = ["version=0.6.0".to_owned(), " tp = 2 =x".to_owned(), "=".to_owned()];
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(parse_metadata(&items).unwrap(), [pair("version", "0.6.0"), pair("tp", "2"), pair("", "")]);
        assert!(parse_metadata(&["none".to_owned()]).unwrap_err().to_string().contains("\"none\""));
    }

    #[test]
    fn the_name_has_the_rate_in_pythons_spelling() {
        let name = |model: &str, rate| {
            file_name(
                &About {
                    date: Some("20240901-123456".into()),
                    backend: Some("vllm".into()),
                    model_id: Some(model.into()),
                    request_rate: Some(rate),
                    ..About::default()
                },
                None,
            )
        };
        assert_eq!(name("org/model-x", f64::INFINITY), "vllm-infqps-model-x-20240901-123456.json");
        assert_eq!(name("a\\b:c", 2.0), "vllm-2.0qps-a_b_c-20240901-123456.json");
    }
}
