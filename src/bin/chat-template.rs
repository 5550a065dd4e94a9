//! The chat templates' binary: a few lines over the library. It becomes a JavaScript module, which the load worker loads
//! for the workloads that need it; `files::chat_template` is its other side.

use streamgauge::protocol;
use streamgauge::text::template::{LocalTime, Renderer};
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// A chat template that was read.
#[wasm_bindgen]
pub struct ChatTemplate(Renderer);

/// Reads a template, encoded as messages are.
///
/// # Errors
/// What is wrong with it, in words.
#[wasm_bindgen(js_name = readTemplate)]
pub fn read_template(template: &[u8]) -> Result<ChatTemplate, JsError> {
    Ok(ChatTemplate(Renderer::new(&protocol::decode(template)?, now())?))
}

#[wasm_bindgen]
impl ChatTemplate {
    /// The prompt of one user message.
    ///
    /// # Errors
    /// The template's own words.
    pub fn render(&self, content: &str) -> Result<String, JsError> {
        Ok(self.0.render(content)?)
    }
}

/// The time of day where the person is.
fn now() -> LocalTime {
    let date = js_sys::Date::new_0();
    LocalTime { seconds: (date.get_time() / 1000.0 - date.get_timezone_offset() * 60.0) as i64 }
}

fn main() {
    console_error_panic_hook::set_once();
}
