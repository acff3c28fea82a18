//! The definitions that the tests go through. Each is what the one before it became by an edit.

/// What every definition begins with.
const HEAD: &str = r#"
terraform {
  required_providers {
    sim = { source = "terrace/sim" }
  }
}
"#;

/// A definition of these blocks.
pub(crate) fn definition(blocks: &str) -> String {
    format!("{HEAD}{blocks}")
}

/// Networks, servers, disks, a database and a data source that depend on each other.
const FIRST: &str = r#"
resource "sim_network" "main" {
  name = "main"
  cidr = "10.1.0.0/16"
}
resource "sim_network" "edge" {
  name = "edge"
  cidr = "10.2.0.0/16"
}
data "sim_network" "seen" {
  name       = sim_network.main.name
  depends_on = [sim_network.main]
}
resource "sim_server" "web" {
  count      = 2
  name       = "web-${count.index}"
  image      = "debian-1"
  network_id = data.sim_network.seen.id
}
resource "sim_volume" "disk" {
  name      = "disk"
  size_gb   = 10
  server_id = sim_server.web[0].id
  lifecycle {
    replace_triggered_by = [sim_server.web[0].id]
  }
}
resource "sim_server" "front" {
  name       = "front"
  image      = "nginx-1"
  network_id = sim_network.edge.id
  secret     = "first"
  lifecycle {
    create_before_destroy = true
  }
}
resource "sim_volume" "log" {
  name      = "log"
  size_gb   = 1
  server_id = sim_server.front.id
}
resource "sim_database" "orders" {
  name       = "orders"
  engine     = "postgres"
  network_id = sim_network.main.id
  password   = "hush"
}
output "address" {
  value = sim_server.front.address
}
"#;

/// The block of the disk that goes.
const LOG: &str = r#"
resource "sim_volume" "log" {
  name      = "log"
  size_gb   = 1
  server_id = sim_server.front.id
}"#;

fn edited(text: &str, edits: &[(&str, &str)]) -> String {
    edits.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "nothing to edit: {from}");
        text.replace(from, to)
    })
}

/// A history of definitions: everything is created; updated and replaced in both orders, alone; replaced with all that
/// depends on it, in both orders; partly removed; and removed.
pub(crate) fn history() -> Vec<(&'static str, String)> {
    let first = FIRST.to_owned();
    let second = edited(
        &first,
        &[
            ("\"postgres\"", "\"mysql\""),
            ("nginx-1", "nginx-2"),
            ("size_gb   = 10", "size_gb   = 20"),
            ("\"first\"", "\"second\""),
        ],
    );
    let third = edited(
        &second,
        &[
            ("10.1.0.0/16", "10.3.0.0/16"),
            ("10.2.0.0/16", "10.4.0.0/16"),
        ],
    );
    let fourth = edited(&third, &[("count      = 2", "count      = 1"), (LOG, "")]);
    vec![
        ("create", definition(&first)),
        ("update and replace", definition(&second)),
        ("replace networks", definition(&third)),
        ("remove some", definition(&fourth)),
        ("remove all", definition("")),
    ]
}
