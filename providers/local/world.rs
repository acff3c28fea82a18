//! What the built-in providers may use of the world around them: time, chance, a directory. All of it is passed in.

use std::ffi::OsString;
use std::fmt::Debug;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use contract::ProviderError;
use model::Str;
use model::clock::{Clock, Timestamp};
use sha2::{Digest, Sha256};

/// What the built-in providers may use of the world. Clones share.
#[derive(Clone, Debug)]
pub struct World {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// What a definition makes under a relative path is made below this directory; processes run in it.
    pub directory: PathBuf,
    /// What a definition reads or runs under a relative path is its own file below this directory, where there is one.
    /// It is `directory`, unless a revision out of the record is applied: then it is where that was checked out, so that
    /// its own files are read, and not those of the working tree. Commands run in it.
    pub source: PathBuf,
    /// Where programs are looked for that are named without a directory: the variable `PATH` of Terrace's environment,
    /// which processes get. None where there is none.
    pub search_path: Option<OsString>,
}

impl World {
    /// The path of something that a definition makes.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.directory.join(Path::new(path))
    }

    /// How something that a definition makes is called wherever the path is: from the root, links followed but for the last
    /// part's own.
    pub(crate) fn place(&self, path: &str) -> Option<Str> {
        place(&self.path(path))
    }

    /// The same of something that a definition reads.
    pub(crate) fn input_place(&self, path: &str) -> Option<Str> {
        place(&self.input(path))
    }

    /// The same of the words of a command that could be paths.
    pub(crate) fn word_places(&self, words: &[String], inside: Option<&str>) -> Vec<Str> {
        let beside = Path::new(inside.unwrap_or_default());
        let paths = words.iter().filter(|word| !word.is_empty());
        paths
            .filter_map(|word| self.input_place(beside.join(word).to_str()?))
            .collect()
    }

    /// The path of something that a definition reads: a file of its own, or one that was made.
    pub(crate) fn input(&self, path: &str) -> PathBuf {
        let own = self.source.join(path);
        if own.exists() { own } else { self.path(path) }
    }

    /// The program and arguments of something that runs in a directory of `directory`, where the definition has it run
    /// in `inside` of it: those that name the definition's own files name them where they are.
    pub(crate) fn words(&self, words: Vec<String>, inside: Option<&str>) -> Vec<String> {
        if self.source == self.directory {
            return words;
        }
        let beside = self.source.join(inside.unwrap_or_default());
        let own = |word: String| {
            let place = beside.join(&word);
            match place.to_str() {
                Some(path) if Path::new(&word).is_relative() && place.is_file() => path.to_owned(),
                Some(_) | None => word,
            }
        };
        let mut words = words.into_iter();
        // A program without a directory is looked for on the search path.
        let program = words
            .next()
            .map(|word| if word.contains('/') { own(word) } else { word });
        program.into_iter().chain(words.map(own)).collect()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// A path from the root: links followed as far as there is anything, `..` taken away behind that. The last part stays
/// what it is, also where it is a link.
fn place(path: &Path) -> Option<Str> {
    let path = std::path::absolute(path).ok()?;
    let name = path.file_name()?;
    let parent = path.parent()?;
    let mut missing = Vec::new();
    let mut there = parent;
    let found = loop {
        match there.canonicalize() {
            Ok(found) => break found,
            Err(_) => {
                missing.push(there.components().next_back()?);
                there = there.parent()?;
            }
        }
    };
    let mut place = found;
    for part in missing.into_iter().rev() {
        match part {
            Component::ParentDir => drop(place.pop()),
            Component::Normal(name) => place.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    place.push(name);
    Some(place.to_str()?.into())
}

/// A source of random bytes.
pub trait Entropy: Send + Sync + Debug {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// When the source has none to give.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), ProviderError>;
}

/// Random bytes of the operating system, fit for secrets.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), ProviderError> {
        getrandom::fill(bytes).map_err(|error| {
            ProviderError::permanent("the operating system gives no random bytes")
                .detail(error.to_string())
        })
    }
}

/// Bytes that follow from a seed: the same seed gives the same bytes, in every version of Terrace.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: Vec<u8>,
    block: AtomicU64,
}

impl SeededEntropy {
    /// A source that starts anew from `seed`.
    pub fn new(seed: impl Into<Vec<u8>>) -> Self {
        Self {
            seed: seed.into(),
            block: AtomicU64::new(0),
        }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), ProviderError> {
        for chunk in bytes.chunks_mut(32) {
            let block = self.block.fetch_add(1, Ordering::Relaxed);
            let digest = Sha256::new()
                .chain_update(block.to_le_bytes())
                .chain_update(&self.seed)
                .finalize();
            for (to, from) in chunk.iter_mut().zip(digest) {
                *to = from;
            }
        }
        Ok(())
    }
}

/// Returns a number below `limit`, all equally likely; 0 when `limit` is 0.
pub(crate) fn below(entropy: &dyn Entropy, limit: u64) -> Result<u64, ProviderError> {
    if limit <= 1 {
        return Ok(0);
    }
    // Numbers from the last, incomplete multiple of `limit` would make small results likelier.
    let fair = u64::MAX - u64::MAX % limit;
    loop {
        let mut bytes = [0; 8];
        entropy.fill(&mut bytes)?;
        let number = u64::from_le_bytes(bytes);
        if number < fair {
            return Ok(number % limit);
        }
    }
}

/// Puts `items` in a random order, all equally likely.
pub(crate) fn shuffle<T>(entropy: &dyn Entropy, items: &mut [T]) -> Result<(), ProviderError> {
    for last in (1..items.len()).rev() {
        let with = below(entropy, last as u64 + 1)?;
        items.swap(last, usize::try_from(with).unwrap_or(last));
    }
    Ok(())
}

/// A random UUID of version 4.
pub(crate) fn uuid(entropy: &dyn Entropy) -> Result<String, ProviderError> {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes)?;
    let number = u128::from_be_bytes(bytes) & !(0xf000_u128 << 64) & !(0xc000_u128 << 48);
    Ok(uuid_text(number | 0x4000_u128 << 64 | 0x8000_u128 << 48))
}

/// Writes a UUID in groups of 8, 4, 4, 4 and 12 digits.
pub(crate) fn uuid_text(number: u128) -> String {
    let mut text = format!("{number:032x}");
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_bytes_each_time() {
        let bytes = |seed: &str| {
            let mut bytes = [0; 40];
            SeededEntropy::new(seed).fill(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(bytes("a"), bytes("a"));
        assert_ne!(bytes("a"), bytes("b"));
    }

    #[test]
    fn what_a_definition_reads_and_runs_is_its_own_where_it_has_it() {
        let place = tempfile::tempdir().unwrap();
        let (directory, source) = (place.path().join("here"), place.path().join("r1"));
        for name in ["r1/site/server.py", "r1/tool", "here/made", "here/tool"] {
            let file = place.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        let world = World {
            clock: Arc::new(Still),
            entropy: Arc::new(SystemEntropy),
            directory: directory.clone(),
            source: source.clone(),
            search_path: None,
        };
        assert_eq!(world.input("./tool"), source.join("./tool"));
        assert_eq!(world.input("made"), directory.join("made"));
        assert_eq!(world.input("missing"), directory.join("missing"));
        assert_eq!(world.path("tool"), directory.join("tool"));

        let words = |words: &[&str], inside: Option<&str>| {
            world.words(words.iter().map(ToString::to_string).collect(), inside)
        };
        let own = |name: &str| source.join(name).to_str().unwrap().to_owned();
        assert_eq!(
            words(&["./tool", "tool", "made"], None),
            [&own("./tool"), &own("tool"), "made"]
        );
        assert_eq!(words(&["tool"], None), ["tool"], "it is on the search path");
        assert_eq!(
            words(&["python3", "server.py", "site"], Some("site")),
            ["python3", &own("site/server.py"), "site"]
        );
        assert_eq!(words(&["/bin/sh"], None), ["/bin/sh"]);

        let alone = World {
            source: directory,
            ..world
        };
        assert_eq!(alone.words(vec!["./tool".into()], None), ["./tool"]);
    }

    #[test]
    fn a_place_is_one_text_by_whatever_path() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("real/deep")).unwrap();
        std::os::unix::fs::symlink(root.join("real"), root.join("link")).unwrap();
        let world = World {
            clock: Arc::new(Still),
            entropy: Arc::new(SystemEntropy),
            directory: root.join("real"),
            source: root.join("real"),
            search_path: None,
        };
        let of = |path: &str| Some(Str::from(root.join(path).to_str().unwrap()));
        for path in [
            "x",
            "./x",
            "deep/../x",
            "../link/x",
            "no/../x",
            "../link/no/../x",
        ] {
            assert_eq!(world.place(path), of("real/x"), "{path}");
        }
        let absolute = root.join("link/new/dir/x");
        let absolute = absolute.to_str().unwrap();
        assert_eq!(world.place(absolute), of("real/new/dir/x"));
        // A link is itself what somebody has.
        assert_eq!(world.place("../link"), of("link"));
        assert_eq!(world.place("/"), None);
        let words = ["cat".to_owned(), "../x".to_owned()];
        let places = world.word_places(&words, Some("deep"));
        assert_eq!(
            places,
            [of("real/deep/cat").unwrap(), of("real/x").unwrap()]
        );
    }

    #[derive(Debug)]
    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp(0)
        }
    }

    #[test]
    fn a_uuid_names_its_version_and_variant() {
        let text = uuid(&SystemEntropy).unwrap();
        let groups: Vec<usize> = text.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert_eq!(text.chars().nth(14), Some('4'));
        assert!(matches!(text.chars().nth(19), Some('8' | '9' | 'a' | 'b')));
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut items: Vec<u32> = (0..100).collect();
        shuffle(&SeededEntropy::new("x"), &mut items).unwrap();
        assert!(!items.is_sorted());
        items.sort_unstable();
        assert!(items.into_iter().eq(0..100));
    }
}
