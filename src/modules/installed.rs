//! Which module of a call is installed, and installs those that are not: the packages are fetched into the project's
//! `.terrace/modules`, each under its digest, and copied to where Terraform has them, `.terraform/modules/KEY` beside the
//! definition. Entry point: [`Modules`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lang::load::{Getter, Package, PackageCall, Packages, Source, join, key, without_secrets};
use model::Diagnostic;
use semver::Version;

use crate::at_once::fetch_all;
use crate::configuration::Configuration;
use crate::fetch::{Fetching, Request, directory, expanded};
use crate::listing::{Entry, INSTALLED, Listing};
use crate::pins::{Pin, Pins};
use crate::registry::allows;
use crate::trouble::Trouble;
use crate::{git, tree};

/// Where packages are kept, from the project's directory.
const STORE: &str = "modules";

/// How the names of directories begin that are being made, and of those that are on their way out.
pub(crate) const UNFINISHED: &str = ".unfinished-";

/// After so long it is said what is being fetched.
const SOON: Duration = Duration::from_millis(250);

/// Whether what was resolved before stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolve {
    /// What was resolved stays, and what is installed is used.
    Kept,
    /// Everything is resolved anew.
    Anew,
}

/// What is told while modules are installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Another Terrace installs modules of the project, and is waited for.
    Waiting,
    /// A package is being fetched, which takes a while.
    Fetching {
        /// Its source.
        source: String,
    },
    /// The module of a call was installed.
    Installed {
        /// The path of the call, with dots.
        key: String,
        /// What it is.
        package: Package,
    },
}

/// Where modules are installed.
#[derive(Clone, Debug)]
pub struct Places {
    /// The definition's directory.
    pub definition: PathBuf,
    /// The directory `.terrace` of the project.
    pub kept: PathBuf,
}

/// The modules of a definition that are not local paths.
pub struct Modules<'m> {
    places: Places,
    store: PathBuf,
    environment: &'m BTreeMap<String, String>,
    resolve: Resolve,
    say: &'m dyn Fn(&Said),
    soon: Duration,
    /// What was resolved by this, by the names of requests.
    resolved: BTreeMap<String, Pin>,
}

impl fmt::Debug for Modules<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Modules")
            .field("places", &self.places)
            .field("resolve", &self.resolve)
            .finish_non_exhaustive()
    }
}

impl<'m> Modules<'m> {
    /// Modules at places. `environment` are the process's variables: where Terraform's CLI configuration is and what
    /// tokens there are.
    pub fn new(
        places: Places,
        environment: &'m BTreeMap<String, String>,
        resolve: Resolve,
        say: &'m dyn Fn(&Said),
    ) -> Self {
        Self {
            store: places.kept.join(STORE),
            places,
            environment,
            resolve,
            say,
            soon: SOON,
            resolved: BTreeMap::new(),
        }
    }

    /// Says only after this time what is being fetched.
    #[must_use]
    pub fn patient(self, soon: Duration) -> Self {
        Self { soon, ..self }
    }

    /// The module of a call, where it is installed and is what the call wants.
    fn installed(&self, call: &PackageCall<'_>, known: &Known) -> Option<Package> {
        let key = key(call.path);
        let entry = known.listing.entry(&key)?;
        let root = format!("{INSTALLED}/{key}");
        let place = self.places.definition.join(&root);
        let is_directory = place.symlink_metadata().is_ok_and(|meta| meta.is_dir());
        let is_inside = entry
            .directory
            .strip_prefix(&root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let source = call.source.to_string();
        if !is_directory
            || !is_inside
            || without_secrets(&entry.source) != source
            || !self.places.definition.join(&entry.directory).is_dir()
        {
            return None;
        }
        let pin = known.pins.installed.get(&key);
        let (mut version, mut commit) = (None, None);
        match call.source {
            Source::Registry(_) => {
                let parsed = Version::parse(entry.version.trim_start_matches('v')).ok()?;
                if !allows(call.version, &parsed) {
                    return None;
                }
                version = Some(entry.version.clone());
            }
            Source::Package(package) => {
                if let Some(directory) = directory(package) {
                    // What is beside is as it is now, not as it was.
                    let now = tree::digest(&directory).ok()?;
                    pin.filter(|pin| pin.digest == now)?;
                }
                if package.by == Getter::Git {
                    let ours = || pin.and_then(|pin| pin.commit.clone());
                    commit = git::commit_of(&place).or_else(ours);
                }
            }
            Source::Local(_) => return None,
        }
        Some(Package {
            source,
            version,
            commit,
            root,
            directory: entry.directory.clone(),
        })
    }

    /// Installs the modules of calls.
    fn install(&mut self, calls: &[PackageCall<'_>]) -> Vec<Result<Package, Trouble>> {
        let fails = |trouble: Trouble| calls.iter().map(|_| Err(trouble.clone())).collect();
        let _lock = match self.lock() {
            Ok(lock) => lock,
            Err(trouble) => return fails(trouble),
        };
        let mut known = match self.known() {
            Ok(known) => known,
            Err(trouble) => return fails(trouble),
        };
        self.sweep();
        let requests: Vec<Request> = calls
            .iter()
            .map(|call| self.request(call, &known))
            .collect();
        let fetched = self.fetch(&requests);
        for (name, pin) in &fetched {
            if let Ok(pin) = pin {
                known.pins.packages.insert(name.clone(), pin.clone());
                self.resolved.insert(name.clone(), pin.clone());
            }
        }
        if let Err(trouble) = known.pins.write(&self.store) {
            return fails(trouble);
        }
        // Another one may have been faster.
        let is_there = |call| match self.resolve {
            Resolve::Kept => self.installed(call, &known),
            Resolve::Anew => None,
        };
        let there: Vec<Option<Package>> = calls.iter().map(is_there).collect();
        if let Err(trouble) = self.unlist(calls, &there, &mut known) {
            return fails(trouble);
        }
        let installed: Vec<Result<Package, Trouble>> = calls
            .iter()
            .zip(&requests)
            .zip(there)
            .map(|((call, request), there)| {
                if let Some(there) = there {
                    return Ok(there);
                }
                let pin = match fetched.get(&request.name()) {
                    Some(fetched) => fetched.clone()?,
                    None => return Err(Trouble::new("it was not fetched")),
                };
                self.place(call, &pin, &mut known)
            })
            .collect();
        let definition = &self.places.definition;
        let listed = known.listing.write(definition);
        let listed = listed.map_err(Trouble::file(definition));
        match known.pins.write(&self.store).and(listed) {
            Ok(()) => installed,
            Err(trouble) => fails(trouble),
        }
    }

    /// Takes out of the listing what is to be installed: what is half there is not listed.
    fn unlist(
        &self,
        calls: &[PackageCall<'_>],
        there: &[Option<Package>],
        known: &mut Known,
    ) -> Result<(), Trouble> {
        let modules = self.places.definition.join(INSTALLED);
        self.make(&modules)?;
        let wanted = calls.iter().zip(there).filter(|(_, there)| there.is_none());
        for (call, _) in wanted {
            known.listing.remove(&key(call.path));
        }
        let written = known.listing.write(&self.places.definition);
        written.map_err(Trouble::file(&modules))
    }

    /// What a call asks for.
    fn request(&self, call: &PackageCall<'_>, known: &Known) -> Request {
        let mut request = Request {
            source: match call.source {
                Source::Registry(source) => Source::Registry(source.package()),
                Source::Package(source) => Source::Package(source.package()),
                Source::Local(path) => Source::Local(path.clone()),
            },
            constraint: call.version.map(ToOwned::to_owned),
            pin: None,
        };
        let is_directory =
            matches!(&request.source, Source::Package(source) if directory(source).is_some());
        if self.resolve == Resolve::Kept && !is_directory {
            request.pin = known.pins.packages.get(&request.name()).cloned();
        }
        request
    }

    /// Fetches what is not kept yet. Returns what each request was resolved to, by its name.
    fn fetch(&self, requests: &[Request]) -> BTreeMap<String, Result<Pin, Trouble>> {
        let mut found = BTreeMap::new();
        let mut wanted: BTreeMap<String, &Request> = BTreeMap::new();
        for request in requests {
            let name = request.name();
            let pin = self.resolved.get(&name).or(request.pin.as_ref());
            match pin.filter(|pin| self.store.join(&pin.digest).is_dir()) {
                Some(pin) => {
                    found.insert(name, Ok(pin.clone()));
                }
                None => {
                    wanted.insert(name, request);
                }
            }
        }
        if wanted.is_empty() {
            return found;
        }
        let configuration = Configuration::read(self.environment);
        let fetching = Fetching::new(&configuration);
        let requests: Vec<&Request> = wanted.into_values().collect();
        found.extend(fetch_all(
            &fetching,
            &requests,
            &self.store,
            (self.say, self.soon),
        ));
        found
    }

    /// Puts a package where the module of a call is.
    fn place(
        &self,
        call: &PackageCall<'_>,
        pin: &Pin,
        known: &mut Known,
    ) -> Result<Package, Trouble> {
        let key = key(call.path);
        let inside = match call.source {
            Source::Registry(source) => &source.directory,
            Source::Package(source) => &source.directory,
            Source::Local(path) => path,
        };
        let kept = self.store.join(&pin.digest);
        let inside = expanded(&kept, &join(&pin.directory, inside))?;
        let definition = &self.places.definition;
        let modules = definition.join(INSTALLED);
        let fresh = modules.join(format!("{UNFINISHED}{key}"));
        let digest = tree::copy(&kept, &fresh)?;
        if digest != pin.digest {
            let _ = fs::remove_dir_all(&kept);
            return Err(
                Trouble::new("what was kept of it was edited, and is removed now")
                    .note(kept.display())
                    .help("the same command again fetches it anew"),
            );
        }
        let root = modules.join(&key);
        let old = modules.join(format!("{UNFINISHED}{key}.old"));
        if root.symlink_metadata().is_ok() {
            fs::rename(&root, &old).map_err(Trouble::file(&root))?;
        }
        fs::rename(&fresh, &root).map_err(Trouble::file(&root))?;
        remove(&old);
        let root = format!("{INSTALLED}/{key}");
        let package = Package {
            source: call.source.to_string(),
            version: pin.version.clone(),
            commit: pin.commit.clone(),
            directory: join(&root, &inside),
            root,
        };
        known.listing.add(Entry {
            key: key.clone(),
            source: package.source.clone(),
            version: pin.version.clone().unwrap_or_default(),
            directory: package.directory.clone(),
        });
        known.pins.installed.insert(key.clone(), pin.clone());
        (self.say)(&Said::Installed {
            key,
            package: package.clone(),
        });
        Ok(package)
    }

    fn known(&self) -> Result<Known, Trouble> {
        Ok(Known {
            listing: Listing::read(&self.places.definition),
            pins: Pins::read(&self.store)?,
        })
    }

    /// Keeps others from installing modules of the project at the same time.
    fn lock(&self) -> Result<File, Trouble> {
        use std::os::unix::fs::DirBuilderExt;
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder
            .create(&self.places.kept)
            .map_err(Trouble::file(&self.places.kept))?;
        ignored(&self.places.kept)?;
        self.make(&self.store)?;
        let place = self.store.join("lock");
        let file = File::create(&place).map_err(Trouble::file(&place))?;
        if file.try_lock().is_err() {
            (self.say)(&Said::Waiting);
            file.lock().map_err(Trouble::file(&place))?;
        }
        Ok(file)
    }

    /// Makes a directory, and keeps the one of Terraform out of version control where that is made.
    fn make(&self, directory: &Path) -> Result<(), Trouble> {
        let above = directory.parent().filter(|above| !above.exists());
        fs::create_dir_all(directory).map_err(Trouble::file(directory))?;
        above.map_or(Ok(()), ignored)
    }

    /// Removes what was not finished. Nobody works on it: who installs has the lock.
    fn sweep(&self) {
        for directory in [self.store.clone(), self.places.definition.join(INSTALLED)] {
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                    remove(&entry.path());
                }
            }
        }
    }

    /// Forgets what no call asked for, after everything was resolved anew, and removes what is not used any more.
    pub fn forget_unused(&self) {
        let Ok(_lock) = self.lock() else { return };
        let Ok(mut known) = self.known() else { return };
        known
            .pins
            .packages
            .retain(|name, _| self.resolved.contains_key(name));
        let used: BTreeSet<String> = known
            .pins
            .packages
            .values()
            .map(|pin| pin.digest.clone())
            .collect();
        if known.pins.write(&self.store).is_err() {
            return;
        }
        for entry in fs::read_dir(&self.store).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() && !used.contains(&name) {
                remove(&entry.path());
            }
        }
    }
}

/// What is known of what is installed.
struct Known {
    listing: Listing,
    pins: Pins,
}

/// Keeps a directory out of version control.
fn ignored(directory: &Path) -> Result<(), Trouble> {
    let place = directory.join(".gitignore");
    match place.symlink_metadata() {
        Ok(_) => Ok(()),
        Err(_) => fs::write(&place, "*\n").map_err(Trouble::file(&place)),
    }
}

/// Removes a directory or a link to one; what cannot be removed stays.
fn remove(place: &Path) {
    if fs::remove_file(place).is_err() {
        let _ = fs::remove_dir_all(place);
    }
}

impl Packages for Modules<'_> {
    fn find(&mut self, calls: &[PackageCall<'_>]) -> Vec<Result<Package, Box<Diagnostic>>> {
        let known = self.known();
        let first = |call: &PackageCall<'_>| -> Option<Result<Package, Trouble>> {
            if let Some(trouble) = call.version.and_then(no_constraint) {
                return Some(Err(trouble));
            }
            match &known {
                Ok(known) if self.resolve == Resolve::Kept => self.installed(call, known).map(Ok),
                Ok(_) => None,
                Err(trouble) => Some(Err(trouble.clone())),
            }
        };
        let mut found: Vec<Option<Result<Package, Trouble>>> = calls.iter().map(first).collect();
        let open = calls
            .iter()
            .zip(&found)
            .filter(|(_, found)| found.is_none());
        let open: Vec<PackageCall<'_>> = open.map(|(call, _)| *call).collect();
        if !open.is_empty() {
            let mut installed = self.install(&open).into_iter();
            for place in found.iter_mut().filter(|found| found.is_none()) {
                *place = installed.next();
            }
        }
        let told = calls.iter().zip(found).map(|(call, found)| {
            let found = found.unwrap_or_else(|| Err(Trouble::new("it was not looked for")));
            found.map_err(|trouble| trouble.diagnostic(call))
        });
        told.collect()
    }
}

/// That a text is no version constraint, where it is none.
fn no_constraint(text: &str) -> Option<Trouble> {
    let is_one = lang::allows(text, &Version::new(1, 0, 0)).is_some();
    (!is_one).then(|| {
        Trouble::version(format!("`{text}` is not a version constraint"))
            .help("write for example `>= 1.5` or `~> 1.9`")
    })
}
