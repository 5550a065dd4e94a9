//! A chart as a file: its SVG in light colours, which print, or a PNG, for which the browser draws the SVG on a canvas,
//! twice as fine as it is large.

use js_sys::Promise;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, Url};

use crate::chart::{Chart, Theme};
use crate::page::browser;
use crate::page::browser::text_blob;
use crate::page::parts::small_button;
use crate::page::results::save::save_file;
use crate::page::state::{AppState, Tone};

/// Width that a chart is drawn for as a file, px.
pub(in crate::page) const CHART_PX: u32 = 800;
/// Pixels of the picture for each of the drawing.
const FINENESS: u32 = 2;

/// The buttons that take a chart away. `what` names it among others; `draw` gives, when it is wanted, its file's name
/// without an ending and the chart.
pub(in crate::page) fn chart_buttons(
    state: AppState,
    what: &str,
    draw: Callback<(), Option<(String, Chart)>>,
) -> Vec<AnyView> {
    let drawn = move || draw.run(()).map(|(name, chart)| (name, chart.to_file(Theme::Light)));
    let save_svg = move || {
        if let Some((name, svg)) = drawn() {
            save_file(state, &format!("{name}.svg"), "image/svg+xml", &svg);
        }
    };
    let save_png = move || {
        if let Some((name, svg)) = drawn() {
            spawn_local(download_png(state, name, svg));
        }
    };
    vec![
        small_button("SVG", format!("Download {what} as SVG"), save_svg),
        small_button("PNG", format!("Download {what} as PNG"), save_png),
    ]
}

async fn download_png(state: AppState, name: String, svg: String) {
    let saved = match png(&svg).await {
        Ok(picture) => browser::download_blob(&format!("{name}.png"), &picture),
        Err(error) => Err(error),
    };
    if saved.is_err() {
        state.say(Tone::Bad, "The browser did not make a picture of this chart. Take it as SVG.");
    }
}

/// Draws an SVG that needs nothing from outside.
async fn png(svg: &str) -> Result<Blob, JsValue> {
    let url = Url::create_object_url_with_blob(&text_blob("image/svg+xml", svg)?)?;
    let image = HtmlImageElement::new()?;
    image.set_src(&url);
    let decoded = JsFuture::from(image.decode()).await;
    let drawn = decoded.and_then(|_| draw(&image));
    Url::revoke_object_url(&url)?;
    let canvas = drawn?;
    let blob = Promise::new(&mut |resolve, reject| {
        if let Err(error) = canvas.to_blob(&resolve) {
            let _ = reject.call1(&JsValue::NULL, &error);
        }
    });
    JsFuture::from(blob).await?.dyn_into()
}

fn draw(image: &HtmlImageElement) -> Result<HtmlCanvasElement, JsValue> {
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
    canvas.set_width(image.natural_width() * FINENESS);
    canvas.set_height(image.natural_height() * FINENESS);
    let context = canvas.get_context("2d")?.ok_or(JsValue::UNDEFINED)?.dyn_into::<CanvasRenderingContext2d>()?;
    let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
    context.draw_image_with_html_image_element_and_dw_and_dh(image, 0.0, 0.0, width, height)?;
    Ok(canvas)
}
