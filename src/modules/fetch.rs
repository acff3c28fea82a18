//! Fetches one package, by whatever its source says: from Git, a web server, this machine, or where a registry says that
//! it is. Entry point: [`Fetching::fetch`].

use std::fs;
use std::path::{Path, PathBuf};

use lang::load::{Getter, PackageSource, RegistrySource, Source, without_secrets};

use crate::address::Address;
use crate::archive::{NAMES, unpack};
use crate::configuration::Configuration;
use crate::http;
use crate::pins::Pin;
use crate::registry::Registry;
use crate::trouble::Trouble;
use crate::{git, tree};

/// So often an address may lead to another one.
const MOST_HOPS: usize = 10;

/// A package that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Which, without a directory in it.
    pub(crate) source: Source,
    /// Which versions of it are allowed.
    pub(crate) constraint: Option<String>,
    /// What it was resolved to before, and has to be again.
    pub(crate) pin: Option<Pin>,
}

impl Request {
    /// What tells requests apart: one is resolved once.
    pub(crate) fn name(&self) -> String {
        match &self.constraint {
            Some(constraint) => format!("{} {constraint}", self.source),
            None => self.source.to_string(),
        }
    }
}

/// What fetching takes.
#[derive(Debug)]
pub(crate) struct Fetching<'f> {
    configuration: &'f Configuration,
    registry: Registry<'f>,
}

/// What was fetched.
struct Fetched {
    /// Where its files are.
    place: PathBuf,
    commit: Option<String>,
    /// The directory in it that was named on the way.
    directory: String,
}

impl<'f> Fetching<'f> {
    pub(crate) fn new(configuration: &'f Configuration) -> Self {
        Self {
            configuration,
            registry: Registry::new(configuration),
        }
    }

    /// Fetches a package and keeps it in the directory `store`, under its digest. Works in `work`, which is made and
    /// removed again.
    ///
    /// # Errors
    /// When it cannot be had, or is not what it was before.
    pub(crate) fn fetch(
        &self,
        request: &Request,
        work: &Path,
        store: &Path,
    ) -> Result<Pin, Trouble> {
        fs::create_dir_all(work).map_err(Trouble::file(work))?;
        let kept = self.kept(request, work, store);
        let _ = fs::remove_dir_all(work);
        kept
    }

    fn kept(&self, request: &Request, work: &Path, store: &Path) -> Result<Pin, Trouble> {
        let before = request.pin.as_ref();
        let (fetched, version) = match &request.source {
            Source::Local(path) => {
                return Err(Trouble::missing(format!("`{path}` is a local path")));
            }
            Source::Package(source) => {
                let commit = before.and_then(|pin| pin.commit.as_deref());
                (self.package(source, commit, work, MOST_HOPS)?, None)
            }
            Source::Registry(source) => {
                let (fetched, version) = self.registry(source, request, work)?;
                (fetched, Some(version))
            }
        };
        let clean = work.join("clean");
        let digest = tree::copy(&fetched.place, &clean)?;
        if let Some(before) = before.filter(|pin| pin.digest != digest) {
            return Err(Trouble::new("is not what it was when it was fetched first")
                .note(format!(
                    "its files had the digest {}, and now {}",
                    short(&before.digest),
                    short(&digest)
                ))
                .help("if that is right, take what it is now: terrace init -upgrade"));
        }
        let directory = expanded(&clean, &fetched.directory)?;
        let place = store.join(&digest);
        if !place.exists() {
            fs::rename(&clean, &place).map_err(Trouble::file(&place))?;
        }
        let commit = fetched.commit.filter(|_| version.is_none());
        Ok(Pin {
            source: request.source.to_string(),
            digest,
            version,
            commit,
            directory,
        })
    }

    fn registry(
        &self,
        source: &RegistrySource,
        request: &Request,
        work: &Path,
    ) -> Result<(Fetched, String), Trouble> {
        let before = request.pin.as_ref().and_then(|pin| pin.version.clone());
        let version = match before {
            Some(version) => version,
            None => self
                .registry
                .choose(source, request.constraint.as_deref())?,
        };
        let location = self.registry.location(source, &version)?;
        let found = self.at(&location, work, MOST_HOPS);
        let found = found.map_err(|trouble| {
            trouble.note(format!(
                "{} says that {version} is at {}",
                source.host,
                without_secrets(&location)
            ))
        })?;
        Ok((found, version))
    }

    /// Fetches what another address named.
    fn at(&self, location: &str, work: &Path, hops: usize) -> Result<Fetched, Trouble> {
        match Source::parse(location, false) {
            Ok(Source::Package(source)) => {
                let mut found = self.package(&source.package(), None, work, hops)?;
                found.directory = lang::load::join(&found.directory, &source.directory);
                Ok(found)
            }
            Ok(Source::Local(_) | Source::Registry(_)) | Err(_) => Err(Trouble::new(
                "it leads to an address from which nothing is fetched",
            )
            .note(without_secrets(location))),
        }
    }

    fn package(
        &self,
        source: &PackageSource,
        commit: Option<&str>,
        work: &Path,
        hops: usize,
    ) -> Result<Fetched, Trouble> {
        match &source.by {
            Getter::Git => {
                let place = work.join("repository");
                let commit = git::fetch(&source.url, commit, &place)?;
                Ok(Fetched {
                    place,
                    commit: Some(commit),
                    directory: String::new(),
                })
            }
            Getter::Http => self.web(&source.url, work, hops),
            Getter::File => file(&source.url, work),
            Getter::Other(name) => Err(other(name)),
        }
    }

    fn web(&self, url: &str, work: &Path, hops: usize) -> Result<Fetched, Trouble> {
        let (kind, address) = http::kind(url)?;
        if let Some(kind) = kind {
            let archive = work.join("archive");
            http::archive(self.configuration, address, &archive)?;
            let place = work.join("files");
            unpack(&archive, kind, &place)?;
            return Ok(of_files(place));
        }
        let Some(hops) = hops.checked_sub(1) else {
            return Err(Trouble::new(
                "its address leads to another, and that to another, without an end",
            ));
        };
        let location = http::location(self.configuration, &address)?;
        // What a web server says must not make this machine's files part of a module.
        if location.starts_with("file:")
            || location.contains("::file:")
            || location.starts_with('/')
        {
            return Err(
                Trouble::new("it leads to a file of this machine").note(without_secrets(&location))
            );
        }
        let found = self.at(&location, work, hops)?;
        // A directory that is named on the way is all there is of the package, as Terraform has it.
        let inside = expanded(&found.place, &found.directory)?;
        Ok(of_files(found.place.join(inside)))
    }
}

fn of_files(place: PathBuf) -> Fetched {
    Fetched {
        place,
        commit: None,
        directory: String::new(),
    }
}

/// The directory of this machine that an address names, where it is one.
pub(crate) fn directory(source: &PackageSource) -> Option<PathBuf> {
    let path = Address::of(&source.url).path().map(PathBuf::from)?;
    (source.by == Getter::File && path.is_dir()).then_some(path)
}

/// An archive or directory of this machine.
fn file(url: &str, work: &Path) -> Result<Fetched, Trouble> {
    let (kind, mut address) = http::kind(url)?;
    let checksum = address.take("checksum");
    let path = address.path().map(PathBuf::from);
    let path =
        path.ok_or_else(|| Trouble::missing("is not an address of a file: `file:///PATH`"))?;
    if path.is_dir() {
        return Ok(of_files(path));
    }
    if !path.exists() {
        return Err(Trouble::missing("there is no such file or directory"));
    }
    let Some(kind) = kind else {
        return Err(Trouble::missing("neither a directory nor an archive")
            .note(format!("an archive's name ends with {NAMES}")));
    };
    if let Some(checksum) = checksum {
        http::check(&checksum, &path)?;
    }
    let place = work.join("files");
    // The decoder works beside the archive, which may be where nothing can be written.
    let archive = work.join("archive");
    fs::copy(&path, &archive).map_err(Trouble::file(&path))?;
    unpack(&archive, kind, &place)?;
    Ok(of_files(place))
}

/// What Terraform fetches, or somebody may think it does, and Terrace does not.
fn other(name: &str) -> Trouble {
    let trouble = Trouble::new(match name {
        "s3" | "gcs" | "hg" => format!("modules are not fetched by `{name}` here"),
        name => format!("nothing is fetched by `{name}`"),
    });
    match name {
        "s3" | "gcs" => trouble.help("give its address as that of an archive on a web server, `https://..`, or keep it in a Git repository"),
        _ => trouble.help("modules come from Git repositories, archives on web servers, and registries"),
    }
}

/// The beginning of a digest.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// The one directory below `root` that a path with `*` in it means; without, the path itself.
///
/// # Errors
/// When there is none, or several.
pub(crate) fn expanded(root: &Path, path: &str) -> Result<String, Trouble> {
    let mut found = String::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let name = match part.contains('*') {
            true => only(&root.join(&found), part)?,
            false => part.to_owned(),
        };
        if !found.is_empty() {
            found.push('/');
        }
        found.push_str(&name);
        if !root.join(&found).is_dir() {
            return Err(lacks(root, &found));
        }
    }
    Ok(found)
}

/// The only directory whose name is as a pattern with one `*` says.
fn only(directory: &Path, pattern: &str) -> Result<String, Trouble> {
    let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
    let names = directories(directory);
    let is_meant = |name: &&String| {
        let rest = name.strip_prefix(start);
        rest.is_some_and(|rest| rest.ends_with(end))
    };
    let meant: Vec<&String> = names.iter().filter(is_meant).collect();
    match meant.as_slice() {
        [only] => Ok((*only).clone()),
        several => Err(Trouble::missing(format!(
            "`{pattern}` names {} directories of the package",
            several.len()
        ))),
    }
}

/// That a package has no such directory, with those it has there.
fn lacks(root: &Path, path: &str) -> Trouble {
    let trouble = Trouble::missing(format!("the package has no directory `{path}`"));
    let above = path.rsplit_once('/').map_or("", |(above, _)| above);
    let names = directories(&root.join(above));
    if names.is_empty() {
        return trouble;
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    trouble.note(format!("it has {}", git::listed(&names)))
}

/// The names of the directories in a directory.
fn directories(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let is_directory = |entry: &fs::DirEntry| entry.path().is_dir();
    let named = entries
        .filter(is_directory)
        .filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = named.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}
