//! An environment without a cloud: files, directories, commands, processes, random values, time.
