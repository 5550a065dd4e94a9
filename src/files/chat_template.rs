//! The load worker's side of the chat templates' program, which is large and loaded only for the workloads that need it.
//! It is a JavaScript module, which nothing but `import` loads: the scripts that start the worker lend that to it.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::download::absolute;
use crate::protocol::{BUILD, Stage, StageError, encode};
use crate::text::template::{ChatTemplate, Render, TemplateError};
use crate::text::tokenize::TokenizerError;
use crate::web::scope::js_error_text;

#[wasm_bindgen]
extern "C" {
    /// `import(address)`.
    #[wasm_bindgen(js_name = importModule, catch)]
    async fn import_module(address: &str) -> Result<JsValue, JsValue>;

    /// The module that wasm-bindgen makes of `src/bin/chat-template.rs`.
    type Module;
    #[wasm_bindgen(method, catch, js_name = default)]
    async fn init(this: &Module, options: &Object) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = readTemplate)]
    fn read_template(this: &Module, template: &[u8]) -> Result<Template, JsValue>;

    /// A template that it has read.
    type Template;
    #[wasm_bindgen(method, catch)]
    fn render(this: &Template, content: &str) -> Result<String, JsValue>;
}

/// Loads the program and has it read a template.
///
/// # Errors
/// When it cannot be loaded, or the template cannot be read.
pub(super) async fn renderer(template: &ChatTemplate, page_url: &str) -> Result<Render, StageError> {
    let fault = |stage| move |message| StageError { stage, message };
    let module = load(page_url).await.map_err(fault(Stage::Page))?;
    let bytes = encode(template).map_err(|error| error.to_string()).map_err(fault(Stage::Page))?;
    let read = module.read_template(&bytes).map_err(|error| TokenizerError::from(in_words(&error)).to_string());
    let read = read.map_err(fault(Stage::Tokenizer))?;
    Ok(Box::new(move |content| read.render(content).map_err(|error| in_words(&error))))
}

async fn load(page_url: &str) -> Result<Module, String> {
    let address = |file: &str| absolute(&format!("{file}?v={BUILD}"), page_url);
    let (glue, wasm) = (address("chat-template.js")?, address("chat-template_bg.wasm")?);
    let failed = |error: JsValue| {
        let reason = js_error_text(&error);
        format!(
            "The program for chat templates could not be loaded ({reason}). Is the page's folder whole, and its server still there?"
        )
    };
    let module: Module = import_module(&glue).await.map_err(failed)?.unchecked_into();
    let options = Object::new();
    Reflect::set(&options, &"module_or_path".into(), &wasm.into()).map_err(failed)?;
    module.init(&options).await.map_err(failed)?;
    Ok(module)
}

fn in_words(error: &JsValue) -> TemplateError {
    TemplateError(js_error_text(error))
}
