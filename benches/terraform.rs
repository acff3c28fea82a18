//! Compares Terrace with the real `terraform` on the same definitions, in one run: first plan, apply, no-op plan, 1 %
//! changed, destroy, in three shapes on `terraform_data`. Prints CPU, wall and peak memory, and Terraform's as a
//! multiple of ours. Run with `cargo bench --bench terraform -- [SIZES] [--alone SIZES] [--shape SHAPES]`, for example
//! `cargo bench --bench terraform -- 1000,2000 --alone 10000,100000`. Terraform's time grows with the square: 5,000
//! instances take it a quarter of an hour in the shape `count` and longer in the others.
//!
//! `terraform` must be on PATH: it is one binary from its makers' releases page; any 1.x does.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program that prints a table, and has nothing to go on with when it cannot measure"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

/// One shape of definition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    /// One block with `count`.
    Count,
    /// One block with `for_each`.
    ForEach,
    /// N blocks, each referring to a random earlier one.
    Blocks,
}

const SHAPES: [(Shape, &str); 3] = [
    (Shape::Count, "count"),
    (Shape::ForEach, "for_each"),
    (Shape::Blocks, "blocks"),
];
const STEPS: [&str; 5] = ["plan", "apply", "no-op", "1 %", "destroy"];

/// What a command cost.
#[derive(Clone, Copy, Default)]
struct Cost {
    cpu: f64,
    wall: f64,
    /// Peak memory of the largest process, in MiB.
    memory: f64,
    failed: bool,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    if let Some(("measure", rest)) = args
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        return measured(rest);
    }
    let Ok(choice) = Choice::of(&args) else {
        println!("use: [SIZES] [--alone SIZES] [--shape count,for_each,blocks]");
        return ExitCode::FAILURE;
    };
    let terraform = Command::new("terraform")
        .arg("version")
        .env_remove("TF_CLI_CONFIG_FILE")
        .output();
    let Ok(version) = terraform else {
        println!(
            "`terraform` is not on PATH: put the one binary of its releases page there and run this again"
        );
        return ExitCode::FAILURE;
    };
    println!(
        "{}",
        String::from_utf8_lossy(&version.stdout)
            .lines()
            .next()
            .unwrap_or_default()
    );
    println!("ratio: Terraform's CPU (memory) as a multiple of Terrace's\n");
    println!(
        "shape     N        step     terrace cpu  wall    MiB   | terraform cpu  wall     MiB   | cpu ratio  memory"
    );
    for (shape, name) in choice.shapes {
        for &size in &choice.both {
            let ours = run(shape, size, "terrace");
            let theirs = run(shape, size, "terraform");
            report(name, size, &ours, Some(&theirs));
        }
        for &size in &choice.alone {
            report(name, size, &run(shape, size, "terrace"), None);
        }
    }
    ExitCode::SUCCESS
}

/// What is measured.
struct Choice {
    /// Sizes at which both are.
    both: Vec<usize>,
    /// Sizes at which only Terrace is.
    alone: Vec<usize>,
    shapes: Vec<(Shape, &'static str)>,
}

impl Choice {
    fn of(args: &[String]) -> Result<Self, std::num::ParseIntError> {
        let sizes = |text: &str| text.split(',').map(str::parse).collect::<Result<_, _>>();
        let mut choice = Self {
            both: vec![1000],
            alone: Vec::new(),
            shapes: SHAPES.to_vec(),
        };
        let mut args = args.iter();
        if args
            .as_slice()
            .first()
            .is_some_and(|first| first == "--alone")
        {
            choice.both.clear();
        }
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--alone" => choice.alone = sizes(args.next().map_or("", String::as_str))?,
                "--shape" => {
                    let wanted = args.next().map_or("", String::as_str);
                    let is_wanted = |name: &str| wanted.split(',').any(|wanted| wanted == name);
                    choice.shapes.retain(|(_, name)| is_wanted(name));
                }
                text => choice.both = sizes(text)?,
            }
        }
        Ok(choice)
    }
}

fn report(
    shape: &str,
    size: usize,
    ours: &BTreeMap<usize, Cost>,
    theirs: Option<&BTreeMap<usize, Cost>>,
) {
    for (at, step) in STEPS.iter().enumerate() {
        let Some(our) = ours.get(&at) else { continue };
        let mark = |cost: &Cost| if cost.failed { "!" } else { " " };
        print!(
            "{shape:<9} {size:<8} {step:<8} {:>9.3}s{} {:>7.2}s {:>7.0}",
            our.cpu,
            mark(our),
            our.wall,
            our.memory
        );
        if let Some(their) = theirs.and_then(|theirs| theirs.get(&at)) {
            let (cpu, memory) = (
                their.cpu / our.cpu.max(0.001),
                their.memory / our.memory.max(1.0),
            );
            print!(
                " | {:>9.2}s{} {:>8.2}s {:>7.0} | {cpu:>8.0}x {memory:>7.1}x",
                their.cpu,
                mark(their),
                their.wall,
                their.memory
            );
        }
        println!();
    }
}

/// Runs all steps of one tool in a fresh directory.
fn run(shape: Shape, size: usize, tool: &str) -> BTreeMap<usize, Cost> {
    let directory =
        std::env::temp_dir().join(format!("terrace-bench-{}-{tool}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("a temporary directory can be made");
    let program = if tool == "terrace" {
        PathBuf::from(env!("CARGO_BIN_EXE_terrace"))
    } else {
        "terraform".into()
    };
    let mut costs = BTreeMap::new();
    write(shape, size, 0, &directory);
    if tool == "terraform" {
        measure(&program, &["init", "-input=false"], &directory);
    }
    let plan: &[&str] = &["plan", "-input=false"];
    let steps: [(&[&str], bool); 5] = [
        (plan, false),
        (&["apply", "-auto-approve", "-input=false"], false),
        (plan, false),
        (plan, true),
        (&["destroy", "-auto-approve", "-input=false"], false),
    ];
    for (at, (args, changed)) in steps.into_iter().enumerate() {
        if changed {
            write(shape, size, size.div_ceil(100), &directory);
        }
        costs.insert(at, measure(&program, args, &directory));
        if changed {
            write(shape, size, 0, &directory);
        }
    }
    let _ = std::fs::remove_dir_all(&directory);
    costs
}

/// Runs a command in a process of its own that tells what it cost.
fn measure(program: &Path, args: &[&str], directory: &Path) -> Cost {
    let this = std::env::current_exe().expect("this program has a path");
    let output = Command::new(this)
        .arg("measure")
        .arg(program)
        .args(args)
        .current_dir(directory)
        .env_remove("TF_CLI_CONFIG_FILE")
        .stderr(Stdio::inherit())
        .output()
        .expect("this program can be run");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text
        .split_whitespace()
        .map(|word| word.parse::<f64>().unwrap_or(0.0));
    let mut next = || numbers.next().unwrap_or(0.0);
    let (cpu, wall, memory, code) = (next(), next(), next(), next());
    Cost {
        cpu,
        wall,
        memory,
        failed: code != 0.0,
    }
}

fn measured(command: &[String]) -> ExitCode {
    let Some((program, args)) = command.split_first() else {
        return ExitCode::FAILURE;
    };
    let started = Instant::now();
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the command can be run");
    let wall = started.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts");
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let cpu = seconds(usage.user_time()) + seconds(usage.system_time());
    println!(
        "{cpu} {wall} {} {}",
        usage.max_rss() as f64 / 1024.0,
        status.code().unwrap_or(-1)
    );
    ExitCode::SUCCESS
}

/// Writes a definition of `size` instances of which `changed` have another input.
fn write(shape: Shape, size: usize, changed: usize, directory: &Path) {
    let text = match shape {
        Shape::Count => format!(
            "resource \"terraform_data\" \"a\" {{\n  count = {size}\n  input = count.index < {changed} ? \
             \"changed-${{count.index}}\" : \"value-${{count.index}}\"\n}}\n"
        ),
        Shape::ForEach => format!(
            "locals {{\n  m = {{ for i in range({size}) : \"k${{i}}\" => i }}\n}}\nresource \"terraform_data\" \"a\" {{\n  \
             for_each = local.m\n  input = each.value < {changed} ? \"changed-${{each.key}}\" : \
             \"value-${{each.key}}\"\n}}\n"
        )
        .replace(&format!("range({size})"), &ranges(size)),
        Shape::Blocks => {
            let mut text = String::new();
            let mut state: u64 = 42;
            for at in 0..size {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let before = if at == 0 { 0 } else { (state >> 33) as usize % at };
                let input = match (at, at >= size - changed) {
                    (0, _) => "\"first\"".to_owned(),
                    (_, true) => format!("\"changed-{at}-${{terraform_data.r{before}.id}}\""),
                    (_, false) => format!("\"{at}-${{terraform_data.r{before}.id}}\""),
                };
                text.push_str(&format!("resource \"terraform_data\" \"r{at}\" {{\n  input = {input}\n}}\n\n"));
            }
            text
        }
    };
    std::fs::write(directory.join("main.tf"), text).expect("the definition can be written");
}

/// `range` gives at most 1,024 numbers, so larger ones are put together.
fn ranges(size: usize) -> String {
    if size <= 1024 {
        return format!("range({size})");
    }
    let thousands = size.div_ceil(1000);
    format!(
        "flatten([for t in {} : [for i in range(1000) : t * 1000 + i if t * 1000 + i < {size}]])",
        ranges(thousands)
    )
}
