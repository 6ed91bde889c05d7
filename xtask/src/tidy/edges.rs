//! Dependencies point one way, the pure rooms stay pure, and every room has the workspace's lints.

use toml::{Table, Value};

use super::Finding;
use super::house::{House, Manifest};

const RULE: &str = "dependency direction";
const LINTS: &str = "workspace lints";

/// Each room, and the rooms of ours that it may depend on. A new room is written down here first.
const ROOMS: &[(&str, &[&str])] = &[
    ("daymark-core", &[]),
    ("daymark-sync-protocol", &["daymark-core"]),
    ("daymark-exchange", &["daymark-core"]),
    ("daymark-journal", &[]),
    (
        "daymark-server",
        &[
            "daymark-core",
            "daymark-exchange",
            "daymark-journal",
            "daymark-sync-protocol",
        ],
    ),
    (
        "daymark-tablet",
        &["daymark-core", "daymark-journal", "daymark-sync-protocol"],
    ),
    (
        "daymark-tests",
        &[
            "daymark-app",
            "daymark-core",
            "daymark-journal",
            "daymark-server",
            "daymark-sync-protocol",
            "daymark-tablet",
        ],
    ),
    (
        "daymark-app",
        &["daymark-core", "daymark-sync-protocol", "daymark-tablet"],
    ),
    ("daymark-bundle", &[]),
    ("xtask", &[]),
];

/// The rooms that have no clock, entropy, disk or network, and the crates that would bring one in.
const PURE_ROOMS: &[&str] = &["daymark-core", "daymark-exchange", "daymark-sync-protocol"];
const IMPURE_CRATES: &[&str] = &["axum", "getrandom", "hyper", "rand", "sled", "tokio"];

pub(super) fn check(house: &House) -> Vec<Finding> {
    house.manifests.iter().flat_map(check_manifest).collect()
}

fn check_manifest(manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |key: &str, rule, what| {
        findings.push(Finding {
            path: manifest.path.clone(),
            line: manifest.line_of(key),
            rule,
            what,
        });
    };
    let forbids_unsafe = value_at(&manifest.table, &["workspace", "lints", "rust", "unsafe_code"]);
    if manifest.table.contains_key("workspace") && forbids_unsafe != Some(&Value::from("forbid")) {
        add(
            "[workspace.lints.rust]",
            LINTS,
            "unsafe_code = \"forbid\" is missing".to_owned(),
        );
    }
    let Some(package) = value_at(&manifest.table, &["package", "name"]).and_then(Value::as_str) else {
        return findings;
    };
    if value_at(&manifest.table, &["lints", "workspace"]) != Some(&Value::from(true)) {
        add(
            "[lints]",
            LINTS,
            "`[lints] workspace = true` is missing".to_owned(),
        );
    }
    let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == package) else {
        add(
            "name",
            RULE,
            format!("`{package}` is not in the table of rooms in xtask/src/tidy/edges.rs"),
        );
        return findings;
    };
    for (key, dependency) in dependencies(&manifest.table) {
        let is_ours = ROOMS.iter().any(|(room, _)| *room == dependency);
        if is_ours && dependency != package && !allowed.contains(&dependency.as_str()) {
            add(
                &key,
                RULE,
                format!("`{package}` must not depend on `{dependency}`"),
            );
        }
        if PURE_ROOMS.contains(&package) && IMPURE_CRATES.contains(&dependency.as_str()) {
            add(
                &key,
                RULE,
                format!("`{package}` is pure and must not depend on `{dependency}`"),
            );
        }
    }
    findings
}

fn value_at<'a>(table: &'a Table, keys: &[&str]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    rest.iter()
        .try_fold(table.get(*first)?, |value, key| value.get(key))
}

/// Every dependency of every kind and target: its key, and the package that it names.
fn dependencies(manifest: &Table) -> Vec<(String, String)> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = targets
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table);
    std::iter::once(manifest)
        .chain(tables)
        .flat_map(|table| {
            ["dependencies", "dev-dependencies", "build-dependencies"].map(|kind| table.get(kind))
        })
        .flatten()
        .filter_map(Value::as_table)
        .flatten()
        .map(|(key, value)| {
            let package = value.get("package").and_then(Value::as_str).unwrap_or(key);
            (key.clone(), package.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(package: &str, rest: &str) -> Vec<String> {
        let text = format!("[package]\nname = \"{package}\"\n[lints]\nworkspace = true\n{rest}");
        let manifest = Manifest::new("room/Cargo.toml", &text).unwrap();
        check_manifest(&manifest)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn an_edge_upwards_is_in_order() {
        assert!(findings("daymark-server", "[dependencies]\ndaymark-core.workspace = true").is_empty());
    }

    #[test]
    fn an_edge_sideways_or_down_is_found() {
        let expected = "room/Cargo.toml:6: dependency direction: \
                        `daymark-tablet` must not depend on `daymark-server`";
        assert_eq!(
            findings(
                "daymark-tablet",
                "[dependencies]\ndaymark-server.workspace = true"
            ),
            [expected]
        );
        assert_eq!(
            findings("daymark-server", "[dev-dependencies]\ndaymark-tablet = {}").len(),
            1
        );
        assert_eq!(
            findings("daymark-core", "[build-dependencies]\ndaymark-journal = {}").len(),
            1
        );
        assert_eq!(
            findings("daymark-journal", "[dependencies]\ndaymark-core = {}").len(),
            1
        );
    }

    #[test]
    fn a_pure_room_has_no_runtime_disk_or_entropy() {
        assert_eq!(findings("daymark-core", "[dependencies]\ntokio = \"1\"").len(), 1);
        assert_eq!(
            findings(
                "daymark-sync-protocol",
                "[dependencies]\nx = { package = \"sled\" }"
            )
            .len(),
            1
        );
        assert_eq!(
            findings(
                "daymark-core",
                "[target.'cfg(unix)'.dependencies]\ngetrandom = \"0.4\""
            )
            .len(),
            1
        );
        assert!(findings("daymark-server", "[dependencies]\ntokio = \"1\"").is_empty());
    }

    #[test]
    fn a_room_nobody_wrote_down_is_found() {
        assert_eq!(findings("daymark-annex", "").len(), 1);
    }

    #[test]
    fn a_room_without_the_workspace_lints_is_found() {
        let manifest = Manifest::new("core/Cargo.toml", "[package]\nname = \"daymark-core\"").unwrap();
        assert_eq!(check_manifest(&manifest)[0].rule, LINTS);
    }

    #[test]
    fn a_workspace_that_allows_unsafe_code_is_found() {
        let manifest = Manifest::new("Cargo.toml", "[workspace]\nmembers = []").unwrap();
        assert_eq!(check_manifest(&manifest)[0].rule, LINTS);
    }
}
