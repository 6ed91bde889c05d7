//! The router by itself: what depends on who is at the other end.

mod document;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use daymark_core::ids::SchoolId;
use daymark_core::signature::{KEY_BYTES, SecretKey};
use tower_service::Service;

use super::{App, Guard, router};
use crate::config::{Config, School};
use crate::listen::Peer;
use crate::runtime::Runtime;
use crate::store::memory::MemoryStore;
use crate::worklists::{Counted, Policy};

fn school(proxies: &[&str]) -> axum::Router {
    let school = School {
        urn: SchoolId(123_456),
        name: "Made-up Primary".into(),
        laestab: None,
    };
    let config = Config::new(school, "127.0.0.1:0".parse().expect("an address"));
    let key = |byte| SecretKey::from_seed(&[byte; KEY_BYTES]);
    let store = Arc::new(MemoryStore::new());
    let runtime = Runtime::start(config.facts(None, None, key(1)), key(2), store).expect("a hub");
    let proxies = proxies.iter().map(|proxy| proxy.parse().expect("an address"));
    let (_, stopping) = tokio::sync::watch::channel(false);
    let app = App {
        counted: Arc::new(Counted::new(Arc::clone(&runtime), Policy::statutory())),
        runtime,
        config: Arc::new(config),
        office_token: [0; 32],
        guard: Guard::new(proxies.collect()),
        stopping,
    };
    router(app, axum::Router::new())
}

async fn ask(router: &axum::Router, path: &str, peer: &str, tls: bool, says: Option<&str>) -> Response<Body> {
    let peer = Peer {
        address: peer.parse().expect("an address"),
        tls,
    };
    let mut request = Request::get(path).extension(peer);
    if let Some(says) = says {
        request = request.header("x-forwarded-for", says);
    }
    let request = request.body(Body::empty()).expect("a request");
    let Ok(response) = router.clone().call(request).await;
    response
}

#[tokio::test]
async fn a_browser_is_told_to_stay_with_tls_only_over_tls() {
    let router = school(&[]);
    for path in ["/livez", "/nowhere", "/v1/office/devices"] {
        for tls in [false, true] {
            let response = ask(&router, path, "192.0.2.1", tls, None).await;
            let told = response.headers().contains_key("strict-transport-security");
            assert_eq!(told, tls, "{path}");
        }
    }
    let sync = ask(&router, "/v1/sync", "192.0.2.1", true, None).await;
    assert!(!sync.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn only_a_proxy_is_believed_about_whom_it_speaks_for() {
    let router = school(&["192.0.2.4"]);
    let is_limited = async |peer: &str, says: &str| {
        let says = (!says.is_empty()).then_some(says);
        let response = ask(&router, "/livez", peer, false, says).await;
        response.status() == StatusCode::TOO_MANY_REQUESTS
    };
    // What is given back meanwhile is more on a slow machine, and never this much.
    let tries = crate::limits::ANONYMOUS.burst * 3;
    let mut was_limited = false;
    for number in 0..tries {
        was_limited |= is_limited("192.0.2.1", &format!("198.51.100.{}", number % 200)).await;
    }
    assert!(was_limited, "a stranger's word counts for nothing");
    assert!(
        !is_limited("192.0.2.4", "198.51.100.1").await,
        "each of a proxy's callers is counted alone"
    );
    assert!(!is_limited("127.0.0.1", "unknown").await);
    let mut was_limited = false;
    for _ in 0..tries {
        was_limited |= is_limited("127.0.0.1", "what is this").await;
    }
    assert!(was_limited, "what cannot be read is not this machine");
    assert!(
        !is_limited("127.0.0.1", "[2001:db8::1]:4711").await,
        "an address may come with its port"
    );
    for _ in 0..tries {
        assert!(!is_limited("127.0.0.1", "").await, "this machine is not held up");
    }
}
