//! Files that are picked or linked in place of a dataset, known by how they begin: each is named for what it is, with what
//! to do.

use serde_json::Value;

use super::file::{DatasetError, RandomAccess};

/// Bytes of a file's beginning that are looked at; an error message is no longer than that.
const HEAD_BYTES: usize = 4096;

/// Refuses a file that is no dataset of any kind.
///
/// # Errors
/// What it is, or [`DatasetError::Unreadable`].
pub(super) async fn refuse<R: RandomAccess + ?Sized>(file: &R) -> Result<(), DatasetError> {
    let head = head(file).await?;
    let is_whole = file.size() == head.len() as u64;
    match recognise(&head).or_else(|| error_message(&head).filter(|_| is_whole)) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Whether a file that is no JSON is a table of separated values.
pub(super) async fn is_table<R: RandomAccess + ?Sized>(file: &R) -> bool {
    let Ok(head) = head(file).await else { return false };
    let line = head.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    // In a line of verse, a space follows the comma.
    let is_name = |name: &&[u8]| !name.is_empty() && !name.starts_with(b" ");
    let names = |separator| line.split(|byte| *byte == separator).filter(is_name).count();
    !matches!(line.first(), None | Some(b'{' | b'[' | b'<')) && [b',', b'\t', b';'].into_iter().any(|by| names(by) > 1)
}

async fn head<R: RandomAccess + ?Sized>(file: &R) -> Result<Vec<u8>, DatasetError> {
    file.read(0, HEAD_BYTES).await.map_err(DatasetError::Unreadable)
}

fn recognise(head: &[u8]) -> Option<DatasetError> {
    let columns = |format| Some(DatasetError::Columns { format });
    let packed = |format| Some(DatasetError::Packed { format });
    match head {
        [b'P', b'A', b'R', b'1', ..] => columns("Parquet"),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] | [0xff, 0xff, 0xff, 0xff, ..] => columns("Arrow"),
        [b'P', b'K', 3, 4, ..] => packed("a zip archive"),
        [0x1f, 0x8b, ..] => packed("compressed with gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => packed("compressed with zstd"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => packed("compressed with xz"),
        [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', ..] => packed("compressed with bzip2"),
        [b'7', b'z', 0xbc, 0xaf, ..] => packed("a 7z archive"),
        _ if head.get(257..262) == Some(b"ustar") => packed("a tar archive"),
        _ if head.starts_with(b"version https://git-lfs.github.com/") => Some(DatasetError::LfsPointer),
        _ if is_web_page(head) => Some(DatasetError::WebPage),
        _ => None,
    }
}

fn is_web_page(head: &[u8]) -> bool {
    let text =
        String::from_utf8_lossy(head).trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).to_ascii_lowercase();
    text.starts_with('<') && (text.contains("<!doctype html") || text.contains("<html"))
}

/// The words of a server that answered with an error object in place of the file.
fn error_message(file: &[u8]) -> Option<DatasetError> {
    let object = serde_json::from_slice::<serde_json::Map<String, Value>>(file).ok()?;
    let words = |value: &Value| value.as_str().map(str::to_owned);
    let error = object.get("error").or_else(|| object.get("detail")).or_else(|| object.get("message"))?;
    let text = words(error).or_else(|| words(error.get("message")?))?;
    Some(DatasetError::ErrorMessage(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn now<F: Future>(future: F) -> F::Output {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("a read from memory waited"),
        }
    }

    #[test]
    fn each_is_named_for_what_it_is_with_what_to_do() {
        let lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258\nsize 672\n";
        let tar = [vec![b'a'; 257], b"ustar\0".to_vec(), vec![0; 99]].concat();
        for (file, words) in [
            (lfs.as_bytes(), "Git LFS pointer"),
            (b"<!DOCTYPE html>\n<html class=\"\">".as_slice(), "web page"),
            (b"\xef\xbb\xbf\n <HTML><body>", "web page"),
            (b"<?xml version=\"1.0\"?><!doctype html>", "web page"),
            (b"PAR1\x15\x04", "Parquet"),
            (b"ARROW1\0\0", "Arrow"),
            (b"PK\x03\x04\x14", "a zip archive"),
            (b"\x1f\x8b\x08\0", "compressed with gzip"),
            (b"\x28\xb5\x2f\xfd\0", "compressed with zstd"),
            (b"\xfd7zXZ\0", "compressed with xz"),
            (b"BZh91AY&SY", "compressed with bzip2"),
            (&tar, "a tar archive"),
            (b"{\"error\":\"Entry not found\"}", "\"Entry not found\""),
            (b"{\"error\": {\"message\": \"no access\", \"code\": 1}}\n", "\"no access\""),
            (b"{\"detail\":\"Not Found\"}", "\"Not Found\""),
        ] {
            let error = now(refuse(file)).expect_err(words).to_string();
            assert!(error.contains(words), "{error}");
            assert!(error.matches(". ").count() >= 1, "it says what to do: {error}");
        }
    }

    #[test]
    fn datasets_are_not_refused() {
        let long = format!("{{\"error\": \"{}\"}}", "x".repeat(HEAD_BYTES));
        for file in [
            b"[{\"conversations\": []}]".as_slice(),
            b"{\"error\": 1, \"conversations\": []}",
            b"{\"conversations\": [], \"message\": null}\n{\"conversations\": []}",
            b"Shall I compare thee, <html> or not,\nto a summer's day?",
            b"<3 is how a line of verse may begin",
            b"version 2 of a poem",
            b"",
            long.as_bytes(),
        ] {
            assert_eq!(now(refuse(file)), Ok(()), "{}", String::from_utf8_lossy(file));
        }
    }

    #[test]
    fn a_table_is_told_from_json() {
        let is = |text: &str| now(is_table(text.as_bytes()));
        assert!(is("id,conversations\n1,\"[{'from': 'human'}]\"\n") && is("\"a\";\"b\"\n") && is("a\tb"));
        assert!(
            !is("[1,2]")
                && !is("{\"a\":1,\"b\":2}")
                && !is("")
                && !is("a line of verse")
                && !is("x,\ny,")
                && !is("Thou, too")
        );
    }
}
