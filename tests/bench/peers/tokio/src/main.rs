// SPDX-License-Identifier: MIT
//
// The benchmarks in Tokio. The shapes are those of ../../README.md; what is idiomatic there is used here:
// tokio::spawn, JoinHandle, oneshot, bounded mpsc, sleep, TcpListener, all with the default settings of a
// runtime of two workers.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use std::time::{Duration, Instant};

use futures_util::future::{ready, TryFutureExt};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot, Notify};

const BATCH: u64 = 10_000;

// ── allocations are counted, as ours are ────────────────────────────────────────────────────────────

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local!(static ALLOCATIONS: Cell<u64> = const { Cell::new(0) });

fn allocations() -> u64 {
    ALLOCATIONS.with(Cell::get)
}

fn count() {
    ALLOCATIONS.with(|count| count.set(count.get() + 1));
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        System.alloc(layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        System.alloc_zeroed(layout)
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        System.realloc(memory, layout, size)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        System.dealloc(memory, layout)
    }
}

// ── what is printed ─────────────────────────────────────────────────────────────────────────────────

fn cpu_ns() -> u64 {
    let mut t = Timespec { sec: 0, nsec: 0 };
    unsafe { clock_gettime(2, &mut t) };
    t.sec as u64 * 1_000_000_000 + t.nsec as u64
}

#[repr(C)]
struct Timespec {
    sec: i64,
    nsec: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, t: *mut Timespec) -> i32;
}

struct Stopwatch {
    wall: Instant,
    cpu: u64,
}

impl Stopwatch {
    fn start() -> Self {
        Stopwatch { wall: Instant::now(), cpu: cpu_ns() }
    }

    fn report(&self, bench: &str, n: u64, more: &str) {
        let wall = self.wall.elapsed().as_nanos() as u64;
        let cpu = cpu_ns() - self.cpu;
        println!(
            "{{\"peer\":\"tokio\",\"bench\":\"{}\",\"n\":{},\"ns_total\":{},\"ns_per_op\":{:.2},\"cpu_ns_per_op\":{:.2}{}}}",
            bench, n, wall, wall as f64 / n as f64, cpu as f64 / n as f64, more
        );
    }
}

fn workers() -> usize {
    std::env::var("BENCH_WORKERS").ok().and_then(|w| w.parse().ok()).unwrap_or(2)
}

fn runtime_of(workers: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap()
}

fn runtime() -> Runtime {
    runtime_of(workers())
}

// ── tasks ───────────────────────────────────────────────────────────────────────────────────────────

async fn spawn_batches(batches: u64, batch: u64) {
    let mut handles = Vec::with_capacity(batch as usize);
    for _ in 0..batches {
        for _ in 0..batch {
            handles.push(tokio::spawn(async {}));
        }
        for handle in handles.drain(..) {
            handle.await.unwrap();
        }
    }
}

fn spawn_in(bench: &str, batches: u64, batch: u64) {
    let rt = runtime();
    rt.block_on(async { tokio::spawn(spawn_batches(batches / 10 + 1, batch)).await.unwrap() });
    let watch = Stopwatch::start();
    rt.block_on(async { tokio::spawn(spawn_batches(batches, batch)).await.unwrap() });
    watch.report(bench, batches * batch, "");
}

fn spawn_many(n: u64) {
    spawn_in("spawn_many", (n / BATCH).max(1), BATCH);
}

// Over the number of tasks that are there at a time: a million of them in all, in batches of n.
fn spawn_n(n: u64) {
    spawn_in("spawn_n", in_all(n) / n, n);
}

fn in_all(n: u64) -> u64 {
    n.max(1_000_000)
}

fn spawn_from_outside(rt: &Runtime, batches: u64) {
    let mut handles = Vec::with_capacity(BATCH as usize);
    for _ in 0..batches {
        for _ in 0..BATCH {
            handles.push(rt.spawn(async {}));
        }
        rt.block_on(async {
            for handle in handles.drain(..) {
                handle.await.unwrap();
            }
        });
    }
}

fn spawn_remote(n: u64) {
    let rt = runtime();
    let batches = (n / BATCH).max(1);
    spawn_from_outside(&rt, batches / 10 + 1);
    let watch = Stopwatch::start();
    spawn_from_outside(&rt, batches);
    watch.report("spawn_remote", batches * BATCH, "");
}

async fn yield_all(tasks: u64, times: u64) {
    let mut handles = Vec::new();
    for _ in 0..tasks {
        handles.push(tokio::spawn(async move {
            for _ in 0..times {
                tokio::task::yield_now().await;
            }
        }));
    }
    for handle in handles {
        handle.await.unwrap();
    }
}

fn yield_in(bench: &str, tasks: u64, times: u64) {
    let rt = runtime();
    rt.block_on(yield_all(tasks, times / 10 + 1));
    let watch = Stopwatch::start();
    rt.block_on(yield_all(tasks, times));
    watch.report(bench, times * tasks, "");
}

fn yield_many(n: u64) {
    yield_in("yield_many", 1000, n / 1000 + 1);
}

// Over the number of tasks: ten yields each at least, so that spawning them counts for little.
fn yield_n(n: u64) {
    yield_in("yield_n", n, (in_all(n) / n).max(10));
}

async fn ping() -> u64 {
    let (there, far) = oneshot::channel::<u64>();
    let (back, near) = oneshot::channel::<u64>();
    tokio::spawn(async move {
        let value = far.await.unwrap();
        back.send(value + 1).unwrap();
    });
    there.send(1).unwrap();
    near.await.unwrap()
}

async fn play(rounds: u64) {
    let mut handles = Vec::with_capacity(BATCH as usize);
    for _ in 0..rounds {
        for _ in 0..BATCH {
            handles.push(tokio::spawn(ping()));
        }
        for handle in handles.drain(..) {
            handle.await.unwrap();
        }
    }
}

fn ping_pong(n: u64) {
    let rt = runtime();
    let rounds = (n / BATCH).max(1);
    rt.block_on(async { tokio::spawn(play(rounds / 10 + 1)).await.unwrap() });
    let watch = Stopwatch::start();
    rt.block_on(async { tokio::spawn(play(rounds)).await.unwrap() });
    watch.report("ping_pong", rounds * BATCH, "");
}

fn link(left: u64, done: oneshot::Sender<()>) {
    if left == 0 {
        done.send(()).unwrap();
    } else {
        tokio::spawn(async move { link(left - 1, done) });
    }
}

fn run_chain(rt: &Runtime, n: u64) {
    let (done, end) = oneshot::channel();
    rt.spawn(async move { link(n, done) });
    rt.block_on(end).unwrap();
}

fn chained_spawn(n: u64) {
    let rt = runtime();
    run_chain(&rt, n / 10 + 1);
    let watch = Stopwatch::start();
    run_chain(&rt, n);
    watch.report("chained_spawn", n, "");
}

// ── wakes and channels ──────────────────────────────────────────────────────────────────────────────

async fn player(mut input: mpsc::Receiver<u64>, output: mpsc::Sender<u64>, rounds: u64, serves: bool) {
    for round in 0..rounds {
        if serves {
            output.send(round).await.unwrap();
            input.recv().await.unwrap();
        } else {
            input.recv().await.unwrap();
            output.send(round).await.unwrap();
        }
    }
}

fn cross(first: &Runtime, second: &Runtime, rounds: u64) {
    let (a_out, b_in) = mpsc::channel(1);
    let (b_out, a_in) = mpsc::channel(1);
    let a = first.spawn(player(a_in, a_out, rounds, true));
    let b = second.spawn(player(b_in, b_out, rounds, false));
    first.block_on(async {
        a.await.unwrap();
        b.await.unwrap();
    });
}

fn wake_cross(n: u64) {
    let rt = runtime();
    cross(&rt, &rt, n / 10 + 1);
    let watch = Stopwatch::start();
    cross(&rt, &rt, n);
    watch.report("wake_cross", n, "");
}

fn wake_cross_forced(n: u64) {
    let (first, second) = (runtime_of(1), runtime_of(1));
    cross(&first, &second, n / 10 + 1);
    let watch = Stopwatch::start();
    cross(&first, &second, n);
    watch.report("wake_cross_forced", n, "");
}

fn produce(rt: &Runtime, each: u64) {
    let (out, mut input) = mpsc::channel::<u64>(1024);
    for _ in 0..4 {
        let mine = out.clone();
        rt.spawn(async move {
            for left in (1..=each).rev() {
                mine.send(left).await.unwrap();
            }
        });
    }
    drop(out);
    let sum = rt.block_on(async move {
        tokio::spawn(async move {
            let mut sum = 0;
            while let Some(value) = input.recv().await {
                sum += value;
            }
            sum
        })
        .await
        .unwrap()
    });
    assert_eq!(sum, 4 * (each * (each + 1) / 2));
}

fn mpsc_bench(n: u64) {
    let rt = runtime();
    let each = n / 4 + 1;
    produce(&rt, each / 10 + 1);
    let watch = Stopwatch::start();
    produce(&rt, each);
    watch.report("mpsc", each * 4, "");
}

// ── timers ──────────────────────────────────────────────────────────────────────────────────────────

struct Timers {
    sleeps: Vec<Option<Pin<Box<tokio::time::Sleep>>>>,
    done: usize,
    set: bool,
    all: bool,
    insert: u64,
    cancel: u64,
}

impl Future for Timers {
    type Output = (u64, u64);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(u64, u64)> {
        let this = &mut *self;
        if !this.set {
            this.set = true;
            let start = Instant::now();
            for sleep in this.sleeps.iter_mut().flatten() {
                let _ = sleep.as_mut().poll(cx);
            }
            this.insert = start.elapsed().as_nanos() as u64;
            let start = Instant::now();
            let step = if this.all { 1 } else { 2 };
            let mut i = 1;
            while i < this.sleeps.len() {
                this.sleeps[i] = None;
                i += step;
            }
            this.cancel = start.elapsed().as_nanos() as u64;
        }
        if !this.all {
            while this.done < this.sleeps.len() {
                match this.sleeps[this.done].as_mut().unwrap().as_mut().poll(cx) {
                    Poll::Ready(()) => this.done += 2,
                    Poll::Pending => return Poll::Pending,
                }
            }
        }
        Poll::Ready((this.insert, this.cancel))
    }
}

fn run_timers(n: u64, least: u64, most: u64, all: bool) -> (Stopwatch, u64, u64) {
    let rt = runtime();
    let watch = Stopwatch::start();
    let (insert, cancel) = rt.block_on(async move {
        tokio::spawn(async move {
            let mut seed: u64 = 1;
            let mut sleeps = Vec::with_capacity(n as usize);
            for _ in 0..n {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let ms = least + (seed >> 33) % (most - least + 1);
                sleeps.push(Some(Box::pin(tokio::time::sleep(Duration::from_millis(ms)))));
            }
            tokio::task::unconstrained(Timers { sleeps, done: 0, set: false, all, insert: 0, cancel: 0 }).await
        })
        .await
        .unwrap()
    });
    (watch, insert, cancel)
}

fn timers(bench: &str, n: u64, least: u64, most: u64, all: bool) {
    run_timers(n / 10 + 1, least, if all { most } else { 200 }, all);
    let (watch, insert, cancel) = run_timers(n, least, most, all);
    let cancelled = if all { n - 1 } else { n / 2 };
    let more = format!(
        ",\"insert_ns\":{:.2},\"cancel_ns\":{:.2}",
        insert as f64 / n as f64,
        cancel as f64 / cancelled as f64
    );
    watch.report(bench, n, &more);
}

// n timers are set, far away, and cancelled, again and again.
async fn set_and_cancel(n: u64, rounds: u64) -> (u64, u64) {
    let mut seed: u64 = 1;
    let (mut insert, mut cancel) = (0, 0);
    for _ in 0..rounds {
        let mut sleeps = Vec::with_capacity(n as usize);
        for _ in 0..n {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let ms = 60_000 + (seed >> 33) % 60_001;
            sleeps.push(Some(Box::pin(tokio::time::sleep(Duration::from_millis(ms)))));
        }
        let timers = Timers { sleeps, done: 0, set: false, all: true, insert: 0, cancel: 0 };
        let (inserting, cancelling) = tokio::task::unconstrained(timers).await;
        insert += inserting;
        cancel += cancelling;
    }
    (insert, cancel)
}

fn timers_n(n: u64) {
    let rt = runtime();
    let rounds = (in_all(n) / n).min(10_000);
    let run = |rounds| rt.block_on(async move { tokio::spawn(set_and_cancel(n, rounds)).await.unwrap() });
    run(rounds / 10 + 1);
    let watch = Stopwatch::start();
    let (insert, cancel) = run(rounds);
    let more = format!(
        ",\"insert_ns\":{:.2},\"cancel_ns\":{:.2}",
        insert as f64 / (rounds * n) as f64,
        cancel as f64 / (rounds * (n - 1)) as f64
    );
    watch.report("timers_n", rounds * n, &more);
}

// ── memory ──────────────────────────────────────────────────────────────────────────────────────────

fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

fn idle(bench: &str, n: u64, on_event: bool) {
    let rt = runtime();
    let event = Arc::new(Notify::new());
    let polled = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let before = resident_bytes();
    let watch = Stopwatch::start();
    for _ in 0..n {
        if on_event {
            let event = event.clone();
            rt.spawn(async move { event.notified().await });
        } else {
            rt.spawn(std::future::pending::<()>());
        }
    }
    // A task that is spawned last is polled last, or nearly: wait until it has been, and a little longer.
    let last = polled.clone();
    rt.block_on(async move {
        tokio::spawn(async move { last.fetch_add(1, std::sync::atomic::Ordering::SeqCst) }).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    });
    let more = format!(",\"rss_bytes_per_task\":{:.1}", (resident_bytes() - before) as f64 / n as f64);
    watch.report(bench, n, &more);
    rt.shutdown_background();
}

// ── chains ──────────────────────────────────────────────────────────────────────────────────────────

// All that the optimiser would see through here, and never does in a program, is hidden with black_box, as ours
// hides it: how often the leaf will be asked; which waker it has; and, at each poll, in which state the future
// is, for an executor does not know that either. Without it the whole drive is folded into a constant.
struct Slow(u32);

impl Future for Slow {
    type Output = Result<u64, Failed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let left = black_box(self.0);
        self.0 = left.wrapping_sub(1);
        if left == 0 {
            return Poll::Ready(Ok(1));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

// The combinators are those of futures-util. Its and_then is for futures that may fail, as all of ours may.
type Failed = std::io::Error;

fn chain(add: u64) -> impl Future<Output = Result<u64, Failed>> {
    Slow(3)
        .map_ok(move |v| v + add)
        .and_then(|v| ready(Ok(v * 2)))
        .map_ok(move |v| v + add)
        .and_then(|v| ready(Ok(v * 2)))
        .map_ok(move |v| v + add)
}

async fn steps(add: u64) -> Result<u64, Failed> {
    let value = Slow(3).await? + add;
    let value = ready(Ok::<u64, Failed>(value * 2)).await? + add;
    Ok(ready(Ok::<u64, Failed>(value * 2)).await? + add)
}

const NOBODY: RawWakerVTable = RawWakerVTable::new(|_| RawWaker::new(std::ptr::null(), &NOBODY), |_| {}, |_| {}, |_| {});

fn drive<F: Future<Output = Result<u64, Failed>>>(future: F, cx: &mut Context<'_>) -> u64 {
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(value) = black_box(future.as_mut()).poll(cx) {
            return value.unwrap();
        }
    }
}

fn by_hand(bench: &str, n: u64, size: usize, mut one: impl FnMut(&mut Context<'_>) -> u64) {
    let waker = unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), black_box(&NOBODY))) };
    let mut cx = Context::from_waker(&waker);
    let mut sum: u64 = 0;
    for _ in 0..n / 10 {
        sum = sum.wrapping_add(one(&mut cx));
    }
    let before = allocations();
    let watch = Stopwatch::start();
    for _ in 0..n {
        sum = sum.wrapping_add(black_box(one(&mut cx)));
    }
    black_box(sum);
    watch.report(bench, n, &chain_details(allocations() - before, n, size));
}

fn chain_details(allocations: u64, n: u64, size: usize) -> String {
    format!(",\"allocs_per_op\":{:.2},\"future_size\":{}", allocations as f64 / n as f64, size)
}

// One after the other: a task spawns one, and waits for it.
async fn spawn_chains(n: u64) -> u64 {
    let before = allocations();
    for _ in 0..n {
        black_box(tokio::spawn(chain(black_box(1))).await.unwrap().unwrap());
    }
    allocations() - before
}

fn chain_spawned(n: u64) {
    let rt = Builder::new_current_thread().enable_all().build().unwrap();
    let run = |n: u64| rt.block_on(async { tokio::spawn(spawn_chains(n)).await.unwrap() });
    run(n / 10 + 1);
    let watch = Stopwatch::start();
    let allocated = run(n);
    watch.report("chain_spawned", n, &chain_details(allocated, n, std::mem::size_of_val(&chain(1))));
}

// ── the echo server ─────────────────────────────────────────────────────────────────────────────────

fn tcp_echo_server(threads: usize) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let rt = runtime_of(threads);
    rt.block_on(async {
        tokio::spawn(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            println!("PORT {}", listener.local_addr().unwrap().port());
            loop {
                let (mut sock, _) = listener.accept().await.unwrap();
                sock.set_nodelay(true).unwrap();
                tokio::spawn(async move {
                    let mut bytes = [0u8; 64];
                    loop {
                        match sock.read(&mut bytes).await {
                            Ok(0) | Err(_) => return,
                            Ok(n) => {
                                if sock.write_all(&bytes[..n]).await.is_err() {
                                    return;
                                }
                            }
                        }
                    }
                });
            }
        })
        .await
        .unwrap()
    });
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let bench = arguments.get(1).map(String::as_str).unwrap_or("");
    let given: Option<u64> = arguments.get(2).and_then(|n| n.parse().ok());
    let n = |usual: u64| given.unwrap_or(usual);
    match bench {
        "spawn_many" => spawn_many(n(1_000_000)),
        "spawn_remote" => spawn_remote(n(1_000_000)),
        "yield_many" => yield_many(n(1_000_000)),
        "ping_pong" => ping_pong(n(200_000)),
        "chained_spawn" => chained_spawn(n(1_000_000)),
        "wake_cross" => wake_cross(n(1_000_000)),
        "wake_cross_forced" => wake_cross_forced(n(100_000)),
        "mpsc" => mpsc_bench(n(4_000_000)),
        "timers" => timers("timers", n(1_000_000), 1, 2000, false),
        "timers_far" => timers("timers_far", n(1_000_000), 60_000, 120_000, true),
        "idle_mem" => idle("idle_mem", n(1_000_000), true),
        "idle_mem_bare" => idle("idle_mem_bare", n(1_000_000), false),
        "chain_static" => {
            let size = std::mem::size_of_val(&chain(1));
            by_hand(bench, n(10_000_000), size, |cx| drive(chain(black_box(1)), cx))
        }
        "chain_async_await" => {
            let size = std::mem::size_of_val(&steps(1));
            by_hand(bench, n(10_000_000), size, |cx| drive(steps(black_box(1)), cx))
        }
        "chain_boxed" => {
            type Boxed = Pin<Box<dyn Future<Output = Result<u64, Failed>>>>;
            by_hand(bench, n(5_000_000), std::mem::size_of::<Boxed>(), |cx| {
                let boxed: Boxed = Box::pin(chain(black_box(1)));
                drive(black_box(boxed), cx)
            })
        }
        "chain_spawned" => chain_spawned(n(1_000_000)),
        "spawn_n" => spawn_n(n(1000)),
        "yield_n" => yield_n(n(1000)),
        "timers_n" => timers_n(n(1000)),
        "tcp_echo_server" => tcp_echo_server(n(1) as usize),
        _ => {
            eprintln!("usage: tokio-bench BENCH [N] | tcp_echo_server THREADS");
            std::process::exit(2);
        }
    }
}
