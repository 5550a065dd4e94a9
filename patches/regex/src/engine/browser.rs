//! The browser's engine. It counts in UTF-16 units and we in bytes of UTF-8.

use js_sys::{JsString, RegExp};
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    #[wasm_bindgen(js_name = RegExp, extends = RegExp)]
    type Pattern;
    #[wasm_bindgen(catch, constructor, js_class = "RegExp")]
    fn new(pattern: &str, flags: &str) -> Result<Pattern, JsValue>;
    #[wasm_bindgen(catch, method)]
    fn exec(this: &Pattern, text: &JsString) -> Result<Option<Found>, JsValue>;

    type Found;
    #[wasm_bindgen(method, getter)]
    fn index(this: &Found) -> u32;
}

/// A pattern in ECMAScript's notation.
#[derive(Clone)]
pub(crate) struct Engine(SendWrapper<Pattern>);

impl Engine {
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        // g: a search begins where it is told to.
        Pattern::new(pattern, "gv").map(|it| Self(SendWrapper::new(it))).map_err(words)
    }

    /// The first match at or after a byte, which is not before that of the last search in this text.
    pub(crate) fn find(&self, text: &mut Haystack<'_>, from: usize) -> Result<Option<(usize, usize)>, String> {
        let mut from = text.unit(from);
        loop {
            self.0.set_last_index(from);
            let Some(found) = self.0.exec(&text.browsers).map_err(words)? else { return Ok(None) };
            let (start, end) = (text.byte(found.index()), self.0.last_index());
            // Chromium finds places between the two units of one character; such a one is none.
            if text.unit == found.index() {
                return Ok(Some((start, text.byte(end))));
            }
            from = text.unit;
        }
    }
}

fn words(error: JsValue) -> String {
    js_sys::Error::from(error).message().into()
}

/// A text to look in, and how far it was looked at.
pub(crate) struct Haystack<'t> {
    text: &'t str,
    browsers: JsString,
    /// A place as bytes and as units: what is counted goes on from there.
    byte: usize,
    unit: u32,
}

impl<'t> Haystack<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, browsers: text.into(), byte: 0, unit: 0 }
    }

    /// The byte after the character at a byte; none at the end.
    pub(crate) fn after(&self, at: usize) -> Option<usize> {
        self.text[at..].chars().next().map(|c| at + c.len_utf8())
    }

    /// The byte of a unit that is not before the last place.
    fn byte(&mut self, unit: u32) -> usize {
        self.walk(|_, at| at < unit);
        self.byte
    }

    /// The unit of a byte that is not before the last place.
    fn unit(&mut self, byte: usize) -> u32 {
        self.walk(|at, _| at < byte);
        self.unit
    }

    fn walk(&mut self, goes_on: impl Fn(usize, u32) -> bool) {
        for c in self.text[self.byte..].chars() {
            if !goes_on(self.byte, self.unit) {
                break;
            }
            self.byte += c.len_utf8();
            self.unit += c.len_utf16() as u32;
        }
    }
}

/// A character in capitals and in small letters, by the browser's tables: the program would carry its own.
pub(crate) fn in_both_cases(c: char) -> [String; 2] {
    let text = JsString::from(c);
    [text.to_upper_case().into(), text.to_lower_case().into()]
}
