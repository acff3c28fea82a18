//! `terrace version`: which release this is, and whose formats it reads and writes.

use serde_json::json;

use super::args::VersionArgs;
use super::output::json::TERRAFORM_VERSION;

/// What `terrace version` says. Ends with a newline.
pub fn text(args: &VersionArgs) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let platform = format!("{}_{}", std::env::consts::OS, std::env::consts::ARCH);
    if args.json {
        let json = json!({
            "terrace_version": version,
            "terraform_version": TERRAFORM_VERSION,
            "platform": platform,
        });
        return format!("{json:#}\n");
    }
    format!(
        "terrace {version} ({platform})\nReads and writes what Terraform {TERRAFORM_VERSION} does.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_package() {
        let first = text(&VersionArgs { json: false });
        assert!(
            first.starts_with(concat!("terrace ", env!("CARGO_PKG_VERSION"), " (")),
            "{first}"
        );
        let json: serde_json::Value =
            serde_json::from_str(&text(&VersionArgs { json: true })).unwrap();
        assert_eq!(json["terrace_version"], env!("CARGO_PKG_VERSION"));
    }
}
