//! The files that pages load, built into the program. The hash of the content stands in the address, so a browser may keep each for
//! ever and still gets the new one after an update.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use license_format::Digest;

/// The address of a file, by its name.
pub(crate) fn url(name: &str) -> &'static str {
    let found = ASSETS.iter().find(|asset| asset.name == name);
    found.map_or("", |asset| &asset.url)
}

/// `GET /assets/{file}`.
pub(crate) async fn serve(Path(file): Path<String>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.url.strip_prefix(FOLDER) == Some(file.as_str()))
    else {
        return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, asset.bytes).into_response()
}

struct Asset {
    name: &'static str,
    url: String,
    media_type: &'static str,
    bytes: &'static [u8],
}

const FOLDER: &str = "/assets/";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
// Browsers compile a module while it comes only if it is called so.
const MODULE: &str = "application/wasm";

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let asset = |name: &'static str, media_type, bytes| {
        let (stem, extension) = name.rsplit_once('.').expect("every asset has an extension");
        let hash = Digest::of(bytes).to_string();
        Asset { name, url: format!("{FOLDER}{stem}.{}.{extension}", &hash[..16]), media_type, bytes }
    };
    vec![
        asset("pico.min.css", STYLE, include_bytes!("../assets/vendor/pico.min.css")),
        asset("waybill.css", STYLE, include_bytes!("../assets/waybill.css")),
        asset("htmx.min.js", SCRIPT, include_bytes!("../assets/vendor/htmx.min.js")),
        asset("upload.js", SCRIPT, include_bytes!("../assets/upload.js")),
        asset("check.mjs", SCRIPT, include_bytes!("../assets/check.mjs")),
        asset("verifier.mjs", SCRIPT, include_bytes!("../assets/verifier.mjs")),
        asset("waybill-verifier.wasm", MODULE, include_bytes!("../assets/waybill-verifier.wasm")),
        asset("favicon.svg", "image/svg+xml", include_bytes!("../assets/favicon.svg")),
    ]
});

#[cfg(test)]
mod tests {
    use super::*;

    /// `assets/vendor/SHA256SUMS` is what was reviewed; what is built in must be that.
    #[test]
    fn vendored_files_are_the_ones_that_were_reviewed() {
        let sums = include_str!("../assets/vendor/SHA256SUMS");
        for name in ["pico.min.css", "htmx.min.js"] {
            let asset = ASSETS.iter().find(|asset| asset.name == name).unwrap();
            let line = format!("{}  {name}", Digest::of(asset.bytes));
            assert!(sums.lines().any(|known| known == line), "{name} is not the file of SHA256SUMS: {line}");
        }
    }

    /// `scripts/build-wasm --check` shows that those are what the sources make.
    #[test]
    fn the_verifier_is_the_one_that_was_built() {
        let record = include_str!("../assets/waybill-verifier.txt");
        let asset = ASSETS.iter().find(|asset| asset.name == "waybill-verifier.wasm").unwrap();
        let line = format!("sha256: {}", Digest::of(asset.bytes));
        assert!(record.lines().any(|known| known == line), "not the module of waybill-verifier.txt: {line}");
    }

    #[test]
    fn addresses_carry_the_hash() {
        let url = url("waybill.css");
        assert!(url.starts_with("/assets/waybill.") && url.ends_with(".css") && url.len() > 30, "{url}");
    }
}
