//! The app, as browsers load it: files that were taken into the server when it was built. They know nothing of the school,
//! so anybody may have them.

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::{not_found, wrong_method};

/// One file of the app.
struct File {
    path: &'static str,
    content_type: &'static str,
    /// Whether its name says its content.
    is_immutable: bool,
    plain: &'static [u8],
    /// The same, compressed, where that is smaller.
    brotli: Option<&'static [u8]>,
}

/// All of them, made by `build.rs`; none where the app had not been built.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/app.rs"));

/// What the app's own pages may do: load from here and nowhere else, and run the module. No script or style that stands in a
/// page, so that text which somebody typed can never become one.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; \
                      img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A camera, for the codes on other tablets; nothing else of the machine.
const PERMISSIONS: &str =
    "camera=(self), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";
/// What its name says never changes: kept for a year, which is as long as there is.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Asked for each time: through these a browser learns of the others.
const ASK_FIRST: &str = "no-cache";

const NO_APP: &str = "<!doctype html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>Daymark</title></head>\n\
    <body><h1>This build of the server has no app in it</h1>\n\
    <p>Tablets without a screen, the commands and all routes work. For the app, run <code>cargo xtask app</code> and build \
    the server again.</p></body></html>\n";

/// A file of the app, or the answer that nothing is there.
pub(super) async fn file(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let is_read = method == Method::GET || method == Method::HEAD;
    match FILES.iter().find(|file| file.path == uri.path()) {
        Some(file) if is_read => file.answer(accepts_brotli(&headers)),
        Some(_) => wrong_method(uri).await.into_response(),
        None if uri.path() == "/" && is_read && FILES.is_empty() => {
            let html = [(CONTENT_TYPE, "text/html; charset=utf-8")];
            (StatusCode::NOT_FOUND, html, NO_APP).into_response()
        }
        None => not_found(uri).await.into_response(),
    }
}

/// Where the app's first style sheet is, `app.css`, for other pages that the server shows.
pub(crate) fn style() -> Option<&'static str> {
    let is_style = |file: &&File| file.path.starts_with("/app.") && file.content_type.starts_with("text/css");
    FILES.iter().find(is_style).map(|file| file.path)
}

impl File {
    fn answer(&self, brotli: bool) -> Response {
        let (body, encoding) = match self.brotli.filter(|_| brotli) {
            Some(small) => (small, Some("br")),
            None => (self.plain, None),
        };
        let mut response = Response::new(Body::from(body));
        let headers = response.headers_mut();
        let mut set =
            |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
        set(CONTENT_TYPE, self.content_type);
        set(
            CACHE_CONTROL,
            if self.is_immutable { FOR_EVER } else { ASK_FIRST },
        );
        set(CONTENT_SECURITY_POLICY, POLICY);
        set(HeaderName::from_static("permissions-policy"), PERMISSIONS);
        set(
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        );
        if self.brotli.is_some() {
            set(VARY, "accept-encoding");
        }
        if let Some(encoding) = encoding {
            set(CONTENT_ENCODING, encoding);
        }
        response
    }
}

/// Whether a browser says that it reads Brotli. One that gives it no weight at all does not.
fn accepts_brotli(headers: &HeaderMap) -> bool {
    let said = headers.get_all(ACCEPT_ENCODING).into_iter();
    said.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let is_brotli = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            let weight = weight.map_or(Some(1.0), |weight| weight.trim().parse::<f32>().ok());
            is_brotli && weight.is_some_and(|weight| weight > 0.0)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: File = File {
        path: "/page.12345678.js",
        content_type: "text/javascript; charset=utf-8",
        is_immutable: true,
        plain: b"plain",
        brotli: Some(b"br"),
    };
    const PAGE: File = File {
        path: "/",
        content_type: "text/html; charset=utf-8",
        is_immutable: false,
        plain: b"plain",
        brotli: None,
    };

    fn says(encodings: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for encoding in encodings {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_static(encoding));
        }
        accepts_brotli(&headers)
    }

    #[test]
    fn brotli_goes_to_those_who_say_that_they_read_it() {
        assert!(says(&["gzip, deflate, br, zstd"]));
        assert!(says(&["gzip", "br;q=0.5"]));
        assert!(says(&["BR"]));
        assert!(!says(&[]));
        assert!(!says(&["gzip, deflate"]));
        assert!(!says(&["br;q=0, gzip"]));
        assert!(!says(&["br; q=0.000"]));
        assert!(!says(&["brotli"]));
        assert!(!says(&["*"]), "the plain file is always right");
    }

    #[test]
    fn a_name_that_says_its_content_is_kept_for_ever_and_others_are_asked_for() {
        let header = |response: &Response, name: &str| {
            let value = response
                .headers()
                .get(name)
                .map(|value| value.to_str().expect("text"));
            value.unwrap_or_default().to_owned()
        };
        let script = SCRIPT.answer(true);
        assert_eq!(header(&script, "cache-control"), FOR_EVER);
        assert_eq!(header(&script, "content-encoding"), "br");
        assert_eq!(header(&script, "vary"), "accept-encoding");
        let script = SCRIPT.answer(false);
        assert_eq!(header(&script, "content-encoding"), "");
        assert_eq!(header(&script, "vary"), "accept-encoding");
        let page = PAGE.answer(true);
        assert_eq!(header(&page, "cache-control"), ASK_FIRST);
        assert_eq!(header(&page, "content-encoding"), "", "it is not smaller");
        assert_eq!(header(&page, "content-security-policy"), POLICY);
    }

    #[test]
    fn the_policy_lets_no_text_of_a_page_become_a_script_or_a_style() {
        assert!(!POLICY.contains("'unsafe-"));
        assert!(POLICY.starts_with("default-src 'none'"));
    }
}
