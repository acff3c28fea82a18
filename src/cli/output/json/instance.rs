//! Names of instances as Terraform's JSON has them.

use model::address::{BlockAddr, InstanceAddr, InstanceKey, Mode, ModuleAddr};
use serde_json::{Map, Value as Json, json};

/// `managed`, `data` or `ephemeral`.
pub(super) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Managed => "managed",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    }
}

/// An index or key; null for neither.
pub(super) fn key(key: &InstanceKey) -> Json {
    match key {
        InstanceKey::None => Json::Null,
        InstanceKey::Index(index) => json!(index),
        InstanceKey::Key(key) => json!(key.as_str()),
    }
}

/// `address`, `mode`, `type`, `name`, `index` and `provider_name`, as plans and states begin every instance.
pub(super) fn names(addr: &InstanceAddr, provider: &str) -> Map<String, Json> {
    let BlockAddr {
        module: _,
        mode: block_mode,
        rtype,
        name,
    } = &*addr.block;
    let mut names = Map::new();
    names.insert("address".into(), json!(addr.to_string()));
    names.insert("mode".into(), json!(mode(*block_mode)));
    names.insert("type".into(), json!(rtype.as_str()));
    names.insert("name".into(), json!(name.as_str()));
    if addr.key != InstanceKey::None {
        names.insert("index".into(), key(&addr.key));
    }
    names.insert("provider_name".into(), json!(provider));
    names
}

/// `addr`, `module`, `resource` and so on, as messages of the stream have them.
pub(super) fn message_names(addr: &InstanceAddr) -> Json {
    let block = &addr.block;
    // The same address without its module.
    let bare = BlockAddr {
        module: ModuleAddr::root(),
        ..BlockAddr::clone(block)
    };
    let provider = block.rtype.split('_').next().unwrap_or_default();
    json!({
        "addr": addr.to_string(),
        "module": block.module.to_string(),
        "resource": format!("{bare}{}", addr.key),
        "implied_provider": provider,
        "resource_type": block.rtype.as_str(),
        "resource_name": block.name.as_str(),
        "resource_key": key(&addr.key),
    })
}
