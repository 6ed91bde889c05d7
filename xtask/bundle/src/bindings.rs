//! The JavaScript through which a page's scripts call the module.

use wasm_bindgen_cli_support::Bindgen;

use crate::Failure;
use crate::names::Asset;

/// What scripts import: `./daymark.js`, which loads `daymark_bg.wasm`.
const NAME: &str = "daymark";

/// The script and the module that belongs to it.
pub(crate) fn make(module: Vec<u8>) -> Result<[Asset; 2], Failure> {
    let failed = |error| Failure::Bindings(format!("{error:#}"));
    let mut output = Bindgen::new()
        .input_bytes(NAME, module)
        .web(true)
        .map_err(failed)?
        .typescript(false)
        // The script knows where its module is.
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .map_err(failed)?;
    let own = output
        .snippets()
        .iter()
        .filter(|(_, scripts)| !scripts.is_empty());
    if let Some(which) = own
        .map(|(name, _)| name)
        .chain(output.local_modules().keys())
        .next()
    {
        let what = format!("{which} brings scripts of its own, which the app has no place for");
        return Err(Failure::Bindings(what));
    }
    let script = output.js().as_bytes().to_vec();
    Ok([
        Asset {
            name: format!("{NAME}.js"),
            bytes: script,
        },
        Asset {
            name: format!("{NAME}_bg.wasm"),
            bytes: output.wasm_mut().emit_wasm(),
        },
    ])
}
