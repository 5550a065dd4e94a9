//! What is shown when the page itself breaks: a sentence, and text to copy into a report. Built by hand, since whatever
//! broke may have taken the components with it.

use leptos::prelude::document;
use wasm_bindgen::JsValue;

/// Shows a banner at the first panic, and writes it to the console.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // A page that cannot even show this has the console left.
        let _ = show(&info.to_string());
    }));
}

fn show(what: &str) -> Result<(), JsValue> {
    let document = document();
    let Some(body) = document.body() else { return Ok(()) };
    let banner = document.create_element("div")?;
    banner.set_attribute("class", "crash")?;
    banner.set_attribute("role", "alert")?;
    let sentence = document.create_element("p")?;
    sentence.set_text_content(Some(
        "Streamgauge broke. This is a fault of the page, not of your server. Reload it to go on; the text below helps \
         whoever mends it.",
    ));
    let text = document.create_element("pre")?;
    text.set_text_content(Some(&format!("Streamgauge {}\n{what}", crate::protocol::BUILD)));
    banner.append_child(&sentence)?;
    banner.append_child(&text)?;
    body.prepend_with_node_1(&banner)?;
    if let Some(root) = document.document_element() {
        root.set_attribute("data-run-state", "failed")?;
    }
    Ok(())
}
