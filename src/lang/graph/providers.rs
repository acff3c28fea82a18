//! Which provider configuration a resource block uses: its own choice, its type's first word, and what module calls
//! pass on.

use model::address::{ModulePath, ProviderAddr, ProviderSource};
use model::{Diagnostic, Span, Str};

use crate::load::{Definition, Resource};

/// The provider configuration of a resource block in the module called at `path`.
///
/// # Errors
/// When it asks for an alias that no `provider` block has.
pub(super) fn of_resource(
    definition: &Definition,
    path: &ModulePath,
    resource: &Resource,
) -> Result<ProviderAddr, Diagnostic> {
    match &resource.provider {
        Some(chosen) => resolve(
            definition,
            path,
            &chosen.name,
            chosen.alias.as_ref(),
            chosen.span,
        ),
        None => {
            let rtype = resource.id.rtype.as_str();
            let name: Str = rtype.split('_').next().unwrap_or(rtype).into();
            resolve(definition, path, &name, None, resource.span)
        }
    }
}

/// The provider that a local name means in a module.
pub(super) fn source(definition: &Definition, path: &ModulePath, name: &str) -> ProviderSource {
    definition
        .module(path)
        .and_then(|module| module.required_providers.get(name))
        .map_or_else(
            || ProviderSource::implied(name),
            |required| required.source.clone(),
        )
}

/// Follows a local name (and alias) from a module up to the `provider` block that configures it. A default
/// configuration that nobody wrote belongs to the root module.
pub(super) fn resolve(
    definition: &Definition,
    path: &ModulePath,
    name: &Str,
    alias: Option<&Str>,
    span: Span,
) -> Result<ProviderAddr, Diagnostic> {
    let source = source(definition, path, name);
    let module = definition.module(path);
    let declared = module.is_some_and(|module| {
        module
            .providers
            .iter()
            .any(|block| block.name == *name && block.alias.as_ref() == alias)
    });
    let address = |path: &ModulePath| ProviderAddr {
        module: path.clone(),
        source: source.clone(),
        alias: alias.cloned(),
    };
    if declared {
        return Ok(address(path));
    }
    let Some((parent, call)) = path.parent().zip(path.0.last()) else {
        return match alias {
            None => Ok(address(path)),
            Some(alias) => Err(undeclared(name, alias, span)),
        };
    };
    let call = definition
        .module(&parent)
        .and_then(|module| module.calls.get(call));
    let passed = call.and_then(|call| {
        call.providers
            .iter()
            .find(|(child, _)| child.name == *name && child.alias.as_ref() == alias)
    });
    if let Some((_, theirs)) = passed {
        return resolve(
            definition,
            &parent,
            &theirs.name,
            theirs.alias.as_ref(),
            theirs.span,
        );
    }
    if let Some(alias) = alias {
        return Err(undeclared(name, alias, span));
    }
    // The parent may know the same provider by another local name.
    let theirs = definition.module(&parent).and_then(|module| {
        module
            .required_providers
            .iter()
            .find(|(_, required)| required.source == source)
            .map(|(name, _)| name.clone())
    });
    let found = resolve(
        definition,
        &parent,
        &theirs.unwrap_or_else(|| name.clone()),
        None,
        span,
    )?;
    Ok(ProviderAddr { source, ..found })
}

fn undeclared(name: &Str, alias: &Str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "missing-provider",
        format!("there is no provider configuration `{name}.{alias}`"),
    )
    .at(span, "")
    .help(format!(
        "declare `provider \"{name}\" {{ alias = \"{alias}\" }}`, or pass one in with `providers`"
    ))
}
