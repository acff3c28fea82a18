//! Unpacks archives: what they are by name, and their files into a directory, none of them outside of it.
//! Entry points: [`Kind::of`], [`unpack`].

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use crate::tree::{MOST_BYTES, too_much};
use crate::trouble::Trouble;

/// What an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `.zip`
    Zip,
    /// `.tar.gz`, `.tgz`
    Gzip,
    /// `.tar.bz2`, `.tbz2`
    Bzip2,
    /// `.tar.xz`, `.txz`
    Xz,
}

/// What kinds of archives there are, by how their names end.
const KINDS: [(&str, Kind); 7] = [
    ("zip", Kind::Zip),
    ("tar.gz", Kind::Gzip),
    ("tgz", Kind::Gzip),
    ("tar.bz2", Kind::Bzip2),
    ("tbz2", Kind::Bzip2),
    ("tar.xz", Kind::Xz),
    ("txz", Kind::Xz),
];

/// The names of the kinds, for people.
pub(crate) const NAMES: &str = ".zip, .tar.gz, .tgz, .tar.bz2, .tbz2, .tar.xz, .txz";

impl Kind {
    /// The kind of that name, as `archive=` gives it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let found = KINDS.iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| *kind)
    }

    /// What the path of a file says it is.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let is_it = |name: &str| {
            path.strip_suffix(name)
                .is_some_and(|rest| rest.ends_with('.'))
        };
        let found = KINDS.iter().find(|(name, _)| is_it(name));
        found.map(|(_, kind)| *kind)
    }
}

/// Unpacks an archive into a directory, which is made. Links in it are made where they are; where they lead is for who
/// copies the files.
///
/// # Errors
/// When it is broken, too large, or names a file outside of the directory.
pub(crate) fn unpack(archive: &Path, kind: Kind, to: &Path) -> Result<(), Trouble> {
    fs::create_dir_all(to).map_err(Trouble::file(to))?;
    let file = File::open(archive).map_err(Trouble::file(archive))?;
    let input = BufReader::new(file);
    let mut unpacking = Unpacking {
        to: to.to_owned(),
        left: MOST_BYTES,
        links: Vec::new(),
    };
    match kind {
        Kind::Zip => unpacking.zip(input)?,
        Kind::Gzip => unpacking.tar(flate2::bufread::MultiGzDecoder::new(input))?,
        Kind::Bzip2 => unpacking.tar(bzip2::bufread::MultiBzDecoder::new(input))?,
        Kind::Xz => {
            let plain = archive.with_extension("plain");
            unpack_xz(input, &plain)?;
            let file = File::open(&plain).map_err(Trouble::file(&plain))?;
            let done = unpacking.tar(BufReader::new(file));
            let _ = fs::remove_file(&plain);
            done?;
        }
    }
    unpacking.link()
}

/// The decoder writes as a whole, so it is given a place to write to that is full at some point.
fn unpack_xz(mut input: BufReader<File>, to: &Path) -> Result<(), Trouble> {
    struct Bounded(File, u64);
    impl io::Write for Bounded {
        fn write(&mut self, part: &[u8]) -> io::Result<usize> {
            self.1 = self
                .1
                .checked_sub(part.len() as u64)
                .ok_or(io::ErrorKind::FileTooLarge)?;
            self.0.write(part)
        }
        fn flush(&mut self) -> io::Result<()> {
            self.0.flush()
        }
    }
    let file = File::create(to).map_err(Trouble::file(to))?;
    let mut out = Bounded(file, MOST_BYTES);
    lzma_rs::xz_decompress(&mut input, &mut out).map_err(|error| {
        let is_full = matches!(&error, lzma_rs::error::Error::IoError(error) if error.kind() == io::ErrorKind::FileTooLarge);
        match is_full {
            true => too_much(),
            false => broken(&format!("{error:?}")),
        }
    })
}

/// That an archive is not what it should be.
fn broken(why: &dyn std::fmt::Display) -> Trouble {
    Trouble::new("the archive cannot be read").note(why)
}

struct Unpacking {
    to: PathBuf,
    /// How many bytes may come yet.
    left: u64,
    /// Links, made when all files are there: no file is written through one.
    links: Vec<(PathBuf, PathBuf)>,
}

impl Unpacking {
    fn zip(&mut self, input: BufReader<File>) -> Result<(), Trouble> {
        let mut archive = zip::ZipArchive::new(input).map_err(|error| broken(&error))?;
        for at in 0..archive.len() {
            let mut entry = archive.by_index(at).map_err(|error| broken(&error))?;
            let name = entry.name().map_err(|error| broken(&error))?.into_owned();
            let mode = entry.unix_mode().unwrap_or(0o644);
            if entry.is_dir() {
                let place = self.place(Path::new(&name))?;
                fs::create_dir_all(&place).map_err(Trouble::file(&place))?;
            } else if entry.is_symlink() {
                let mut target = String::new();
                let read = entry.by_ref().take(4096).read_to_string(&mut target);
                read.map_err(|error| broken(&error))?;
                self.links
                    .push((self.place(Path::new(&name))?, target.into()));
            } else {
                self.file(Path::new(&name), &mut entry, mode)?;
            }
        }
        Ok(())
    }

    fn tar(&mut self, input: impl Read) -> Result<(), Trouble> {
        let mut archive = tar::Archive::new(input);
        let entries = archive.entries().map_err(|error| broken(&error))?;
        for entry in entries {
            let mut entry = entry.map_err(|error| broken(&error))?;
            let name = entry.path().map_err(|error| broken(&error))?.into_owned();
            let kind = entry.header().entry_type();
            let target = entry.link_name().map_err(|error| broken(&error))?;
            let target = target.map(std::borrow::Cow::into_owned);
            let mode = entry.header().mode().unwrap_or(0o644);
            if kind.is_dir() {
                let place = self.place(&name)?;
                fs::create_dir_all(&place).map_err(Trouble::file(&place))?;
            } else if kind.is_symlink() {
                self.links
                    .push((self.place(&name)?, target.unwrap_or_default()));
            } else if kind.is_hard_link() {
                // The other name of a file that came before.
                let first = self.place(&target.unwrap_or_default())?;
                let mut first = File::open(&first).map_err(|error| broken(&error))?;
                self.file(&name, &mut first, mode)?;
            } else if kind.is_file() || kind.is_contiguous() {
                self.file(&name, &mut entry, mode)?;
            }
        }
        Ok(())
    }

    /// Where an entry goes.
    fn place(&self, name: &Path) -> Result<PathBuf, Trouble> {
        let mut place = self.to.clone();
        for part in name.components() {
            match part {
                Component::Normal(part) => place.push(part),
                Component::CurDir => {}
                Component::RootDir | Component::ParentDir | Component::Prefix(_) => {
                    return Err(Trouble::new("the archive names a file outside of it")
                        .note(format!("`{}`", name.display()))
                        .help(
                            "who made it means harm, or made a mistake: nothing of it was kept",
                        ));
                }
            }
        }
        Ok(place)
    }

    fn file(&mut self, name: &Path, content: &mut dyn Read, mode: u32) -> Result<(), Trouble> {
        let place = self.place(name)?;
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).map_err(Trouble::file(parent))?;
        }
        // The same name twice: the last counts.
        let _ = fs::remove_file(&place);
        let mut out = File::create_new(&place).map_err(Trouble::file(&place))?;
        let mut bounded = content.take(self.left + 1);
        let written = io::copy(&mut bounded, &mut out).map_err(|error| broken(&error))?;
        self.left = self.left.checked_sub(written).ok_or_else(too_much)?;
        if mode & 0o111 != 0 {
            let runnable = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&place, runnable).map_err(Trouble::file(&place))?;
        }
        Ok(())
    }

    fn link(self) -> Result<(), Trouble> {
        // All directories before any link, so that none is made through one.
        let parents = self.links.iter().filter_map(|(place, _)| place.parent());
        for parent in parents {
            fs::create_dir_all(parent).map_err(Trouble::file(parent))?;
        }
        for (place, target) in self.links {
            // What is there already stays: the first of a name counts.
            let _ = symlink(target, place);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// A tape archive of these files.
    fn tape(files: &[(&str, &str)]) -> Vec<u8> {
        let mut tape = tar::Builder::new(Vec::new());
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(if path.ends_with(".sh") { 0o755 } else { 0o644 });
            // Written as it is: the builder refuses what a broken archive has.
            let name = header.as_gnu_mut().unwrap();
            name.name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_cksum();
            tape.append(&header, text.as_bytes()).unwrap();
        }
        tape.into_inner().unwrap()
    }

    fn packed(kind: Kind, plain: &[u8]) -> Vec<u8> {
        match kind {
            Kind::Zip => unreachable!("made by its own"),
            Kind::Gzip => {
                let mut out =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                out.write_all(plain).unwrap();
                out.finish().unwrap()
            }
            Kind::Bzip2 => {
                let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                out.write_all(plain).unwrap();
                out.finish().unwrap()
            }
            Kind::Xz => {
                let mut out = Vec::new();
                lzma_rs::xz_compress(&mut BufReader::new(plain), &mut out).unwrap();
                out
            }
        }
    }

    fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
        let mut out = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        for (path, text) in files {
            let mode = if path.ends_with(".sh") { 0o755 } else { 0o644 };
            let options = zip::write::SimpleFileOptions::default().unix_permissions(mode);
            out.start_file(*path, options).unwrap();
            out.write_all(text.as_bytes()).unwrap();
        }
        out.finish().unwrap().into_inner()
    }

    /// Unpacks an archive, and returns what it says and where it unpacked to.
    fn unpacked(kind: Kind, bytes: &[u8]) -> (tempfile::TempDir, Result<(), Trouble>) {
        let bed = tempfile::tempdir().unwrap();
        let archive = bed.path().join("archive");
        fs::write(&archive, bytes).unwrap();
        let done = unpack(&archive, kind, &bed.path().join("files"));
        (bed, done)
    }

    const FILES: &[(&str, &str)] = &[("main.tf", "a"), ("./sub/run.sh", "b")];

    #[test]
    fn every_kind_of_archive_is_unpacked() {
        let plain = tape(FILES);
        let tapes = [Kind::Gzip, Kind::Bzip2, Kind::Xz];
        let tapes = tapes.map(|kind| (kind, packed(kind, &plain)));
        for (kind, bytes) in tapes.into_iter().chain([(Kind::Zip, zipped(FILES))]) {
            let (bed, done) = unpacked(kind, &bytes);
            assert_eq!(done, Ok(()), "{kind:?}");
            let files = bed.path().join("files");
            assert_eq!(
                fs::read_to_string(files.join("main.tf")).unwrap(),
                "a",
                "{kind:?}"
            );
            let run = files.join("sub/run.sh").metadata().unwrap();
            assert_eq!(run.permissions().mode() & 0o777, 0o755, "{kind:?}");
            let (_, broken) = unpacked(kind, &bytes[..bytes.len() / 2]);
            assert!(broken.is_err(), "{kind:?}");
        }
    }

    #[test]
    fn no_file_is_unpacked_outside_of_its_directory() {
        for path in ["../out", "/tmp/out-of-it", "sub/../../out"] {
            let tape = packed(Kind::Gzip, &tape(&[("main.tf", "a"), (path, "b")]));
            for (kind, bytes) in [(Kind::Gzip, tape), (Kind::Zip, zipped(&[(path, "b")]))] {
                let (bed, done) = unpacked(kind, &bytes);
                assert!(done.is_err(), "{path} {kind:?}");
                assert!(!bed.path().join("out").exists(), "{path} {kind:?}");
                assert!(!Path::new("/tmp/out-of-it").exists());
            }
        }
    }

    #[test]
    fn no_file_is_written_through_a_link() {
        let bed = tempfile::tempdir().unwrap();
        let outside = bed.path().join("outside");
        fs::create_dir(&outside).unwrap();
        let mut tape = tar::Builder::new(Vec::new());
        let mut link = tar::Header::new_gnu();
        link.set_entry_type(tar::EntryType::Symlink);
        link.set_size(0);
        tape.append_link(&mut link, "link", &outside).unwrap();
        let mut deeper = tar::Header::new_gnu();
        deeper.set_entry_type(tar::EntryType::Symlink);
        deeper.set_size(0);
        tape.append_link(&mut deeper, "link/deeper", "x").unwrap();
        let mut file = tar::Header::new_gnu();
        file.set_size(1);
        tape.append_data(&mut file, "link/file", &b"x"[..]).unwrap();
        let bytes = packed(Kind::Gzip, &tape.into_inner().unwrap());
        let (unpacked, _) = unpacked(Kind::Gzip, &bytes);
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
        assert!(unpacked.path().join("files/link/file").is_file());
    }
}
