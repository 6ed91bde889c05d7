//! Pictures of every screen in every state: `daymark-screens FOLDER [NAME...]`. Tablet screens upright and on their side, the
//! office's at its own size too; every state by day, and at one size in the evening and in the sun.

use std::path::PathBuf;

use daymark_tests::browser::{Browser, Size};
use daymark_tests::gallery;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        eprintln!("usage: daymark-screens FOLDER [NAME...]");
        std::process::exit(2);
    };
    let named: Vec<String> = arguments.collect();
    let work = tempfile::tempdir().expect("a folder");
    let www = concat!(env!("CARGO_MANIFEST_DIR"), "/../app/www");
    for name in ["app.css", "visit.css", "office.css"] {
        std::fs::copy(PathBuf::from(www).join(name), work.path().join(name)).expect("styles are copied");
    }
    let fonts = work.path().join("fonts");
    std::fs::create_dir_all(&fonts).expect("a folder");
    for name in ["atkinson-latin.woff2", "atkinson-latin-ext.woff2"] {
        std::fs::copy(PathBuf::from(www).join("fonts").join(name), fonts.join(name))
            .expect("fonts are copied");
    }
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let browser = Browser::open(&work.path().join("profile"), Size::TABLET).await;
    let mut taken = 0;
    for state in gallery::states() {
        if !named.is_empty() && !named.iter().any(|name| state.name.starts_with(name.as_str())) {
            continue;
        }
        for picture in gallery::pictures(&state) {
            let theme = picture.theme;
            let file = work.path().join("page.html");
            std::fs::write(&file, gallery::document(&state.page, theme)).expect("a page is written");
            browser.resize(picture.size).await;
            browser.go(&format!("file://{}", file.display())).await;
            browser
                .script("return document.fonts.ready.then(() => true)")
                .await;
            browser.small_picture(&folder.join(&picture.name)).await;
            taken += 1;
        }
    }
    println!("{taken} pictures in {}", folder.display());
    browser.close().await;
}
